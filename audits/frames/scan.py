"""A fast look at the raw bytes of a UTF-8 text: the totals every later count must agree with."""

from __future__ import annotations

import codecs
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from audits.frames.unpack import CHUNK

_QUOTE, _LF, _CR = 34, 10, 13


@dataclass(slots=True)
class Scan:
    """Totals outside quoted fields, and everything that makes a file need the careful reader."""

    delimiter: int
    delimiters: int = 0
    lines: int = 0
    quotes: int = 0
    stray_quotes: bool = False
    has_nul: bool = False
    valid_utf8: bool = True
    returns: int = 0
    return_line_ends: int = 0
    line_ends: int = 0
    _inside: int = 0
    _closing: bool = False
    _last: int = _LF
    _decoder: codecs.IncrementalDecoder = field(
        default_factory=lambda: codecs.getincrementaldecoder("utf-8")("strict")
    )
    _decoding: bool = False

    @property
    def uniform_line_ends(self) -> bool:
        """Every line end is LF, or every one is CR LF."""
        return self.returns == 0 or self.returns == self.return_line_ends == self.line_ends

    @property
    def plain(self) -> bool:
        """Nothing in the bytes that a strict and a lenient reader could understand differently."""
        return (
            self.valid_utf8
            and self.uniform_line_ends
            and not self.has_nul
            and not self.stray_quotes
            and not self._inside
        )

    def add(self, chunk: bytes) -> None:
        """Count one chunk."""
        values = np.frombuffer(chunk, np.uint8)
        self._check_characters(chunk)
        self._count_line_ends(values)
        quotes = int(np.count_nonzero(values == _QUOTE))
        if quotes:
            self._count_quoted(values)
        elif not self._inside:
            self.delimiters += int(np.count_nonzero(values == self.delimiter))
            self.lines += int(np.count_nonzero(values == _LF))
            self._check_after_closing(int(values[0]))
        self.quotes += quotes
        self._last = int(values[-1])

    def finish(self) -> None:
        """Count a last line without a line end, and look for a character that was cut off."""
        self.lines += self._last != _LF
        try:
            self._decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            self.valid_utf8 = False

    def _check_characters(self, chunk: bytes) -> None:
        self.has_nul = self.has_nul or b"\0" in chunk
        if not self.valid_utf8 or (chunk.isascii() and not self._decoding):
            return
        try:
            self._decoder.decode(chunk)
        except UnicodeDecodeError:
            self.valid_utf8 = False
        self._decoding = bool(self._decoder.getstate()[0])

    def _count_line_ends(self, values: NDArray[np.uint8]) -> None:
        is_return = values == _CR
        self.line_ends += int(np.count_nonzero(values == _LF))
        if self._last == _CR and values[0] == _LF:
            self.return_line_ends += 1
        returns = int(np.count_nonzero(is_return))
        if returns:
            self.returns += returns
            self.return_line_ends += int(np.count_nonzero(is_return[:-1] & (values[1:] == _LF)))

    def _count_quoted(self, values: NDArray[np.uint8]) -> None:
        """Quotes alternate between opening and closing, an escaped quote closing and opening again;
        each must stand at the edge of a field."""
        is_quote = values == _QUOTE
        inside = (np.cumsum(is_quote, dtype=np.uint8) + np.uint8(self._inside)) & 1
        outside = inside == 0
        self.delimiters += int(np.count_nonzero((values == self.delimiter) & outside))
        self.lines += int(np.count_nonzero((values == _LF) & outside))
        self._check_after_closing(int(values[0]))
        before = np.concatenate(([np.uint8(self._last)], values[:-1]))
        opening_after = before[is_quote & ~outside]
        closing = np.flatnonzero(is_quote & outside)
        self._closing = bool(closing.size and closing[-1] == values.size - 1)
        closing_before = values[closing[: closing.size - self._closing] + 1]
        self.stray_quotes = (
            self.stray_quotes
            or not np.isin(opening_after, (self.delimiter, _LF, _QUOTE)).all()
            or not np.isin(closing_before, (self.delimiter, _LF, _CR, _QUOTE)).all()
        )
        self._inside = int(inside[-1])

    def _check_after_closing(self, first: int) -> None:
        if self._closing and first not in (self.delimiter, _LF, _CR, _QUOTE):
            self.stray_quotes = True
        self._closing = False


def scan(path: Path, delimiter: str, skip: int = 0) -> Scan:
    """Look at every byte of a UTF-8 file after its byte order mark."""
    totals = Scan(ord(delimiter))
    with path.open("rb") as text:
        text.seek(skip)
        while chunk := text.read(CHUNK):
            totals.add(chunk)
    totals.finish()
    return totals
