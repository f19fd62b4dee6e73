"""Counting first changes nothing: cells give fairlearn's own numbers for the rows behind them."""

from __future__ import annotations

import numpy as np
import pytest
import sklearn.metrics as skm
from fairlearn import metrics as fl
from hypothesis import given, settings
from hypothesis import strategies as st

from audits.metrics import binary as binary_metrics
from audits.metrics.spec import Listing, Orientation, Sampling
from tests.audits.metrics.counted import HandMade, at, binary

SAMPLING = Sampling(resamples=20)
FUNCTIONS = {
    "selection_rate": fl.selection_rate,
    "accuracy": skm.accuracy_score,
    "tpr": fl.true_positive_rate,
    "fpr": fl.false_positive_rate,
    "tnr": fl.true_negative_rate,
    "fnr": fl.false_negative_rate,
    "ppv": skm.precision_score,
}
AGGREGATES = {
    "demographic_parity_difference": fl.demographic_parity_difference,
    "demographic_parity_ratio": fl.demographic_parity_ratio,
    "equal_opportunity_difference": fl.equal_opportunity_difference,
    "equal_opportunity_ratio": fl.equal_opportunity_ratio,
    "equalized_odds_difference": fl.equalized_odds_difference,
    "equalized_odds_ratio": fl.equalized_odds_ratio,
}


@st.composite
def complete_cells(draw: st.DrawFn, weighted: bool) -> HandMade:
    """Every group has all four cells, so that fairlearn has an answer to everything."""
    names = draw(
        st.lists(st.text("abcXYZ é'\"<0", min_size=1, max_size=4), min_size=2, max_size=5, unique=True)
    )
    groups = [(name,) for name in names for _ in range(4)]
    n = draw(st.lists(st.integers(1, 30), min_size=len(groups), max_size=len(groups)))
    weight = [count * draw(st.floats(0.1, 9)) for count in n] if weighted else None
    return binary(["g"], groups, [1, 1, 0, 0] * len(names), [1, 0, 1, 0] * len(names), n, weight)


@pytest.mark.parametrize("weighted", [False, True])
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_groups_and_comparisons_agree_with_fairlearn_on_the_rows(weighted: bool, data: st.DataObject) -> None:
    cells = data.draw(complete_cells(weighted))
    found, _ = binary_metrics.measure(cells, [(), ("g",)], Orientation("1", "1"), SAMPLING, Listing())
    rows = cells.rows()
    frame = fl.MetricFrame(
        metrics=FUNCTIONS,
        y_true=rows["y"],
        y_pred=rows["p"],
        sensitive_features=rows["g"],
        sample_params={name: {"sample_weight": rows["w"]} for name in FUNCTIONS},
    )
    for code in FUNCTIONS:
        assert at(found, code, {}).value == pytest.approx(frame.overall[code], abs=1e-9)
        for group in frame.by_group.index:
            assert at(found, code, {"g": group}).value == pytest.approx(
                frame.by_group.loc[group, code], abs=1e-9
            )
    for code, function in AGGREGATES.items():
        theirs = function(rows["y"], rows["p"], sensitive_features=rows["g"], sample_weight=rows["w"])
        assert at(found, code, {"g": None}).value == pytest.approx(theirs, abs=1e-9)
        theirs = function(
            rows["y"], rows["p"], sensitive_features=rows["g"], sample_weight=rows["w"], method="to_overall"
        )
        assert at(found, f"{code}_to_overall", {"g": None}).value == pytest.approx(theirs, abs=1e-9)


def test_intersections_agree_with_fairlearn_on_two_columns() -> None:
    generator = np.random.default_rng(3)
    groups = [(a, b) for a in "FM" for b in "xyz" for _ in range(4)]
    n = generator.integers(1, 200, len(groups))
    cells = binary(["sex", "race"], groups, [1, 1, 0, 0] * 6, [1, 0, 1, 0] * 6, list(n))
    found, _ = binary_metrics.measure(cells, [("sex", "race")], Orientation("1", "1"), SAMPLING, Listing())
    rows = cells.rows()
    frame = fl.MetricFrame(
        metrics=FUNCTIONS, y_true=rows["y"], y_pred=rows["p"], sensitive_features=rows[["sex", "race"]]
    )
    across = {"sex": None, "race": None}
    for code in FUNCTIONS:
        for sex, race in frame.by_group.index:
            theirs = frame.by_group.loc[(sex, race), code]
            assert at(found, code, {"sex": sex, "race": race}).value == pytest.approx(theirs, abs=1e-9)
    difference = frame.difference()
    assert at(found, "demographic_parity_difference", across).value == pytest.approx(
        difference["selection_rate"], abs=1e-9
    )
    assert at(found, "accuracy_difference", across).value == pytest.approx(difference["accuracy"], abs=1e-9)
    assert at(found, "accuracy_ratio", across).value == pytest.approx(frame.ratio()["accuracy"], abs=1e-9)
