"""Where there is nothing to divide by, the value is missing and says why: it is never 0 and never 1."""

from __future__ import annotations

import json

import pytest

from audits.metrics import binary
from audits.metrics.spec import Listing, Measurement, Orientation, Sampling
from tests.audits.metrics.counted import POSITIVE, HandMade, at, confusion
from tests.audits.metrics.counted import binary as cells_of


def measure(cells: HandMade, orientation: Orientation = POSITIVE) -> list[Measurement]:
    families = [(), cells.attributes]
    return binary.measure(cells, families, orientation, Sampling(resamples=50), Listing())[0]


def test_a_group_without_positives_has_no_tpr() -> None:
    found = measure(confusion("g", A=(0, 4, 0, 6), B=(5, 5, 5, 5)))
    for code in ("tpr", "fnr"):
        row = at(found, code, {"g": "A"})
        assert row.value is None
        assert row.reason == f"There are no actual positives here, so there is no {code.upper()}."
    assert at(found, "fpr", {"g": "A"}).value == 0.4
    difference = at(found, "equal_opportunity_difference", {"g": None})
    assert difference.value is None
    assert (
        difference.reason
        == "Only one group (B) has any actual positives: there is nothing to compare it with."
    )


def test_a_comparison_leaves_out_and_names_groups_that_lack_the_rate() -> None:
    found = measure(confusion("g", A=(0, 4, 0, 6), B=(5, 5, 5, 5), C=(8, 2, 2, 8)))
    difference = at(found, "equal_opportunity_difference", {"g": None})
    assert difference.value == pytest.approx(0.3)
    assert "Undefined in, and so without: A." in (difference.note or "")


def test_ratios_are_missing_when_nobody_was_selected() -> None:
    found = measure(confusion("g", A=(0, 0, 3, 6), B=(0, 0, 5, 5)))
    for code in ("demographic_parity_ratio", "impact_ratio", "chi2_independence", "chi2_independence_p"):
        assert at(found, code, {"g": None}).value is None
    for code in ("impact_ratio", "disparate_impact_vs_ref", "z_two_proportion", "ppv"):
        assert at(found, code, {"g": "A"}).value is None
        assert at(found, code, {"g": "A"}).reason
    assert at(found, "demographic_parity_difference", {"g": None}).value == 0


def test_one_group_is_compared_with_nothing() -> None:
    found = measure(confusion("g", A=(5, 5, 5, 5)))
    compared = [row for row in found if None in row.slice.values() and row.code != "theil_index"]
    assert compared
    assert {row.value for row in compared} == {None}
    assert {row.reason for row in compared} == {
        "There is only one group (A): there is nothing to compare it with."
    }
    assert at(found, "impact_ratio", {"g": "A"}).value is None
    assert at(found, "z_two_proportion", {"g": "A"}).value is None


def test_a_reference_group_that_does_not_occur_is_not_replaced() -> None:
    found = measure(
        confusion("g", A=(5, 5, 5, 5), B=(5, 5, 5, 5)), Orientation("1", "1", reference={"g": "Z"})
    )
    row = at(found, "disparate_impact_vs_ref", {"g": "A"})
    assert (row.value, row.reason) == (None, "The declared reference group does not occur among the rows.")


def test_without_any_label_only_label_free_metrics_are_given() -> None:
    cells = cells_of(["g"], [("A",), ("A",), ("B",), ("B",)], [-1] * 4, [1, 0, 1, 0], [3, 7, 6, 4])
    found = measure(cells)
    assert at(found, "selection_rate", {"g": "A"}).value == 0.3
    assert at(found, "impact_ratio", {"g": "A"}).value == 0.5
    assert not {"tpr", "accuracy", "tp", "theil_index", "base_rate"} & {row.code for row in found}


def test_rows_without_a_label_count_for_the_favourable_rate_only() -> None:
    # Outcomes are known for the selected only: among labelled rows everybody was selected.
    cells = cells_of(["g"], [("A",), ("A",), ("B",), ("B",)], [1, -1, 1, -1], [1, 0, 1, 0], [40, 60, 80, 20])
    found = measure(cells)
    assert at(found, "selection_rate", {"g": "A"}).value == 1
    assert at(found, "favourable_rate", {"g": "A"}).value == 0.4
    assert at(found, "favourable_impact_ratio", {"g": None}).value == 0.5


def test_weights_make_row_counting_tests_undefined() -> None:
    cells = cells_of(
        ["g"], [("A",), ("A",), ("B",), ("B",)], [1, 0, 1, 0], [1, 0, 0, 1], [9, 9, 9, 9], [1, 2, 3, 4]
    )
    found = measure(cells)
    for code, where in (("chi2_independence", {"g": None}), ("z_two_proportion", {"g": "A"})):
        row = at(found, code, where)
        assert row.value is None
        assert "weights" in (row.reason or "")


def test_a_measurement_refuses_to_hold_what_is_not_a_number() -> None:
    with pytest.raises(ValueError, match="not a number"):
        Measurement("tpr", {}, float("inf"), 3)
    with pytest.raises(ValueError, match="either a value or a reason"):
        Measurement("tpr", {}, None, 3)
    with pytest.raises(ValueError, match="either a value or a reason"):
        Measurement("tpr", {}, 0.5, 3, "no reason to have one")


def test_every_measurement_is_json() -> None:
    found = measure(confusion("g", A=(0, 0, 0, 6), B=(0, 5, 0, 0), C=(1, 0, 0, 0)))
    json.dumps([row.as_dict() for row in found], allow_nan=False)
