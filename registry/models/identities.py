"""Workload identities: jobs of a CI system that may act without a stored secret."""

import uuid
from typing import ClassVar

from django.db import models

from registry.access.check import ScopedQuerySet
from registry.models.people import Organisation, User


class WorkloadIdentity(models.Model):
    """Which job of which repository may act as which service account, and how far. Names are for people to read."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="identities")
    account = models.ForeignKey(User, on_delete=models.PROTECT, related_name="identities")
    name = models.CharField(max_length=100)
    issuer = models.CharField(max_length=300)
    audience = models.CharField(max_length=300)
    # GitHub's repository_id, GitLab's project_id: it stays when the repository is renamed and is never given again.
    repository_id = models.CharField(max_length=40)
    repository = models.CharField(max_length=300)
    ref = models.CharField(max_length=300)
    # Empty: any environment, any workflow.
    environment = models.CharField(max_length=255, blank=True)
    workflow = models.CharField(max_length=500, blank=True)
    scopes = models.JSONField(default=list)
    system = models.ForeignKey(
        "registry.System", null=True, on_delete=models.PROTECT, related_name="identities"
    )
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True)

    objects = ScopedQuerySet["WorkloadIdentity"].as_manager()
    organisation_path: ClassVar[str] = "organisation_id"
    system_path: ClassVar[str | None] = None

    class Meta:
        default_permissions = ()
        verbose_name = "workload identity"
        indexes = [models.Index(fields=["issuer", "repository_id"], name="identity_by_repository")]

    def __str__(self) -> str:
        return self.name


class UsedTokenId(models.Model):
    """A CI token that was exchanged: each is good for one exchange."""

    issuer = models.CharField(max_length=300)
    token_id = models.CharField(max_length=64)  # digest of the token's own identifier
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["issuer", "token_id"], name="one_use_per_workload_token")
        ]

    def __str__(self) -> str:
        return self.token_id
