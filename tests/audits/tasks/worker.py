"""A Celery worker for tests: the real one, but its audits and profiles wait until the test lets them go.

    celery -A tests.audits.tasks.worker worker --beat

ASSAY_TEST_FOLDER holds a file named after each process that has begun to measure, and `go` once they may go on.
ASSAY_TEST_PREFIX separates this worker's keys from those of other tests on the same Redis.
"""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "governance.settings")
django.setup()

from audits import engine  # noqa: E402
from audits.quality import outcome  # noqa: E402
from audits.services import code, execution, profiling  # noqa: E402
from governance.celery import app  # noqa: E402

__all__ = ["app"]

FOLDER = Path(os.environ["ASSAY_TEST_FOLDER"])

if prefix := os.environ.get("ASSAY_TEST_PREFIX"):
    app.conf.broker_transport_options = {**app.conf.broker_transport_options, "global_keyprefix": prefix}


def hold(progress: Callable[[str, float], None]) -> None:
    """Say who is at work, and wait for `go`."""
    (FOLDER / f"measuring-{os.getpid()}-{time.monotonic_ns()}").touch()
    while not (FOLDER / "go").exists():
        progress("Waiting for the test", 0.1)
        time.sleep(0.02)


class HeldEngine:
    """The engine behind a door."""

    @staticmethod
    def audit(*args: Any, progress: Callable[[str, float], None], **kwargs: Any) -> Any:
        """Say who measures, wait for `go`, then measure."""
        hold(progress)
        return engine.audit(*args, progress=progress, **kwargs)


class HeldProfile:
    """The profile behind the same door."""

    @staticmethod
    def measure(*args: Any, progress: Callable[[str, float], None], **kwargs: Any) -> Any:
        """Say who profiles, wait for `go`, then profile."""
        hold(progress)
        return outcome.measure(*args, progress=progress, **kwargs)


# A file saved between the test's start and this one's would rightly make it another release.
code.VERSION = os.environ["ASSAY_TEST_CODE"]  # type: ignore[misc]
execution.engine = HeldEngine  # type: ignore[assignment,attr-defined]
profiling.outcome = HeldProfile  # type: ignore[assignment,attr-defined]
