"""`python -m benchmarks --out FILE`: run every benchmark and write one JSON document."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from benchmarks import backtest, bias_audit, decide, verify_log


def main() -> int:
    """Run, write, and say which bars were missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--rows", type=int, default=bias_audit.ROWS)
    parser.add_argument("--large-rows", type=int, default=bias_audit.LARGE_ROWS)
    options = parser.parse_args()
    results = {
        "bias_audit": bias_audit.measure(options.rows, options.large_rows),
        "decide": decide.measure(),
        "backtest": backtest.measure(postgresql=False),
        "verify_log": verify_log.measure(),
    }
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    print(f"Written to {options.out}")
    return 0 if all(result["bars_met"] for result in results.values()) else 1


if __name__ == "__main__":
    raise SystemExit(main())
