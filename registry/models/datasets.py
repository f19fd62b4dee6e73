"""Datasets and their immutable versions."""

import uuid
from typing import ClassVar

from django.db import models

from registry.access.check import ScopedQuerySet
from registry.models.artifacts import Artifact
from registry.models.people import User
from registry.models.systems import System


class Dataset(models.Model):
    """A named collection of rows that is versioned as a whole."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    system = models.ForeignKey(System, on_delete=models.PROTECT, related_name="datasets")
    slug = models.SlugField(max_length=80)
    description = models.TextField(blank=True)
    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ScopedQuerySet["Dataset"].as_manager()
    organisation_path: ClassVar[str] = "system__organisation_id"
    system_path: ClassVar[str | None] = "system_id"

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["system", "slug"], name="one_dataset_per_slug")]
        ordering = ["slug"]

    def __str__(self) -> str:
        return self.slug


class DatasetVersion(models.Model):
    """A snapshot: its bytes by digest and its column contract. Never changed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="versions")
    version = models.CharField(max_length=60)
    artifact = models.ForeignKey(Artifact, on_delete=models.PROTECT, related_name="+")
    format = models.CharField(max_length=10)  # csv | parquet
    # [{"name": "sex", "role": "sensitive", "type": "text"}, …]; roles: label, prediction, score, sensitive, weight,
    # feature, id, other
    columns = models.JSONField()
    # The rest of the audit mapping: {"task", "positive", "favourable", "missing", "reference"}
    contract = models.JSONField(default=dict)
    parents = models.ManyToManyField("self", symmetrical=False, related_name="children")
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ScopedQuerySet["DatasetVersion"].as_manager()
    organisation_path: ClassVar[str] = "dataset__system__organisation_id"
    system_path: ClassVar[str | None] = "dataset__system_id"

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["dataset", "version"], name="one_dataset_version_per_name")
        ]
        ordering = ["dataset", "-created_at"]

    def __str__(self) -> str:
        return f"{self.dataset.slug} {self.version}"
