"""Models and their versions."""

import uuid
from typing import ClassVar

from django.db import models

from registry.access.check import ScopedQuerySet
from registry.models.artifacts import Artifact
from registry.models.datasets import DatasetVersion
from registry.models.people import User
from registry.models.systems import System
from registry.stages import VersionStage


class Model(models.Model):
    """A named line of model versions within a system."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    system = models.ForeignKey(System, on_delete=models.PROTECT, related_name="models")
    slug = models.SlugField(max_length=80)
    description = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ScopedQuerySet["Model"].as_manager()
    organisation_path: ClassVar[str] = "system__organisation_id"
    system_path: ClassVar[str | None] = "system_id"

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["system", "slug"], name="one_model_per_slug")]
        ordering = ["slug"]

    def __str__(self) -> str:
        return self.slug


class ModelVersion(models.Model):
    """The bytes of a model with the record of how they came to be. Only `stage` ever changes."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    model = models.ForeignKey(Model, on_delete=models.PROTECT, related_name="versions")
    version = models.CharField(max_length=60)
    artifact = models.ForeignKey(Artifact, on_delete=models.PROTECT, related_name="+")
    format = models.CharField(
        max_length=30
    )  # xgboost_json is opened in the sandbox; anything else is only stored
    # {"code_commit", "environment_digest", "parameters": {}, "metrics": {}, "features": []}
    training = models.JSONField(default=dict)
    dataset_versions = models.ManyToManyField(DatasetVersion, related_name="model_versions")
    # The people whom the training record names as committers, as far as they have an account.
    committers = models.ManyToManyField(User, related_name="+")
    parents = models.ManyToManyField("self", symmetrical=False, related_name="children")
    stage = models.CharField(max_length=20, choices=VersionStage.choices, default=VersionStage.DEVELOPMENT)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ScopedQuerySet["ModelVersion"].as_manager()
    organisation_path: ClassVar[str] = "model__system__organisation_id"
    system_path: ClassVar[str | None] = "model__system_id"

    class Meta:
        default_permissions = ()
        verbose_name = "model version"
        constraints = [
            models.UniqueConstraint(fields=["model", "version"], name="one_model_version_per_name")
        ]
        ordering = ["model", "-created_at"]

    def __str__(self) -> str:
        return f"{self.model.slug} {self.version}"
