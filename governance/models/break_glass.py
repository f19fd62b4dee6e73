"""Emergency releases: two people open one door for some hours, and answer for it afterwards."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from governance.models.issues import Issue
from registry.access.check import ScopedQuerySet
from registry.models import ModelVersion, System, User


class BreakGlassState(models.TextChoices):
    """Whether the second person has spoken. Whether it runs is a matter of time."""

    REQUESTED = "requested", "Waits for a second person"
    CONFIRMED = "confirmed", "Confirmed"
    WITHDRAWN = "withdrawn", "Withdrawn"


class ReviewOutcome(models.TextChoices):
    """What the review found."""

    JUSTIFIED = "justified", "It was justified"
    NOT_JUSTIFIED = "not_justified", "It was not justified"


class BreakGlass(models.Model):
    """An emergency release of one version to one environment."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    system = models.ForeignKey(System, on_delete=models.PROTECT, related_name="emergencies")
    model_version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="emergencies")
    environment = models.CharField(max_length=40)
    reason = models.TextField()
    hours = models.PositiveSmallIntegerField()
    state = models.CharField(
        max_length=20, choices=BreakGlassState.choices, default=BreakGlassState.REQUESTED
    )
    requested_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField()
    confirmed_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    starts = models.DateTimeField(null=True)
    ends = models.DateTimeField(null=True)
    incident = models.ForeignKey(Issue, null=True, on_delete=models.PROTECT, related_name="emergencies")
    review_due_at = models.DateTimeField(null=True)
    reviewed_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    reviewed_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=20, choices=ReviewOutcome.choices, blank=True)
    review = models.TextField(blank=True)

    objects = ScopedQuerySet["BreakGlass"].as_manager()
    organisation_path: ClassVar[str] = "system__organisation_id"
    system_path: ClassVar[str | None] = "system_id"

    class Meta:
        default_permissions = ()
        verbose_name = "emergency release"
        constraints = [
            models.UniqueConstraint(
                fields=["model_version", "environment"],
                condition=Q(state="requested"),
                name="one_open_emergency_per_door",
            ),
            models.CheckConstraint(
                condition=~Q(state="confirmed")
                | Q(
                    confirmed_by__isnull=False,
                    starts__isnull=False,
                    ends__isnull=False,
                    review_due_at__isnull=False,
                ),
                name="emergency_confirmed_says_by_whom_and_until_when",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by=None) | ~Q(confirmed_by=F("requested_by")),
                name="emergency_takes_two_people",
            ),
        ]
        indexes = [models.Index(fields=["system", "state"], name="emergency_by_system")]
        ordering = ["-requested_at"]

    def __str__(self) -> str:
        return f"Emergency release of {self.model_version} to {self.environment}"
