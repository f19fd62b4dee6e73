"""AI systems: what is governed."""

import uuid
from typing import ClassVar

from django.db import models

from registry.access.check import ScopedQuerySet
from registry.access.table import PERMISSIONS
from registry.models.people import Organisation, User
from registry.stages import RiskTier, SystemStage


class System(models.Model):
    """An AI system or use case: its purpose, its owner, and how much risk it carries."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="systems")
    slug = models.SlugField(max_length=80)
    name = models.CharField(max_length=200)
    purpose = models.TextField()
    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="owned_systems")
    risk_tier = models.CharField(max_length=20, choices=RiskTier.choices)
    provider_role = models.CharField(max_length=30, default="provider")
    jurisdictions = models.JSONField(default=list)
    stage = models.CharField(
        max_length=30, choices=SystemStage.choices, default=SystemStage.PROBLEM_DEFINITION
    )
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ScopedQuerySet["System"].as_manager()
    organisation_path: ClassVar[str] = "organisation_id"
    system_path: ClassVar[str | None] = "pk"

    class Meta:
        default_permissions = ()
        permissions = list(PERMISSIONS.items())
        constraints = [models.UniqueConstraint(fields=["organisation", "slug"], name="one_system_per_slug")]
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
