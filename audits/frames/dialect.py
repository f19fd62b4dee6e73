"""How a text file separates its fields, and what its header line says."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from audits.frames.errors import Refused
from audits.frames.limits import Limits
from audits.frames.mapping import DELIMITERS, Mapping
from audits.frames.wording import counted

_SAMPLE_ROWS = 200
_NAMED = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}


@dataclass(frozen=True, slots=True)
class Dialect:
    """The delimiter and the header of a file, as read from its first lines."""

    delimiter: str
    declared: bool
    header: tuple[str, ...]
    header_lines: int
    """Physical lines the header takes: more than one when a name holds a line end."""


def dialect_of(path: Path, skip: int, mapping: Mapping, limits: Limits) -> Dialect:
    """Read the header; an undeclared delimiter is the one under which the most mapped columns are found,
    then the one that divides the first rows evenly, then the one with the most columns, then the first of
    comma, semicolon, tab, bar."""
    head = _head(path, skip, limits)
    candidates = (mapping.delimiter,) if mapping.delimiter else DELIMITERS
    read = [_read(head, delimiter, mapping.delimiter is not None, limits) for delimiter in candidates]
    best = max(read, key=lambda one: _fit(one[0], one[1], mapping.columns))
    dialect, _ = best
    if not any(name.strip() for name in dialect.header):
        raise Refused("header.blank", "The first line is blank: it must hold the column names.", line=1)
    if any(len(name) > limits.max_name_length for name in dialect.header):
        most = counted(limits.max_name_length, "character")
        raise Refused("limits.name", f"A column name is longer than {most}: shorten it.", line=1)
    if len(dialect.header) > limits.max_columns:
        most = counted(limits.max_columns, "column")
        raise Refused(
            "limits.columns", f"The header has more than {most}: leave out what is not audited.", line=1
        )
    return dialect


def _fit(dialect: Dialect, widths: Sequence[int], wanted: Sequence[str]) -> tuple[int, int, int]:
    found = sum(name in dialect.header for name in wanted)
    width = len(dialect.header)
    return found, width > 1 and all(other == width for other in widths), width


def _read(head: str, delimiter: str, declared: bool, limits: Limits) -> tuple[Dialect, list[int]]:
    csv.field_size_limit(limits.max_field_bytes)
    rows = csv.reader(io.StringIO(head, newline=""), delimiter=delimiter, strict=True)
    try:
        header = tuple(next(rows, []))
        lines = rows.line_num
    except csv.Error:
        return Dialect(delimiter, declared, (head.splitlines()[0][: limits.max_field_bytes],), 1), []
    return Dialect(delimiter, declared, header, lines), list(_widths(rows))


def _widths(rows: Iterator[list[str]]) -> Iterator[int]:
    try:
        for row in islice(rows, _SAMPLE_ROWS):
            if row:
                yield len(row)
    except csv.Error:
        return


def _head(path: Path, skip: int, limits: Limits) -> str:
    """The first whole lines, enough for the widest header that is allowed."""
    size = max(1024**2, limits.max_columns * 128)
    with path.open("rb") as text:
        text.seek(skip)
        raw = text.read(size)
        more = bool(text.read(1))
    if more:
        cut = max(raw.rfind(b"\n"), raw.rfind(b"\r"))
        if cut < 0:
            raise Refused("limits.line", f"The first line is longer than {counted(size, 'byte')}.", line=1)
        raw = raw[: cut + 1]
    return raw.decode("utf-8", "surrogateescape")


def described(dialect: Dialect) -> str:
    """One sentence for the report on the delimiter."""
    how = "as declared" if dialect.declared else "found from the header and the first rows"
    return f"Fields are separated by {_NAMED[dialect.delimiter]}, {how}."
