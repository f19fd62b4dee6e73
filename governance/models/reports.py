"""Generated reports: a PDF and its machine-readable twin, bound to what they were made from."""

import uuid
from typing import ClassVar

from django.db import models

from registry.access.check import ScopedQuerySet
from registry.models import ModelVersion, User


class ReportState(models.TextChoices):
    """A report is there as a whole or not at all."""

    QUEUED = "queued", "Queued"
    RUNNING = "running", "Being written"
    READY = "ready", "Ready"
    FAILED = "failed", "Could not be generated"


class Report(models.Model):
    """One report about one model version, valid while its basis is the current one."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    model_version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="reports")
    kind = models.CharField(max_length=60)  # validation_report
    # Digest of the facts the report tells: the dossier without reports and decisions.
    basis_digest = models.CharField(max_length=71)
    document = models.TextField(blank=True)  # canonical JSON of the ReportDocument: the twin
    state = models.CharField(max_length=20, choices=ReportState.choices, default=ReportState.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_holder = models.CharField(max_length=100, blank=True)
    lease_until = models.DateTimeField(null=True)
    pdf_digest = models.CharField(max_length=71, blank=True)
    twin_digest = models.CharField(max_length=71, blank=True)
    error = models.TextField(blank=True)
    requested_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    objects = ScopedQuerySet["Report"].as_manager()
    organisation_path: ClassVar[str] = "model_version__model__system__organisation_id"
    system_path: ClassVar[str | None] = "model_version__model__system_id"

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["model_version", "kind", "basis_digest"], name="one_report_per_basis"
            )
        ]
        indexes = [models.Index(fields=["state", "lease_until"], name="report_by_state")]
        ordering = ["-requested_at"]

    def __str__(self) -> str:
        return f"{self.kind} {self.basis_digest}"
