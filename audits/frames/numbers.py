"""When a text is a number: the one declared rule for scores, weights and regression values.

A plain number is written with ASCII digits, an optional sign, point and exponent, with spaces or tabs
around it at most; in a file separated by semicolons the decimal mark may be a comma in a whole column.
Anything else is counted under the reason why it is not used, and never becomes a value.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from audits.frames.database import quoted_text

VALID = "valid"
MISSING = "missing"
NOT_A_NUMBER = "not a plain number"
INFINITE = "infinite"
OUT_OF_RANGE = "outside 0 to 1"

MISSING_WORDS = ("", "na", "n/a", "#n/a", "nan", "null", "none", "?", "-")
"""Read as missing where a number or one of two classes is expected, in any case; never in a group."""

_SPACE = " \t"


@dataclass(frozen=True, slots=True)
class Number:
    """SQL for the value of a column as a double, and for what it is when it is not valid."""

    value: str
    status: str


def number(
    column: str,
    *,
    is_text: bool,
    decimal_comma: bool = False,
    missing: Iterable[str] = (),
    unit_interval: bool = False,
) -> Number:
    """Read the SQL expression ``column`` as a number by the rule of this module."""
    text = f"trim({column}, {quoted_text(_SPACE)})" if is_text else f"CAST({column} AS VARCHAR)"
    value = _value(column, text, is_text, decimal_comma)
    within = f"{value} BETWEEN 0 AND 1" if unit_interval else f"isfinite({value})"
    odd = f"contains({text}, '_')" if is_text else "false"
    declared = ", ".join(quoted_text(token) for token in missing)
    words = ", ".join(quoted_text(word) for word in MISSING_WORDS)
    status = (
        "CASE "
        + (f"WHEN {text} IN ({declared}) THEN '{MISSING}' " if declared else "")
        + f"WHEN {within} AND NOT {odd} THEN '{VALID}' "
        f"WHEN {text} IS NULL OR lower({text}) IN ({words}) OR isnan({value}) THEN '{MISSING}' "
        f"WHEN {value} IS NULL OR {odd} THEN '{NOT_A_NUMBER}' "
        f"WHEN isinf({value}) THEN '{INFINITE}' "
        f"ELSE '{OUT_OF_RANGE}' END"
    )
    return Number(f"CASE WHEN ({status}) = '{VALID}' THEN {value} END", status)


def _value(column: str, text: str, is_text: bool, decimal_comma: bool) -> str:
    if not is_text:
        return f"CAST({column} AS DOUBLE)"
    if decimal_comma:
        with_point = f"replace({text}, ',', '.')"
        return f"TRY_CAST(CASE WHEN NOT contains({text}, '.') THEN {with_point} END AS DOUBLE)"
    return f"TRY_CAST({text} AS DOUBLE)"
