"""A CSV file made ready: checked as a whole, its mapped columns copied as text to a columnar file.

Plain files go through the embedded database, whose count of rows and fields must agree with an independent
count of the bytes. Whatever is not plain, or does not agree, is read again by the careful reader.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from audits.frames import careful, dialect, encoding, scan
from audits.frames.database import quoted_name, quoted_text
from audits.frames.errors import Refused
from audits.frames.headers import positions_of
from audits.frames.limits import Limits
from audits.frames.mapping import Mapping
from audits.frames.unpack import unpack
from audits.frames.wording import counted


@dataclass(frozen=True, slots=True)
class CsvFile:
    """A text file whose encoding, delimiter and header are understood."""

    text: Path
    encoding: encoding.Encoding
    dialect: dialect.Dialect
    layout: careful.Layout
    totals: scan.Scan
    notes: tuple[str, ...]

    def line_of(self, column: str, wanted: Callable[[str], bool], limits: Limits) -> int | None:
        """The physical line of the first record whose value in a mapped column is wanted."""
        at = self.layout.positions[column]
        found = careful.Findings()
        rows = careful.records(self.text, self.encoding.mark, self.layout, found, limits)
        return next((line for line, row in rows if wanted(row[at])), None)


def understand(path: Path, kind: str, mapping: Mapping, workspace: Path, limits: Limits) -> CsvFile:
    """Unpack and transcode where needed, then find delimiter, header and totals."""
    text = path
    if kind != "text":
        text = workspace / "unpacked"
        unpack(path, kind, text, limits)
    how = encoding.encoding_of(text, mapping.encoding)
    if how.name != "utf-8":
        return _transcoded(text, how, mapping, workspace, limits)
    found = _measured(text, how, mapping, limits)
    undeclared = not how.declared and not how.mark
    if not found.totals.valid_utf8 and undeclared and encoding.is_windows_1252(text):
        return _transcoded(text, replace(how, name="cp1252"), mapping, workspace, limits)
    return found


def _transcoded(
    text: Path, how: encoding.Encoding, mapping: Mapping, workspace: Path, limits: Limits
) -> CsvFile:
    target = workspace / "transcoded"
    encoding.transcode(text, how, target)
    found = _measured(target, replace(how, mark=0), mapping, limits)
    return replace(found, notes=(encoding.described(how), *found.notes[1:]))


def _measured(text: Path, how: encoding.Encoding, mapping: Mapping, limits: Limits) -> CsvFile:
    parts = dialect.dialect_of(text, how.mark, mapping, limits)
    positions, notes = positions_of(parts.header, mapping.columns)
    layout = careful.Layout(parts.delimiter, parts.header_lines, len(parts.header), positions)
    totals = scan.scan(text, parts.delimiter, how.mark)
    if totals.lines > limits.max_rows or totals.delimiters > limits.max_values:
        raise Refused(
            "limits.rows",
            f"The file has more than {counted(limits.max_rows, 'row')} or {counted(limits.max_values, 'value')}: "
            "audit a part of it, or only the columns that are needed.",
        )
    notes = [encoding.described(how), dialect.described(parts), *notes]
    return CsvFile(text, how, parts, layout, totals, tuple(notes))


def copy_mapped(
    file: CsvFile, connection: duckdb.DuckDBPyConnection, target: Path, limits: Limits
) -> tuple[int, tuple[str, ...]]:
    """Copy the mapped columns to a Parquet file; return the number of rows and notes on what was odd."""
    rows = _copy_fast(file, connection, target) if file.totals.plain and file.layout.width > 1 else None
    notes: list[str] = []
    if rows is None:
        findings = careful.copy_mapped(file.text, file.encoding.mark, file.layout, target, limits)
        rows, blank = findings.records, findings.blank_lines
        notes = careful.described(findings, file.dialect.header)
    else:
        blank = file.totals.lines - 1 - rows
    if blank:
        notes.append(f"{counted(blank, 'blank line')} passed over.")
    return rows, tuple(notes)


def _copy_fast(file: CsvFile, connection: duckdb.DuckDBPyConnection, target: Path) -> int | None:
    """Rows copied by the database, or None when it refused or its counts differ from the scan's."""
    try:
        row = connection.execute(_copy_statement(file, target)).fetchone()
    except duckdb.OutOfMemoryException:
        raise
    except duckdb.Error:
        return None
    rows = int(row[0]) if row else 0
    # The header is a record too. The database lets an empty extra field pass, the totals do not.
    agrees = file.totals.delimiters == (rows + 1) * (file.layout.width - 1)
    return rows if agrees and file.totals.lines > rows else None


def _copy_statement(file: CsvFile, target: Path) -> str:
    layout = file.layout
    # The line end is left to the database: told that it is CR LF, it gives no rows (DuckDB 2.0.0).
    # Names from the file never reach the database's own rules on names: columns go by position.
    columns = ", ".join(f"'c{at}': 'VARCHAR'" for at in range(layout.width))
    chosen = ", ".join(f"coalesce(c{at}, '') AS {quoted_name(name)}" for name, at in layout.positions.items())
    group_rows = max(2_048, min(122_880, 4_000_000 // len(layout.positions)))
    return (
        f"COPY (SELECT {chosen} FROM read_csv({quoted_text(str(file.text))}, columns = {{{columns}}}, "  # noqa: S608 - every part is quoted or ours
        f"auto_detect = false, header = true, strict_mode = true, ignore_errors = false, null_padding = false, "
        f"delim = {quoted_text(layout.delimiter)}, quote = '\"', escape = '\"')) "
        f"TO {quoted_text(str(target))} (FORMAT parquet, COMPRESSION snappy, ROW_GROUP_SIZE {group_rows})"
    )
