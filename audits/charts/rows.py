"""The rows a chart is drawn from, and which of them fit."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

State = Literal["passed", "insufficient", "failed"]


@dataclass(frozen=True, slots=True)
class Bar:
    """One group or feature: its value with an interval, and how many rows it rests on.

    `state`, how the row stands to the bar, chooses shape and colour together; without it the row is plain.
    `reason` is printed in place of a mark when there is no value.
    """

    label: str
    value: float | None
    low: float | None = None
    high: float | None = None
    n: int | None = None
    state: State | None = None
    reason: str | None = None

    @property
    def drawable(self) -> bool:
        """Whether there is a finite value to draw."""
        return finite(self.value)

    @property
    def span(self) -> tuple[float, float] | None:
        """Both ends of the interval, or None when one is missing or not finite."""
        if self.low is None or self.high is None or not (finite(self.low) and finite(self.high)):
            return None
        return min(self.low, self.high), max(self.low, self.high)


def finite(value: float | None) -> bool:
    """Whether a value can be placed on an axis."""
    return value is not None and math.isfinite(value)


def largest(rows: Sequence[Bar], limit: int) -> tuple[tuple[Bar, ...], int]:
    """The `limit` rows with the most data behind them, in their given order, and how many were left out."""
    if len(rows) <= limit:
        return tuple(rows), 0
    by_size = sorted(range(len(rows)), key=lambda index: (-(rows[index].n or 0), index))
    kept = sorted(by_size[:limit])
    return tuple(rows[index] for index in kept), len(rows) - limit
