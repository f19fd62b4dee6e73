"""When versions in production are reviewed next."""

from typing import ClassVar

from django.db import models

from registry.access.check import ScopedQuerySet
from registry.models import ModelVersion


class ReviewDue(models.Model):
    """A version that is in production: since when it counts as reviewed, and when it is to be reviewed again.

    `due_at` is empty under a policy that asks for no reviews. The row goes when the version leaves production.
    """

    model_version = models.OneToOneField(
        ModelVersion, primary_key=True, on_delete=models.PROTECT, related_name="review_due"
    )
    since = models.DateTimeField()
    due_at = models.DateTimeField(null=True)

    objects = ScopedQuerySet["ReviewDue"].as_manager()
    organisation_path: ClassVar[str] = "model_version__model__system__organisation_id"
    system_path: ClassVar[str | None] = "model_version__model__system_id"

    class Meta:
        default_permissions = ()
        verbose_name_plural = "reviews due"
        indexes = [models.Index(fields=["due_at"], name="review_by_day")]
        ordering = ["due_at"]

    def __str__(self) -> str:
        return f"{self.model_version} by {self.due_at}"
