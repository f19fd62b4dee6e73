"""Executing a run: claimed once, measured, and ended in one piece."""

import hashlib
import json
import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.db.models.functions import Now
from django.utils import timezone

from audits.frames.errors import Refused
from audits.models import AuditRun, CheckResult, Measurement, RunState
from audits.services import endings, execution, leases, runs
from registry import blobs
from registry.ledger.verify import verify_log
from registry.models import LedgerEntry
from tests.audits.runs import FakeEngine, make_run
from tests.cast import Cast


def entries(run: AuditRun) -> list[dict[str, Any]]:
    """What the ledger says about a run, in order."""
    rows = LedgerEntry.objects.filter(subject_id=run.pk).order_by("index")
    return [json.loads(bytes(row.body)) for row in rows]


def test_it_works(cast: Cast, engine: FakeEngine) -> None:
    run = make_run(cast)
    execution.execute(str(run.pk))

    run.refresh_from_db()
    assert (run.state, run.progress, run.attempts, run.error) == (RunState.PASSED, 100, 1, "")
    assert run.started_at is not None
    assert run.finished_at is not None
    assert f"sha256:{hashlib.sha256(run.result.encode()).hexdigest()}" == run.result_digest
    assert {"checks", "measurements", "explanation", "inputs", "versions", "seed", "read"} <= set(
        json.loads(run.result)
    )
    assert Measurement.objects.filter(run=run).count() == 3
    assert [check.verdict for check in CheckResult.objects.filter(run=run)] == ["passed", "passed"]
    assert [entry["event"] for entry in entries(run)] == ["run.requested", "run.finished"]
    assert entries(run)[1]["data"]["result_digest"] == run.result_digest
    assert entries(run)[1]["actor"]["id"] == "worker"
    assert verify_log(cast.acme.pk).holds


def test_it_measures_the_sealed_plan_on_the_pinned_bytes(cast: Cast, engine: FakeEngine) -> None:
    run = make_run(cast, seed=7)
    execution.execute(str(run.pk))
    (call,) = engine.calls
    assert call["seed"] == 7
    assert call["path"] == blobs.path(cast.acme.pk, run.plan.dataset_version.artifact.digest)
    assert call["model"].digest == run.plan.model_version.artifact.digest
    assert call["mapping"].sensitive == ("sex",)
    assert [check.name for check in call["checks"]] == ["accuracy", "impact ratio by sex"]


@pytest.mark.parametrize(
    ("verdicts", "state"),
    [
        ({"accuracy": "passed", "impact ratio by sex": "passed"}, RunState.PASSED),
        ({"accuracy": "failed", "impact ratio by sex": "insufficient"}, RunState.FAILED),
        ({"accuracy": "passed", "impact ratio by sex": "insufficient"}, RunState.INSUFFICIENT),
        ({"accuracy": "passed", "impact ratio by sex": "errored"}, RunState.INSUFFICIENT),
        ({"accuracy": "passed", "impact ratio by sex": "splendid"}, RunState.ERRORED),
        ({"accuracy": "passed"}, RunState.ERRORED),
    ],
)
def test_only_checks_that_all_passed_make_a_passed_run(
    cast: Cast, engine: FakeEngine, verdicts: dict[str, str], state: RunState
) -> None:
    engine.verdicts = verdicts
    run = make_run(cast)
    execution.execute(str(run.pk))
    run.refresh_from_db()
    assert run.state == state


def test_a_result_without_checks_never_passes() -> None:
    assert endings.of_outcome({"refused": None, "checks": []}).state == RunState.INSUFFICIENT


def test_the_same_inputs_give_the_same_result_digest(cast: Cast, engine: FakeEngine) -> None:
    run = make_run(cast)
    execution.execute(str(run.pk))
    first = AuditRun.objects.get()
    AuditRun.objects.update(state=RunState.QUEUED, attempts=0)
    Measurement.objects.all().delete()
    CheckResult.objects.all().delete()
    execution.execute(str(run.pk))
    assert AuditRun.objects.get().result_digest == first.result_digest


def test_a_refused_file_ends_with_its_line_and_column(cast: Cast, engine: FakeEngine) -> None:
    refused = {"code": "row.fields", "message": "Row has 3 fields instead of 4.", "line": 17, "column": "sex"}
    engine.more = {"refused": refused, "checks": [], "measurements": []}
    run = make_run(cast)
    execution.execute(str(run.pk))
    run.refresh_from_db()
    assert run.state == RunState.ERRORED
    assert run.error == "Row has 3 fields instead of 4. (line 17, column sex)"
    assert json.loads(run.result)["refused"] == refused
    assert entries(run)[-1]["data"]["error"] == "row.fields"


def test_a_refusal_that_is_raised_ends_the_same_way(cast: Cast, engine: FakeEngine) -> None:
    def refuse(**_: Any) -> None:
        raise Refused("column.unknown", "There is no column “sx”.", column="sx")

    engine.instead = refuse
    run = make_run(cast)
    execution.execute(str(run.pk))
    run.refresh_from_db()
    assert (run.state, run.error) == (RunState.ERRORED, "There is no column “sx”. (column sx)")


def test_a_bug_ends_the_run_with_a_sentence_and_the_log_with_a_traceback(
    cast: Cast, engine: FakeEngine, caplog: pytest.LogCaptureFixture
) -> None:
    engine.instead = lambda **_: 1 / 0
    run = make_run(cast)
    execution.execute(str(run.pk))
    run.refresh_from_db()
    assert run.state == RunState.ERRORED
    assert "ZeroDivision" not in run.error
    assert str(run.pk) in run.error
    assert "ZeroDivisionError" in caplog.text


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_result_that_is_not_a_number_is_never_kept(cast: Cast, engine: FakeEngine, value: float) -> None:
    engine.more = {"explanation": {"base_value": value}}
    run = make_run(cast)
    execution.execute(str(run.pk))
    run.refresh_from_db()
    assert (run.state, run.result, run.measurements.count()) == (RunState.ERRORED, "", 0)


