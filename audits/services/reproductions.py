"""Making a run again: by somebody who had no part in it, from the stored inputs, held against the original."""

import json
from collections.abc import Mapping
from typing import Any, Final

from audits.checks.tolerance import differences
from audits.models import AuditRun, CheckPlan, Reproduction, RunState
from audits.services import plans, runs
from registry import selectors as facts
from registry.access import check
from registry.actors import Actor
from registry.errors import Conflict, Denied
from registry.ledger import record
from registry.models import User
from registry.stages import Role

MEASURED: Final = (RunState.PASSED, RunState.FAILED, RunState.INSUFFICIENT)
LISTED: Final = 100


def request(*, actor: Actor, run: AuditRun) -> AuditRun:
    """Ask for a finished run to be made again: same plan, same seed, an execution of its own.

    While one is under way for this run, that is the answer. A validator asks who neither started nor planned the
    run, nor registered the version or its test data. Who tries all the same is written down.
    """
    with record.transaction():
        check.require(actor, "run_audit", run)
        CheckPlan.objects.locked().get(pk=run.plan_id)
        run = _loaded(run)
        _require_measured(run)
        why = why_not(actor, run)
        if not why:
            return _under_way(run) or _queue(actor, run)
        _record("reproduction.refused", actor, run, run_id=str(run.pk), why=why)
    # Raised after the attempt is committed: the log tells who tried to confirm their own work.
    refusal = Denied(
        f"You cannot reproduce this run: you {why}. Someone independent has to.", code="run.not_independent"
    )
    refusal.recorded = True
    raise refusal


def why_not(actor: Actor, run: AuditRun) -> str:
    """What the actor did, or is not, that keeps them from reproducing a run; empty when nothing does."""
    system = run.plan.model_version.model.system
    mine = _person(actor.user)
    for words, person in _producers(run):
        if _person(person) == mine:
            return words
    if Role.VALIDATOR not in facts.roles_of(actor.user.pk, system):
        return "are no validator here"
    return ""


def compared(rerun: AuditRun, actor: Actor) -> Reproduction | None:
    """Hold a run that has just ended against the original, in the running transaction; None where nothing is told."""
    original = rerun.reproduces
    if original is None or rerun.state not in MEASURED:
        return None
    tolerance = plans.sealed_tolerance(json.loads(rerun.plan.body))
    found = differences(json.loads(original.result), json.loads(rerun.result), tolerance)
    reproduction = Reproduction.objects.create(
        original=original,
        rerun=rerun,
        matched=not found,
        same_digest=original.result_digest == rerun.result_digest,
        same_code=original.code_version == rerun.code_version,
        tolerance={name: repr(value) for name, value in tolerance.as_dict().items()},
        differences=[
            {"what": one.what, "original": one.original, "again": one.again} for one in found[:LISTED]
        ],
        difference_count=len(found),
    )
    told: Mapping[str, Any] = (
        {"differences": len(found)} if found else {"same_digest": reproduction.same_digest}
    )
    _record(
        "run.not_reproduced" if found else "run.reproduced",
        actor,
        rerun,
        run_id=str(rerun.pk),
        original_run_id=str(original.pk),
        result_digest=rerun.result_digest,
        original_result_digest=original.result_digest,
        **told,
    )
    return reproduction


def _loaded(run: AuditRun) -> AuditRun:
    return AuditRun.objects.select_related(
        "requested_by",
        "plan__sealed_by",
        "plan__model_version__created_by",
        "plan__model_version__model__system",
        "plan__dataset_version__created_by",
        "plan__dataset_version__dataset__owner",
    ).get(pk=run.pk)


def _require_measured(run: AuditRun) -> None:
    if run.reproduces_id is not None:
        raise Conflict("This run reproduces another one. Reproduce that one.", code="run.is_reproduction")
    if run.state not in MEASURED:
        raise Conflict(
            f"There is no result to reproduce: the run is {run.get_state_display().lower()}.",
            code="run.no_result",
        )


def _producers(run: AuditRun) -> list[tuple[str, User]]:
    plan = run.plan
    return [
        ("started it", run.requested_by),
        ("sealed its plan", plan.sealed_by),
        ("registered the model version", plan.model_version.created_by),
        ("registered the test data", plan.dataset_version.created_by),
        ("own the test data", plan.dataset_version.dataset.owner),
    ]


def _person(user: User) -> Any:
    """Whoever answers for a service account is the person behind it."""
    return user.responsible_id or user.pk


def _under_way(run: AuditRun) -> AuditRun | None:
    rows = AuditRun.objects.filter(reproduces=run, state__in=(RunState.QUEUED, RunState.RUNNING))
    return rows.order_by("-requested_at").first()


def _queue(actor: Actor, run: AuditRun) -> AuditRun:
    rerun = runs.queue_run(
        actor, run.plan, run.seed, len(runs.executions(run.plan, run.seed)), reproduces=run
    )
    _record(
        "reproduction.requested",
        actor,
        rerun,
        run_id=str(rerun.pk),
        original_run_id=str(run.pk),
        plan_digest=run.plan.digest,
    )
    return rerun


def _record(event: str, actor: Actor, run: AuditRun, **payload: Any) -> None:
    system = run.plan.model_version.model.system
    record.event(
        event,
        organisation_id=system.organisation_id,
        system_id=system.pk,
        subject=run,
        actor=actor,
        **payload,
    )
