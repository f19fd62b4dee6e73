"""The sentences that explain verdicts, with digits enough to see on which side of the bar a number is."""

from __future__ import annotations

import math

from audits.checks.spec import Check
from audits.metrics.catalogue import METRICS
from audits.metrics.spec import Measurement
from audits.metrics.tables import shortened

FEWEST_DIGITS = 3
MOST_DIGITS = 15
SIDES = {">=": "at or above", "<=": "at or below", ">": "above", "<": "below"}
OTHER_SIDES = {">=": "below", "<=": "above", ">": "not above", "<": "not below"}


def digits(numbers: list[float], bar: float) -> int | None:
    """Decimals at which no number that differs from the bar looks like it; None = print them in full."""
    for places in range(FEWEST_DIGITS, MOST_DIGITS + 1):
        written = f"{bar:.{places}f}"
        exact = float(written) == bar
        if exact and all(number == bar or f"{number:.{places}f}" != written for number in numbers):
            return places
    return None


def write(number: float, places: int | None) -> str:
    """A number with so many decimals; one that is cut off from 0 is not written as 0."""
    if places is None:
        return repr(float(number))
    return f"{number:,.{places}f}"


def subject(check: Check) -> str:
    """What was measured, and on what."""
    title = METRICS[check.metric].title
    if check.across:
        return f"{title} across the groups of {' x '.join(check.across)}"
    if check.slice:
        where = " and ".join(f"{key} is {shortened(str(value))}" for key, value in check.slice.items())
        return f"{title} where {where}"
    return f"{title} over all rows"


def finding(check: Check, measured: Measurement) -> tuple[str, str]:
    """'Impact ratio ... is 0.315 (95 % interval 0.286 to 0.346, n = 16,281)', and the bar in the same digits."""
    if measured.value is None:
        raise ValueError("a measurement without a value has no finding")
    known = [number for number in (measured.value, measured.low, measured.high) if number is not None]
    places = digits(known, check.threshold)
    sentence = f"{subject(check)} is {write(measured.value, places)}"
    about = []
    if measured.low is not None and measured.high is not None:
        limits = f"{write(measured.low, places)} to {write(measured.high, places)}"
        about.append(f"{check.confidence * 100:g} % interval {limits}")
    about.append(f"n = {measured.n:,}")
    return f"{sentence} ({', '.join(about)})", write(check.threshold, places)


def rows(number: int) -> str:
    """A number of rows that is only known roughly: two digits that count."""
    size = 10 ** max(len(str(number)) - 2, 0)
    return f"{math.ceil(number / size) * size:,}"
