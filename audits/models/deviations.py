"""Plans that loosen an earlier one after results were there."""

import uuid
from typing import ClassVar

from django.db import models

from audits.models.plans import CheckPlan
from registry.access.check import ScopedQuerySet
from registry.models import User


class DeviationState(models.TextChoices):
    """Until it is accepted the new plan opens nothing and the old one counts."""

    OPEN = "open", "Waits for acceptance"
    ACCEPTED = "accepted", "Accepted"
    REFUSED = "refused", "Refused"
    ASKED_AGAIN = "asked_again", "Asked again"


class Deviation(models.Model):
    """What a new plan loosens of an old one, and why; people who had no part in either accept or refuse it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    old_plan = models.ForeignKey(CheckPlan, on_delete=models.PROTECT, related_name="loosened_by")
    new_plan = models.ForeignKey(CheckPlan, on_delete=models.PROTECT, related_name="deviations")
    rows = models.JSONField()  # [{"check", "field", "before", "after"}]
    # Of the two plans' digests and the rows: what a vote signs.
    digest = models.CharField(max_length=71)
    reason = models.TextField()
    state = models.CharField(max_length=20, choices=DeviationState.choices, default=DeviationState.OPEN)
    opened_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField(auto_now_add=True)
    settled_at = models.DateTimeField(null=True)

    objects = ScopedQuerySet["Deviation"].as_manager()
    organisation_path: ClassVar[str] = "new_plan__model_version__model__system__organisation_id"
    system_path: ClassVar[str | None] = "new_plan__model_version__model__system_id"

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["new_plan"],
                condition=~models.Q(state="asked_again"),
                name="one_standing_deviation_per_plan",
            )
        ]
        ordering = ["-opened_at"]

    def __str__(self) -> str:
        return f"deviation {self.pk}"
