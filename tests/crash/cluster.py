"""A PostgreSQL cluster and a Redis server of a test's own, to be killed at will."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import psycopg

from tests.two_roles import PASSWORD, ROLES

UNPRIVILEGED = "postgres"


def programs() -> Path | None:
    """Where initdb and pg_ctl lie; None when they are not installed."""
    found = [Path(path) for path in (shutil.which("initdb"),) if path]
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)
    return next(
        (path.resolve().parent for path in found if (path.resolve().parent / "pg_ctl").exists()), None
    )


def missing() -> str:
    """What is not installed here and has to be; empty when all is there."""
    wanted: dict[str, object] = {
        "initdb and pg_ctl (postgresql)": programs(),
        "psql (postgresql-client)": shutil.which("psql"),
        "redis-server": shutil.which("redis-server"),
    }
    if os.geteuid() == 0:
        wanted[f"the user {UNPRIVILEGED}"] = any(user.pw_name == UNPRIVILEGED for user in pwd.getpwall())
    return ", ".join(name for name, found in wanted.items() if not found)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


class Cluster:
    """A server with one database, its owner and the role of the service, as operators make them."""

    def __init__(self) -> None:
        bin_folder = programs()
        assert bin_folder is not None
        self._bin, self.port = bin_folder, free_port()
        self._folder = Path(tempfile.mkdtemp(prefix="assay-cluster-"))
        # PostgreSQL refuses to run as root; then it runs as the user that its package made.
        self._as: dict[str, Any] = {}
        if os.geteuid() == 0:
            user = pwd.getpwnam(UNPRIVILEGED)
            os.chown(self._folder, user.pw_uid, user.pw_gid)
            self._as = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        self._run(
            "initdb", "--username=admin", "--auth=trust", "--encoding=UTF8", "--no-locale", "-D", self._data
        )
        self.start()
        with psycopg.connect(self.url("admin", "postgres"), autocommit=True) as connection:
            connection.execute("CREATE DATABASE assay")
        environment = {**os.environ, "DATABASE_OWNER_PASSWORD": PASSWORD, "DATABASE_PASSWORD": PASSWORD}
        command = ["psql", "--quiet", "--no-psqlrc", self.url("admin"), "-f", str(ROLES)]
        subprocess.run(command, check=True, env=environment, capture_output=True)

    @property
    def _data(self) -> str:
        return str(self._folder / "data")

    def url(self, role: str, database: str = "assay") -> str:
        """The address as one of the roles: admin, assay_owner or assay_app."""
        return f"postgresql://{role}:{PASSWORD}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Until it takes connections; after a crash it first recovers."""
        options = f"-p {self.port} -k {self._folder} -c listen_addresses=127.0.0.1 -c shared_buffers=32MB"
        log = str(self._folder / "log")
        self._run("pg_ctl", "start", "-w", "-t", "60", "-D", self._data, "-l", log, "-o", options)

    def stop(self, mode: str = "immediate") -> None:
        """At once, as when the power fails: nothing is written that was not."""
        self._run("pg_ctl", "stop", "-m", mode, "-D", self._data)

    def remove(self) -> None:
        """Nothing stays."""
        self.stop()
        shutil.rmtree(self._folder)

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [str(self._bin / program), *arguments], cwd="/", check=False, text=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE if program == "initdb" else subprocess.DEVNULL,
            **self._as,
        )  # fmt: skip
        assert done.returncode == 0, f"{program} {arguments}: {done.stderr}"


class Broker:
    """A Redis server that keeps nothing: what it held is lost with it."""

    def __init__(self) -> None:
        self.port = free_port()
        self._folder = tempfile.mkdtemp(prefix="assay-broker-")
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def url(self) -> str:
        """As CELERY_BROKER_URL takes it."""
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """An empty one at the same port."""
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        self._process = subprocess.Popen(
            ["redis-server", *options, "--dir", self._folder],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def kill(self) -> None:
        """With every message in it."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def remove(self) -> None:
        """Nothing stays."""
        self.kill()
        shutil.rmtree(self._folder)
