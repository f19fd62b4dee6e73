"""The demo's first model treats women worse for a reason that is in its data; the second does not."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from numpy.typing import NDArray

from audits.sandbox import jobs
from audits.sandbox.results import Explanation
from governance.demo import data, files, models

Counts = NDArray[np.float64]
"""Group x label x prediction."""

FIRST, SECOND = models.FIRST.version, models.SECOND.version


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> files.Made:
    return files.make(tmp_path_factory.mktemp("demo"))


def columns_of(path: Path) -> dict[str, NDArray[np.generic]]:
    table = pq.read_table(path)
    return {name: np.array(table[name].to_pylist()) for name in table.column_names}


def counts_by(columns: Mapping[str, NDArray[np.generic]], attribute: str) -> tuple[list[str], Counts]:
    groups = sorted({str(group) for group in columns[attribute]})
    counts = np.zeros((len(groups), 2, 2))
    place = np.searchsorted(groups, columns[attribute])
    outcome, prediction = (columns[name].astype(np.int64) for name in (data.LABEL, "prediction"))
    np.add.at(counts, (place, outcome, prediction), 1)
    return groups, counts


def selection(counts: Counts) -> NDArray[np.float64]:
    return counts[..., 1].sum(-1) / counts.sum((-2, -1))


def impact_ratio(counts: Counts) -> NDArray[np.float64]:
    return selection(counts).min(-1) / selection(counts).max(-1)


def opportunity_difference(counts: Counts) -> NDArray[np.float64]:
    rates = counts[..., 1, 1] / counts[..., 1, :].sum(-1)
    return rates.max(-1) - rates.min(-1)


def accuracy_above_majority(counts: Counts) -> NDArray[np.float64]:
    total = counts.sum((-3, -2, -1))
    right = counts[..., 0, 0].sum(-1) + counts[..., 1, 1].sum(-1)
    return right / total - counts.sum((-3, -1)).max(-1) / total


def interval(measure: Callable[[Counts], NDArray[np.float64]], counts: Counts) -> tuple[float, float]:
    """95 % percentile interval of 2,000 resamples of the cells."""
    rng = np.random.default_rng(1)
    drawn = rng.multinomial(int(counts.sum()), counts.ravel() / counts.sum(), size=2_000)
    low, high = np.quantile(measure(drawn.reshape(-1, *counts.shape).astype(float)), [0.025, 0.975])
    return float(low), float(high)


@pytest.mark.parametrize("attribute", data.SENSITIVE)
def test_the_second_model_clears_every_bar_with_room(made: files.Made, attribute: str) -> None:
    _, counts = counts_by(columns_of(made.scored[SECOND]), attribute)
    assert interval(impact_ratio, counts)[0] > 0.88
    assert interval(opportunity_difference, counts)[1] < 0.07
    assert interval(accuracy_above_majority, counts)[0] > 0.12


def test_the_first_model_fails_four_fifths_for_women(made: files.Made) -> None:
    groups, counts = counts_by(columns_of(made.scored[FIRST]), "sex")
    assert groups == ["man", "woman"]
    men, women = selection(counts)
    assert 0.5 < women / men < 0.7
    assert interval(impact_ratio, counts)[1] < 0.7
    assert interval(opportunity_difference, counts)[0] > 0.2


def test_the_first_model_fails_for_nothing_else(made: files.Made) -> None:
    _, counts = counts_by(columns_of(made.scored[FIRST]), "age_band")
    assert interval(impact_ratio, counts)[0] > 0.85
    assert interval(opportunity_difference, counts)[1] < 0.1
    assert interval(accuracy_above_majority, counts)[0] > 0.05


def auc(columns: Mapping[str, NDArray[np.generic]]) -> float:
    """Share of pairs in the right order, ties one half."""
    score, repaid = columns["score"].astype(float), columns[data.LABEL] == 1
    good, bad = np.sort(score[repaid]), score[~repaid]
    below, up_to = np.searchsorted(good, bad, "left"), np.searchsorted(good, bad, "right")
    return float(1 - (below + up_to).sum() / 2 / len(good) / len(bad))


def test_the_second_model_orders_applicants_better(made: files.Made) -> None:
    assert auc(columns_of(made.scored[SECOND])) > 0.81
    assert auc(columns_of(made.scored[SECOND])) > auc(columns_of(made.scored[FIRST])) + 0.02


def explained(made: files.Made, version: str) -> Explanation:
    model = files.model_ref(made.models[version])
    return jobs.explain(model, made.test, data.FEATURES, data.SENSITIVE, seed=1)


def test_the_explanation_points_at_the_proxy(made: files.Made) -> None:
    first, second = explained(made, FIRST), explained(made, SECOND)
    assert first.importance[0].feature == data.PROXY
    by_sex = first.by_group["sex"]
    assert by_sex["woman"][data.PROXY] > 1.2 * by_sex["man"][data.PROXY]
    assert data.PROXY not in {one.feature for one in second.importance}
    assert second.ignored_features == (data.PROXY,)


def test_the_reason_is_in_the_data() -> None:
    train = data.generate().train
    woman, second_earner = train["sex"] == "woman", train[data.PROXY] == data.SECOND_EARNER
    assert second_earner[woman].mean() > 0.5
    assert second_earner[~woman].mean() < 0.1
    # Women repay as often as men, and second earners as often as others (they earn a little less) …
    assert share(train, data.LABEL, woman) == pytest.approx(share(train, data.LABEL, ~woman), abs=0.02)
    assert share(train, data.LABEL, second_earner) == pytest.approx(
        share(train, data.LABEL, ~second_earner), abs=0.05
    )
    # … but not according to the records.
    assert share(train, data.RECORDED_LABEL, second_earner) < share(train, data.LABEL, second_earner) - 0.2
    assert share(train, data.RECORDED_LABEL, ~second_earner) == share(train, data.LABEL, ~second_earner)


def share(columns: Mapping[str, data.Column], label: str, rows: NDArray[np.bool_]) -> float:
    return float(columns[label][rows].astype(np.float64).mean())


def test_the_sensitive_attributes_are_not_features() -> None:
    assert not set(data.SENSITIVE) & set(data.FEATURES)
    assert set(models.FIRST.features) - set(models.SECOND.features) == {data.PROXY}


def test_the_files_have_the_promised_columns_and_rows(made: files.Made) -> None:
    train, test = pq.read_metadata(made.train), pq.read_metadata(made.test)
    assert (train.num_rows, test.num_rows) == (data.TRAIN_ROWS, data.TEST_ROWS)
    names: Sequence[str] = pq.read_schema(made.test).names
    assert names == [data.ID, *data.FEATURES, *data.SENSITIVE, data.LABEL]
    assert pq.read_schema(made.scored[FIRST]).names == [*names, "score", "prediction"]
    ids = set(pq.read_table(made.train)[data.ID].to_pylist()) | set(
        pq.read_table(made.test)[data.ID].to_pylist()
    )
    assert len(ids) == data.TRAIN_ROWS + data.TEST_ROWS


def test_every_run_makes_the_same_bytes(made: files.Made, tmp_path: Path) -> None:
    again = files.make(tmp_path)
    assert digests(again) == digests(made)
    assert {path.name for path in tmp_path.iterdir()} == {path.name for path in paths(again)}


def test_another_seed_makes_other_applicants(made: files.Made) -> None:
    other = data.generate(seed=2)
    assert not np.array_equal(other.test["annual_income"], data.generate().test["annual_income"])


def paths(made: files.Made) -> list[Path]:
    return [made.train, made.test, *made.models.values(), *made.scored.values()]


def digests(made: files.Made) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths(made)}