def test_bytes_changed_in_the_store_are_refused(cast: Cast, engine: FakeEngine) -> None:
    run = make_run(cast)
    path = blobs.path(cast.acme.pk, run.plan.dataset_version.artifact.digest)
    path.chmod(0o640)
    path.write_bytes(b"other")
    execution.execute(str(run.pk))
    run.refresh_from_db()
    assert run.state == RunState.ERRORED
    assert "changed outside Assay" in run.error
    assert engine.calls == []


def test_other_bytes_than_the_pinned_ones_are_no_evidence(cast: Cast, engine: FakeEngine) -> None:
    engine.more = {"inputs": {"data": {"digest": "sha256:" + "0" * 64}}}
    run = make_run(cast)
    execution.execute(str(run.pk))
    run.refresh_from_db()
    assert run.state == RunState.ERRORED
    assert "while they were being measured" in run.error


def test_a_plan_changed_after_sealing_is_refused(cast: Cast, engine: FakeEngine) -> None:
    run = make_run(cast)
    plan = run.plan
    plan.body = plan.body.replace('"threshold":"0.8"', '"threshold":"0.1"')
    plan.save(update_fields=["body"])
    execution.execute(str(run.pk))
    run.refresh_from_db()
    assert run.state == RunState.ERRORED
    assert "after it was sealed" in run.error


def test_a_second_message_changes_nothing(cast: Cast, engine: FakeEngine) -> None:
    run = make_run(cast)
    for _ in range(10):
        execution.execute(str(run.pk))
    assert len(engine.calls) == 1
    assert CheckResult.objects.filter(run=run).count() == 2
    assert LedgerEntry.objects.filter(event="run.finished").count() == 1


def test_a_message_while_another_worker_measures_changes_nothing(cast: Cast, engine: FakeEngine) -> None:
    run = make_run(cast)
    engine.instead = lambda **_: execution.execute(str(run.pk)) if len(engine.calls) < 3 else None
    execution.execute(str(run.pk))
    assert len(engine.calls) == 1
    assert AuditRun.objects.get().attempts == 1


def test_an_expired_lease_may_be_taken_over_and_the_late_result_is_thrown_away(
    cast: Cast, engine: FakeEngine
) -> None:
    run = make_run(cast)

    def overtaken(**_: Any) -> None:
        engine.instead = None
        AuditRun.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        execution.execute(str(run.pk))
        engine.verdicts = {"accuracy": "failed", "impact ratio by sex": "failed"}

    engine.instead = overtaken
    execution.execute(str(run.pk))
    run.refresh_from_db()
    assert (run.state, run.attempts) == (RunState.PASSED, 2)
    assert {check.verdict for check in CheckResult.objects.all()} == {"passed"}
    assert LedgerEntry.objects.filter(event="run.finished").count() == 1


def test_a_run_cancelled_meanwhile_stays_cancelled(cast: Cast, engine: FakeEngine) -> None:
    run = make_run(cast)
    engine.instead = lambda **_: runs.cancel(actor=cast.actor("dev"), run=run)
    execution.execute(str(run.pk))
    run.refresh_from_db()
    assert (run.state, run.result) == (RunState.CANCELLED, "")
    assert [entry["event"] for entry in entries(run)] == ["run.requested", "run.cancelled"]


def test_a_heartbeat_renews_the_lease_and_tells_the_progress(cast: Cast) -> None:
    run = make_run(cast)
    lease = leases.take(str(run.pk))
    assert lease is not None
    AuditRun.objects.update(lease_until=Now())
    lease.report("Counting rows", 0.42)
    lease.renew()
    run.refresh_from_db()
    assert (run.progress, run.step) == (42, "Counting rows")
    assert run.lease_until is not None
    assert run.lease_until > timezone.now() + timedelta(seconds=30)


def test_work_stops_at_the_next_report_once_the_lease_is_lost(cast: Cast) -> None:
    run = make_run(cast)
    lease = leases.take(str(run.pk))
    assert lease is not None
    runs.cancel(actor=cast.actor("dev"), run=run)
    lease.renew()
    with pytest.raises(leases.LeaseLost):
        lease.report("Counting rows", 0.5)


def test_a_database_that_stays_away_longer_than_a_lease_means_that_it_is_lost(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_: Any) -> None:
        raise OperationalError("server closed the connection")

    lease = leases.take(str(make_run(cast).pk))
    assert lease is not None
    monkeypatch.setattr(leases.Lease, "held", away)
    lease.renew()
    lease.report("Counting rows", 0.5)  # it may come back
    monkeypatch.setattr(lease, "_sure_until", 0.0)  # a lease's length later
    lease.renew()
    with pytest.raises(leases.LeaseLost):
        lease.report("Counting rows", 0.5)


def test_a_worker_of_another_release_leaves_the_run_alone(cast: Cast, engine: FakeEngine) -> None:
    run = make_run(cast)
    AuditRun.objects.update(code_version="9.9.9+other")
    execution.execute(str(run.pk))
    assert AuditRun.objects.get().state == RunState.QUEUED
    assert engine.calls == []


def test_no_heartbeat_is_left_behind(cast: Cast, engine: FakeEngine) -> None:
    execution.execute(str(make_run(cast).pk))
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("heartbeat")]
