"""Content-addressed bytes that belong to an organisation."""

import uuid
from typing import ClassVar

from django.db import models

from registry.access.check import ScopedQuerySet
from registry.models.people import Organisation, User


class Artifact(models.Model):
    """Bytes with a digest: a model, a dataset snapshot, an attachment. Never opened here."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="artifacts")
    digest = models.CharField(max_length=71)
    size = models.BigIntegerField()
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ScopedQuerySet["Artifact"].as_manager()
    organisation_path: ClassVar[str] = "organisation_id"
    system_path: ClassVar[str | None] = None

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["organisation", "digest"], name="one_artifact_per_digest")
        ]

    def __str__(self) -> str:
        return self.digest
