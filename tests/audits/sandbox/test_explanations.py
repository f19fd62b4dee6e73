"""An explanation is the exact Shapley value, by enumeration, and its means say how sure they are."""

import itertools
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.csv as pc
import pyarrow.parquet as pq
import pytest
import xgboost

from audits.sandbox import jobs
from audits.sandbox.child import rows, sampling, shapley
from audits.sandbox.errors import SandboxRefused
from audits.sandbox.results import Explanation, ModelRef
from tests.audits.sandbox import handmade
from tests.audits.sandbox.test_scores import ORDER
from tests.shared import shared

Row = Mapping[str, float]


def coalition_values(row: Row, known: frozenset[str], background: Sequence[Row] | None) -> float:
    """Expected margin when only these features are known (no library: the trees are walked here)."""
    if background is None:
        return sum(_expected(root, row, known) for root in handmade.ROOTS)
    mixed = [{name: (row if name in known else other)[name] for name in row} for other in background]
    return sum(handmade.margin(one) for one in mixed) / len(mixed)


def _expected(node: Any, row: Row, known: frozenset[str]) -> float:
    if len(node) == 2:
        return float(node[0])
    feature, threshold, left, right = node
    if feature in known:
        return _expected(left if row[feature] < threshold else right, row, known)
    weights = handmade.cover(left), handmade.cover(right)
    parts = _expected(left, row, known), _expected(right, row, known)
    return (weights[0] * parts[0] + weights[1] * parts[1]) / sum(weights)


def shapley_values(row: Row, background: Sequence[Row] | None) -> dict[str, float]:
    """Shapley 1953: the mean of a feature's gain over all orders of arrival."""
    gains = dict.fromkeys(row, 0.0)
    orders = list(itertools.permutations(row))
    for order in orders:
        for place, name in enumerate(order):
            before = frozenset(order[:place])
            gains[name] += coalition_values(row, before | {name}, background)
            gains[name] -= coalition_values(row, before, background)
    return {name: gain / len(orders) for name, gain in gains.items()}


def rows_of(people: Mapping[str, Sequence[Any]]) -> list[dict[str, float]]:
    return [dict(zip(ORDER, values, strict=True)) for values in zip(*(people[n] for n in ORDER), strict=True)]


def explain(tmp_path: Path, rows: int = 40, **options: Any) -> Explanation:
    data = handmade.table(tmp_path, handmade.people(rows))
    return jobs.explain(handmade.small_model(tmp_path), data, ORDER, ("sex",), **options)


@pytest.mark.parametrize("method", ["tree_path_dependent", "interventional"])
def test_the_means_are_those_of_the_enumerated_values(tmp_path: Path, method: str) -> None:
    people, others = handmade.people(40), handmade.people(7)
    background = rows_of(others) if method == "interventional" else None
    stored = None if background is None else handmade.table(tmp_path, others, "b.parquet")
    found = explain(tmp_path, background_parquet=stored)
    known = [shapley_values(row, background) for row in rows_of(people)]
    for one in found.importance:
        sizes = np.abs([row[one.feature] for row in known])
        half = 1.959963984540054 * sizes.std(ddof=1) / math.sqrt(40)
        assert one.mean_abs == pytest.approx(sizes.mean(), abs=1e-6)
        assert (one.low, one.high) == pytest.approx(
            (max(sizes.mean() - half, 0), sizes.mean() + half), abs=1e-6
        )
    assert found.method == method
    assert found.base_value == pytest.approx(
        coalition_values(rows_of(people)[0], frozenset(), background), abs=1e-6
    )
    assert found.additivity_error < 1e-5
    assert [one.mean_abs for one in found.importance] == sorted(
        (o.mean_abs for o in found.importance), reverse=True
    )


def test_each_group_has_its_own_means(tmp_path: Path) -> None:
    people = handmade.people(40)
    found = explain(tmp_path)
    known = [shapley_values(row, None) for row in rows_of(people)]
    assert found.group_sizes == {
        "sex": {"man": people["sex"].count("man"), "woman": people["sex"].count("woman")}
    }
    for group in ("man", "woman"):
        members = [values for values, sex in zip(known, people["sex"], strict=True) if sex == group]
        for feature in ORDER:
            mean = sum(abs(values[feature]) for values in members) / len(members)
            assert found.by_group["sex"][group][feature] == pytest.approx(mean, abs=1e-6)


def test_the_same_seed_draws_the_same_rows(tmp_path: Path) -> None:
    first = explain(tmp_path, 500, sample=60, seed=11)
    assert (first.n, first.rows, first.seed) == (60, 500, 11)
    assert explain(tmp_path, 500, sample=60, seed=11) == first
    assert explain(tmp_path, 500, sample=60, seed=12).importance != first.importance


def test_a_sample_as_large_as_the_data_is_the_data(tmp_path: Path) -> None:
    assert explain(tmp_path, 40, sample=2_000, seed=1).importance == explain(tmp_path, 40, seed=2).importance


def test_one_row_has_no_interval(tmp_path: Path) -> None:
    found = explain(tmp_path, 1)
    assert {(one.low, one.high) for one in found.importance} == {(None, None)}
    json.dumps(found.as_dict(), allow_nan=False)


def test_the_sample_crosses_batches_in_order(tmp_path: Path) -> None:
    many = 150_000
    data = handmade.table(tmp_path, handmade.people(many) | {"number": list(range(many))})
    with data.open("rb") as file:
        drawn = sampling.draw(rows.Table(file), ("number",), ("number",), 500, 3)
    chosen = np.sort(np.random.default_rng(3).choice(many, 500, replace=False))
    assert drawn.matrix[:, 0].tolist() == chosen.tolist()
    assert drawn.groups["number"] == [str(number) for number in chosen]


