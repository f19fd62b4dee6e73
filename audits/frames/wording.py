"""How names and values from a file are printed inside our own sentences."""

from collections.abc import Iterable

_SHOWN_LENGTH = 60
_SHOWN_ITEMS = 40


def shown(text: str) -> str:
    """Quote a name or value so that spaces, controls and look-alike letters can be seen."""
    cut = text if len(text) <= _SHOWN_LENGTH else text[:_SHOWN_LENGTH] + "…"
    return f'"{printable(cut)}"'


def printable(text: str) -> str:
    """A text in which controls and bytes that mean nothing are written as escapes."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def listed(values: Iterable[str], most: int = _SHOWN_ITEMS) -> str:
    """Several values as a list in a sentence, cut with the number of those left out."""
    every = list(values)
    head = ", ".join(shown(value) for value in every[:most])
    return head if len(every) <= most else f"{head} and {len(every) - most} more"


def counted(number: int, noun: str) -> str:
    """A number with its noun: ``1 row``, ``1,060 rows``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
