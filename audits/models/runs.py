"""Audit runs: a row with a lease is the truth, whatever the broker does."""

import uuid
from typing import ClassVar

from django.db import models

from audits.models.plans import CheckPlan
from registry.access.check import ScopedQuerySet
from registry.models import User


class RunState(models.TextChoices):
    """The states of a run. The last five are final."""

    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    PASSED = "passed", "Passed"
    FAILED = "failed", "Failed"
    INSUFFICIENT = "insufficient", "Not enough evidence"
    ERRORED = "errored", "Could not be measured"
    CANCELLED = "cancelled", "Cancelled"


class AuditRun(models.Model):
    """One execution of a sealed plan, idempotent per plan, code version and seed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    plan = models.ForeignKey(CheckPlan, on_delete=models.PROTECT, related_name="runs")
    seed = models.PositiveBigIntegerField()
    code_version = models.CharField(max_length=80)
    state = models.CharField(max_length=20, choices=RunState.choices, default=RunState.QUEUED)
    progress = models.PositiveSmallIntegerField(default=0)  # per cent
    step = models.CharField(max_length=100, default="Waiting for a worker")
    attempts = models.PositiveSmallIntegerField(default=0)
    # Who works on it, until when; a lease that ran out may be taken by another worker.
    lease_holder = models.CharField(max_length=100, blank=True)
    lease_until = models.DateTimeField(null=True)
    requested_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True)  # a sentence
    # Canonical JSON text of the whole outcome without the times; its SHA-256 is the result digest.
    result = models.TextField(blank=True)
    result_digest = models.CharField(max_length=71, blank=True)

    objects = ScopedQuerySet["AuditRun"].as_manager()
    organisation_path: ClassVar[str] = "plan__model_version__model__system__organisation_id"
    system_path: ClassVar[str | None] = "plan__model_version__model__system_id"

    class Meta:
        default_permissions = ()
        verbose_name = "audit run"
        constraints = [
            models.UniqueConstraint(
                fields=["plan", "seed", "code_version"], name="one_run_per_plan_seed_code"
            )
        ]
        indexes = [models.Index(fields=["state", "lease_until"], name="run_by_state")]
        ordering = ["-requested_at"]

    def __str__(self) -> str:
        return f"run {self.pk}"
