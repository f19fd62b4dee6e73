"""One writer of the append benchmark: registers systems through the service until its time is up.

Reads nothing; prints `ready`, waits for a line on its input, and prints one JSON document in the end.
"""

import json
import os
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "governance.settings")
django.setup()

from django.contrib.auth import get_user_model  # noqa: E402

from registry.actors import Actor  # noqa: E402
from registry.ledger import record  # noqa: E402
from registry.models import Organisation  # noqa: E402
from registry.services import systems  # noqa: E402
from registry.stages import RiskTier  # noqa: E402


def without_log() -> None:
    """The same transaction, with nothing appended at its end."""
    vars(record)["_append"] = lambda pending: None


def timed_locks() -> list[float]:
    """Milliseconds from the moment the head's lock was there to the moment the commit had returned."""
    held: list[float] = []
    taken: list[float] = []
    locked, transaction = vars(record)["_locked"], record.transaction

    def took(*arguments: Any) -> Any:
        head = locked(*arguments)
        taken.append(time.perf_counter())
        return head

    @contextmanager
    def timed(*arguments: Any) -> Iterator[None]:
        taken.clear()
        with transaction(*arguments):
            yield
        if taken:
            held.append((time.perf_counter() - taken[0]) * 1000)

    vars(record).update(_locked=took, transaction=timed)
    return held


def main() -> None:
    """Write for so many seconds."""
    side, log, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
    held: list[float] = []
    if side == "plain":
        without_log()
    else:
        held = timed_locks()
    organisation = Organisation.objects.get(slug=log)
    actor = Actor.of(get_user_model().objects.get(username="olga"))
    print("ready", flush=True)
    sys.stdin.readline()
    written, end = 0, time.perf_counter() + seconds
    while time.perf_counter() < end:
        systems.register(
            actor=actor,
            organisation=organisation,
            slug=f"{side}-{os.getpid()}-{written}-{time.time_ns()}",
            name="Consumer credit",
            purpose="Decide on small loans.",
            risk_tier=RiskTier.HIGH,
        )
        written += 1
    print(json.dumps({"written": written, "held_ms": statistics.median(held) if held else None}), flush=True)


if __name__ == "__main__":
    main()
