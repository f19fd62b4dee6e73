"""Asking for a run: idempotent, recorded, and on its way to the queue only once it is committed."""

from typing import Any

import pytest
from django.db.models.functions import Now
from kombu.exceptions import OperationalError

from audits.models import AuditRun, RunState
from audits.services import code, runs
from registry import queue
from registry.errors import Conflict, Denied, Invalid, NotFound
from registry.models import LedgerEntry
from tests.audits.runs import deliver, make_plan, make_run
from tests.cast import Cast


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Ids of the runs whose messages reached the broker."""
    ids: list[str] = []
    monkeypatch.setattr(queue, "send", lambda task, run_id: ids.append(run_id))
    return ids


def test_it_works(cast: Cast, sent: list[str]) -> None:
    with deliver():
        run = make_run(cast)
        assert sent == []
    assert sent == [str(run.pk)]
    assert (run.state, run.seed, run.code_version) == (RunState.QUEUED, 0, code.VERSION)
    assert LedgerEntry.objects.filter(event="run.requested", subject_id=run.pk).count() == 1


def test_the_same_request_again_is_the_same_run(cast: Cast, sent: list[str]) -> None:
    with deliver():
        assert make_run(cast) == make_run(cast, by="vera")
    assert len(sent) == 1


def test_without_a_seed_it_takes_the_plans(cast: Cast) -> None:
    plan = make_plan(cast, seed=42)
    run = make_run(cast, plan=plan)
    assert (run.seed, run.exploratory) == (42, False)
    assert make_run(cast, plan=plan, seed=42) == run


def test_another_seed_is_another_run_and_exploratory(cast: Cast) -> None:
    run, other = make_run(cast), make_run(cast, seed=1)
    assert (run.exploratory, other.exploratory) == (False, True)
    assert make_run(cast, seed=1) == other != run


def test_a_plan_sealed_for_other_code_is_not_run(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = make_plan(cast)
    monkeypatch.setattr(code, "VERSION", "9.9.9+other")
    with pytest.raises(Conflict, match="Seal it again") as refused:
        make_run(cast, plan=plan)
    assert refused.value.code == "plan.other_release"
    assert make_run(cast).plan != plan


@pytest.mark.parametrize("state", [RunState.RUNNING, RunState.PASSED, RunState.FAILED, RunState.INSUFFICIENT])
def test_asking_again_does_not_replace_a_verdict(cast: Cast, state: RunState) -> None:
    run = make_run(cast)
    AuditRun.objects.update(state=state)
    assert make_run(cast) == run


@pytest.mark.parametrize("state", [RunState.CANCELLED, RunState.ERRORED])
def test_asking_again_tries_again_when_there_was_no_result(cast: Cast, state: RunState) -> None:
    run = make_run(cast)
    AuditRun.objects.update(state=state)
    again = make_run(cast)
    assert again != run
    assert (again.seed, again.repeat, again.plan, again.exploratory) == (0, 1, run.plan, False)
    assert make_run(cast, seed=0) == again


def test_trying_again_has_an_end(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "RETRIES", 2)
    for _ in range(2):
        make_run(cast)
        AuditRun.objects.update(state=RunState.ERRORED)
    with pytest.raises(Conflict, match="without a result"):
        make_run(cast)


@pytest.mark.parametrize("seed", [-1, 2**53])
def test_a_seed_out_of_range_is_refused(cast: Cast, seed: int) -> None:
    with pytest.raises(Invalid, match="whole number"):
        make_run(cast, seed=seed)


def test_a_broker_that_is_down_loses_nothing(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(*_: Any, **__: Any) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr(queue, "send", down)
    with deliver():
        run = make_run(cast)
    assert AuditRun.objects.get(pk=run.pk).state == RunState.QUEUED


def test_it_needs_the_permission(cast: Cast) -> None:
    plan = make_plan(cast)
    with pytest.raises(Denied):
        runs.request(actor=cast.actor("aud"), plan=plan)
    with pytest.raises(NotFound):
        runs.request(actor=cast.actor("oscar"), plan=plan)
    assert not AuditRun.objects.exists()


def test_a_queued_run_is_cancelled_at_once(cast: Cast) -> None:
    run = runs.cancel(actor=cast.actor("vera"), run=make_run(cast))
    assert (run.state, run.step) == (RunState.CANCELLED, "Cancelled")
    assert run.finished_at is not None
    runs.cancel(actor=cast.actor("vera"), run=run)
    assert LedgerEntry.objects.filter(event="run.cancelled").count() == 1


@pytest.mark.parametrize("state", sorted(runs.FINAL - {RunState.CANCELLED}))
def test_a_run_that_ended_cannot_be_cancelled(cast: Cast, state: RunState) -> None:
    run = make_run(cast)
    AuditRun.objects.update(state=state, finished_at=Now())
    with pytest.raises(Conflict, match="ended already"):
        runs.cancel(actor=cast.actor("dev"), run=run)


def test_cancelling_needs_the_permission(cast: Cast) -> None:
    run = make_run(cast)
    with pytest.raises(Denied):
        runs.cancel(actor=cast.actor("aud"), run=run)


def test_a_final_state_is_final() -> None:
    assert set(runs.STEPS) == set(RunState) - runs.FINAL
    assert {state for state in RunState if not runs.before(state)} == set()
