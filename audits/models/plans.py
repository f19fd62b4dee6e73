"""What will be measured, sealed before it is."""

import uuid
from typing import ClassVar

from django.db import models

from registry.access.check import ScopedQuerySet
from registry.models import DatasetVersion, ModelVersion, User


class CheckPlan(models.Model):
    """A sealed plan: mapping, checks and bars, pinned to the digests of a model version and a dataset version."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    model_version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="plans")
    dataset_version = models.ForeignKey(DatasetVersion, on_delete=models.PROTECT, related_name="plans")
    # The canonical JSON text whose SHA-256 is the digest:
    # {"mapping", "checks", "inputs": {digests}, "engine", "seed", "tolerance"}
    body = models.TextField()
    # As sealed in the body; a run with another seed is exploratory.
    seed = models.PositiveBigIntegerField(default=0)
    digest = models.CharField(max_length=71)
    sealed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    sealed_at = models.DateTimeField(auto_now_add=True)

    objects = ScopedQuerySet["CheckPlan"].as_manager()
    organisation_path: ClassVar[str] = "model_version__model__system__organisation_id"
    system_path: ClassVar[str | None] = "model_version__model__system_id"

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["model_version", "digest"], name="one_plan_per_digest")
        ]

    def __str__(self) -> str:
        return self.digest
