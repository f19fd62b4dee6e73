"""Whatever dies, and however often a message comes: every run ends, and ends once.

The workers are real ones, killed with SIGKILL; each scenario runs without a server and on Redis with PostgreSQL.
"""

import json
import os
import signal
from collections.abc import Iterator
from typing import Any

import pytest

from audits.models import AuditRun, DataQualityRun, RunState
from audits.services import quality, runs
from registry import queue
from registry.actors import Actor
from registry.models import LedgerEntry
from tests.audits.runs import make_run
from tests.audits.tasks.site import Site, wait_for, wait_for_end
from tests.cast import Cast, make_cast
from tests.make import make_dataset_version, make_system, make_version

LANES = [
    pytest.param("embedded", id="embedded"),
    pytest.param("served", id="served", marks=[pytest.mark.redis, pytest.mark.postgresql]),
]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow, pytest.mark.xdist_group("workers")]


@pytest.fixture(params=LANES)
def site(request: pytest.FixtureRequest) -> Iterator[Site]:
    """A database, a broker and no worker yet."""
    return request.getfixturevalue(request.param)  # type: ignore[no-any-return]


@pytest.fixture
def run(site: Site) -> AuditRun:
    """A run that was requested a moment ago."""
    return request_run(make_cast())


def request_run(cast: Cast) -> AuditRun:
    """A run over 2,000 predictions that are right nine times out of ten, alike for both groups."""
    rows = [f"{'FM'[i % 2]},{i},{i // 2 % 2},{(i // 2 + (i % 10 == 0)) % 2}" for i in range(2_000)]
    data = "\n".join(["sex,income,repaid,prediction", *rows, ""]).encode()
    system = make_system(cast)
    version = make_version(cast, system, format="opaque")
    return make_run(cast, version=version, dataset_version=make_dataset_version(cast, system, data))


def assert_ended_once(run: AuditRun, *, attempts: int) -> None:
    """One verdict, one set of rows, one entry."""
    assert (run.state, run.attempts, run.error) == (RunState.PASSED, attempts, "")
    assert run.check_results.count() == 2
    sealed: dict[str, Any] = json.loads(run.result)
    assert run.measurements.count() == len(sealed["measurements"])
    assert LedgerEntry.objects.filter(event="run.finished", subject_id=run.pk).count() == 1
    requeued = LedgerEntry.objects.filter(event="run.requeued", subject_id=run.pk).count()
    assert requeued <= attempts - 1


def test_duplicated_messages_make_one_result(site: Site, run: AuditRun) -> None:
    for _ in range(5):
        site.send(queue.EXECUTE_RUN, run_id=str(run.pk))
    site.let_go()
    site.start_worker()
    wait_for_end(run, site)
    assert_ended_once(run, attempts=1)
    assert len(site.measuring()) == 1


def test_a_killed_pool_child_costs_one_attempt(site: Site, run: AuditRun) -> None:
    site.start_worker()
    wait_for(site.measuring, site)
    os.kill(site.measuring()[0], signal.SIGKILL)
    site.let_go()
    wait_for_end(run, site)
    assert_ended_once(run, attempts=2)


def test_a_killed_worker_costs_one_attempt(site: Site, run: AuditRun) -> None:
    site.start_worker()
    wait_for(site.measuring, site)
    site.kill_workers()
    site.let_go()
    site.start_worker()
    wait_for_end(run, site)
    assert_ended_once(run, attempts=2)


def test_a_wiped_broker_costs_nothing(site: Site, run: AuditRun) -> None:
    assert site.wipe_broker() > 0
    site.let_go()
    site.start_worker()
    wait_for_end(run, site)
    assert_ended_once(run, attempts=1)


def test_a_cancelled_run_frees_its_worker(site: Site, run: AuditRun) -> None:
    site.start_worker()
    wait_for(site.measuring, site)
    runs.cancel(actor=Actor.of(run.requested_by), run=run)
    wait_for(lambda: "run_abandoned" in site.logs(), site)
    run.refresh_from_db()
    assert (run.state, run.result) == (RunState.CANCELLED, "")


@pytest.mark.parametrize("whole", [False, True], ids=["child", "worker"])
def test_a_profile_outlives_its_worker_and_its_duplicates(site: Site, whole: bool) -> None:
    cast = make_cast()
    rows = [f"{'FM'[i % 2]},{i},{i // 2 % 2},{i // 2 % 2}" for i in range(400)]
    data = "\n".join(["sex,income,repaid,prediction", *rows, ""]).encode()
    snapshot = make_dataset_version(cast, make_system(cast), data)
    run = quality.request(actor=cast.actor("stew"), dataset_version=snapshot)
    for _ in range(3):
        site.send(queue.PROFILE_DATA, run_id=str(run.pk))
    site.start_worker()
    wait_for(site.measuring, site)
    if whole:
        site.kill_workers()
        site.start_worker()
    else:
        os.kill(site.measuring()[0], signal.SIGKILL)
    site.let_go()
    wait_for_end(run, site)
    assert (run.state, run.attempts, run.error) == (RunState.PASSED, 2, "")
    assert LedgerEntry.objects.filter(event="data_quality.finished", subject_id=run.pk).count() == 1
    assert DataQualityRun.objects.count() == 1
