"""Which characters the vendored typefaces can draw, and what stands for the others."""

import json
from bisect import bisect_right
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from audits.charts.text import code_point, visible

TYPEFACES = Path(__file__).resolve().parent / "typefaces"
ALWAYS = ("inter", "assay-signs")
# Text of a person can be long; past this a report prints the beginning and says how much is left.
LONGEST_TEXT = 4_000


@cache
def _coverage() -> dict[str, tuple[tuple[int, ...], tuple[int, ...]]]:
    """For each typeface the first and the last code points of its ranges."""
    listed = json.loads((TYPEFACES / "coverage.json").read_text(encoding="utf-8"))
    return {
        name: (tuple(first for first, _ in ranges), tuple(last for _, last in ranges))
        for name, ranges in listed.items()
    }


def _has(typeface: str, code: int) -> bool:
    firsts, lasts = _coverage()[typeface]
    place = bisect_right(firsts, code) - 1
    return place >= 0 and code <= lasts[place]


@cache
def typeface_for(character: str) -> str | None:
    """The first typeface that can draw a character; None when no vendored one can."""
    names = [*ALWAYS, *sorted(set(_coverage()) - {*ALWAYS, "jetbrains-mono"})]
    return next((name for name in names if _has(name, ord(character))), None)


def fallbacks(text: Iterable[str]) -> list[str]:
    """The typefaces beyond the usual ones that a text needs."""
    needed = {typeface_for(character) for character in set(text)}
    return sorted(name for name in needed if name is not None and name not in ALWAYS)


def printable(text: str, longest: int = LONGEST_TEXT) -> str:
    """The text as a report prints it: literal, every character seen, what no typeface has by its number."""
    kept = text[:longest]
    shown = visible(kept)
    if not shown.isascii():
        shown = "".join(one if typeface_for(one) else code_point(one) for one in shown)
    if len(text) > longest:
        shown += f" … (cut here; {len(text) - longest} more characters stand in the machine-readable twin)"
    return shown


def draws_upright(text: str) -> bool:
    """Whether a chart can set the text letter by letter: scripts that join or reorder letters need a real line."""
    return all(
        ord(one) < 0x0590 or 0x1E00 <= ord(one) < 0xA800 or 0xAC00 <= ord(one) < 0xD800 for one in text
    )
