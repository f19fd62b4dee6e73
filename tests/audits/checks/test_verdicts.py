"""The interval must clear the bar: what straddles it, is too small or has no value is not enough evidence."""

from __future__ import annotations

from typing import Any

import pytest

from audits.checks.evaluate import evaluate, judge
from audits.checks.spec import Check, Evidence, SmallGroups, Verdict
from audits.metrics.spec import Measurement

FOUR_FIFTHS = Check("Impact ratio by sex", "impact_ratio", ">=", 0.8, ("sex",))


def measured(
    value: float | None, low: float | None, high: float | None, n: int = 1_000, **more: Any
) -> Measurement:
    return Measurement("impact_ratio", {"sex": None}, value, n, low=low, high=high, **more)


def verdict(check: Check, value: float, low: float, high: float) -> str:
    return str(
        judge(check, Evidence(Measurement(check.metric, check.where, value, 1_000, None, low, high))).verdict
    )


@pytest.mark.parametrize(
    ("comparison", "low", "high", "expected"),
    [
        (">=", 0.8, 0.9, "passed"), (">=", 0.79, 0.9, "insufficient"), (">=", 0.7, 0.8, "insufficient"),
        (">=", 0.7, 0.79, "failed"), (">", 0.8, 0.9, "insufficient"), (">", 0.81, 0.9, "passed"),
        (">", 0.7, 0.8, "failed"), ("<=", 0.7, 0.8, "passed"), ("<=", 0.7, 0.81, "insufficient"),
        ("<=", 0.81, 0.9, "failed"), ("<=", 0.8, 0.9, "insufficient"), ("<", 0.7, 0.8, "insufficient"),
        ("<", 0.7, 0.79, "passed"), ("<", 0.8, 0.9, "failed"),
    ],
)  # fmt: skip
def test_the_whole_interval_decides(comparison: str, low: float, high: float, expected: str) -> None:
    check = Check("c", "impact_ratio", comparison, 0.8, ("sex",))
    assert verdict(check, (low + high) / 2, low, high) == expected


def test_a_failed_check_says_by_how_much() -> None:
    note = "Lowest: F 0.15; highest: M 0.5."
    result = judge(FOUR_FIFTHS, Evidence(measured(0.3, 0.25, 0.35, 16_281, note=note)))
    assert result.verdict is Verdict.FAILED
    assert result.sentence == (
        "Impact ratio across the groups of sex is 0.300 (95 % interval 0.250 to 0.350, n = 16,281), "
        "all of it below the bar of 0.800. Lowest: F 0.15; highest: M 0.5."
    )


def test_a_straddling_interval_says_how_many_rows_would_settle_it() -> None:
    result = judge(FOUR_FIFTHS, Evidence(measured(0.83, 0.76, 0.90, 1_204)))
    assert result.verdict is Verdict.INSUFFICIENT
    assert result.rows_needed == 6_556  # 1,204 * (0.07 / 0.03)^2
    assert "the bar of 0.800 lies within the interval. About 6,600 rows would settle it" in result.sentence


def test_a_value_below_the_bar_looks_at_the_upper_limit() -> None:
    result = judge(FOUR_FIFTHS, Evidence(measured(0.78, 0.70, 0.82, 1_000)))
    assert result.rows_needed == 4_000


def test_a_value_at_the_bar_promises_no_number_of_rows() -> None:
    result = judge(FOUR_FIFTHS, Evidence(measured(0.8, 0.7, 0.9)))
    assert result.rows_needed is None
    assert "no realistic number of rows would settle it" in result.sentence


def test_what_has_no_value_is_insufficient_with_its_reason() -> None:
    reason = "There is only one group (A): there is nothing to compare it with."
    result = judge(FOUR_FIFTHS, Evidence(Measurement("impact_ratio", {"sex": None}, None, 200, reason)))
    assert result.verdict is Verdict.INSUFFICIENT
    assert reason in result.sentence


def test_what_has_no_interval_is_insufficient() -> None:
    result = judge(
        FOUR_FIFTHS, Evidence(measured(0.95, None, None, note="No interval: too few rows decide it."))
    )
    assert result.verdict is Verdict.INSUFFICIENT
    assert "has no interval to hold against the bar. No interval: too few" in result.sentence