def test_progress_reaches_the_caller(tmp_path: Path) -> None:
    told: list[tuple[str, float]] = []
    explain(tmp_path, 600, sample=600, progress=lambda step, part: told.append((step, part)))
    assert told[0] == ("Reading the model", 0.0)
    assert told[-1][0] == "Explaining the sample"
    assert [part for _, part in told] == sorted(part for _, part in told)


def test_no_rows_cannot_be_explained(tmp_path: Path) -> None:
    data = handmade.table(tmp_path, {name: np.zeros(0) for name in ORDER})
    with pytest.raises(SandboxRefused, match="no rows to explain"):
        jobs.explain(handmade.small_model(tmp_path), data, ORDER)


def test_a_sensitive_attribute_that_is_not_there_is_named(tmp_path: Path) -> None:
    data = handmade.table(tmp_path, handmade.people(4))
    with pytest.raises(
        SandboxRefused, match=r"The column 'race' is not there\. There are: sex, income, age, debt"
    ):
        jobs.explain(handmade.small_model(tmp_path), data, ORDER, ("race",))


def test_a_missing_group_and_a_strange_one_are_groups(tmp_path: Path) -> None:
    people = handmade.people(4) | {"sex": ["NA", None, "wo\nman", "NA"]}
    found = jobs.explain(handmade.small_model(tmp_path), handmade.table(tmp_path, people), ORDER, ("sex",))
    assert found.group_sizes == {"sex": {"(missing)": 1, "NA": 2, "wo\nman": 1}}


def adult(tmp_path: Path) -> tuple[ModelRef, Path, Path]:
    for name in ("background", "explain"):
        read = pc.read_csv(shared("data", "adult", f"adult_xgb_{name}.csv"))
        pq.write_table(read, tmp_path / f"{name}.parquet")
    model = handmade.store(tmp_path, shared("data", "adult", "adult_xgb.json").read_bytes())
    return model, tmp_path / "explain.parquet", tmp_path / "background.parquet"


def expected_of(case: str) -> Any:
    cases = json.loads(shared("data", "expected.json").read_text())["cases"]
    return next(one["expected"] for one in cases if one["id"] == case)


@pytest.mark.parametrize("method", ["tree_path_dependent", "interventional"])
def test_it_agrees_with_the_adult_case(tmp_path: Path, method: str) -> None:
    model, data, background = adult(tmp_path)
    expected = expected_of("adult_xgb_shap")[method]
    found = jobs.explain(
        model, data, (), background_parquet=background if method == "interventional" else None
    )
    assert [one.feature for one in found.importance] == expected["ranking"]
    assert {one.feature: one.mean_abs for one in found.importance} == pytest.approx(
        expected["mean_abs"], abs=1e-4
    )
    assert found.base_value == pytest.approx(expected["base_value"], abs=1e-4)
    assert found.additivity_error < 1e-4


@pytest.mark.parametrize("method", ["tree_path_dependent", "interventional"])
def test_each_value_of_the_adult_case_agrees(tmp_path: Path, method: str) -> None:
    model, data, background = adult(tmp_path)
    expected = expected_of("adult_xgb_shap")[method]
    explained, others = (
        np.column_stack(pq.read_table(path).columns).astype(np.float32) for path in (data, background)
    )
    values = shapley.values_of(
        load(model), explained, others if method == "interventional" else None, lambda _: None
    )
    assert np.abs(values.shap - np.array(expected["values"])).max() < 1e-4
    assert values.shap.sum(axis=1) + values.base == pytest.approx(expected["output"], abs=1e-4)


def load(model: ModelRef) -> xgboost.Booster:
    booster = xgboost.Booster()
    booster.load_model(bytearray(model.path.read_bytes()))
    return booster


# The published trees on two binary columns; covers are the counts of the case's 100 rows.
MICRO = {
    "shap_single": (0, 0.5, (0, 50), (1, 50)),
    "shap_and": (0, 0.5, (0, 50), (1, 0.5, (0, 25), (1, 25))),
    "shap_or": (0, 0.5, (1, 0.5, (0, 25), (1, 25)), (1, 50)),
    "shap_xor": (0, 0.5, (1, 0.5, (0, 25), (1, 25)), (1, 0.5, (1, 25), (0, 25))),
    "shap_and_boost": (0, 0.5, (0, 50), (1, 0.5, (1, 25), (2, 25))),
}


@pytest.mark.parametrize("case", MICRO)
def test_it_agrees_with_the_published_small_trees(tmp_path: Path, case: str) -> None:
    micro = json.loads(shared("data", "micro.json").read_text())
    printed = {row["what"]: row["printed"] for one in micro if one["id"] == case for row in one["published"]}
    model = load(handmade.store(tmp_path, handmade.document([MICRO[case]], ["a", "b", "c", "d"])))
    both = np.array([[1, 1, 1, 1], [0, 0, 0, 0]], dtype=np.float32)
    values = shapley.values_of(model, both, None, lambda _: None)
    found = {"base value": values.base}
    for row, name in enumerate(("ones", "zeros")):
        found |= {f"x={name} phi[{place}]": values.shap[row, place] for place in range(4)}
    assert found == pytest.approx(printed, abs=1e-6)


def test_the_micro_cases_are_all_here() -> None:
    micro = json.loads(shared("data", "micro.json").read_text())
    assert {one["id"] for one in micro if one["id"].startswith("shap_")} == set(MICRO)
