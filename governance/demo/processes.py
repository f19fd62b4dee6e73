"""The server and the worker of the demonstration, as the two processes they are in production."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

START_SECONDS = 60


class DidNotStart(Exception):
    """A process ended or did not answer in time."""


def free_port(wanted: int) -> int:
    """The wanted port, or another free one where that is taken."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise DidNotStart("No port is free on this machine.")


@contextmanager
def running(port: int, logs: Path) -> Iterator[str]:
    """A web server and a Celery worker, until the block ends; yields the server's address."""
    base = f"http://127.0.0.1:{port}"
    logs.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "ASSAY_PUBLIC_URL": base}
    web = [sys.executable, "-m", "gunicorn", "governance.wsgi", "--bind", f"127.0.0.1:{port}"]
    web += ["--worker-class", "gthread", "--workers", "1", "--threads", "4", "--no-control-socket"]
    worker = [sys.executable, "-m", "celery", "-A", "governance", "worker", "--beat", "--loglevel", "INFO"]
    worker += ["--concurrency", "2"]
    started = [_start(web, environment, logs / "web.log"), _start(worker, environment, logs / "worker.log")]
    try:
        _wait_until_ready(base, started, logs)
        yield base
    finally:
        for process in started:
            _stop(process)


def _start(command: list[str], environment: dict[str, str], log: Path) -> subprocess.Popen[bytes]:
    with log.open("ab") as output:
        # An own session, so that Ctrl-C reaches only the demonstration, which then stops both in order.
        return subprocess.Popen(  # noqa: S603 - our own commands
            command, env=environment, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )


def _wait_until_ready(base: str, started: list[subprocess.Popen[bytes]], logs: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if any(process.poll() is not None for process in started):
            break
        try:
            with urllib.request.urlopen(f"{base}/readyz", timeout=5):  # noqa: S310 - our own server
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise DidNotStart(f"The server or the worker did not start. Their words are in {logs}.")


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is not None:
        return
    process.terminate()  # the parent alone: it ends its own children in order
    try:
        process.wait(timeout=15)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
