"""Opening a stopped log again: somebody asks for it, somebody else agrees, and the worker does it."""

import uuid
from typing import ClassVar

from django.db import models

from registry.access.check import ScopedQuerySet
from registry.models.people import Organisation, User


class Reopening(models.Model):
    """One ceremony. Nothing of it is in the log until it is done, for the log takes no entries before."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="reopenings")
    reason = models.TextField()
    proposed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(auto_now_add=True)
    confirmed_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)

    objects = ScopedQuerySet["Reopening"].as_manager()
    organisation_path: ClassVar[str] = "organisation_id"
    system_path: ClassVar[str | None] = None

    class Meta:
        default_permissions = ()
        verbose_name = "reopening"
        ordering = ["-proposed_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation"],
                condition=models.Q(done_at=None),
                name="one_reopening_at_a_time",
            )
        ]

    def __str__(self) -> str:
        return f"reopening of {self.organisation}"
