"""A number that differs from the bar never reads like the bar."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audits.checks.evaluate import judge
from audits.checks.sentences import digits, rows, write
from audits.checks.spec import Check, Evidence
from audits.metrics.spec import Measurement


def sentence(value: float, low: float, high: float, bar: float = 0.8) -> str:
    check = Check("c", "impact_ratio", ">=", bar, ("sex",))
    return judge(
        check, Evidence(Measurement("impact_ratio", {"sex": None}, value, 10**9, None, low, high))
    ).sentence


def test_just_below_the_bar_reads_below_the_bar() -> None:
    told = sentence(0.79996, 0.79995, 0.79997)
    assert "is 0.79996 (95 % interval 0.79995 to 0.79997" in told
    assert "all of it below the bar of 0.80000" in told
    assert "0.800 " not in told


def test_a_limit_next_to_the_bar_gets_its_digits_too() -> None:
    told = sentence(0.85, 0.7999999, 0.9)
    assert "0.7999999 to 0.9000000" in told
    assert "the bar of 0.8000000" in told


def test_a_number_at_the_bar_reads_like_the_bar() -> None:
    assert "0.800 to 0.900, n = 1,000,000,000), all of it at or above the bar of 0.800" in sentence(
        0.85, 0.8, 0.9
    )


@given(st.floats(0, 1), st.floats(0, 1))
def test_numbers_are_written_alike_only_when_they_are_alike(number: float, bar: float) -> None:
    places = digits([number], bar)
    assert (write(number, places) == write(bar, places)) == (number == bar)


@pytest.mark.parametrize(("number", "told"), [(7, "7"), (42, "42"), (2_861, "2,900"), (123_456, "130,000")])
def test_rows_are_told_as_roughly_as_they_are_known(number: int, told: str) -> None:
    assert rows(number) == told


def test_long_group_names_are_cut() -> None:
    check = Check("c", "tpr", ">=", 0.8, slice={"sex": "x" * 5_000})
    told = judge(check, Evidence(Measurement("tpr", {"sex": "x" * 5_000}, 0.9, 99, None, 0.8, 1.0))).sentence
    assert len(told) < 300
