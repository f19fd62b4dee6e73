"""Policies: what a gate demands, per risk tier."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q

from registry.access.check import ScopedQuerySet
from registry.models import Organisation, User
from registry.stages import RiskTier


class PolicyState(models.TextChoices):
    """A published policy never changes; a newer one supersedes it."""

    DRAFT = "draft", "Draft"
    PUBLISHED = "published", "Published"
    SUPERSEDED = "superseded", "Superseded"


class Policy(models.Model):
    """One version of the policy for a risk tier, as the YAML text that was published."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="policies")
    tier = models.CharField(max_length=20, choices=RiskTier.choices)
    name = models.CharField(max_length=120)
    number = models.PositiveIntegerField()
    body = models.TextField()  # YAML, exactly as written
    digest = models.CharField(max_length=71)  # of the body's bytes
    state = models.CharField(max_length=20, choices=PolicyState.choices, default=PolicyState.DRAFT)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    published_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    published_at = models.DateTimeField(null=True)

    objects = ScopedQuerySet["Policy"].as_manager()
    organisation_path: ClassVar[str] = "organisation_id"
    system_path: ClassVar[str | None] = None

    class Meta:
        default_permissions = ()
        verbose_name_plural = "policies"
        constraints = [
            models.UniqueConstraint(fields=["organisation", "tier", "number"], name="one_policy_per_number"),
            models.UniqueConstraint(
                fields=["organisation", "tier"],
                condition=Q(state="published"),
                name="one_published_policy_per_tier",
            ),
        ]
        ordering = ["tier", "-number"]

    def __str__(self) -> str:
        return f"{self.name} {self.number}"
