"""When a text is a number: the one declared rule for scores, weights and regression values.

A plain number is written with ASCII digits, an optional sign, point and exponent, with spaces or tabs
around it at most; in a file separated by semicolons the decimal mark may be a comma in a whole column.
Anything else is counted under the reason why it is not used, and never becomes a value.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from audits.frames.database import quoted_text

VALID = "valid"
MISSING = "missing"
NOT_A_NUMBER = "not a plain number"
INFINITE = "infinite"
OUT_OF_RANGE = "outside 0 to 1"
STATUSES = (VALID, MISSING, NOT_A_NUMBER, INFINITE, OUT_OF_RANGE)
"""Statuses by the small number that stands for them while rows are counted."""

MISSING_WORDS = ("", "na", "n/a", "#n/a", "nan", "null", "none", "?", "-")
"""Read as missing where a number or one of two classes is expected, in any case; never in a group."""

_SPACE = " \t"
_PLAIN = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Number:
    """SQL for a column read as a number: its value as a double, NULL when not valid, and which of
    ``STATUSES`` it has."""

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
    value = _value(column, is_text, decimal_comma)
    valid = f"{value} BETWEEN 0 AND 1" if unit_interval else f"isfinite({value})"
    odd = f"contains({column}, '_')" if is_text else "false"
    text = f"trim(CAST({column} AS VARCHAR), {quoted_text(_SPACE)})"
    gone = among(text, tuple(missing))
    # What is cheap and nearly always true comes first: this runs once for every row.
    good = f"coalesce({valid} AND NOT {odd}{'' if gone == 'false' else f' AND NOT {gone}'}, false)"
    status = (
        f"CASE WHEN {good} THEN {STATUSES.index(VALID)} "
        f"WHEN {column} IS NULL OR {gone} OR {among(f'lower({text})', MISSING_WORDS)} OR isnan({value}) "
        f"THEN {STATUSES.index(MISSING)} "
        f"WHEN {value} IS NULL OR {odd} THEN {STATUSES.index(NOT_A_NUMBER)} "
        f"WHEN isinf({value}) THEN {STATUSES.index(INFINITE)} "
        f"ELSE {STATUSES.index(OUT_OF_RANGE)} END"
    )
    return Number(f"CASE WHEN {good} THEN {value} END", f"CAST({status} AS TINYINT)")


def among(text: str, values: Sequence[str]) -> str:
    """SQL for: the text is one of the values, false for NULL. (Of a long IN the database would make a
    join, and run it for every row even where the answer is not asked for.)"""
    if not values:
        return "false"
    return f"CASE {text} {' '.join(f'WHEN {quoted_text(one)} THEN true' for one in values)} ELSE false END"


def is_weight(text: str, comma: bool) -> bool:
    """The same rule in Python, for finding the line of a weight that the database could not use."""
    plain = text.strip(_SPACE)
    if comma:
        plain = "" if "." in plain else plain.replace(",", ".")
    match = _PLAIN.fullmatch(plain)
    return match is not None and 0 < float(plain) < math.inf


def _value(column: str, is_text: bool, decimal_comma: bool) -> str:
    if not is_text:
        return f"CAST({column} AS DOUBLE)"
    if decimal_comma:
        with_point = f"replace({column}, ',', '.')"
        return f"TRY_CAST(CASE WHEN NOT contains({column}, '.') THEN {with_point} END AS DOUBLE)"
    return f"TRY_CAST({column} AS DOUBLE)"
