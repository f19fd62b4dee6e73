"""Schema locks: the columns that every further version of a dataset must have."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q

from registry.access.check import ScopedQuerySet
from registry.models.datasets import Dataset
from registry.models.people import User


class SchemaLock(models.Model):
    """The columns and the contract of a dataset, fixed until somebody releases them with a reason."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="schema_locks")
    # As in DatasetVersion; the digest is the one of a version's registration.
    columns = models.JSONField()
    contract = models.JSONField(default=dict)
    columns_digest = models.CharField(max_length=71)
    locked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    locked_at = models.DateTimeField(auto_now_add=True)
    released_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    released_at = models.DateTimeField(null=True)
    release_reason = models.TextField(blank=True)

    objects = ScopedQuerySet["SchemaLock"].as_manager()
    organisation_path: ClassVar[str] = "dataset__system__organisation_id"
    system_path: ClassVar[str | None] = "dataset__system_id"

    class Meta:
        default_permissions = ()
        verbose_name = "schema lock"
        constraints = [
            models.UniqueConstraint(
                fields=["dataset"],
                condition=Q(released_at__isnull=True),
                name="one_active_schema_lock_per_dataset",
            )
        ]
        ordering = ["-locked_at"]

    def __str__(self) -> str:
        return f"schema of {self.dataset.slug}"
