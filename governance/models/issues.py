"""Findings and incidents: what somebody knows to be wrong, whose it is, and how it ended."""

import uuid
from typing import ClassVar

from django.db import models

from registry.access.check import ScopedQuerySet
from registry.models import ModelVersion, System, User


class IssueKind(models.TextChoices):
    """Seen before it did harm, or because it did."""

    FINDING = "finding", "Finding"
    INCIDENT = "incident", "Incident"


class Severity(models.TextChoices):
    """How grave it is; mildest first."""

    LOW = "low", "Low"
    MEDIUM = "medium", "Medium"
    HIGH = "high", "High"
    CRITICAL = "critical", "Critical"


class IssueState(models.TextChoices):
    """Only an open one stands in the way."""

    OPEN = "open", "Open"
    RESOLVED = "resolved", "Resolved"
    ACCEPTED = "accepted", "Accepted"


class Issue(models.Model):
    """A finding or an incident of a system, or of one of its model versions."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    system = models.ForeignKey(System, on_delete=models.PROTECT, related_name="issues")
    model_version = models.ForeignKey(
        ModelVersion, null=True, on_delete=models.PROTECT, related_name="issues"
    )
    kind = models.CharField(max_length=20, choices=IssueKind.choices)
    severity = models.CharField(max_length=20, choices=Severity.choices)
    title = models.CharField(max_length=120)
    description = models.TextField(blank=True)
    raised_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    raised_at = models.DateTimeField(auto_now_add=True)
    owner = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    # Everybody who ever owned the fix, by identifier: to hand it over is no way to close one's own work.
    owned_by = models.JSONField(default=list)
    due = models.DateField(null=True)
    state = models.CharField(max_length=20, choices=IssueState.choices, default=IssueState.OPEN)
    resolution = models.TextField(blank=True)
    closed_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    closed_at = models.DateTimeField(null=True)

    objects = ScopedQuerySet["Issue"].as_manager()
    organisation_path: ClassVar[str] = "system__organisation_id"
    system_path: ClassVar[str | None] = "system_id"

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["system", "state"], name="issue_by_system")]
        ordering = ["-raised_at"]

    def __str__(self) -> str:
        return self.title
