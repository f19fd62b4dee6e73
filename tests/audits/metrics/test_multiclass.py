"""Classes are measured as scikit-learn measures them, and many of them stay within bounds."""

from __future__ import annotations

import numpy as np
import pytest
import sklearn.metrics as skm

from audits.metrics import multiclass
from audits.metrics.spec import Listing, Measurement, Orientation, Sampling
from tests.audits.metrics.counted import HandMade, at, classes

NAMES = ("x", "y", "z")
SAMPLING = Sampling(resamples=200)


def drawn(rows: int, names: tuple[str, ...], groups: str = "AB") -> list[tuple[str, str, str]]:
    generator = np.random.default_rng(2)
    return [
        (str(generator.choice(list(groups))), str(generator.choice(names)), str(generator.choice(names)))
        for _ in range(rows)
    ]


def measure(cells: HandMade, favourable: str = "") -> list[Measurement]:
    families: list[tuple[str, ...]] = [(), cells.attributes]
    return multiclass.measure(cells, families, Orientation("", favourable), SAMPLING, Listing())[0]


def test_it_agrees_with_scikit_learn() -> None:
    rows = drawn(500, NAMES)
    found = measure(classes("g", rows, NAMES))
    for group in (None, "A", "B"):
        y = [row[1] for row in rows if group in (None, row[0])]
        p = [row[2] for row in rows if group in (None, row[0])]
        where = {"g": group} if group else {}
        assert at(found, "accuracy", where).value == pytest.approx(skm.accuracy_score(y, p))
        assert at(found, "macro_recall", where).value == pytest.approx(
            skm.recall_score(y, p, average="macro")
        )
        assert at(found, "macro_precision", where).value == pytest.approx(
            skm.precision_score(y, p, average="macro")
        )
        for name, recall, precision in zip(
            NAMES, skm.recall_score(y, p, average=None), skm.precision_score(y, p, average=None), strict=True
        ):
            assert at(found, "recall", {**where, "class": name}).value == pytest.approx(recall)
            assert at(found, "precision", {**where, "class": name}).value == pytest.approx(precision)


def test_a_class_that_does_not_occur_in_a_group_has_no_recall_and_leaves_no_mean() -> None:
    rows = [("A", "x", "x"), ("A", "y", "x"), ("B", "x", "x"), ("B", "y", "y"), ("B", "z", "y")]
    found = measure(classes("g", rows, NAMES))
    recall = at(found, "recall", {"g": "A", "class": "z"})
    assert (recall.value, recall.reason) == (None, "There are no rows of this class here.")
    assert (
        at(found, "precision", {"g": "A", "class": "y"}).reason
        == "There are no rows predicted as this class here."
    )
    assert at(found, "macro_recall", {"g": "A"}).value is None


def test_without_labels_only_predictions_are_compared() -> None:
    rows = [("A", "x", "x")] * 30 + [("A", "x", "y")] * 10 + [("B", "x", "y")] * 40
    cells = classes("g", rows, NAMES)
    unlabelled = HandMade(
        cells.attributes, cells.groups, (None,) * len(cells.n), cells.prediction, cells.n, cells.weight, NAMES
    )
    found = measure(unlabelled, favourable="x")
    assert at(found, "multiclass_statistical_parity", {"g": None}).value == 0.75
    assert at(found, "favourable_rate", {"g": "A"}).value == 0.75
    assert at(found, "favourable_impact_ratio", {"g": "B"}).value == 0
    assert not {"accuracy", "recall", "confusion"} & {row.code for row in found}


def test_a_group_never_predicted_favourably_is_not_certain_to_stay_so() -> None:
    rows = [("A", "x", "x")] * 60 + [("A", "x", "y")] * 60 + [("B", "x", "y")] * 20
    ratio = at(measure(classes("g", rows, NAMES), favourable="x"), "favourable_impact_ratio", {"g": "B"})
    assert ratio.value == 0
    assert ratio.high is not None
    assert ratio.high > 0.05


def test_the_limits_of_parity_lie_around_it() -> None:
    rows = (
        [("A", "x", "x")] * 300 + [("A", "x", "y")] * 100 + [("B", "x", "x")] * 100 + [("B", "x", "y")] * 100
    )
    parity = at(measure(classes("g", rows, NAMES)), "multiclass_statistical_parity", {"g": None})
    assert parity.value == 0.25
    assert parity.low is not None
    assert parity.high is not None
    assert 0.1 < parity.low < 0.25 < parity.high < 0.4


def test_many_classes_are_given_over_all_rows_only() -> None:
    names = tuple(f"c{number:02}" for number in range(25))
    found = measure(classes("g", drawn(2_000, names), names))
    assert at(found, "recall", {"class": "c07"}).value is not None
    assert at(found, "selection_rate", {"class": "c07"}).value is not None
    assert at(found, "accuracy", {"g": "A"}).value is not None
    assert not [row for row in found if set(row.slice) == {"g", "class"}]
    assert "confusion" not in {row.code for row in found}


def test_a_table_too_large_to_resample_has_values_and_no_intervals() -> None:
    names = tuple(f"c{number:03}" for number in range(120))
    found = measure(classes("g", drawn(3_000, names, "ABCD"), names))
    parity = at(found, "multiclass_statistical_parity", {"g": None})
    assert parity.value is not None
    assert parity.low is None
    assert at(found, "accuracy", {}).low is not None  # one group of 14,400 cells
    assert at(found, "accuracy", {"g": "A"}).low is None
