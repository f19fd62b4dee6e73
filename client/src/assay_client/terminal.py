"""What people read: the answer first, in words, on any terminal, with nothing that a terminal would obey."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import unicodedata
from collections.abc import Mapping
from typing import Any, TextIO

MARKS = {"allowed": "●", "blocked": "■", "insufficient": "▲", "waived": "◐"}
ASCII_MARKS = {"allowed": "[+]", "blocked": "[x]", "insufficient": "[?]", "waived": "[~]"}

_DROPPED = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")


def clean(text: str, limit: int = 600) -> str:
    """Text from elsewhere as one plain line: no control, no direction marks, no commands of a CI runner."""
    shown = "".join(" " if unicodedata.category(sign) in _DROPPED else sign for sign in text[: 4 * limit])
    shown = " ".join(shown.split()).replace("##[", "# #[")
    return shown if len(shown) <= limit else shown[: limit - 3] + "..."


class Terminal:
    """Standard output for answers, standard error for everything else."""

    def __init__(self, out: TextIO | None = None, err: TextIO | None = None) -> None:
        self._out = out if out is not None else sys.stdout
        self._err = err if err is not None else sys.stderr

    def answer(self, kind: str, text: str) -> None:
        """The first line of an answer: its mark and its words."""
        marks = MARKS if _can_show(self._out, "".join(MARKS.values())) else ASCII_MARKS
        self.line(f"{marks[kind]} {text}")

    def line(self, text: str) -> None:
        """One more line of the answer."""
        _write(self._out, text)

    def document(self, document: Mapping[str, Any]) -> None:
        """One JSON document, in ASCII, so that every pipe carries it unchanged."""
        text = json.dumps(document, indent=2, allow_nan=False)
        # This sequence can only stand inside a string, where the escape means the same; CI runners obey it.
        self.line(text.replace("##[", "#\\u0023["))

    def note(self, text: str) -> None:
        """A remark, a reason or progress. A broken standard error must not change the exit code."""
        try:
            _write(self._err, text)
        except (OSError, ValueError):
            _discard(self._err)

    def give_up(self) -> None:
        """Standard output is broken: print nothing more there."""
        _discard(self._out)


def _discard(stream: TextIO | None) -> None:
    """Python flushes every stream once more at exit; a failure there would replace the exit code by 120."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())  # type: ignore[union-attr]


def _can_show(stream: TextIO | None, text: str) -> bool:
    try:
        text.encode(getattr(stream, "encoding", None) or "ascii")
    except (UnicodeError, LookupError):
        return False
    return True


def _write(stream: TextIO | None, text: str) -> None:
    """Write and flush at once: a full disk or closed pipe has to be noticed before the exit code is given."""
    if stream is None:
        return
    encoding = getattr(stream, "encoding", None) or "ascii"
    stream.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")
    stream.flush()
