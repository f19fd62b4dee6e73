"""Waivers: findings set aside for a time, and who took responsibility for it."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from registry.access.check import ScopedQuerySet
from registry.models import ModelVersion, System, User
from registry.stages import Role


class WaiverState(models.TextChoices):
    """What became of the question. Whether an approved waiver counts now is for the gate to decide."""

    REQUESTED = "requested", "Waits for approval"
    APPROVED = "approved", "Approved"
    REFUSED = "refused", "Refused"
    REVOKED = "revoked", "Revoked"


class Waiver(models.Model):
    """A waiver. Its terms never change: who wants others asks for another."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    system = models.ForeignKey(System, on_delete=models.PROTECT, related_name="waivers")
    model_version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="waivers")
    step = models.CharField(max_length=60)  # "compliance→production"
    environment = models.CharField(max_length=40, blank=True)  # empty: the step and every door it guards
    # Canonical JSON of what is waived, why, and for how long; its SHA-256 is what the approver signs.
    terms = models.TextField()
    digest = models.CharField(max_length=71)
    starts = models.DateTimeField()
    expires_at = models.DateTimeField()
    renews = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="renewals")
    renewal = models.PositiveSmallIntegerField(default=0)
    state = models.CharField(max_length=20, choices=WaiverState.choices, default=WaiverState.REQUESTED)
    requested_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField(auto_now_add=True)
    approved_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    approved_role = models.CharField(max_length=30, choices=Role.choices, blank=True)
    approved_at = models.DateTimeField(null=True)
    # Refused, or revoked after it was approved.
    closed_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    closed_at = models.DateTimeField(null=True)
    closed_reason = models.TextField(blank=True)

    objects = ScopedQuerySet["Waiver"].as_manager()
    organisation_path: ClassVar[str] = "system__organisation_id"
    system_path: ClassVar[str | None] = "system_id"

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("starts")), name="waiver_ends_after_it_starts"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["requested", "refused"], approved_by=None)
                | Q(state__in=["approved", "revoked"], approved_by__isnull=False, approved_at__isnull=False),
                name="waiver_in_force_has_its_approver",
            ),
            models.CheckConstraint(
                condition=Q(approved_by=None) | ~Q(approved_by=F("requested_by")),
                name="waiver_takes_two_people",
            ),
        ]
        indexes = [models.Index(fields=["model_version", "state"], name="waiver_by_version")]
        ordering = ["-requested_at"]

    def __str__(self) -> str:
        return f"Waiver for {self.model_version}"
