"""The careful reader: record by record with Python's own csv module, slow, exact, and able to say where.

It is used for files that are not plain, and to find the line of whatever the fast reader refused.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from audits.frames.errors import Refused
from audits.frames.limits import Limits
from audits.frames.wording import counted, shown

_BATCH_ROWS = 50_000
_DAMAGED = re.compile("[\x00\ud800-\udfff]")
"""NUL, and the code points that stand for bytes which could not be decoded."""


@dataclass(frozen=True, slots=True)
class Layout:
    """What the header promised: the delimiter, how many fields, and where the mapped ones stand."""

    delimiter: str
    header_lines: int
    width: int
    positions: dict[str, int]


@dataclass(slots=True)
class Findings:
    """What the careful reader saw beside the records."""

    records: int = 0
    blank_lines: int = 0
    undecodable: int = 0
    nul: int = 0
    first_damaged: int | None = None
    short: int = 0
    long: int = 0
    first_uneven: tuple[int, int] | None = None
    """Line and number of fields of the first record that does not have the header's."""
    damaged_columns: set[int] = field(default_factory=set)


def records(
    path: Path, skip: int, layout: Layout, findings: Findings, limits: Limits
) -> Iterator[tuple[int, list[str]]]:
    """Every record after the header with the physical line on which it starts."""
    csv.field_size_limit(limits.max_field_bytes)
    with path.open("rb") as raw:
        raw.seek(skip)
        text = io.TextIOWrapper(raw, encoding="utf-8", errors="surrogateescape", newline="")
        rows = csv.reader(_lines(text, limits), delimiter=layout.delimiter, strict=True)
        start = 1
        try:
            for row in rows:
                if start > layout.header_lines:
                    if row:
                        findings.records += 1
                        yield start, row
                    else:
                        findings.blank_lines += 1
                start = rows.line_num + 1
        except csv.Error as error:
            raise Refused("csv.malformed", _malformed(str(error), start, limits), line=start) from error


def _lines(text: io.TextIOWrapper, limits: Limits) -> Iterator[str]:
    most = max(limits.max_field_bytes * 4, limits.max_columns * 128)
    number = 0
    while line := text.readline(most):
        number += 1
        if len(line) == most and line[-1] not in "\r\n":
            raise Refused(
                "limits.line",
                f"Line {number} is longer than {counted(most, 'character')}: is a line end missing?",
                line=number,
            )
        yield line


def _malformed(reason: str, line: int, limits: Limits) -> str:
    if "field larger" in reason:
        most = counted(limits.max_field_bytes, "character")
        return f"The record that starts on line {line} has a field longer than {most}: is a quote not closed?"
    if "unexpected end" in reason:
        return f"A quoted field in the record that starts on line {line} is never closed: close the quote."
    return (
        f"The record that starts on line {line} has text beside a quoted field ({reason}). "
        "Write a quote inside a field twice, and nothing between a quote and the delimiter."
    )


def even_records(
    path: Path, skip: int, layout: Layout, findings: Findings, limits: Limits
) -> Iterator[tuple[int, list[str]]]:
    """Records with the header's number of fields; the others are counted to the end, then refused."""
    for line, row in records(path, skip, layout, findings, limits):
        if len(row) == layout.width:
            yield line, row
            continue
        findings.first_uneven = findings.first_uneven or (line, len(row))
        findings.short += len(row) < layout.width
        findings.long += len(row) > layout.width
    if findings.first_uneven:
        line, width = findings.first_uneven
        raise Refused(
            "csv.field_count",
            f"Line {line} has {counted(width, 'field')}, the header has {layout.width}. In all "
            f"{counted(findings.short, 'record')} too short and {findings.long:,} too long: correct them; "
            "nothing is shifted, cut or filled up here.",
            line=line,
        )


def copy_mapped(path: Path, skip: int, layout: Layout, target: Path, limits: Limits) -> Findings:
    """Write the mapped columns of every record to a Parquet file as text, and report what was odd."""
    findings = Findings()
    schema = pa.schema([pa.field(name, pa.string(), nullable=False) for name in layout.positions])
    with pq.ParquetWriter(target, schema, compression="snappy") as writer:
        rows = _mapped_rows(even_records(path, skip, layout, findings, limits), layout, findings)
        while batch := list(islice(rows, _BATCH_ROWS)):
            columns = [pa.array(values, pa.string()) for values in zip(*batch, strict=True)]
            writer.write_table(pa.Table.from_arrays(columns, schema=schema))
    return findings


def _mapped_rows(
    rows: Iterator[tuple[int, list[str]]], layout: Layout, findings: Findings
) -> Iterator[tuple[str, ...]]:
    positions = tuple(layout.positions.values())
    for line, row in rows:
        if _DAMAGED.search("\x1f".join(row)):
            _note_damage(line, row, layout, findings)
        yield tuple([row[at] for at in positions])


def _note_damage(line: int, row: Sequence[str], layout: Layout, findings: Findings) -> None:
    damaged = {at for at, value in enumerate(row) if _DAMAGED.search(value)}
    for name, at in layout.positions.items():
        if at in damaged:
            what = "a NUL character" if "\0" in row[at] else "bytes that are not UTF-8"
            raise Refused(
                "csv.undecodable",
                f"Line {line} has {what} in the column {shown(name)}. Correct the value, or declare the "
                "encoding in which the file was written.",
                line=line,
                column=name,
            )
    findings.damaged_columns |= damaged
    findings.first_damaged = findings.first_damaged or line
    findings.nul += any("\0" in row[at] for at in damaged)
    findings.undecodable += any(_DAMAGED.search(row[at].replace("\0", "")) for at in damaged)


def described(findings: Findings, header: Sequence[str]) -> list[str]:
    """Sentences for the report on what was odd but touches no mapped column."""
    if findings.first_damaged is None:
        return []
    columns = ", ".join(shown(header[at]) for at in sorted(findings.damaged_columns)[:20])
    return [
        f"{counted(findings.undecodable, 'row')} with bytes that are not UTF-8 and {findings.nul:,} with NUL "
        f"characters, first on line {findings.first_damaged}, only in columns that are not audited: {columns}."
    ]
