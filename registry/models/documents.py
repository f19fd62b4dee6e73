"""Typed, versioned, content-hashed documents."""

import uuid
from collections.abc import Iterator
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from registry.access.check import ScopedQuerySet
from registry.models.people import User
from registry.models.systems import System


class Document(models.Model):
    """One version of a document; a change is a new row with the next number. Kinds: frameworks/_vocabulary.yaml."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    system = models.ForeignKey(System, on_delete=models.PROTECT, related_name="documents")
    # A model card belongs to one version; a problem definition to the system.
    model_version = models.ForeignKey(
        "registry.ModelVersion", null=True, on_delete=models.PROTECT, related_name="documents"
    )
    kind = models.CharField(max_length=60)
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=200)
    content = models.JSONField()  # {"section": "text", …} or {"text": "…"}
    # What rules read of it (registry.services.outlines): {"missing": [sections], "features": […], "dropped": […]}
    outline = models.JSONField(default=dict)
    digest = models.CharField(max_length=71)
    author = models.ForeignKey(User, on_delete=models.PROTECT, related_name="documents")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ScopedQuerySet["Document"].as_manager()
    organisation_path: ClassVar[str] = "system__organisation_id"
    system_path: ClassVar[str | None] = "system_id"

    class Meta:
        default_permissions = ()
        constraints = [
            # Two partial constraints, because SQLite has no NULLS NOT DISTINCT.
            models.UniqueConstraint(
                fields=["system", "kind", "number"],
                condition=Q(model_version__isnull=True),
                name="one_system_document_per_number",
            ),
            models.UniqueConstraint(
                fields=["model_version", "kind", "number"],
                condition=Q(model_version__isnull=False),
                name="one_version_document_per_number",
            ),
        ]
        ordering = ["kind", "-number"]

    def __str__(self) -> str:
        return f"{self.title} ({self.kind} {self.number})"

    def told(self) -> tuple[tuple[str, str], ...]:
        """The sections as people read them: what is written of several things is one section for each of them."""
        return tuple(pair for section, value in self.content.items() for pair in _told(section, value))


def _told(section: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield f"{section}: {name}", _in_words(inner)
    else:
        yield section, _in_words(value)


def _in_words(value: Any) -> str:
    """`definition: Share of a year; source: payroll` instead of braces and quotes."""
    if isinstance(value, dict):
        return "; ".join(f"{name}: {_in_words(inner)}" for name, inner in value.items())
    if isinstance(value, list):
        return ", ".join(_in_words(inner) for inner in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)
