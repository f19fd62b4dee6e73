"""Audit runs: asked for, cancelled; and the table of what may follow what."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.db.models import Q
from django.db.models.functions import Now

from audits.models import AuditRun, CheckPlan, RunState
from audits.services import code
from registry import queue
from registry.access import check
from registry.actors import Actor
from registry.errors import Conflict, Invalid
from registry.ledger import record

FINAL: Final = frozenset(
    {RunState.PASSED, RunState.FAILED, RunState.INSUFFICIENT, RunState.ERRORED, RunState.CANCELLED}
)

STEPS: Final[Mapping[RunState, frozenset[RunState]]] = {
    RunState.QUEUED: frozenset({RunState.RUNNING, RunState.CANCELLED, RunState.ERRORED}),
    # Back to the queue by the sweeper only; to itself when another worker takes over an expired lease.
    RunState.RUNNING: frozenset({RunState.QUEUED, RunState.RUNNING}) | FINAL,
}

# A worker that dies three times over the same run will die a fourth time.
MAX_ATTEMPTS: Final = 3
# The ledger's canonical JSON has no larger whole number.
MAX_SEED: Final = 2**53 - 1
# Seeds that a request without one may go through; each is a run of its own that failed to end well.
RETRIES: Final = 100


def before(state: RunState) -> list[RunState]:
    """The states from which a run may go to `state`: every conditional update asks for one of them."""
    return [source for source, targets in STEPS.items() if state in targets]


def message_is_due() -> timedelta:
    """How long a queued run trusts that its message is on the way; then the sweeper sends another."""
    return timedelta(seconds=settings.ASSAY_RUN_LEASE_SECONDS)


def request(*, actor: Actor, plan: CheckPlan, seed: int | None = None) -> AuditRun:
    """Ask for one execution of a sealed plan. The same plan, code and seed is the same run.

    Without a seed it is seed 0, or the next one when those before it were cancelled or could not be measured: so
    asking again tries again, and never replaces a verdict that somebody did not like.
    """
    if seed is not None and not 0 <= seed <= MAX_SEED:
        raise Invalid(
            f"A seed is a whole number from 0 to {MAX_SEED}.",
            errors=[("seed", "out of range")],
            code="run.seed",
        )
    with record.transaction():
        check.require(actor, "run_audit", plan)
        CheckPlan.objects.select_for_update(no_key=True).get(pk=plan.pk)  # two equal requests make one run
        made = {run.seed: run for run in AuditRun.objects.filter(plan=plan, code_version=code.VERSION)}
        chosen = _next_seed(made) if seed is None else seed
        return made.get(chosen) or _queue(actor, plan, chosen)


def _next_seed(made: Mapping[int, AuditRun]) -> int:
    for seed in range(RETRIES):
        if seed not in made or made[seed].state not in (RunState.CANCELLED, RunState.ERRORED):
            return seed
    raise Conflict(
        f"This plan was tried {RETRIES} times without a result. Correct its cause, or give a seed yourself.",
        code="run.too_many_retries",
    )


def _queue(actor: Actor, plan: CheckPlan, seed: int) -> AuditRun:
    run = AuditRun.objects.create(
        plan=plan,
        seed=seed,
        code_version=code.VERSION,
        requested_by=actor.user,
        # For a queued run this is not a lease but the outbox: until then a message is on its way.
        lease_until=Now() + message_is_due(),
    )
    _record("run.requested", actor, run, plan_digest=plan.digest, seed=seed, code_version=run.code_version)
    queue.enqueue(queue.EXECUTE_RUN, run_id=str(run.pk))
    return run


def cancel(*, actor: Actor, run: AuditRun) -> AuditRun:
    """Stop a run that has not ended. Its worker notices, and what it measured is thrown away."""
    with record.transaction():
        check.require(actor, "run_audit", run)
        changed = AuditRun.objects.filter(pk=run.pk, state__in=before(RunState.CANCELLED)).update(
            state=RunState.CANCELLED, step="Cancelled", lease_holder="", lease_until=None, finished_at=Now()
        )
        run.refresh_from_db()
        if changed:
            _record("run.cancelled", actor, run)
        elif run.state != RunState.CANCELLED:
            raise Conflict(
                f"This run has ended already ({run.get_state_display().lower()}).", code="run.ended"
            )
    return run


def requeue(*, run: AuditRun, expired: Q) -> bool:
    """Queue a run again whose worker was lost; False when somebody else dealt with it."""
    with record.transaction():
        changed = AuditRun.objects.filter(
            expired, pk=run.pk, state__in=before(RunState.QUEUED), attempts__lt=MAX_ATTEMPTS
        ).update(
            state=RunState.QUEUED,
            step="Waiting for another worker; the first one was lost",
            progress=0,
            lease_holder="",
            lease_until=Now() + message_is_due(),
        )
        if changed:
            run.refresh_from_db()
            _record("run.requeued", Actor.system("sweeper"), run, attempts=run.attempts)
            queue.enqueue(queue.EXECUTE_RUN, run_id=str(run.pk))
    return bool(changed)


def send_again(*, run: AuditRun) -> bool:
    """Send a queued run's message another time; False when it needs none, or another sweeper sent it."""
    due = AuditRun.objects.filter(pk=run.pk, state=RunState.QUEUED).filter(
        Q(lease_until__lt=Now()) | Q(lease_until=None)
    )
    if not due.update(lease_until=Now() + message_is_due()):
        return False
    queue.send(queue.EXECUTE_RUN, run_id=str(run.pk))
    return True


def _record(event: str, actor: Actor, run: AuditRun, **payload: object) -> None:
    system = run.plan.model_version.model.system
    record.event(
        event,
        organisation_id=system.organisation_id,
        system_id=system.pk,
        subject=run,
        actor=actor,
        run_id=str(run.pk),
        **payload,
    )
