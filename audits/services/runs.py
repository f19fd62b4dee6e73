"""Audit runs: asked for, cancelled; and the table of what may follow what."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.db.models import Q
from django.db.models.functions import Now

from audits.models import AuditRun, CheckPlan, LeasedRun, RunState
from audits.services import code, plans
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
MAX_SEED: Final = plans.MAX_SEED
# Executions of the same plan, code and seed that may end without a result before somebody has to look.
RETRIES: Final = 100


def before(state: RunState) -> list[RunState]:
    """The states from which a run may go to `state`: every conditional update asks for one of them."""
    return [source for source, targets in STEPS.items() if state in targets]


def message_is_due() -> timedelta:
    """How long a queued run trusts that its message is on the way; then the sweeper sends another."""
    return timedelta(seconds=settings.ASSAY_RUN_LEASE_SECONDS)


def request(*, actor: Actor, plan: CheckPlan, seed: int | None = None) -> AuditRun:
    """Ask for one execution of a sealed plan, with the plan's seed. The same plan, code and seed is the same run.

    After one that was cancelled or could not be measured it is another execution of the same: so asking again tries
    again, and never replaces a verdict that somebody did not like. With another seed the run is exploratory: it is
    kept and counted, a failure counts, and it opens nothing.
    """
    if seed is not None and not 0 <= seed <= MAX_SEED:
        raise Invalid(
            f"A seed is a whole number from 0 to {MAX_SEED}.",
            errors=[("seed", "out of range")],
            code="run.seed",
        )
    with record.transaction():
        check.require(actor, "run_audit", plan)
        CheckPlan.objects.locked().get(pk=plan.pk)  # two equal requests make one run
        if (sealed_for := plans.engine_of(plan)) != code.VERSION:
            raise Conflict(
                f"The plan was sealed for Assay {sealed_for}, and this is {code.VERSION}. Seal it again: what is"
                " measured by other code is another result.",
                code="plan.other_release",
            )
        chosen = plan.seed if seed is None else seed
        made = executions(plan, chosen)
        own = [run for run in made if run.reproduces_id is None]
        if own and own[-1].state not in (RunState.CANCELLED, RunState.ERRORED):
            return own[-1]
        return queue_run(actor, plan, chosen, len(made))


def executions(plan: CheckPlan, seed: int) -> list[AuditRun]:
    """The executions of a plan with a seed by this code, in order."""
    rows = AuditRun.objects.filter(plan=plan, seed=seed, code_version=code.VERSION)
    return list(rows.order_by("repeat"))


def queue_run(
    actor: Actor, plan: CheckPlan, seed: int, repeat: int, reproduces: AuditRun | None = None
) -> AuditRun:
    """Make a run and send its message, in the running transaction with the plan locked."""
    if repeat >= RETRIES:
        raise Conflict(
            f"This plan was tried {RETRIES} times without a result. Correct its cause, or seal another plan.",
            code="run.too_many_retries",
        )
    run = AuditRun.objects.create(
        plan=plan,
        seed=seed,
        repeat=repeat,
        reproduces=reproduces,
        code_version=code.VERSION,
        requested_by=actor.user,
        # For a queued run this is not a lease but the outbox: until then a message is on its way.
        lease_until=Now() + message_is_due(),
    )
    _record("requested", actor, run, plan_digest=plan.digest, seed=seed, code_version=run.code_version)
    queue.enqueue(queue.EXECUTE_RUN, run_id=str(run.pk))
    return run


def cancel[Kind: LeasedRun](*, actor: Actor, run: Kind) -> Kind:
    """Stop a run that has not ended. Its worker notices, and what it measured is thrown away."""
    with record.transaction():
        check.require(actor, "run_audit", run)
        still = type(run)._default_manager.filter(pk=run.pk, state__in=before(RunState.CANCELLED))
        changed = still.update(
            state=RunState.CANCELLED, step="Cancelled", lease_holder="", lease_until=None, finished_at=Now()
        )
        run.refresh_from_db()
        if changed:
            _record("cancelled", actor, run)
        elif run.state != RunState.CANCELLED:
            raise Conflict(
                f"This run has ended already ({run.get_state_display().lower()}).", code="run.ended"
            )
    return run


def requeue(*, run: LeasedRun, expired: Q) -> bool:
    """Queue a run again whose worker was lost; False when somebody else dealt with it."""
    with record.transaction():
        lost = type(run)._default_manager.filter(
            expired, pk=run.pk, state__in=before(RunState.QUEUED), attempts__lt=MAX_ATTEMPTS
        )
        changed = lost.update(
            state=RunState.QUEUED,
            step="Waiting for another worker; the first one was lost",
            progress=0,
            lease_holder="",
            lease_until=Now() + message_is_due(),
        )
        if changed:
            run.refresh_from_db()
            _record("requeued", Actor.system("sweeper"), run, attempts=run.attempts)
            queue.enqueue(run.task, run_id=str(run.pk))
    return bool(changed)


def send_again(*, run: LeasedRun) -> bool:
    """Send a queued run's message another time; False when it needs none, or another sweeper sent it."""
    queued = type(run)._default_manager.filter(pk=run.pk, state=RunState.QUEUED)
    due = queued.filter(Q(lease_until__lt=Now()) | Q(lease_until=None))
    if not due.update(lease_until=Now() + message_is_due()):
        return False
    queue.send(run.task, run_id=str(run.pk))
    return True


def _record(what: str, actor: Actor, run: LeasedRun, **payload: object) -> None:
    system = run.governed
    record.event(
        f"{run.event}.{what}",
        organisation_id=system.organisation_id,
        system_id=system.pk,
        subject=run,
        actor=actor,
        run_id=str(run.pk),
        **payload,
    )
