"""Reads of evidence. What is not yours does not exist."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Prefetch, Q, QuerySet

from audits.models import (
    AuditRun,
    CheckPlan,
    CheckResult,
    DataQualityRun,
    Measurement,
    Reproduction,
    RunState,
)
from registry import selectors as facts
from registry.actors import Actor
from registry.models import DatasetVersion, LedgerEntry, ModelVersion

# Large texts that lists do not show.
_LARGE = ("result", "plan__body")
_CONTEXT = (
    "plan__model_version__model__system",
    "plan__model_version__artifact",
    "plan__model_version__created_by",
    "plan__sealed_by",
    "plan__dataset_version__created_by",
    "plan__dataset_version__dataset__owner",
    "plan__dataset_version__artifact",
    "requested_by",
)
ENDED = (RunState.PASSED, RunState.FAILED, RunState.INSUFFICIENT, RunState.ERRORED)


_MADE_AGAIN = Prefetch(
    "reproductions", Reproduction.objects.select_related("rerun__requested_by").defer("rerun__result")
)


def run_of(actor: Actor, run_id: Any) -> AuditRun:
    """One run with everything that its page or answer names; 3 queries with its checks and reproductions."""
    rows = AuditRun.objects.select_related(*_CONTEXT).defer(*_LARGE)
    rows = rows.prefetch_related("check_results", _MADE_AGAIN)
    return facts.get(rows, actor, pk=run_id)


def visible_runs(actor: Actor) -> "QuerySet[AuditRun]":
    """Every run that exists for the actor, newest first, ready for a list."""
    rows = AuditRun.objects.visible_to(actor).select_related(*_CONTEXT).defer(*_LARGE)
    return rows.prefetch_related("check_results", _MADE_AGAIN).order_by("-requested_at", "pk")


def runs_for(version: ModelVersion) -> "QuerySet[AuditRun]":
    """The runs of a model version that the caller has the right to see already, newest first."""
    rows = AuditRun.objects.filter(plan__model_version=version).select_related(*_CONTEXT).defer(*_LARGE)
    return rows.prefetch_related("check_results").order_by("-requested_at", "pk")


def latest_run_for(version: ModelVersion) -> AuditRun | None:
    """The run that was requested last, whatever became of it; cancelled ones are no evidence either way."""
    return runs_for(version).exclude(state=RunState.CANCELLED).first()


def latest_result_for(version: ModelVersion) -> AuditRun | None:
    """The run that ended last, with its sealed result."""
    rows = AuditRun.objects.filter(plan__model_version=version, state__in=ENDED)
    return rows.select_related(*_CONTEXT).order_by("-finished_at", "pk").first()


def attempt_of(run: AuditRun) -> int | None:
    """Which attempt on its test set a run is, over all versions of the system; None when it never started."""
    if run.started_at is None or run.reproduces_id is not None:
        return None
    rows = AuditRun.objects.filter(
        plan__model_version__model__system=run.plan.model_version.model.system_id,
        plan__dataset_version__artifact=run.plan.dataset_version.artifact_id,
        reproduces=None,
    )
    earlier = Q(started_at__lt=run.started_at) | Q(
        started_at=run.started_at, requested_at__lte=run.requested_at
    )
    return rows.filter(earlier).count()


def sealed_in_log(plan: CheckPlan) -> int | None:
    """The index of the entry that sealed a plan."""
    rows = LedgerEntry.objects.filter(event="plan.sealed", subject_id=plan.pk)
    return rows.values_list("index", flat=True).first()


def measurements(
    run: AuditRun, *, code: str | None = None, attribute: str | None = None
) -> "QuerySet[Measurement]":
    """A run's measurements in the order they were made: all, or those of one metric or one attribute."""
    rows = Measurement.objects.filter(run=run).order_by("pk")
    if code:
        rows = rows.filter(code=code)
    if attribute:
        rows = rows.filter(slice__has_key=attribute)
    return rows


def checks(run: AuditRun) -> "QuerySet[CheckResult]":
    """A run's verdicts by name."""
    return CheckResult.objects.filter(run=run).order_by("name")


def plans_for(version: ModelVersion) -> "QuerySet[CheckPlan]":
    """The plans sealed for a model version, newest first."""
    rows = CheckPlan.objects.filter(model_version=version).select_related(
        "dataset_version__dataset", "sealed_by"
    )
    return rows.order_by("-sealed_at", "pk")


@dataclass(frozen=True)
class Evidence:
    """A run's sealed result as pages and reports print it; numbers that were sealed as text are numbers again."""

    explanation: Mapping[str, Any] | None
    explanation_failed: Mapping[str, Any] | None
    settings: Mapping[str, Any]
    inputs: Mapping[str, Any]
    versions: Mapping[str, Any]
    read: Mapping[str, Any] | None
    refused: Mapping[str, Any] | None
    seed: int
    plan: Mapping[str, Any]


def evidence(run: AuditRun) -> Evidence | None:
    """What a run found beside its measurements and checks; None for a run without a result."""
    sealed = AuditRun.objects.filter(pk=run.pk).values_list("result", "plan__body").get()
    if not sealed[0]:
        return None
    result = json.loads(sealed[0])
    return Evidence(
        explanation=_explanation(result["explanation"]),
        explanation_failed=result["explanation_failed"],
        settings=result["settings"],
        inputs=result["inputs"],
        versions=result["versions"],
        read=result["read"],
        refused=result["refused"],
        seed=run.seed,
        plan=json.loads(sealed[1]),
    )


def _explanation(sealed: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    if sealed is None:
        return None
    importance = [
        {**row, **{key: _number(row.get(key)) for key in ("mean_abs", "low", "high")}}
        for row in sealed.get("importance", ())
    ]
    by_group = {
        attribute: {
            group: {feature: _number(value) for feature, value in features.items()}
            for group, features in groups.items()
        }
        for attribute, groups in sealed.get("by_group", {}).items()
    }
    numbers = {key: _number(sealed.get(key)) for key in ("base_value", "additivity_error")}
    return {**sealed, **numbers, "importance": importance, "by_group": by_group}


def _number(sealed: Any) -> float | None:
    return None if sealed is None else float(sealed)


_QUALITY = ("dataset_version__dataset__system", "dataset_version__artifact", "requested_by")


def quality_run_of(actor: Actor, run_id: Any) -> DataQualityRun:
    """One data-quality run with its result."""
    return facts.get(DataQualityRun.objects.select_related(*_QUALITY), actor, pk=run_id)


def quality_runs(snapshot: DatasetVersion) -> "QuerySet[DataQualityRun]":
    """The data-quality runs of a snapshot that the caller has the right to see already, newest first."""
    rows = DataQualityRun.objects.filter(dataset_version=snapshot).select_related(*_QUALITY)
    return rows.order_by("-requested_at", "pk")
