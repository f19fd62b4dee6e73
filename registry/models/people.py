"""People, service accounts, organisations, and the roles between them."""

import uuid
from typing import ClassVar

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from registry.access.check import ScopedQuerySet
from registry.access.table import PERMISSIONS
from registry.actors import Limits
from registry.stages import Role


class User(AbstractUser):
    """Someone who can act: a person who signs in, or a service account that only has tokens."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    is_service = models.BooleanField(default=False)
    # The person who answers for a service account, or whose second account this is: what it does counts as theirs.
    responsible = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="services"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(is_service=False) | Q(responsible__isnull=False),
                name="service_account_has_responsible",
            ),
            # People sign in by it, and an identity provider names them by it.
            models.UniqueConstraint(
                Lower("email"),
                condition=~Q(email=""),
                name="one_account_per_email",
                violation_error_message="There is an account with this e-mail address already.",
            ),
        ]

    def __str__(self) -> str:
        return self.display_name

    @property
    def display_name(self) -> str:
        """The full name, or the user name where none was given."""
        return self.get_full_name() or self.username

    @property
    def person_id(self) -> str:
        """The human behind the account, as an actor's identifiers are written."""
        return str(self.responsible_id or self.pk)


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
    # Since when they are a former member; kept, because what they did stays theirs.
    ended_at = models.DateTimeField(null=True)

    objects = ScopedQuerySet["Membership"].as_manager()
    organisation_path: ClassVar[str] = "organisation_id"
    system_path: ClassVar[str | None] = None

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

    objects = ScopedQuerySet["RoleGrant"].as_manager()
    organisation_path: ClassVar[str] = "membership__organisation_id"
    system_path: ClassVar[str | None] = None

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
    """A token of a person or a service account. Only its hash is kept; it is shown once, when issued.

    It takes away from what its bearer may do and never adds: `scopes` are permissions (none listed: all that the
    bearer's roles give), `system` the only system it reaches.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="tokens")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="tokens")
    name = models.CharField(max_length=100)
    hash = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)
    system = models.ForeignKey("registry.System", null=True, on_delete=models.PROTECT, related_name="tokens")
    # For which job's identity it was exchanged, if it was.
    identity = models.ForeignKey(
        "registry.WorkloadIdentity", null=True, on_delete=models.PROTECT, related_name="tokens"
    )
    # Whether its bearer had shown a second factor when it was issued.
    second_factor = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    # Coarse, and no event of the log: it tells which tokens nobody needs any more.
    last_used_at = models.DateTimeField(null=True)

    objects = ScopedQuerySet["ApiToken"].as_manager()
    organisation_path: ClassVar[str] = "organisation_id"
    system_path: ClassVar[str | None] = None

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.name

    @property
    def limits(self) -> Limits:
        """What it takes away."""
        return Limits(self.expires_at, frozenset(self.scopes), self.system_id)
