"""The same inputs give the same result, byte for byte, however many threads there are to add up numbers."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from audits import engine
from audits.frames.limits import STANDARD
from registry.ledger import chain

BINARY = {"task": "binary", "label": "label", "score": "score", "positive": "1", "favourable": "1"}
TASKS: dict[str, dict[str, Any]] = {
    "counted": BINARY,
    "weighted": {**BINARY, "weight": "weight"},
    "regression": {"task": "regression", "label": "paid", "prediction": "expected", "weight": "weight"},
}


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Enough rows, in enough row groups, that several threads share the work."""
    draw = np.random.default_rng(3)
    count = 60_000
    score, expected = draw.random(count), draw.normal(size=count) * 1e3
    table = pa.table(
        {
            "sex": draw.choice(["F", "M", "X"], count, p=[0.45, 0.5, 0.05]),
            "score": score,
            "label": (draw.random(count) < score).astype(int),
            "weight": draw.random(count) * 3.7,
            "expected": expected,
            "paid": expected + draw.normal(size=count),
        }
    )
    path = tmp_path_factory.mktemp("rows") / "rows.parquet"
    pq.write_table(table, path, row_group_size=3_000)
    return path


@pytest.mark.parametrize("task", TASKS)
def test_threads_change_no_digit(rows: Path, task: str) -> None:
    mapping = {**TASKS[task], "sensitive": ["sex"]}
    outcomes = [
        engine.audit(rows, mapping, seed=7, limits=replace(STANDARD, threads=threads)).as_dict()
        for threads in (1, 2, 4, 2)
    ]
    assert outcomes[0]["refused"] is None
    assert len({chain.digest_of(chain.exact(outcome)) for outcome in outcomes}) == 1
