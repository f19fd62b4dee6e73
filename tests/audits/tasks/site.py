"""A database that other processes see, a broker of one's own, and real Celery workers to kill."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import connection

from audits.models import LeasedRun, RunState
from audits.services import runs
from governance.celery import app

ROOT = Path(__file__).resolve().parents[3]
LEASE_SECONDS, SWEEP_SECONDS = 2, 1
PATIENCE_SECONDS = 90


class Site:
    """What the web process and the workers of one test share."""

    def __init__(self, folder: Path, environment: dict[str, str], transport_options: dict[str, Any]) -> None:
        self.folder = folder
        self.transport_options = transport_options
        self._environment = environment
        self._workers: list[subprocess.Popen[bytes]] = []

    @contextmanager
    def broker(self) -> Iterator[Any]:
        """A connection to this test's own queue."""
        with app.connection_for_write(self._environment["CELERY_BROKER_URL"]) as link:
            link.transport_options = self.transport_options
            yield link

    def send(self, task: str, **ids: str) -> None:
        """Hand a message to this test's broker, as registry.queue.send does."""
        with self.broker() as link:
            app.send_task(task, kwargs=ids, connection=link)

    def wipe_broker(self) -> int:
        """Lose every message; how many there were."""
        with self.broker() as link, link.channel() as channel:
            return int(channel.queue_purge(app.conf.task_default_queue) or 0)

    def set(self, **environment: str) -> None:
        """Settings of the workers that are started from now on."""
        self._environment.update(environment)

    def start_worker(self) -> "subprocess.Popen[bytes]":
        """A worker with beat in it, as a first run has it."""
        command = [sys.executable, "-m", "celery", "-A", "tests.audits.tasks.worker", "worker", "--beat"]
        with (self.folder / f"worker-{time.monotonic_ns()}.log").open("wb") as log:
            worker = subprocess.Popen(
                [*command, "--concurrency", "2", "--loglevel", "INFO"],
                cwd=ROOT,
                env={**os.environ, **self._environment},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._workers.append(worker)
        return worker

    def kill_workers(self) -> None:
        """SIGKILL to every worker and all its children, and wait until they are gone."""
        while self._workers:
            worker = self._workers.pop()
            if worker.poll() is None:
                os.killpg(worker.pid, signal.SIGKILL)
            worker.wait()

    def healthy(self) -> bool:
        """No worker has ended by itself."""
        return all(worker.poll() is None for worker in self._workers)

    def measuring(self) -> list[int]:
        """The processes that began to measure, in that order."""
        found = sorted(self.folder.glob("measuring-*"), key=lambda path: path.stat().st_mtime_ns)
        return [int(path.name.split("-")[1]) for path in found]

    def let_go(self) -> None:
        """Whoever measures, and will measure, may go on."""
        (self.folder / "go").touch()

    def logs(self) -> str:
        """What the workers said, for a failing test."""
        return "\n".join(path.read_text()[-5_000:] for path in sorted(self.folder.glob("worker-*.log")))


def wait_for(what: Callable[[], object], site: Site) -> None:
    """Until it is so, or the test fails with what the workers said."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not what():
        assert site.healthy(), f"a worker ended by itself:\n{site.logs()}"
        assert time.monotonic() < end, f"not after {PATIENCE_SECONDS} s:\n{site.logs()}"
        time.sleep(0.05)


def wait_for_end(run: LeasedRun, site: Site) -> None:
    """Until the run is final; it is read again."""

    def ended() -> bool:
        run.refresh_from_db()
        connection.close_if_unusable_or_obsolete()
        return RunState(run.state) in runs.FINAL

    wait_for(ended, site)
