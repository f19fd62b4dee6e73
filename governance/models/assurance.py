"""What people say about evidence itself: on a loosened plan, and on the comparison with the version in production."""

import uuid
from typing import ClassVar

from django.db import models

from audits.models import Deviation
from governance.models.approvals import VoteVerdict
from registry.access.check import ScopedQuerySet
from registry.models import ModelVersion, User
from registry.stages import Role


class DeviationVote(models.Model):
    """One person's word on exactly two plans and what the newer one loosens."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    deviation = models.ForeignKey(Deviation, on_delete=models.PROTECT, related_name="votes")
    voter = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=30, choices=Role.choices)
    verdict = models.CharField(max_length=20, choices=VoteVerdict.choices)
    comment = models.TextField(blank=True)
    digest = models.CharField(max_length=71)
    voted_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["deviation", "voter"], name="one_deviation_vote_per_person")
        ]
        ordering = ["voted_at"]

    def __str__(self) -> str:
        return f"{self.voter}: {self.verdict}"


class ComparisonAcknowledgement(models.Model):
    """Somebody has read how exactly these results of a version compare with those of the one in production."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    model_version = models.ForeignKey(
        ModelVersion, on_delete=models.PROTECT, related_name="comparison_acknowledgements"
    )
    champion = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="+")
    digest = models.CharField(max_length=71)  # of both versions and their results
    comment = models.TextField(blank=True)
    acknowledged_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    acknowledged_at = models.DateTimeField(auto_now_add=True)

    objects = ScopedQuerySet["ComparisonAcknowledgement"].as_manager()
    organisation_path: ClassVar[str] = "model_version__model__system__organisation_id"
    system_path: ClassVar[str | None] = "model_version__model__system_id"

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["model_version", "digest", "acknowledged_by"], name="one_acknowledgement_per_person"
            )
        ]
        ordering = ["-acknowledged_at"]

    def __str__(self) -> str:
        return f"{self.acknowledged_by}: {self.digest}"
