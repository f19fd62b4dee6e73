"""Proofs and checkpoints of a log of a million entries: through the API, and beside another way to keep the tree.

    python -m benchmarks.large_log --out benchmarks/results/large_log.json

The log lies in PostgreSQL; gunicorn serves the real application; one client asks for proofs of random entries, one
after the other over one connection, and every proof is checked. The same tree is kept in tiles of 256 hashes, as the
product does, and in a row for each node; both answer the same questions.
"""

from __future__ import annotations

import argparse
import hashlib
import http.client
import json
import os
import platform
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from benchmarks.gate import ROOT, database, serving
from registry.ledger.tiles import root_by_path

ENTRIES, REQUESTS = 1_000_000, 500
BARS = {"proof_p95_ms": 50.0, "next_checkpoint_s": 1.0}


class Client:
    """One connection that stays open."""

    def __init__(self, address: str, token: str) -> None:
        self.connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=30)
        self.headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}

    def get(self, path: str) -> tuple[float, Any]:
        """Milliseconds, and the answer."""
        start = time.perf_counter()
        self.connection.request("GET", path, headers=self.headers)
        answer = self.connection.getresponse()
        body = answer.read()
        spent = (time.perf_counter() - start) * 1000
        if answer.status != 200:
            raise RuntimeError(f"{path}: {answer.status} {body[:300]!r}")
        return spent, json.loads(body)


def proofs(client: Client, size: int, requests: int) -> list[float]:
    """Milliseconds of each proof of inclusion; every one is checked."""
    chosen, times = random.Random(11), []
    for _ in range(requests):
        index = chosen.randrange(size)
        spent, told = client.get(f"/api/v1/ledger/inclusion?index={index}&organisation=acme")
        path = [bytes.fromhex(node) for node in told["proof"]]
        checkpoint = told["checkpoint"]
        root = root_by_path(bytes.fromhex(told["leaf_hash"]), index, checkpoint["size"], path)
        if root is None or root.hex() != checkpoint["root"].removeprefix("sha256:"):
            raise RuntimeError(f"The proof of entry {index} does not lead to the root.")
        times.append(spent)
    return times


def measure(entries: int = ENTRIES, requests: int = REQUESTS) -> dict[str, Any]:
    """Fill, serve, ask."""
    with database() as url, tempfile.TemporaryDirectory(prefix="assay-bench-") as var:
        environment = {
            **os.environ, "DATABASE_URL": url, "ASSAY_VAR_DIR": var, "PYTHONPATH": str(ROOT),
            "ASSAY_ALLOW_DATABASE_OWNER": "true", "CELERY_BROKER_URL": "filesystem://", "CACHE_URL": "",
            "DEBUG": "false", "SECRET_KEY": hashlib.sha256(url.encode()).hexdigest(),
            "ALLOWED_HOSTS": "127.0.0.1", "ASSAY_HTTPS": "false",
        }  # fmt: skip
        setup = [sys.executable, "-m", "benchmarks.sides.large_log_setup", str(entries)]
        ran = subprocess.run(setup, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        if ran.returncode:
            raise RuntimeError(ran.stderr[-3000:])
        told = json.loads(ran.stdout.splitlines()[-1])
        with serving(environment) as address:
            client = Client(address, told["token"])
            proofs(client, entries, 20)
            times = sorted(proofs(client, entries, requests))
    found = {
        "entries": entries,
        "proof_median_ms": statistics.median(times),
        "proof_p95_ms": times[int(len(times) * 0.95)],
        "first_checkpoint_s": told["first_checkpoint_s"],
        "next_checkpoint_s": told["next_checkpoint_s"],
        "kept": told["kept"],
    }
    machine = {"cores": os.cpu_count(), "python": platform.python_version(), "load": os.getloadavg()[0]}
    met = all(found[name] < bar for name, bar in BARS.items())
    return {"machine": machine, **found, "bars": BARS, "bars_met": met}


def main() -> int:
    """Measure, write, tell."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--entries", type=int, default=ENTRIES)
    options = parser.parse_args()
    measured = measure(options.entries)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")
    kept = measured["kept"]
    print(
        f"{measured['entries']} entries: proof {measured['proof_median_ms']:.1f} ms, 95 of 100 under"
        f" {measured['proof_p95_ms']:.1f} ms; first checkpoint {measured['first_checkpoint_s']:.1f} s, the next"
        f" {measured['next_checkpoint_s']:.2f} s"
    )
    print(
        f"tiles {kept['tiles_ms']:.2f} ms and {kept['tiles_mb']:.0f} MB,"
        f" a row for each node {kept['nodes_ms']:.2f} ms and {kept['nodes_mb']:.0f} MB"
    )
    return 0 if measured["bars_met"] else 1


if __name__ == "__main__":
    raise SystemExit(main())
