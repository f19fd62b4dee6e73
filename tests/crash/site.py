"""The whole service in processes of its own: web, worker with beat, checkpointer, database, broker."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

from tests.crash.cluster import Broker, Cluster, free_port

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = {
    "web": [
        "gunicorn", "governance.wsgi:application", "--worker-class", "gthread", "--workers", "2", "--threads", "8",
        "--no-control-socket", "--bind",
    ],
    "worker": ["celery", "-A", "governance", "worker", "--beat", "--loglevel", "INFO", "--concurrency", "2"],
    "checkpointer": ["tests.crash.checkpointer"],
}  # fmt: skip


class Site:
    """Everything that runs, and how each part of it dies."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.cluster, self.broker = Cluster(), Broker()
        (folder / "outside").mkdir()
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._run("manage.py", "migrate", ASSAY_OWNER_DATABASE_URL=self.cluster.url("assay_owner"))
        self.stage: dict[str, Any] = json.loads(self._run("-m", "tests.crash.stage"))
        for name in COMMANDS:
            self.start(name)

    @property
    def environment(self) -> dict[str, str]:
        """As it is deployed, with everything that waits waiting less."""
        passed = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("DJANGO_", "ASSAY_TEST"))
        }
        return {
            **passed,
            "DATABASE_URL": self.cluster.url("assay_app"),
            "ASSAY_OWNER_DATABASE_URL": "",
            "ASSAY_ALLOW_DATABASE_OWNER": "false",
            "CELERY_BROKER_URL": self.broker.url,
            "CACHE_URL": "",
            "ASSAY_VAR_DIR": str(self.folder / "var"),
            "ASSAY_LOG_ANCHORS": f"file:{self.folder / 'outside'}",
            "ASSAY_CHECKPOINT_SECONDS": "1",
            "ASSAY_SWEEP_SECONDS": "1",
            "ASSAY_RUN_LEASE_SECONDS": "4",
            "DJANGO_SETTINGS_MODULE": "governance.settings",
        }

    def manage(self, *arguments: str) -> str:
        """A command of the service; it must end well."""
        return self._run("manage.py", *arguments)

    def start(self, name: str) -> None:
        """One of the processes."""
        command = [sys.executable, "-m", *COMMANDS[name]]
        if name == "web":
            command.append(f"127.0.0.1:{self.port}")
        with (self.folder / f"{name}.log").open("ab") as log:
            self._processes[name] = subprocess.Popen(
                command, cwd=ROOT, env=self.environment, stdout=log, stderr=log, start_new_session=True
            )

    def supervise(self) -> None:
        """As any supervisor of a deployment: whatever ended by itself is started again."""
        for name, process in list(self._processes.items()):
            if process.poll() is not None:
                self._kill_group(process)
                self.start(name)

    def kill(self, name: str) -> None:
        """SIGKILL to a process and all its children."""
        self._kill_group(self._processes.pop(name))

    def _kill_group(self, process: "subprocess.Popen[bytes]") -> None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def kill_child(self, name: str, chance: Random) -> None:
        """SIGKILL to one of its children alone; its parent starts another."""
        parent = self._processes[name].pid
        told = Path(f"/proc/{parent}/task/{parent}/children").read_text(encoding="ascii").split()
        if told:
            os.kill(int(chance.choice(told)), signal.SIGKILL)

    def faults(self, chance: Random) -> dict[str, tuple[Callable[[], None], Callable[[], None]]]:
        """What can happen: how it does, and how the operator's supervisor brings it back."""
        processes = {name: (lambda n=name: self.kill(n), lambda n=name: self.start(n)) for name in COMMANDS}
        return {
            **processes,
            "a web process": (lambda: self.kill_child("web", chance), _nothing),
            "a pool process": (lambda: self.kill_child("worker", chance), _nothing),
            "database": (self.cluster.stop, self.cluster.start),
            "broker": (self.broker.kill, self.broker.start),
        }

    def stop(self) -> None:
        """All processes; the database stays, to be looked at."""
        for name in list(self._processes):
            self.kill(name)

    def remove(self) -> None:
        """Nothing stays."""
        self.stop()
        self.broker.remove()
        self.cluster.remove()

    def logs(self) -> str:
        """What they said last, for a failing test."""
        return "\n".join(f"== {path.name}\n{path.read_text()[-3000:]}" for path in self.folder.glob("*.log"))

    def _run(self, *arguments: str, **environment: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments], cwd=ROOT, env={**self.environment, **environment},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{arguments}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
        return done.stdout


def _nothing() -> None:
    """Its parent does it."""
