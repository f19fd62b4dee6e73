"""The two lanes of worker tests: no server at all, and Redis with PostgreSQL."""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import redis
from django.db import connection, connections

from audits.services import code
from registry import queue
from tests.audits.tasks.site import LEASE_SECONDS, SWEEP_SECONDS, Site


@pytest.fixture
def embedded(
    tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch, transactional_db: None
) -> Iterator[Site]:
    """SQLite in a file and a folder as broker: what a first run on one machine has."""
    if os.environ.get("DATABASE_URL", "sqlite:").partition(":")[0] != "sqlite":
        pytest.skip("belongs to the SQLite lane")
    folder = tmp_path / "var" / "queue"
    folder.mkdir(parents=True)
    options = {
        "data_folder_in": str(folder),
        "data_folder_out": str(folder),
        "control_folder": str(folder / "control"),
    }
    database = tmp_path / "var" / "assay.sqlite3"
    with _database_in_file(database):
        environment = {
            "DATABASE_URL": f"sqlite:///{database}",
            "CELERY_BROKER_URL": "filesystem://",
            "ASSAY_VAR_DIR": str(tmp_path / "var"),
        }
        yield from _site(tmp_path, environment, options, settings, monkeypatch)


@pytest.fixture
def served(
    tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch, transactional_db: None
) -> Iterator[Site]:
    """PostgreSQL and Redis: what production has. Keys are this test's own."""
    broker = os.environ.get("CELERY_BROKER_URL", "")
    if connection.vendor != "postgresql" or not broker.startswith("redis:"):
        pytest.skip("needs the PostgreSQL lane with Redis: scripts/test.sh postgresql")
    prefix = f"assay-test-{uuid.uuid4().hex}:"
    url = os.environ["DATABASE_URL"].rpartition("/")[0] + "/" + str(connection.settings_dict["NAME"])
    environment = {
        "DATABASE_URL": url,
        "CELERY_BROKER_URL": broker,
        "ASSAY_VAR_DIR": str(tmp_path / "var"),
        "ASSAY_TEST_PREFIX": prefix,
    }
    try:
        yield from _site(tmp_path, environment, {"global_keyprefix": prefix}, settings, monkeypatch)
    finally:
        _forget(broker, prefix)


def _site(
    folder: Path,
    environment: dict[str, str],
    options: dict[str, Any],
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Site]:
    watched = folder / "measuring"
    watched.mkdir()
    own = {
        "ASSAY_ARTIFACTS_DIR": str(settings.ASSAY_ARTIFACTS_DIR),
        "ASSAY_RUN_LEASE_SECONDS": str(LEASE_SECONDS),
        "ASSAY_SWEEP_SECONDS": str(SWEEP_SECONDS),
        "ASSAY_TEST_FOLDER": str(watched),
        "ASSAY_TEST_CODE": code.VERSION,
    }
    site = Site(watched, {**environment, **own}, options)
    settings.ASSAY_RUN_LEASE_SECONDS = LEASE_SECONDS
    monkeypatch.setattr(queue, "send", site.send)
    try:
        yield site
    finally:
        site.kill_workers()


def _forget(broker: str, prefix: str) -> None:
    """Leave no key behind: the next run takes the first empty database."""
    with redis.Redis.from_url(broker) as server:
        for key in server.scan_iter(match=f"{prefix}*"):
            server.delete(key)


@contextmanager
def _database_in_file(path: Path) -> Iterator[None]:
    """The migrated test database as a file that workers can open; the default one until the test ends."""
    in_memory = connections["default"]
    with in_memory.cursor() as cursor:
        cursor.execute("VACUUM INTO %s", [str(path)])
    in_file = in_memory.copy()
    in_file.settings_dict = {**in_memory.settings_dict, "NAME": str(path)}
    connections["default"] = in_file
    try:
        yield
    finally:
        in_file.close()
        connections["default"] = in_memory
