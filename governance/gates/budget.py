"""How many waiver-days fall into any one year: each approved day of each waiver counts, side by side or not."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

YEAR: Final = timedelta(days=365)
Spell = tuple[datetime, datetime]  # from, until


def most(spells: Sequence[Spell], window: timedelta = YEAR) -> timedelta:
    """The most waiver-time within any window of that length.

    The sum over a sliding window changes its slope only where a spell begins or ends, so the largest sum has a
    window that begins where a spell begins or ends where one ends.
    """
    begins = {start for start, _ in spells} | {end - window for _, end in spells}
    return max((_within(spells, begin, begin + window) for begin in begins), default=timedelta(0))


def with_another(spells: Sequence[Spell], other: Spell, window: timedelta = YEAR) -> timedelta:
    """The most waiver-time within any window that meets the other spell, the other counted too."""
    both = [*spells, other]
    first, last = other[0] - window, other[1]
    begins = {start for start, _ in both} | {end - window for _, end in both} | {first, last}
    return max(_within(both, begin, begin + window) for begin in begins if first <= begin <= last)


def _within(spells: Sequence[Spell], begin: datetime, end: datetime) -> timedelta:
    none = timedelta(0)
    return sum((max(min(until, end) - max(since, begin), none) for since, until in spells), none)
