"""Cited values: no number without evidence, no gap without a reason, no rounding that hides a verdict."""

import pytest

from governance.reports.errors import Unbound
from governance.reports.values import Cited, Estimate, Fact, Statement, digits_apart, own_digits, written


def test_it_writes_numbers_as_people_print_them() -> None:
    assert Cited(0.8349, "E1", digits=3).words == "0.835"
    assert Cited(48_310, "E1", "rows").words == "48\u202f310"
    assert Cited(-0.25, "E1", digits=2).words == "\u22120.25"
    assert Cited(None, "E1", reason="fewer than 30 rows").words == "–"


@pytest.mark.parametrize(
    ("value", "evidence", "reason"),
    [(0.5, "", ""), (None, "E1", ""), (float("nan"), "E1", ""), (float("inf"), "E1", ""), (True, "E1", "")],
)
def test_a_number_needs_evidence_and_a_gap_needs_a_reason(
    value: float | None, evidence: str, reason: str
) -> None:
    with pytest.raises(Unbound):
        Cited(value, evidence, reason=reason)


def test_a_sentence_needs_evidence_and_words() -> None:
    with pytest.raises(Unbound):
        Statement("It holds.", ())
    with pytest.raises(Unbound):
        Statement("  ", ("E1",))


def test_a_fact_has_exactly_one_value() -> None:
    with pytest.raises(Unbound):
        Fact("Seed")
    with pytest.raises(Unbound):
        Fact("Seed", text="1", number=Cited(1, "E1"))
    with pytest.raises(Unbound):
        Fact("Environment", digest="sha256:12")


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (-0.0001, 2, "0.00"),
        (0.125, 2, "0.12"),
        (2.5, 0, "2"),
        (1e300, 2, "1.000e+300"),
        (-1234567.5, 1, "−1\u202f234\u202f567.5"),
    ],
)
def test_it_rounds_half_to_even_and_never_prints_minus_nought(value: float, digits: int, text: str) -> None:
    assert written(value, digits) == text


@pytest.mark.parametrize(
    ("value", "bar", "digits"), [(0.79996, 0.8, 5), (0.83, 0.8, 2), (0.8, 0.8, 2), (0.12, 0.125, 3)]
)
def test_it_takes_as_many_decimals_as_tell_a_value_from_its_bar(
    value: float, bar: float, digits: int
) -> None:
    assert digits_apart(value, bar) == digits


def test_a_bar_keeps_its_own_decimals() -> None:
    assert [own_digits(bar) for bar in (0.8, 0.125, 3, 0.0, 1e-12)] == [1, 3, 0, 0, 9]


def test_an_estimate_cites_one_evidence_throughout() -> None:
    estimate = Estimate.of(0.8, 0.7, 0.9, 1204, evidence_id="E4")
    assert {
        part.evidence_id for part in (estimate.value, estimate.low, estimate.high, estimate.n) if part
    } == {"E4"}
