"""Data-quality runs: a dataset version profiled and held against bars."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q

from audits.models.leased import LeasedRun, RunState
from registry import queue
from registry.access.check import ScopedQuerySet
from registry.models import DatasetVersion, System


class DataQualityRun(LeasedRun):
    """One profile of a dataset version. Its bars are sealed in the log before it may start."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    dataset_version = models.ForeignKey(DatasetVersion, on_delete=models.PROTECT, related_name="quality_runs")
    # Canonical JSON text whose SHA-256 is the digest: {"bars": […], "inputs": {digests}, "engine"}
    bars = models.TextField()
    bars_digest = models.CharField(max_length=71)

    objects = ScopedQuerySet["DataQualityRun"].as_manager()
    organisation_path: ClassVar[str] = "dataset_version__dataset__system__organisation_id"
    system_path: ClassVar[str | None] = "dataset_version__dataset__system_id"
    governed_path: ClassVar[str] = "dataset_version__dataset__system"
    task: ClassVar[str] = queue.PROFILE_DATA
    event: ClassVar[str] = "data_quality"

    class Meta:
        default_permissions = ()
        verbose_name = "data-quality run"
        constraints = [
            models.UniqueConstraint(
                fields=["dataset_version", "bars_digest"],
                condition=Q(state__in=(RunState.QUEUED, RunState.RUNNING)),
                name="one_open_quality_run_per_bars",
            )
        ]
        indexes = [
            models.Index(fields=["state", "lease_until"], name="quality_run_by_state"),
            models.Index(fields=["dataset_version", "finished_at"], name="quality_run_by_snapshot"),
        ]
        ordering = ["-requested_at"]

    def __str__(self) -> str:
        return f"data-quality run {self.pk}"

    @property
    def governed(self) -> System:
        """The system that the data belong to."""
        return self.dataset_version.dataset.system
