"""Branches of the one statement about how evidence came to be: attempts, deviations, reproductions, champions."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from audits.models import AuditRun, CheckPlan, Deviation, DeviationState, Reproduction, RunState
from governance import lifecycle
from governance.dossier.columns import branch, person_text, text, truth
from governance.models import ComparisonAcknowledgement, DeviationVote
from registry.models import DatasetVersion, ModelVersion, RoleGrant, System

ENDED = (RunState.PASSED, RunState.FAILED, RunState.INSUFFICIENT, RunState.ERRORED)
PENDING = (DeviationState.OPEN, DeviationState.REFUSED)


def branches(
    version: ModelVersion, system: System, grants: QuerySet[RoleGrant]
) -> Iterator[QuerySet[Any, Any]]:
    """Everything but the plans and runs of the version itself."""
    yield _attempts(version, system)
    yield _deviations(version)
    yield _deviation_votes(version, grants)
    yield _reproductions(version)
    yield from _champions(version)
    yield _acknowledgements(version, grants)


def plans(rows: QuerySet[CheckPlan], kind: str) -> QuerySet[Any, Any]:
    """Sealed plans, each with the state of what it loosens."""
    return branch(
        rows,
        kind,
        "pk",
        "digest",
        "dataset_version_id",
        person_text("sealed_by"),
        "sealed_at",
        "seed",
        "dataset_version__dataset__slug",
        text(Coalesce(_state(), Value(""))),
        "model_version_id",
    )


def _state() -> Subquery:
    standing = Deviation.objects.filter(new_plan=OuterRef("pk")).exclude(state=DeviationState.ASKED_AGAIN)
    return Subquery(standing.values("state")[:1])


def replaced() -> Exists:
    """Whether a newer plan for the same dataset counts, so that of a run's plan only that it ended matters."""
    pending = Deviation.objects.filter(new_plan=OuterRef("pk"), state__in=PENDING)
    newer = CheckPlan.objects.filter(
        ~Exists(pending),
        model_version=OuterRef("plan__model_version"),
        dataset_version__dataset=OuterRef("plan__dataset_version__dataset"),
        sealed_at__gt=OuterRef("plan__sealed_at"),
    )
    return Exists(newer)


def _attempts(version: ModelVersion, system: System) -> QuerySet[Any, Any]:
    """Every run that was started on the bytes this version is tested on, whoever's version it measured."""
    tested = DatasetVersion.objects.filter(plans__model_version=version).values("artifact_id")
    rows = AuditRun.objects.filter(
        plan__model_version__model__system=system,
        plan__dataset_version__artifact__in=tested,
        started_at__isnull=False,
        reproduces__isnull=True,
    )
    return branch(
        rows, "attempt", "pk", "plan__dataset_version__artifact__digest", "started_at", "requested_at"
    )


def _deviations(version: ModelVersion) -> QuerySet[Any, Any]:
    rows = Deviation.objects.filter(new_plan__model_version=version)
    return branch(
        rows.exclude(state=DeviationState.ASKED_AGAIN),
        "deviation",
        "pk",
        "old_plan_id",
        "new_plan_id",
        "digest",
        "state",
        person_text("opened_by"),
        "rows",
    )


def _deviation_votes(version: ModelVersion, grants: QuerySet[RoleGrant]) -> QuerySet[Any, Any]:
    still = grants.filter(membership__user_id=OuterRef("voter_id"), role=OuterRef("role"))
    rows = DeviationVote.objects.filter(deviation__new_plan__model_version=version)
    return branch(
        rows.exclude(deviation__state=DeviationState.ASKED_AGAIN),
        "deviation_vote",
        "deviation_id",
        person_text("voter"),
        "role",
        "verdict",
        "digest",
        "voted_at",
        truth(Exists(still)),
    )


def _reproductions(version: ModelVersion) -> QuerySet[Any, Any]:
    rows = Reproduction.objects.filter(original__plan__model_version=version)
    return branch(
        rows,
        "reproduction",
        "original_id",
        "rerun_id",
        truth(Q(matched=True)),
        truth(Q(same_digest=True)),
        person_text("rerun__requested_by"),
        "difference_count",
        "compared_at",
    )


def _champions(version: ModelVersion) -> Iterator[QuerySet[Any, Any]]:
    """Other versions of the same model that are in production, with what counts of theirs."""
    model = ModelVersion.objects.filter(pk=version.pk).values("model_id")
    others = ModelVersion.objects.filter(model__in=model, stage__in=lifecycle.DEPLOYED).exclude(pk=version.pk)
    yield branch(others, "champion", "pk", "version", "stage")
    theirs = CheckPlan.objects.filter(model_version__in=others.values("pk"))
    yield plans(theirs, "champion_plan")
    runs = AuditRun.objects.filter(plan__model_version__in=others.values("pk"), state__in=ENDED)
    yield branch(
        runs,
        "champion_run",
        "pk",
        "plan_id",
        "state",
        "seed",
        "code_version",
        person_text("requested_by"),
        "requested_at",
        "finished_at",
        "result_digest",
        "reproduces_id",
    )


def _acknowledgements(version: ModelVersion, grants: QuerySet[RoleGrant]) -> QuerySet[Any, Any]:
    still = grants.filter(membership__user_id=OuterRef("acknowledged_by_id"))
    rows = ComparisonAcknowledgement.objects.filter(model_version=version)
    return branch(
        rows,
        "acknowledgement",
        "pk",
        "champion_id",
        "digest",
        person_text("acknowledged_by"),
        "acknowledged_at",
        truth(Exists(still)),
    )
