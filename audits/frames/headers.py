"""Column names: found exactly as they are written, and never one taken for another."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from difflib import get_close_matches

from audits.frames.errors import Refused
from audits.frames.wording import counted, listed, shown

# Cyrillic and Greek letters that are drawn like Latin ones; enough to notice a planted column, not a
# complete table of confusable characters.
_DRAWN_ALIKE = str.maketrans(
    "\u0430\u0432\u0435\u0455\u0456\u0458\u043a\u043c\u043d\u043e\u0440\u0441\u0442\u0443\u0445\u0501\u051b\u051d\u04cf"
    "\u03b1\u03b2\u03b5\u03b7\u03b9\u03ba\u03bc\u03bd\u03bf\u03c1\u03c4\u03c5\u03c7",
    "abesijkmhopctyxdqwlabehikmvoptyx",
)


def look(name: str) -> str:
    """What a name looks like: two names with the same look could be taken for each other."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    drawn = "".join(c for c in folded if unicodedata.category(c) not in ("Cf", "Cc"))
    return unicodedata.normalize("NFC", " ".join(drawn.split())).translate(_DRAWN_ALIKE)


def positions_of(header: Sequence[str], wanted: Sequence[str]) -> tuple[dict[str, int], list[str]]:
    """Where each mapped column stands, and notes on odd names among the others."""
    for name in wanted:
        if name not in header:
            raise Refused("column.unknown", _unknown(name, header), line=1, column=name)
    alike: dict[str, list[int]] = defaultdict(list)
    for position, name in enumerate(header):
        alike[look(name)].append(position)
    for name in wanted:
        if len(alike[look(name)]) > 1:
            raise Refused(
                "column.ambiguous", _ambiguous(name, header, alike[look(name)]), line=1, column=name
            )
    return {name: header.index(name) for name in wanted}, _notes(header, alike)


def _unknown(name: str, header: Sequence[str]) -> str:
    similar = [other for other in header if look(other) == look(name)]
    similar = similar or get_close_matches(name, [*header], n=1)
    hint = f" Did you mean {shown(similar[0])}?" if similar else ""
    return f"There is no column {shown(name)}.{hint} The file's columns are {listed(header)}."


def _ambiguous(name: str, header: Sequence[str], positions: Sequence[int]) -> str:
    others = " and ".join(f"{shown(header[at])} (column {at + 1})" for at in positions)
    return (
        f"Column {shown(name)} cannot be told from another: the header has {others}. "
        "Rename or remove all but one, so that the right one is audited."
    )


def _notes(header: Sequence[str], alike: dict[str, list[int]]) -> list[str]:
    notes = []
    empty = [at + 1 for at, name in enumerate(header) if not name.strip()]
    if empty:
        numbers = ", ".join(str(at) for at in empty[:20])
        notes.append(f"{counted(len(empty), 'column')} without a name, not audited: column {numbers}.")
    twins = [
        at for positions in alike.values() if len(positions) > 1 for at in positions if header[at].strip()
    ]
    if twins:
        names = listed([header[at] for at in twins], most=10)
        notes.append(f"{counted(len(twins), 'column')} with names that look alike, not audited: {names}.")
    return notes
