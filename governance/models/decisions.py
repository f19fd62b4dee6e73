"""Decisions of the gate, stored with everything they were decided from."""

import uuid
from typing import ClassVar

from django.db import models

from registry.access.check import ScopedQuerySet
from registry.models import ModelVersion, System, User


class GateVerdict(models.TextChoices):
    """The three answers of a gate."""

    ALLOW = "allow", "Allowed"
    ALLOW_WITH_WAIVER = "allow_with_waiver", "Allowed with waiver"
    DENY = "deny", "Blocked"


class Decision(models.Model):
    """One answer of the gate. Re-deciding `dossier` under `policy_body` must give `outcome` again, byte for byte."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    system = models.ForeignKey(System, on_delete=models.PROTECT, related_name="decisions")
    # Empty for a step of the system itself.
    model_version = models.ForeignKey(
        ModelVersion, null=True, on_delete=models.PROTECT, related_name="decisions"
    )
    artifact_digest = models.CharField(max_length=71, blank=True)
    environment = models.CharField(max_length=40, blank=True)  # empty when a step was asked for, not a door
    transition = models.CharField(
        max_length=60, blank=True
    )  # "compliance→production"; empty: no step guards it
    verdict = models.CharField(max_length=20, choices=GateVerdict.choices)
    subject_digest = models.CharField(max_length=71, blank=True)
    dossier = models.TextField()  # canonical JSON
    dossier_digest = models.CharField(max_length=71)
    policy_name = models.CharField(max_length=140, blank=True)
    policy_body = models.TextField(blank=True)
    policy_digest = models.CharField(max_length=71, blank=True)
    outcome = models.TextField()  # canonical JSON: verdict, findings, unblock plan
    # Size of the log when the facts were read: an entry at or after it about this system makes the decision old.
    log_size = models.BigIntegerField()
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    objects = ScopedQuerySet["Decision"].as_manager()
    organisation_path: ClassVar[str] = "system__organisation_id"
    system_path: ClassVar[str | None] = "system_id"

    class Meta:
        default_permissions = ()
        indexes = [
            models.Index(fields=["model_version", "environment", "-decided_at"], name="decision_newest"),
            models.Index(fields=["artifact_digest", "environment", "-decided_at"], name="decision_by_digest"),
        ]
        ordering = ["-decided_at"]

    def __str__(self) -> str:
        return f"{self.verdict} {self.artifact_digest} for {self.environment or self.transition}"
