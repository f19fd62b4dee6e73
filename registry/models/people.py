"""People, service accounts, organisations, and the roles between them."""

import uuid
from typing import ClassVar

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import Q

from registry.access.check import ScopedQuerySet
from registry.access.table import PERMISSIONS
from registry.stages import Role


class User(AbstractUser):
    """Someone who can act: a person who signs in, or a service account that only has tokens."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    is_service = models.BooleanField(default=False)
    # The person who answers for a service account; its votes and runs count as that person's.
    responsible = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="services"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(is_service=False) | Q(responsible__isnull=False),
                name="service_account_has_responsible",
            )
        ]

    def __str__(self) -> str:
        return self.display_name

    @property
    def display_name(self) -> str:
        """The full name, or the user name where none was given."""
        return self.get_full_name() or self.username


class Organisation(models.Model):
    """A tenant. Every object belongs to one; another's objects do not exist for you."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=200)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ScopedQuerySet["Organisation"].as_manager()
    organisation_path: ClassVar[str] = "pk"
    system_path: ClassVar[str | None] = None

    class Meta:
        default_permissions = ()
        permissions = list(PERMISSIONS.items())

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """Someone's place in an organisation; the roles hang on it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["organisation", "user"], name="one_membership_per_organisation")
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.organisation}"


class RoleGrant(models.Model):
    """One role of a member, for the whole organisation or for one system."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    membership = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="grants")
    system = models.ForeignKey("registry.System", null=True, on_delete=models.PROTECT, related_name="grants")
    role = models.CharField(max_length=30, choices=Role.choices)
    granted_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        default_permissions = ()
        constraints = [
            # Two partial constraints, because SQLite has no NULLS NOT DISTINCT.
            models.UniqueConstraint(
                fields=["membership", "role"],
                condition=Q(system__isnull=True),
                name="one_organisation_grant_per_role",
            ),
            models.UniqueConstraint(
                fields=["membership", "system", "role"],
                condition=Q(system__isnull=False),
                name="one_system_grant_per_role",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.membership.user}: {self.get_role_display()}"


class ApiToken(models.Model):
    """A token of a person or a service account. Only its hash is kept; it is shown once, when issued."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="tokens")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="tokens")
    name = models.CharField(max_length=100)
    hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.name
