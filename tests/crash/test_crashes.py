"""Whatever dies at whatever moment: nothing that was answered for is lost, and nothing is there twice or untold.

Real processes on a PostgreSQL and a Redis of the test's own: gunicorn, a Celery worker with beat and a checkpointer are
killed with SIGKILL, alone or with their children, the database is stopped as by a power cut, the broker loses all it
held, under sixteen writers over HTTP. CI takes six moments; ASSAY_CRASH_MOMENTS=60 takes so many.
"""

import json
import os
import secrets
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import psycopg
import pytest
from assay_client.log import check, checkpoints, policy
from assay_client.log.export import Export

from registry.ledger import chain
from tests.crash.cluster import missing
from tests.crash.site import Site
from tests.crash.writers import Record, Writer, wait_until

NIGHTLY = os.environ.get("ASSAY_CRASH_MOMENTS")
MOMENTS = int(NIGHTLY or 6)
SEED = os.environ.get("ASSAY_CRASH_SEED") or str(secrets.randbelow(10**6))
WRITERS = 16
READY_SECONDS = 60  # of a busy machine; a quiet one needs a tenth
EVENTS = {
    "document": "document.added",
    "model": "model.registered",
    "system": "system.registered",
    "dataqualityrun": "data_quality.requested",
}
TABLES = {
    "document": "SELECT id::text, title FROM registry_document",
    "model": "SELECT id::text, slug FROM registry_model",
    "system": "SELECT id::text, slug FROM registry_system",
    "dataqualityrun": "SELECT id::text, id::text FROM audits_dataqualityrun",
}
pytestmark = [pytest.mark.postgresql, pytest.mark.redis, pytest.mark.slow, pytest.mark.xdist_group("crash")]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    if lacking := missing():
        message = f"LEFT OUT: not installed: {lacking}."
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    made = Site(tmp_path)
    try:
        yield made
    finally:
        made.remove()


def test_nothing_is_lost_doubled_or_untold(site: Site, tmp_path: Path) -> None:
    chance, record = Random(SEED), Record()
    writers = [Writer(number, site.port, site.stage, record, SEED) for number in range(WRITERS)]
    for writer in writers:
        writer.start()
    answered(site, record, 0)
    slowest = suffered(site, record, writers, chance)
    for writer in writers:
        writer.ending.set()
    for writer in writers:
        writer.join(READY_SECONDS)
        assert not writer.is_alive(), f"seed {SEED}: {writer.name} was never answered\n{site.logs()}"
    runs_ended(site)
    site.stop()
    assert record.wrong == [], f"seed {SEED}\n{site.logs()}"
    look(site, record)
    log_holds(site, tmp_path)
    sys.stdout.write(
        f"seed {SEED}: {MOMENTS} moments, {len(record.written)} writes answered for, of them"
        f" {sum(one.tries > 1 for one in record.written)} after a retry and {record.repeated} repeated afterwards;"
        f" answers {dict(record.answers)}; longest until the next answer {slowest:.1f} s\n"
    )


def suffered(site: Site, record: Record, writers: list[Writer], chance: Random) -> float:
    """Each fault in turn, in another order each time, at any moment; the longest that the service took to answer."""
    slowest, faults, kinds = 0.0, site.faults(chance), list[str]()
    for _ in range(MOMENTS):
        if not kinds:
            kinds = chance.sample(sorted(faults), len(faults))
        chance.choice(writers).profile.set()
        time.sleep(chance.uniform(0.05, 1.5))
        kill, bring_back = faults[kinds.pop()]
        kill()
        bring_back()
        slowest = max(slowest, answered(site, record, len(record.written) + WRITERS))
    return slowest


def answered(site: Site, record: Record, count: int) -> float:
    def enough() -> bool:
        site.supervise()
        return len(record.written) > count or bool(record.wrong)

    taken = wait_until(enough, READY_SECONDS, site.logs)
    assert record.wrong == [], f"seed {SEED}\n{site.logs()}"
    return taken


def runs_ended(site: Site) -> None:
    """What the worker was asked for ends, whatever became of its message."""

    def open_runs() -> int:
        ((count,),) = rows(
            site, "SELECT count(*) FROM audits_dataqualityrun WHERE state IN ('queued', 'running')"
        )
        return int(count)

    wait_until(lambda: open_runs() == 0, 3 * READY_SECONDS, site.logs)


def rows(site: Site, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
    with psycopg.connect(site.cluster.url("admin")) as connection:
        return connection.execute(sql, parameters).fetchall()


def look(site: Site, record: Record) -> None:
    """What was answered for is there once, told once, and nothing else is."""
    told: dict[str, Counter[str]] = {kind: Counter() for kind in EVENTS}
    ended: Counter[str] = Counter()
    log = rows(
        site,
        'SELECT "index", body, leaf_hash FROM registry_ledgerentry WHERE organisation_id = %s ORDER BY "index"',
        site.stage["organisation"],
    )
    for index, (stored, body, leaf) in enumerate(log):
        assert stored == index
        assert chain.leaf_hash(body) == leaf
        entry = json.loads(body)
        for kind, event in EVENTS.items():
            told[kind][entry["subject"]["id"]] += entry["event"] == event
        ended[entry["subject"]["id"]] += entry["event"] == "data_quality.finished"
    for kind, sql in TABLES.items():
        stored = rows(site, sql)
        keys = Counter(one.key for one in record.written if one.kind == kind)
        mine = {key: name for key, name in stored if name.startswith("w") or kind == "dataqualityrun"}
        assert set(keys) == set(mine), f"seed {SEED}: {kind}"
        if kind != "dataqualityrun":  # who asks again while one waits is told of that one
            assert set(keys.values()) <= {1}, f"seed {SEED}: {kind}"
        assert len(set(mine.values())) == len(mine), f"seed {SEED}: a retry made a second {kind}"
        assert {key for key, count in told[kind].items() if count} == {key for key, _ in stored}
        assert set((+told[kind]).values()) <= {1}, f"seed {SEED}: {kind} told twice"
    runs = {one.key for one in record.written if one.kind == "dataqualityrun"}
    assert {key: ended[key] for key in runs} == dict.fromkeys(runs, 1)
    assert rows(site, "SELECT count(*) FROM registry_idempotentanswer WHERE status IS NULL") == [(0,)]
    assert rows(site, "SELECT count(*) FROM registry_ledgerhalt") == [(0,)]


def log_holds(site: Site, folder: Path) -> None:
    """The service signs it, verifies it, builds the tables from it, and somebody elsewhere verifies it too."""
    site.manage("checkpoint_logs")
    outcome = json.loads(site.manage("verify_ledger", "--fold", "--json"))
    assert all(log["holds"] and log["differences"] == [] for log in outcome["logs"])
    site.manage("export_ledger", str(folder / "export"), "--organisation", "acme")
    told = json.loads((folder / "export" / "log.json").read_text())
    keys = json.loads((folder / "export" / "keys.json").read_text())
    pinned = {"origin": told["origin"], "keys": keys, "witnesses": [], "quorum": 0}
    kept = [path for path in (folder / "outside").iterdir() if site.stage["organisation"] in path.name]
    anchors = [note for path in kept for note in checkpoints.notes(path.read_bytes())]
    held = check.check(Export(folder / "export"), policy.parse(json.dumps(pinned).encode()), anchors)
    assert held.unsigned == 0
    assert held.checkpoints > 1
