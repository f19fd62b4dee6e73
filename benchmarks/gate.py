"""The gate's door under load: a stored decision, a fresh one, and a view that does nothing, in one run.

    python -m benchmarks.gate --out benchmarks/results/gate.json

gunicorn with two processes of four threads serves the real application from PostgreSQL; wrk asks with eight
connections on the same machine. Each side is warmed, then measured; the sides take turns, and the median counts.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

ROOT = Path(__file__).resolve().parents[1]
SERVER = os.environ.get("ASSAY_TEST_DATABASE_URL", "postgresql://postgres@127.0.0.1:5432/postgres")
BARS = {"stored_over_afresh": 5.0}
SECONDS, ROUNDS = 8, 3
GATE, BARE = "/api/v1/gate/decisions", "/bare"


@contextmanager
def database() -> Iterator[str]:
    """A database of its own, gone afterwards."""
    server, _, _ = SERVER.rpartition("/")
    name = f"assay_bench_{os.getpid()}"
    with psycopg.connect(SERVER, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    try:
        yield f"{server}/{name}"
    finally:
        with psycopg.connect(SERVER, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def serving(environment: dict[str, str]) -> Iterator[str]:
    """The application under gunicorn; its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "benchmarks.sides.gate_app:application"]
    command += [
        "--bind",
        f"127.0.0.1:{port}",
        "--worker-class",
        "gthread",
        "--workers",
        "2",
        "--threads",
        "4",
    ]
    process = subprocess.Popen([*command, "--log-level", "error"], cwd=ROOT, env=environment)
    try:
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=20)


def load(folder: Path, url: str, asked: dict[str, str], seconds: int) -> dict[str, float]:
    """Requests a second and the 99th percentile in milliseconds; any answer but 200 is an error."""
    body = json.dumps({"artifact_digest": asked["digest"], "environment": "production", "nonce": "n"})
    script = folder / "ask.lua"
    script.write_text(
        f'wrk.method = "POST"\nwrk.body = {json.dumps(body)}\n'
        f'wrk.headers["Content-Type"] = "application/json"\n'
        f'wrk.headers["Authorization"] = "Bearer {asked["token"]}"\n'
    )
    ran = subprocess.run(
        ["wrk", "-t1", "-c8", f"-d{seconds}s", "--latency", "--timeout", "10s", "-s", str(script), url],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    if "Non-2xx" in ran or "Socket errors" in ran:
        raise RuntimeError(f"The server did not answer every request:\n{ran}")
    found = re.search(r"Requests/sec:\s+([\d.]+)", ran), re.search(r"99%\s+([\d.]+)(us|ms|s)", ran)
    if not (found[0] and found[1]):
        raise RuntimeError(ran)
    scale = {"us": 0.001, "ms": 1.0, "s": 1000.0}[found[1][2]]
    return {"requests_per_second": float(found[0][1]), "p99_ms": float(found[1][1]) * scale}


def measure(seconds: int = SECONDS, rounds: int = ROUNDS) -> dict[str, Any]:
    """All three sides, in turns, with the bar."""
    if shutil.which("wrk") is None:
        raise SystemExit("The gate's benchmark needs wrk: apt-get install wrk")
    runs: dict[str, list[dict[str, float]]] = {"bare": [], "stored": [], "afresh": []}
    with database() as url, tempfile.TemporaryDirectory(prefix="assay-bench-") as var:
        folder = Path(var)
        environment = {
            **os.environ, "DATABASE_URL": url, "ASSAY_VAR_DIR": var, "PYTHONPATH": str(ROOT),
            "ASSAY_ALLOW_DATABASE_OWNER": "true",
            "CELERY_BROKER_URL": "filesystem://", "CACHE_URL": "", "DEBUG": "false",
            "SECRET_KEY": "only-for-the-benchmark-only-for-the-benchmark-000000",
            "ALLOWED_HOSTS": "127.0.0.1", "ASSAY_HTTPS": "false",
        }  # fmt: skip
        setup = [sys.executable, "-m", "benchmarks.sides.gate_setup"]
        told = subprocess.run(setup, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
        asked = json.loads(told.stdout.splitlines()[-1])
        afresh_environment = {**environment, "ASSAY_BENCH_AFRESH": "1"}
        with serving(environment) as stored, serving(afresh_environment) as afresh:
            sides = {"bare": stored + BARE, "stored": stored + GATE, "afresh": afresh + GATE}
            for address in sides.values():
                load(folder, address, asked, 2)
            for _ in range(rounds):
                for name, address in sides.items():
                    runs[name].append(load(folder, address, asked, seconds))
    return result(runs)


def result(runs: dict[str, list[dict[str, float]]]) -> dict[str, Any]:
    """Medians, ratios, and whether the bar is met."""
    sides = {
        name: {key: statistics.median(one[key] for one in each) for key in each[0]}
        for name, each in runs.items()
    }
    rate = {name: side["requests_per_second"] for name, side in sides.items()}
    ratio = {
        "stored_over_afresh": rate["stored"] / rate["afresh"],
        "stored_over_bare": rate["stored"] / rate["bare"],
    }
    return {
        "machine": {
            "cores": os.cpu_count(), "python": platform.python_version(), "load": os.getloadavg()[0]
        },
        "sides": sides,
        "rounds": runs,
        "ratio": ratio,
        "bars": BARS,
        "bars_met": ratio["stored_over_afresh"] >= BARS["stored_over_afresh"],
    }  # fmt: skip


def main() -> int:
    """Measure, write, tell."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=SECONDS)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    measured = measure(options.seconds)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")
    for name, side in measured["sides"].items():
        print(f"{name:<8} {side['requests_per_second']:>8.0f} requests/s   p99 {side['p99_ms']:>7.1f} ms")
    print(
        f"stored / afresh {measured['ratio']['stored_over_afresh']:.1f} (bar {BARS['stored_over_afresh']:.0f})"
    )
    return 0 if measured["bars_met"] else 1


if __name__ == "__main__":
    raise SystemExit(main())
