"""How two results compare: worse, better, or not told apart; what a better average hides comes first."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audits.checks.comparison import Change, Compared, compare
from audits.metrics.spec import Measurement


def one(code: str, value: float | None, width: float = 0.01, **where: str | None) -> Measurement:
    if value is None:
        return Measurement(code, where, None, 100, reason="Nobody.")
    return Measurement(code, where, value, 100, low=value - width, high=value + width)


def only(*rows: Compared) -> Compared:
    (row,) = rows
    return row


@pytest.mark.parametrize(
    ("code", "old", "new", "change"),
    [
        ("accuracy", 0.8, 0.9, Change.BETTER),
        ("accuracy", 0.9, 0.8, Change.WORSE),
        ("accuracy", 0.8, 0.815, Change.UNCLEAR),
        ("accuracy", 0.8, 0.8, Change.SAME),
        ("accuracy", 0.8, None, Change.ONE_SIDED),
        ("demographic_parity_difference", 0.1, 0.2, Change.WORSE),
        ("demographic_parity_difference", 0.2, 0.1, Change.BETTER),
        ("statistical_parity_difference_vs_ref", -0.3, 0.1, Change.BETTER),
        ("disparate_impact_vs_ref", 1.5, 0.9, Change.BETTER),
        ("disparate_impact_vs_ref", 1.0, 1.005, Change.UNCLEAR),
    ],
)
def test_which_way_is_better_is_the_metrics_own(
    code: str, old: float, new: float | None, change: Change
) -> None:
    assert only(*compare([one(code, old)], [one(code, new)])).change is change


def test_a_slice_that_went_down_behind_a_better_average_comes_first() -> None:
    champion = [one("accuracy", 0.8), one("accuracy", 0.85, sex="F"), one("tpr", 0.9)]
    candidate = [one("accuracy", 0.9), one("accuracy", 0.7, sex="F"), one("tpr", 0.5)]
    rows = compare(champion, candidate)
    assert [(row.code, row.slice, row.hidden) for row in rows] == [
        ("accuracy", "sex: F", True),
        ("tpr", "all rows", False),
        ("accuracy", "all rows", False),
    ]
    assert rows[0].words == "worse, behind an average that did not get worse"
    assert rows[0].difference == pytest.approx(-0.15)


def test_nothing_is_hidden_by_an_average_that_fell_too() -> None:
    champion = [one("accuracy", 0.8), one("accuracy", 0.85, sex="F")]
    candidate = [one("accuracy", 0.7), one("accuracy", 0.7, sex="F")]
    assert not any(row.hidden for row in compare(champion, candidate))


def test_counts_are_neither_better_nor_worse() -> None:
    assert compare([one("n", 100.0)], [one("n", 90.0)]) == ()


def test_what_only_one_has_is_told() -> None:
    row = only(*compare([], [one("accuracy", 0.8, age="old")]))
    assert (row.change, row.champion, row.slice) == (Change.ONE_SIDED, None, "age: old")


def test_a_value_without_an_interval_is_its_own() -> None:
    exact = Measurement("accuracy", {}, 0.8, 100)
    assert only(*compare([exact], [Measurement("accuracy", {}, 0.81, 100)])).change is Change.BETTER


VALUES = st.floats(-1, 2).map(lambda value: round(value, 3))


@given(
    old=VALUES, new=VALUES, code=st.sampled_from(["accuracy", "disparate_impact_vs_ref", "mae_difference"])
)
def test_turning_the_two_round_turns_the_answer_round(old: float, new: float, code: str) -> None:
    turned = {Change.WORSE: Change.BETTER, Change.BETTER: Change.WORSE}
    there = only(*compare([one(code, old)], [one(code, new)])).change
    back = only(*compare([one(code, new)], [one(code, old)])).change
    assert back is turned.get(there, there)
