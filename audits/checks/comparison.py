"""How two results compare, slice by slice: better, worse, or not told apart because the intervals overlap.

A better average can hide a group for whom things got worse; such slices come first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from audits.metrics.catalogue import METRICS
from audits.metrics.spec import Direction


class Reading(Protocol):
    """A measurement: one metric on one slice."""

    @property
    def code(self) -> str: ...
    @property
    def slice(self) -> Any: ...
    @property
    def value(self) -> float | None: ...
    @property
    def low(self) -> float | None: ...
    @property
    def high(self) -> float | None: ...
    @property
    def n(self) -> int: ...


class Change(StrEnum):
    """How the candidate's value stands to the champion's."""

    WORSE = "worse"
    UNCLEAR = "unclear"
    BETTER = "better"
    SAME = "same"
    ONE_SIDED = "one-sided"  # only one of the two has a value


WORDS: Mapping[Change, str] = {
    Change.WORSE: "worse",
    Change.UNCLEAR: "not told apart: the intervals overlap",
    Change.BETTER: "better",
    Change.SAME: "the same",
    Change.ONE_SIDED: "only one of the two has a value",
}


@dataclass(frozen=True, slots=True)
class Compared:
    """One metric on one slice in both results. `hidden`: it went down while the average over all rows did not."""

    code: str
    title: str
    slice: str
    champion: Reading | None
    candidate: Reading | None
    change: Change
    hidden: bool

    @property
    def difference(self) -> float | None:
        """Candidate less champion, where both have a value."""
        one, other = _value(self.candidate), _value(self.champion)
        return None if one is None or other is None else one - other

    @property
    def words(self) -> str:
        """The change in words."""
        behind = ", behind an average that did not get worse" if self.hidden else ""
        return f"{WORDS[self.change]}{behind}"


def compare(champion: Iterable[Reading], candidate: Iterable[Reading]) -> tuple[Compared, ...]:
    """Every metric of which more or less is better, on every slice that either result has; what hides comes first."""
    old, new = _by_key(champion), _by_key(candidate)
    rows = [
        _compared(code, where, old.get((code, where)), new.get((code, where)), old, new)
        for code, where in sorted(old.keys() | new.keys())
    ]
    order = list(Change)
    return tuple(
        sorted(rows, key=lambda row: (not row.hidden, order.index(row.change), row.title, row.slice))
    )


Key = tuple[str, tuple[tuple[str, str], ...]]


def _by_key(readings: Iterable[Reading]) -> dict[Key, Reading]:
    return {
        (one.code, _where(one.slice)): one
        for one in readings
        if one.code in METRICS and METRICS[one.code].direction is not Direction.NEITHER
    }


def _where(slice_: Mapping[str, str | None]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((key, "" if value is None else str(value)) for key, value in slice_.items()))


def _compared(
    code: str,
    where: tuple[tuple[str, str], ...],
    champion: Reading | None,
    candidate: Reading | None,
    old: Mapping[Key, Reading],
    new: Mapping[Key, Reading],
) -> Compared:
    average = _goodness(old.get((code, ()))), _goodness(new.get((code, ())))
    here = _goodness(champion), _goodness(candidate)
    return Compared(
        code=code,
        title=METRICS[code].title,
        slice=_words(where),
        champion=champion,
        candidate=candidate,
        change=_change(champion, candidate),
        hidden=bool(where) and _down(here) and _known(average) and not _down(average),
    )


def _known(pair: tuple[float | None, float | None]) -> bool:
    return None not in pair


def _down(pair: tuple[float | None, float | None]) -> bool:
    before, after = pair
    return before is not None and after is not None and after < before


def _change(champion: Reading | None, candidate: Reading | None) -> Change:
    old, new = _range(champion), _range(candidate)
    if champion is None or candidate is None or old is None or new is None:
        return Change.ONE_SIDED
    if (champion.value, old) == (candidate.value, new):
        return Change.SAME
    if new[1] < old[0]:
        return Change.WORSE
    return Change.BETTER if new[0] > old[1] else Change.UNCLEAR


def _range(reading: Reading | None) -> tuple[float, float] | None:
    """The interval as goodness, more being better; a value without an interval is its own."""
    value = _value(reading)
    if reading is None or value is None:
        return None
    low = value if reading.low is None else reading.low
    high = value if reading.high is None else reading.high
    ends = [_good(reading.code, low), _good(reading.code, high), _good(reading.code, value)]
    best = _best_within(reading.code, low, high)
    return min(ends), max([*ends, *([best] if best is not None else [])])


def _best_within(code: str, low: float, high: float) -> float | None:
    """The best goodness, where the target itself lies within the interval."""
    target = {Direction.TO_ZERO: 0.0, Direction.TO_ONE: 1.0}.get(METRICS[code].direction)
    return 0.0 if target is not None and low <= target <= high else None


def _goodness(reading: Reading | None) -> float | None:
    value = _value(reading)
    return None if reading is None or value is None else _good(reading.code, value)


def _good(code: str, value: float) -> float:
    direction = METRICS[code].direction
    if direction is Direction.HIGHER:
        return value
    if direction is Direction.LOWER:
        return -value
    return -abs(value - (1.0 if direction is Direction.TO_ONE else 0.0))


def _value(reading: Reading | None) -> float | None:
    return None if reading is None else reading.value


def _words(where: tuple[tuple[str, str], ...]) -> str:
    if not where:
        return "all rows"
    return " and ".join(f"{key}: {value or 'across groups'}" for key, value in where)
