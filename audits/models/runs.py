"""Audit runs: a row with a lease is the truth, whatever the broker does."""

import uuid
from typing import ClassVar

from django.db import models

from audits.models.leased import LeasedRun
from audits.models.plans import CheckPlan
from registry import queue
from registry.access.check import ScopedQuerySet
from registry.models import System


class AuditRun(LeasedRun):
    """One execution of a sealed plan, idempotent per plan, code version and seed.

    `repeat` numbers executions of the same: one more after one that could not be measured, and one for each
    reproduction.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    plan = models.ForeignKey(CheckPlan, on_delete=models.PROTECT, related_name="runs")
    seed = models.PositiveBigIntegerField()
    repeat = models.PositiveSmallIntegerField(default=0)
    # The run that this one makes again, by somebody who had no part in it.
    reproduces = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="reproductions_of"
    )

    objects = ScopedQuerySet["AuditRun"].as_manager()
    organisation_path: ClassVar[str] = "plan__model_version__model__system__organisation_id"
    system_path: ClassVar[str | None] = "plan__model_version__model__system_id"
    governed_path: ClassVar[str] = "plan__model_version__model__system"
    task: ClassVar[str] = queue.EXECUTE_RUN
    event: ClassVar[str] = "run"

    class Meta:
        default_permissions = ()
        verbose_name = "audit run"
        constraints = [
            models.UniqueConstraint(
                fields=["plan", "seed", "code_version", "repeat"], name="one_run_per_number"
            )
        ]
        indexes = [models.Index(fields=["state", "lease_until"], name="run_by_state")]
        ordering = ["-requested_at"]

    def __str__(self) -> str:
        return f"run {self.pk}"

    @property
    def governed(self) -> System:
        """The system of the model that is measured."""
        return self.plan.model_version.model.system

    @property
    def exploratory(self) -> bool:
        """Whether it was not locked before: it has another seed than the plan, or began before the plan was sealed."""
        return self.seed != self.plan.seed or self.requested_at < self.plan.sealed_at
