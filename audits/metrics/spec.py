"""The shape of a metric in the catalogue, and of one measured value."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

Slice = Mapping[str, str | None]
"""Attribute -> value. {} = all rows; {"sex": "Female"} = a group; {"sex": None} = across all groups of sex."""

CLASS = "class"
"""Key in the slice of a multi-class metric that names the class it speaks of."""

LABEL, PREDICTION, SCORE = "label", "prediction", "score"
BINARY, MULTICLASS, REGRESSION = "binary", "multiclass", "regression"


class Scope(StrEnum):
    """What one value of a metric speaks of."""

    ROWS = "rows"
    """All rows, or the rows of one group."""
    GROUP = "group"
    """One group compared with another one (the reference, or the group with the highest rate)."""
    ACROSS = "across"
    """All groups of an attribute together."""
    CLASS = "class"
    """One class of a multi-class task, over all rows or in one group."""


class Direction(StrEnum):
    """Which values are better, for the reader of a chart: the metric itself decides nothing."""

    HIGHER = "higher"
    LOWER = "lower"
    TO_ZERO = "nearest 0"
    TO_ONE = "nearest 1"
    NEITHER = "neither"


@dataclass(frozen=True, slots=True)
class MetricSpec:
    """One row of the catalogue."""

    code: str
    title: str
    scopes: tuple[Scope, ...]
    needs: frozenset[str]
    formula: str
    source: str
    direction: Direction = Direction.NEITHER
    unit: str = "share"
    interval: str = "bootstrap"
    """How its interval is made: wilson, bootstrap, delong, normal, or none (a count or a test statistic)."""
    tasks: frozenset[str] = frozenset({BINARY})
    fairlearn: str | None = None
    """Name of the fairlearn or scikit-learn function that computes it, where there is one."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """One metric on one slice: a finite value, or the reason why there is none."""

    code: str
    slice: Slice
    value: float | None
    n: int
    reason: str | None = None
    low: float | None = None
    high: float | None = None
    denominator: int | None = None
    """Rows that could have counted, where that is fewer than ``n``: the actual positives for a TPR."""
    note: str | None = None
    """What a reader must know to read the value: the reference group, groups left out, no interval and why."""

    def __post_init__(self) -> None:
        for number in (self.value, self.low, self.high):
            if number is not None and not math.isfinite(number):
                raise ValueError(f"{self.code} {dict(self.slice)}: {number} is not a number to report")
        if (self.value is None) == (self.reason is None):
            raise ValueError(f"{self.code} {dict(self.slice)} needs either a value or a reason")

    def as_dict(self) -> dict[str, Any]:
        """The measurement as plain data."""
        return {
            "code": self.code,
            "slice": dict(self.slice),
            "value": self.value,
            "reason": self.reason,
            "low": self.low,
            "high": self.high,
            "n": self.n,
            "denominator": self.denominator,
            "note": self.note,
        }


@dataclass(frozen=True, slots=True)
class Sampling:
    """How intervals are made."""

    resamples: int = 1_000
    confidence: float = 0.95
    seed: int = 0
    max_undefined: float = 0.05
    """With a larger share of resamples without a value there is no interval."""


@dataclass(frozen=True, slots=True)
class Listing:
    """How many groups of one attribute are reported one by one."""

    all_up_to: int = 100
    """An attribute with at most this many groups has every one of them listed."""
    otherwise: int = 25
    """Of an attribute with more, only so many, the largest."""
    small: int = 30
    """Groups with fewer rows are named as small in the notes of comparisons."""
    compared_up_to: int = 1_000
    """With more groups than this nothing is compared: the column is an identifier, not an attribute."""


@dataclass(frozen=True, slots=True)
class Orientation:
    """Which outcome the rates speak of, and which one is good for the person it happens to."""

    positive: str
    favourable: str
    inverted: bool = False
    """The favourable outcome is not the positive class: being selected is the adverse event."""
    reference: Mapping[str, str] = field(default_factory=dict)
    """Attribute -> group that others are compared with; without one, the largest group."""
