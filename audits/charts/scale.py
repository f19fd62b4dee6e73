"""Axes: a domain that holds every value, round ticks, and numbers written with the digits an axis needs."""

import math
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scale:
    """Places values of [low, high] on pixels of [left, right]."""

    low: float
    high: float
    left: float
    right: float
    ticks: tuple[float, ...]
    digits: int

    def x(self, value: float) -> float:
        """The pixel of a value; values outside the domain stop at its edge."""
        share = (value - self.low) / (self.high - self.low)
        return self.left + min(1.0, max(0.0, share)) * (self.right - self.left)


def fit(values: Iterable[float], left: float, right: float, *, zero: bool = False, wanted: int = 5) -> Scale:
    """The smallest round domain around the values; with `zero` it begins at nought, as bars must."""
    seen = [value for value in values if math.isfinite(value)] or [0.0, 1.0]
    low, high = min(seen), max(seen)
    if zero:
        low, high = min(low, 0.0), max(high, 0.0)
    if high - low <= max(abs(low), abs(high)) * 1e-9:
        # One single value: show it in the middle of something, never divide by nought.
        margin = abs(high) / 10 or 0.5
        low, high = (low if zero and low == 0.0 else low - margin), high + margin
    step = _round_step((high - low) / wanted)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    power = -math.floor(math.log10(step) + 1e-9)
    # Rounded beyond the step's own figures only, so that 0.30000000000000004 never becomes a tick.
    ticks = tuple(round(index * step, power + 3) for index in range(first, last + 1))
    return Scale(ticks[0], ticks[-1], left, right, ticks, max(0, power))


def _round_step(raw: float) -> float:
    """The next step of 1, 2 or 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(raw))
    return next(factor * power for factor in (1.0, 2.0, 5.0, 10.0) if factor * power >= raw * (1 - 1e-9))


def number(value: float, digits: int) -> str:
    """A number as people print it: a true minus sign, thousands apart, never minus nought."""
    if abs(value) >= 1e15 or (digits > 9 and value):
        return f"{value:.1e}".replace("-", "\u2212")
    text = f"{abs(value):,.{digits}f}".replace(",", "\u202f")
    return f"\u2212{text}" if value < 0 and any(figure in text for figure in "123456789") else text
