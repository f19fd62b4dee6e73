"""A model that comes with the data scores the rows, and is explained on them."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from audits.engine.audit import audit
from audits.engine.digests import of_file
from audits.engine.summary import summary
from audits.metrics.spec import Sampling
from tests.audits.engine.predictions import predictions
from tests.audits.metrics.counted import at
from tests.audits.sandbox import handmade

QUICK = Sampling(resamples=100)
MAPPING: dict[str, Any] = {
    "task": "binary", "label": "label", "positive": "1", "score": "@model", "sensitive": ["sex"],
    "features": list(handmade.FEATURES),
}  # fmt: skip
ROWS = 300


@pytest.fixture
def people() -> dict[str, list[Any]]:
    features = handmade.people(ROWS)
    return {**features, "sex": ["F", "M", "M"] * (ROWS // 3), "label": [number % 2 for number in range(ROWS)]}


@pytest.fixture
def data(tmp_path: Path, people: dict[str, list[Any]]) -> Path:
    path = tmp_path / "people.parquet"
    pq.write_table(pa.table(people), path)
    return path


def test_rows_are_scored_by_the_models_own_bytes(
    tmp_path: Path, data: Path, people: dict[str, list[Any]]
) -> None:
    model = handmade.small_model(tmp_path)
    outcome = audit(data, MAPPING, model=model, sampling=QUICK)
    assert outcome.refused is None
    scores = [
        1 / (1 + math.exp(-handmade.margin({name: people[name][row] for name in handmade.FEATURES})))
        for row in range(ROWS)
    ]
    assert at(outcome.measurements, "mean_score", {}).value == pytest.approx(sum(scores) / ROWS, abs=1e-6)
    selected = sum(score >= 0.5 for score in scores) / ROWS
    assert at(outcome.measurements, "selection_rate", {}).value == pytest.approx(selected)
    assert outcome.inputs["data"]["digest"] == of_file(data)
    assert outcome.inputs["data"]["scored_by"] == model.digest


def test_the_model_is_explained_overall_and_by_group(tmp_path: Path, data: Path) -> None:
    outcome = audit(data, MAPPING, model=handmade.small_model(tmp_path), sampling=QUICK, seed=4)
    assert outcome.explanation is not None
    assert {one.feature for one in outcome.explanation.importance} == set(handmade.FEATURES)
    assert set(outcome.explanation.by_group["sex"]) == {"F", "M"}
    assert (outcome.explanation.seed, outcome.explanation.n) == (4, ROWS)
    assert "Model explained on 300 rows (mean |SHAP|, margin): " in summary(outcome)


@pytest.mark.parametrize(
    ("changes", "with_model", "code"),
    [
        ({}, False, "model.missing"),
        ({"task": "multiclass", "prediction": "@model", "score": None}, True, "model.task"),
    ],
)
def test_scores_that_no_model_can_give_are_refused(
    changes: dict[str, Any], with_model: bool, code: str, data: Path, tmp_path: Path
) -> None:
    model = handmade.small_model(tmp_path) if with_model else None
    refused = audit(data, {**MAPPING, **changes}, model=model, sampling=QUICK).refused
    assert refused is not None
    assert refused.code == code


def test_rows_to_be_scored_must_be_parquet(tmp_path: Path) -> None:
    path = predictions(tmp_path / "d.csv", ("sex", "label", *handmade.FEATURES), [("F", 1, 1, 1, 1)])
    refused = audit(path, MAPPING, model=handmade.small_model(tmp_path), sampling=QUICK).refused
    assert refused is not None
    assert refused.code == "model.needs_parquet"


def test_a_model_that_cannot_be_opened_is_refused_where_it_must_score(tmp_path: Path, data: Path) -> None:
    model = handmade.store(tmp_path, b"\x80\x04pickle")
    outcome = audit(data, MAPPING, model=model, sampling=QUICK)
    assert outcome.refused is not None
    assert summary(outcome).startswith("✕ refused")
