"""A draft policy over 10,000 stored decisions, the reading of the rows included.

    python -m benchmarks.backtest --out benchmarks/results/backtest.json

The real service in a process of its own, first on SQLite, then on PostgreSQL; one worker, as in production.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.gate import database

ROOT = Path(__file__).resolve().parents[1]
DECISIONS = 10_000
BARS = {"seconds": 60.0}


def run(count: int, url: str) -> dict[str, Any]:
    """One side: what the process says of itself."""
    with tempfile.TemporaryDirectory(prefix="assay-bench-") as var:
        environment = {
            **os.environ, "ASSAY_VAR_DIR": var, "PYTHONPATH": str(ROOT), "CELERY_BROKER_URL": "filesystem://",
            "CACHE_URL": "", "SECRET_KEY": "only-for-the-benchmark-only-for-the-benchmark-000000",
        }  # fmt: skip
        environment.pop("DATABASE_URL", None)
        if url:
            environment["DATABASE_URL"] = url
        command = [sys.executable, "-m", "benchmarks.sides.backtest_run", str(count)]
        ran = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        if ran.returncode:
            raise RuntimeError(ran.stderr)
        told: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
        return told


def measure(count: int = DECISIONS, *, postgresql: bool = True) -> dict[str, Any]:
    """Both databases, with the bar."""
    sides = {"sqlite": run(count, "")}
    if postgresql:
        with database() as url:
            sides["postgresql"] = run(count, url)
    return {
        "machine": {
            "cores": os.cpu_count(), "python": platform.python_version(), "load": os.getloadavg()[0]
        },
        "decisions": count,
        "sides": sides,
        "bars": BARS,
        "bars_met": all(
            side["seconds"] < BARS["seconds"] and side["decided"] == count for side in sides.values()
        ),
    }  # fmt: skip


def main() -> int:
    """Measure, write, tell."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--decisions", type=int, default=DECISIONS)
    parser.add_argument("--no-postgresql", action="store_true")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    measured = measure(options.decisions, postgresql=not options.no_postgresql)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")
    for name, side in measured["sides"].items():
        print(
            f"{name:<11} {side['decided']} decisions in {side['seconds']:.1f} s (bar {BARS['seconds']:.0f} s), "
            f"{side['closes']} would close, {side['opens']} would open, peak {side['peak_mib']:.0f} MiB"
        )
    return 0 if measured["bars_met"] else 1


if __name__ == "__main__":
    raise SystemExit(main())
