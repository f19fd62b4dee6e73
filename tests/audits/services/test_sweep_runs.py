"""Sweeping: what no worker will finish is queued again or ended, once."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from kombu.exceptions import OperationalError

from audits.models import AuditRun, RunState
from audits.services import execution, leases, runs, sweeping
from registry import queue
from registry.models import LedgerEntry
from tests.audits.runs import FakeEngine, deliver, make_run
from tests.cast import Cast


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Ids of the runs whose messages reached the broker."""
    ids: list[str] = []
    monkeypatch.setattr(queue, "send", lambda task, run_id: ids.append(run_id))
    return ids


def lose_worker(run: AuditRun) -> None:
    """A worker takes the run and is never heard of again."""
    assert leases.take(str(run.pk)) is not None
    age(run, lease_until=1)


def age(run: AuditRun, **seconds: int) -> None:
    """Put moments of a run into the past."""
    past = {name: timezone.now() - timedelta(seconds=ago) for name, ago in seconds.items()}
    AuditRun.objects.filter(pk=run.pk).update(**past)


def sweep_twice() -> None:
    """Two beats, or one that stutters."""
    with deliver():
        sweeping.sweep()
        sweeping.sweep()


def test_a_lost_run_is_queued_again_once_and_then_measured(
    cast: Cast, sent: list[str], engine: FakeEngine
) -> None:
    run = make_run(cast)
    lose_worker(run)
    sweep_twice()
    run.refresh_from_db()
    assert (run.state, run.attempts, run.lease_holder) == (RunState.QUEUED, 1, "")
    assert sent == [str(run.pk)]
    assert LedgerEntry.objects.filter(event="run.requeued").count() == 1

    execution.execute(str(run.pk))
    run.refresh_from_db()
    assert (run.state, run.attempts) == (RunState.PASSED, 2)


def test_a_run_whose_worker_is_alive_is_left_alone(cast: Cast, sent: list[str]) -> None:
    run = make_run(cast)
    leases.take(str(run.pk))
    sweep_twice()
    run.refresh_from_db()
    assert (run.state, sent) == (RunState.RUNNING, [])


def test_a_run_that_kills_every_worker_ends_with_that_sentence(cast: Cast, sent: list[str]) -> None:
    run = make_run(cast)
    for _ in range(runs.MAX_ATTEMPTS):
        lose_worker(run)
        sweep_twice()
    run.refresh_from_db()
    assert (run.state, run.attempts) == (RunState.ERRORED, 3)
    assert "lost 3 times while measuring" in run.error
    assert leases.take(str(run.pk)) is None
    assert LedgerEntry.objects.filter(event="run.finished").count() == 1


def test_a_message_that_never_came_is_sent_again(cast: Cast, sent: list[str]) -> None:
    run = make_run(cast)
    sweep_twice()
    assert sent == []
    age(run, lease_until=1)
    sweep_twice()
    assert sent == [str(run.pk)]


def test_a_broker_that_is_down_does_not_stop_the_sweep(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def down(*_: Any, **__: Any) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr(queue, "send", down)
    for seed in range(2):
        age(make_run(cast, seed=seed), lease_until=1)
    sweeping.sweep()
    assert caplog.text.count("sweep_failed") == 2
    assert set(AuditRun.objects.values_list("state", flat=True)) == {RunState.QUEUED}


def test_a_flood_of_queued_runs_sends_few_messages_the_oldest_first(
    cast: Cast, sent: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeping, "MESSAGES", 2)
    queued = [make_run(cast, seed=seed) for seed in range(3)]
    for run in queued:
        age(run, lease_until=1)
    sweeping.sweep()
    assert sent == [str(run.pk) for run in queued[:2]]


def test_a_run_that_takes_for_ever_is_ended(cast: Cast, sent: list[str]) -> None:
    run = make_run(cast)
    lease = leases.take(str(run.pk))
    assert lease is not None
    age(run, started_at=int(sweeping.LONGEST.total_seconds()) + 1)
    sweep_twice()
    run.refresh_from_db()
    assert (run.state, run.error[:38]) == (RunState.ERRORED, "The audit was ended after 6 hours. Use")
    lease.renew()
    with pytest.raises(leases.LeaseLost):
        lease.report("Counting", 0.5)


def test_a_run_of_another_release_that_nobody_takes_is_ended(cast: Cast, sent: list[str]) -> None:
    run = make_run(cast)
    AuditRun.objects.update(code_version="0.0.1+other")
    sweep_twice()
    run.refresh_from_db()
    assert run.state == RunState.QUEUED
    age(run, requested_at=16 * 60)
    sweep_twice()
    run.refresh_from_db()
    assert run.state == RunState.ERRORED
    assert "another release" in run.error