def test_a_count_is_its_own_interval() -> None:
    check = Check("Enough rows", "n", ">=", 1_000, min_n=1)
    assert judge(check, Evidence(Measurement("n", {}, 1_000, 1_000))).verdict is Verdict.PASSED
    assert judge(check, Evidence(Measurement("n", {}, 999, 999))).verdict is Verdict.FAILED


def test_too_few_rows_in_the_denominator_are_insufficient() -> None:
    check = Check("TPR", "tpr", ">=", 0.5)
    row = Measurement("tpr", {}, 0.9, 5_000, None, 0.8, 0.95, denominator=29)
    result = judge(check, Evidence(row))
    assert result.verdict is Verdict.INSUFFICIENT
    assert "rests on 29 rows, and this check asks for at least 30" in result.sentence


def test_groups_too_small_keep_a_check_from_passing_and_are_named() -> None:
    evidence = Evidence(measured(0.95, 0.9, 1.0, 900), small=(("Other", 12), ("Amish", 3)), rows=1_000)
    result = judge(FOUR_FIFTHS, evidence)
    assert result.verdict is Verdict.INSUFFICIENT
    assert "not all groups could be compared" in result.sentence
    assert "Not compared, with fewer than 30 rows that could count: Amish (3), Other (12)." in result.sentence
    assert result.rows_needed == 10_000
    assert "About 10,000 rows in all would bring them" in result.sentence


def test_a_group_without_a_single_row_promises_nothing() -> None:
    evidence = Evidence(measured(0.95, 0.9, 1.0, 900), small=(("Other", 0),), rows=1_000)
    result = judge(FOUR_FIFTHS, evidence)
    assert result.verdict is Verdict.INSUFFICIENT
    assert result.rows_needed is None


def test_small_groups_may_be_excluded_when_the_check_says_so_and_are_still_named() -> None:
    check = Check("c", "impact_ratio", ">=", 0.8, ("sex",), small_groups=SmallGroups.EXCLUDE)
    result = judge(check, Evidence(measured(0.95, 0.9, 1.0, 900), small=(("Other", 12),), rows=1_000))
    assert result.verdict is Verdict.PASSED
    assert result.sentence.endswith(
        "Excluded as declared, with fewer than 30 rows that could count: Other (12)."
    )


def test_small_groups_do_not_save_a_check_that_the_large_ones_fail() -> None:
    result = judge(FOUR_FIFTHS, Evidence(measured(0.3, 0.2, 0.4, 900), small=(("Other", 12),), rows=1_000))
    assert result.verdict is Verdict.FAILED


def test_an_objection_beats_every_value() -> None:
    result = judge(FOUR_FIFTHS, Evidence(measured(1.0, 0.99, 1.0), objection="it counts something else."))
    assert result.verdict is Verdict.INSUFFICIENT
    assert result.sentence.endswith("cannot answer this check: it counts something else.")


def test_measurements_are_found_by_code_and_slice() -> None:
    rows = [Measurement("impact_ratio", {"sex": "F"}, 0.5, 10, None, 0.4, 0.6), measured(0.95, 0.9, 1.0)]
    assert evaluate(FOUR_FIFTHS, rows).verdict is Verdict.PASSED
    missing = evaluate(FOUR_FIFTHS, rows[:1])
    assert missing.verdict is Verdict.INSUFFICIENT
    assert "was not measured" in missing.sentence


def test_a_result_explains_itself_as_plain_data() -> None:
    told = judge(FOUR_FIFTHS, Evidence(measured(0.95, 0.9, 1.0))).as_dict()
    assert told["verdict"] == "passed"
    assert (told["value"], told["low"], told["high"], told["n"]) == (0.95, 0.9, 1.0, 1_000)
    assert (told["metric"], told["slice"], told["comparison"], told["threshold"]) == (
        "impact_ratio",
        {"sex": None},
        ">=",
        0.8,
    )
    assert told["check"]["min_n"] == 30
