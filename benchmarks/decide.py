"""How long it takes to decide from a gathered dossier, with 500 demands.

    python -m benchmarks.decide --out benchmarks/results/decide.json

Every decision is made on a dossier of its own, read from its canonical bytes before the clock starts, so nothing that
was derived for one serves another. Half of the dossiers are allowed, half denied. Beside it, in the same run, stands
the time it takes to write the decision down as canonical JSON: the ratio does not depend on the machine.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from governance.gates import codec
from governance.gates.decide import judge
from governance.gates.spec import Dossier
from tests.governance.gates import facts, policies

DEMANDS, ROUNDS = 500, 200
BARS = {"median_ms": 5.0}


def demands(count: int) -> list[dict[str, Any]]:
    """So many demands of the kinds that cost most: votes, checks, evidence, report, documents."""
    kinds = ("problem_definition", "intended_use_statement", "dataset_datasheet", "model_card")
    seats = [{"role": "validator"}, {"role": "compliance_officer"}, {"role": "approver"}]
    excluded = ["requester", "version_author", "dataset_author"]
    found: list[dict[str, Any]] = []
    for number in range(count):
        one: dict[str, Any] = (
            {"documents": {"kinds": [kinds[number % 4]], "within_days": 100 + number}},
            {"evidence": {"kind": "bias", "within_days": 100 + number}},
            {"training_record": {"fields": ["parameters"]}},
            {"report": {"kind": "validation_report"}},
            {"checks": {"all": True, "bars": [[{"metric": "favourable_impact_ratio", "at_least": "0.5"}]]}},
            {"approvals": {"of": seats, "exclude": excluded, "within_days": 100 + number}},
        )[number % 6]
        found.append(one)
    return found


def measure(count: int = DEMANDS, rounds: int = ROUNDS) -> dict[str, Any]:
    """Milliseconds of one decision."""
    body = policies.text(demands(count))
    allowed = facts.allowing()
    texts = [codec.canonical(allowed), codec.canonical(replace(allowed, reports=(), votes=()))]
    dossiers = [codec.read(Dossier, texts[number % 2]) for number in range(rounds)]
    verdicts = [str(judge(codec.read(Dossier, text), body).verdict) for text in texts]
    times, cpu = [], []
    for dossier in dossiers:
        start, busy = time.perf_counter(), time.thread_time()
        decided = judge(dossier, body)
        times.append((time.perf_counter() - start) * 1000)
        cpu.append((time.thread_time() - busy) * 1000)
    writing = []
    for number in range(rounds // 4):  # afterwards, so that it leaves the caches of deciding alone
        decided = judge(codec.read(Dossier, texts[number % 2]), body)
        start = time.perf_counter()
        codec.canonical(decided)
        writing.append((time.perf_counter() - start) * 1000)
    median = statistics.median(times)
    return {
        "machine": {
            "cores": os.cpu_count(), "python": platform.python_version(), "load": os.getloadavg()[0]
        },
        "demands": count,
        "findings": len(decided.findings),
        "verdicts": verdicts,
        "median_ms": median,
        "cpu_median_ms": statistics.median(cpu),
        "ratio_to_writing_it": median / statistics.median(writing),
        "p95_ms": sorted(times)[int(rounds * 0.95)],
        "bars": BARS,
        "bars_met": median < BARS["median_ms"] and verdicts == ["allow", "deny"],
    }  # fmt: skip


def main() -> int:
    """Measure, write, tell."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    measured = measure()
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")
    print(
        f"{measured['demands']} demands: {measured['median_ms']:.2f} ms (bar {BARS['median_ms']:.0f} ms), "
        f"95 of 100 under {measured['p95_ms']:.2f} ms, {measured['ratio_to_writing_it']:.2f} of writing it down"
    )
    return 0 if measured["bars_met"] else 1


if __name__ == "__main__":
    raise SystemExit(main())
