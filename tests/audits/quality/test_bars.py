"""Bars: every check is always there, and a bar that makes no sense is refused with what would."""

from decimal import Decimal
from typing import Any

import pytest

from audits.quality.bars import KINDS, Bar, BarError, declared


def test_undeclared_checks_have_their_default() -> None:
    bars = {bar.check: bar.value for bar in declared([{"check": "missing_share", "at_most": "0.25"}])}
    assert set(bars) == set(KINDS)
    assert (bars["missing_share"], bars["group_rows"]) == (Decimal("0.25"), Decimal(30))


def test_they_are_sealed_as_decimal_text() -> None:
    assert Bar("missing_share", Decimal("0.10")).as_dict() == {"check": "missing_share", "at_most": "0.10"}
    assert declared([{"check": "rows", "at_least": 1000}])[0].as_dict() == {
        "check": "rows",
        "at_least": "1000",
    }


@pytest.mark.parametrize(
    ("bar", "message"),
    [
        ({"check": "beauty", "at_most": 1}, "no check “beauty”"),
        ({"check": "missing_share", "at_least": "0.1"}, "takes exactly “at_most”"),
        ({"check": "missing_share"}, "takes exactly “at_most”"),
        ({"check": "missing_share", "at_most": "0.1", "columns": []}, "takes exactly “at_most”"),
        ({"check": "missing_share", "at_most": "1.1"}, "a share from 0 to 1, not '1.1'"),
        ({"check": "missing_share", "at_most": "-0.1"}, "a share"),
        ({"check": "missing_share", "at_most": "NaN"}, "a share"),
        ({"check": "missing_share", "at_most": "inf"}, "a share"),
        ({"check": "missing_share", "at_most": "1e-400000"}, "a share"),
        ({"check": "missing_share", "at_most": None}, "a share"),
        ({"check": "missing_share", "at_most": True}, "a share"),
        ({"check": "missing_share", "at_most": []}, "a share"),
        ({"check": "rows", "at_least": "10.5"}, "a whole number"),
        ({"check": "rows", "at_least": "1e400000"}, "a whole number"),
        ({}, "no check “None”"),
    ],
)
def test_what_makes_no_sense_is_refused(bar: dict[str, Any], message: str) -> None:
    with pytest.raises(BarError, match=message):
        declared([bar])


def test_one_check_has_one_bar() -> None:
    with pytest.raises(BarError, match="twice"):
        declared([{"check": "rows", "at_least": 1}, {"check": "rows", "at_least": 2}])


def test_strictness_looks_to_the_right_side() -> None:
    few, many = Bar("rows", Decimal(10)), Bar("rows", Decimal(100))
    assert many.at_least_as_strict_as(few.value)
    assert not few.at_least_as_strict_as(many.value)
    tight, loose = Bar("missing_share", Decimal("0.1")), Bar("missing_share", Decimal("0.2"))
    assert tight.at_least_as_strict_as(loose.value)
    assert not loose.at_least_as_strict_as(tight.value)
    assert tight.at_least_as_strict_as(tight.value)
    assert (many.holds(Decimal(100)), many.holds(Decimal(99))) == (True, False)
    assert (tight.holds(Decimal("0.1")), tight.holds(Decimal("0.11"))) == (True, False)
