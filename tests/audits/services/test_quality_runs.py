"""Data-quality runs: bars sealed before anything is read, carried out once, and ended whatever happens."""

import hashlib
import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from audits.models import DataQualityRun, RunState
from audits.quality import outcome
from audits.services import leases, profiling, quality, runs, sweeping
from registry import blobs, queue
from registry.errors import Conflict, Denied, Invalid, NotFound
from registry.ledger.verify import verify_log
from registry.models import DatasetVersion, LedgerEntry
from tests.audits.runs import deliver
from tests.cast import Cast
from tests.make import make_dataset_version, make_system


@pytest.fixture(autouse=True)
def no_heartbeat(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    """A thread would have a database connection of its own, which does not see this test's transaction."""
    monkeypatch.setattr(leases, "BEAT_SECONDS", 3_600.0)
    settings.ASSAY_RUN_LEASE_SECONDS = 4 * 3_600


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Messages that reached the broker."""
    found: list[tuple[str, str]] = []
    monkeypatch.setattr(queue, "send", lambda task, run_id: found.append((task, run_id)))
    return found


def sound(*more: str) -> bytes:
    """Rows that meet every default bar, and more."""
    rows = [f"{'FM'[i % 2]},{i},{i // 2 % 2},{i // 2 % 2}" for i in range(200)]
    return "\n".join(["sex,income,repaid,prediction", *rows, *more, ""]).encode()


@pytest.fixture
def snapshot(cast: Cast) -> DatasetVersion:
    """A dataset version with sound data."""
    return make_dataset_version(cast, make_system(cast), sound())


def ask(cast: Cast, snapshot: DatasetVersion, by: str = "stew", **kwargs: Any) -> DataQualityRun:
    return quality.request(actor=cast.actor(by), dataset_version=snapshot, **kwargs)


def profiled(cast: Cast, snapshot: DatasetVersion, **kwargs: Any) -> DataQualityRun:
    """A run that ended."""
    run = ask(cast, snapshot, **kwargs)
    profiling.profile(str(run.pk))
    run.refresh_from_db()
    return run


def events(run: DataQualityRun) -> list[str]:
    rows = LedgerEntry.objects.filter(subject_id=run.pk).order_by("index")
    return list(rows.values_list("event", flat=True))


def test_it_works(cast: Cast, snapshot: DatasetVersion) -> None:
    run = profiled(cast, snapshot)
    assert (run.state, run.progress, run.attempts, run.error) == (RunState.PASSED, 100, 1, "")
    assert f"sha256:{hashlib.sha256(run.result.encode()).hexdigest()}" == run.result_digest
    sealed = json.loads(run.result)
    assert sealed["profile"]["rows"] == 200
    assert len(sealed["checks"]) == 10
    assert events(run) == ["data_quality.requested", "data_quality.finished"]
    assert verify_log(cast.acme.pk).holds


def test_its_bars_are_sealed_before_it_starts(cast: Cast, snapshot: DatasetVersion) -> None:
    run = ask(cast, snapshot, bars=[{"check": "missing_share", "at_most": "0.3"}])
    entry = json.loads(bytes(LedgerEntry.objects.get(event="data_quality.requested").body))
    assert entry["data"]["bars_digest"] == run.bars_digest
    body = json.loads(run.bars)
    assert {"check": "missing_share", "at_most": "0.3"} in body["bars"]
    assert body["inputs"]["dataset"] == snapshot.artifact.digest
    assert len(body["bars"]) == 10


def test_bars_that_make_no_sense_are_refused(cast: Cast, snapshot: DatasetVersion) -> None:
    with pytest.raises(Invalid, match="no check “beauty”"):
        ask(cast, snapshot, bars=[{"check": "beauty", "at_most": 1}])
    assert not DataQualityRun.objects.exists()


def test_asking_twice_makes_one_run_while_it_is_open(cast: Cast, snapshot: DatasetVersion) -> None:
    first = ask(cast, snapshot)
    assert ask(cast, snapshot, by="dev") == first
    assert ask(cast, snapshot, bars=[{"check": "rows", "at_least": 7}]) != first
    profiling.profile(str(first.pk))
    assert ask(cast, snapshot) != first


def test_whoever_measures_or_registers_may_ask(cast: Cast, snapshot: DatasetVersion) -> None:
    for name in ("stew", "dev", "vera", "ci", "olga"):
        assert ask(cast, snapshot, by=name).state == RunState.QUEUED
    for name, error in (("aud", Denied), ("adam", Denied), ("oscar", NotFound), ("root", NotFound)):
        with pytest.raises(error):
            ask(cast, snapshot, by=name)


def test_bad_data_fail_and_say_why(cast: Cast) -> None:
    snapshot = make_dataset_version(cast, make_system(cast), sound("F,many,1,1"))
    run = profiled(cast, snapshot)
    failed = [row for row in json.loads(run.result)["checks"] if row["verdict"] == "failed"]
    assert (run.state, [row["name"] for row in failed]) == (RunState.FAILED, ["type_disagreement_share"])


def test_a_file_that_cannot_be_read_ends_with_its_line(cast: Cast) -> None:
    snapshot = make_dataset_version(cast, make_system(cast), b"sex,income,repaid,prediction\nF,1\n")
    run = profiled(cast, snapshot)
    assert run.state == RunState.ERRORED
    assert run.error.startswith("Line 2 has 2 fields, the header has 4.")
    assert json.loads(run.result)["refused"]["line"] == 2


def test_the_same_data_give_the_same_result(cast: Cast, snapshot: DatasetVersion) -> None:
    assert profiled(cast, snapshot).result_digest == profiled(cast, snapshot).result_digest


def test_changed_bytes_are_no_evidence(cast: Cast, snapshot: DatasetVersion) -> None:
    run = ask(cast, snapshot)
    path = blobs.path(cast.acme.pk, snapshot.artifact.digest)
    path.chmod(0o640)
    path.write_bytes(sound("F,1,1,1"))
    profiling.profile(str(run.pk))
    run.refresh_from_db()
    assert (run.state, run.result) == (RunState.ERRORED, "")
    assert "changed outside Assay" in run.error


def test_changed_bars_and_columns_are_no_evidence(cast: Cast, snapshot: DatasetVersion) -> None:
    run = ask(cast, snapshot)
    DataQualityRun.objects.update(bars=run.bars.replace('"0.1"', '"1.0"'))
    profiling.profile(str(run.pk))
    run.refresh_from_db()
    assert (run.state, "changed after they were sealed" in run.error) == (RunState.ERRORED, True)

    other = ask(cast, snapshot)
    DatasetVersion.objects.update(columns=snapshot.columns[:2])
    profiling.profile(str(other.pk))
    other.refresh_from_db()
    assert (other.state, "not those that the bars were sealed with" in other.error) == (
        RunState.ERRORED,
        True,
    )


def test_a_check_that_was_left_out_never_passes(
    cast: Cast, snapshot: DatasetVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    measure = outcome.measure

    def forgetful(*args: Any, **kwargs: Any) -> dict[str, Any]:
        found = measure(*args, **kwargs)
        return {**found, "checks": found["checks"][1:]}

    monkeypatch.setattr(outcome, "measure", forgetful)
    assert profiled(cast, snapshot).state == RunState.ERRORED


def test_a_second_message_changes_nothing(cast: Cast, snapshot: DatasetVersion) -> None:
    run = profiled(cast, snapshot)
    profiling.profile(str(run.pk))
    assert events(run) == ["data_quality.requested", "data_quality.finished"]


def test_a_lost_worker_costs_an_attempt_and_the_third_one_the_run(
    cast: Cast, snapshot: DatasetVersion, sent: list[tuple[str, str]]
) -> None:
    run = ask(cast, snapshot)
    for _ in range(runs.MAX_ATTEMPTS):
        assert leases.take(str(run.pk), DataQualityRun) is not None
        DataQualityRun.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        with deliver():
            sweeping.sweep()
            sweeping.sweep()
    run.refresh_from_db()
    assert (run.state, run.attempts) == (RunState.ERRORED, 3)
    assert "lost 3 times" in run.error
    assert sent == [(queue.PROFILE_DATA, str(run.pk))] * 2
    assert events(run) == ["data_quality.requested", *["data_quality.requeued"] * 2, "data_quality.finished"]


def test_a_message_that_never_came_is_sent_again(
    cast: Cast, snapshot: DatasetVersion, sent: list[tuple[str, str]]
) -> None:
    run = ask(cast, snapshot)
    DataQualityRun.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    sweeping.sweep()
    assert sent == [(queue.PROFILE_DATA, str(run.pk))]


def test_one_that_takes_for_ever_is_ended(
    cast: Cast, snapshot: DatasetVersion, sent: list[tuple[str, str]]
) -> None:
    run = ask(cast, snapshot)
    leases.take(str(run.pk), DataQualityRun)
    DataQualityRun.objects.update(started_at=timezone.now() - sweeping.LONGEST - timedelta(seconds=1))
    sweeping.sweep()
    run.refresh_from_db()
    assert run.state == RunState.ERRORED


def test_a_cancelled_run_ends_and_stays_so(cast: Cast, snapshot: DatasetVersion) -> None:
    run = runs.cancel(actor=cast.actor("dev"), run=ask(cast, snapshot))
    assert run.state == RunState.CANCELLED
    profiling.profile(str(run.pk))
    run.refresh_from_db()
    assert (run.state, run.result) == (RunState.CANCELLED, "")
    assert events(run) == ["data_quality.requested", "data_quality.cancelled"]
    ended = profiled(cast, snapshot)
    with pytest.raises(Conflict, match="ended already"):
        runs.cancel(actor=cast.actor("dev"), run=ended)
