"""One line of the checklist: what is asked, how it stands, and in which words a waiver would have been granted."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

MET, WAIVED, OPEN, INSUFFICIENT, STALE = "met", "waived", "open", "insufficient", "stale"


class Line(NamedTuple):
    """A line. Lines that can never be waived need no words here."""

    code: str
    state: str
    words: str = ""
    of_evidence: bool = False

    @property
    def blocks(self) -> bool:
        """Whether it keeps the gate shut."""
        return self.state not in (MET, WAIVED)


def numbered(lines: Iterable[Line]) -> list[Line]:
    """Each with a code of its own: the second `checks.x` is `checks.x#2`."""
    seen: dict[str, int] = {}
    found = []
    for line in lines:
        seen[line.code] = seen.get(line.code, 0) + 1
        times = seen[line.code]
        found.append(line._replace(code=f"{line.code}#{times}") if times > 1 else line)
    return found
