"""Who has read what.

Rows hold identifiers only: names are looked up when somebody asks, so erasing a person reaches all of them.
"""

from typing import ClassVar

from django.db import models

from registry.access.check import ScopedQuerySet


class Read(models.Model):
    """One reading of something sensitive. Never changed and never deleted; the database refuses both.

    No foreign keys: it outlives what was read. Numbers grow in the order of writing, which readings are bound by.
    """

    id = models.BigAutoField(primary_key=True)
    organisation_id = models.UUIDField()
    system_id = models.UUIDField(null=True)
    at = models.DateTimeField()
    actor_kind = models.CharField(max_length=10)
    actor_id = models.CharField(max_length=60)
    way = models.CharField(max_length=10)  # session, token, command
    what = models.CharField(max_length=40)  # a code of registry.services.reads.KINDS
    object_kind = models.CharField(max_length=40)
    object_id = models.UUIDField()

    objects = ScopedQuerySet["Read"].as_manager()
    organisation_path: ClassVar[str] = "organisation_id"
    system_path: ClassVar[str | None] = None

    class Meta:
        default_permissions = ()
        verbose_name = "reading"
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["organisation_id", "id"], name="read_newest"),
            models.Index(fields=["organisation_id", "actor_id", "id"], name="read_by_actor"),
            models.Index(fields=["organisation_id", "object_id", "id"], name="read_by_object"),
            models.Index(fields=["organisation_id", "at", "id"], name="read_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.what} {self.object_id}"
