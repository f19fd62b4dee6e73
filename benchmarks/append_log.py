"""What the log costs a change: the same service with and without its entry, by one writer and by eight on one log.

    python -m benchmarks.append_log --out benchmarks/results/append_log.json

Every writer is a process of its own that registers systems through the service, on PostgreSQL. The sides take turns;
the median of the rounds counts. The lock's time is what a writer sees: from the moment the head's row was its own to
the moment the commit had returned.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks.gate import ROOT, database

SECONDS, ROUNDS = 6.0, 3
WRITERS = (1, 8)
BARS = {"with_over_without": 0.5, "lock_held_ms": 2.0}


def written(
    environment: dict[str, str], side: str, writers: int, seconds: float
) -> tuple[float, float | None]:
    """Changes a second by so many writers, and the median of the lock's milliseconds."""
    command = [sys.executable, "-m", "benchmarks.sides.append_writer", side, "acme", str(seconds)]
    running = [
        subprocess.Popen(
            command, cwd=ROOT, env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        for _ in range(writers)
    ]
    answers = []
    for process in running:
        assert process.stdout is not None
        if process.stdout.readline() != "ready\n":
            raise RuntimeError("A writer did not start.")
    for process in running:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in running:
        out, _ = process.communicate(timeout=seconds + 60)
        answers.append(json.loads(out))
    held = [answer["held_ms"] for answer in answers if answer["held_ms"] is not None]
    return sum(answer["written"] for answer in answers) / seconds, statistics.median(held) if held else None


def measure(seconds: float = SECONDS, rounds: int = ROUNDS) -> dict[str, Any]:
    """All sides in turn."""
    found: dict[str, Any] = {}
    with database() as url:
        environment = {**os.environ, "DATABASE_URL": url, "ASSAY_ALLOW_DATABASE_OWNER": "true"}
        subprocess.run(
            [sys.executable, "-m", "benchmarks.sides.append_setup"], cwd=ROOT, env=environment, check=True
        )
        for writers in WRITERS:
            rates: dict[str, list[float]] = {"plain": [], "logged": []}
            locks: list[float] = []
            for _ in range(rounds):
                for side, all_rates in rates.items():
                    rate, lock = written(environment, side, writers, seconds)
                    all_rates.append(rate)
                    locks += [lock] if lock is not None else []
            plain, logged = (statistics.median(rates[side]) for side in ("plain", "logged"))
            found[str(writers)] = {
                "without_per_second": plain,
                "with_per_second": logged,
                "with_over_without": statistics.median(
                    with_ / without for with_, without in zip(rates["logged"], rates["plain"], strict=True)
                ),
                "lock_held_ms": statistics.median(locks),
            }
    met = all(
        side["with_over_without"] >= BARS["with_over_without"] and side["lock_held_ms"] < BARS["lock_held_ms"]
        for side in found.values()
    )
    machine = {"cores": os.cpu_count(), "python": platform.python_version(), "load": os.getloadavg()[0]}
    return {"machine": machine, "writers": found, "bars": BARS, "bars_met": met}


def main() -> int:
    """Measure, write, tell."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    options = parser.parse_args()
    measured = measure(options.seconds, options.rounds)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")
    for writers, side in measured["writers"].items():
        print(
            f"{writers} writers: {side['with_per_second']:.0f} a second with the log,"
            f" {side['without_per_second']:.0f} without ({side['with_over_without']:.2f}),"
            f" lock held {side['lock_held_ms']:.2f} ms"
        )
    return 0 if measured["bars_met"] else 1


if __name__ == "__main__":
    raise SystemExit(main())
