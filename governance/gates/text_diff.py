"""Two texts side by side, line by line: what stayed, went and came, with the numbers of the lines."""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final

CONTEXT: Final = 3  # unchanged lines shown around a change


@dataclass(frozen=True)
class Line:
    """One line: `same`, `removed` (of the old text), `added` (of the new one), or `skipped` for what is left out."""

    kind: str
    text: str
    old: int | None = None
    new: int | None = None


def lines(old: str, new: str) -> tuple[Line, ...]:
    """The changed lines with their surroundings; nothing where the texts are the same."""
    before, after = old.splitlines(), new.splitlines()
    groups = SequenceMatcher(None, before, after).get_grouped_opcodes(CONTEXT)
    found: list[Line] = []
    reached = 0
    for group in groups:
        if (skipped := group[0][1] - reached) > 0:
            found.append(_left_out(skipped))
        for change in group:
            found.extend(_of_change(before, after, *change))
        reached = group[-1][2]
    if found and (skipped := len(before) - reached) > 0:
        found.append(_left_out(skipped))
    return tuple(found)


def _of_change(
    before: list[str], after: list[str], kind: str, start: int, end: int, first: int, last: int
) -> Iterator[Line]:
    if kind == "equal":
        for offset in range(end - start):
            yield Line("same", before[start + offset], start + offset + 1, first + offset + 1)
        return
    for number in range(start, end):
        yield Line("removed", before[number], old=number + 1)
    for number in range(first, last):
        yield Line("added", after[number], new=number + 1)


def _left_out(count: int) -> Line:
    return Line("skipped", f"{count} line{'s' * (count > 1)} without a change")
