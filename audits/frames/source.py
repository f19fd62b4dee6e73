"""A file of predictions, opened strictly: every row accounted for before anything is measured."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import narwhals as nw

from audits.frames import csv_text, parquet
from audits.frames.accounting import Account, account
from audits.frames.coding import Types, coded_select, numeric_columns
from audits.frames.database import linked, locked_database, quoted_name, quoted_text, refusing_overload
from audits.frames.errors import Refused
from audits.frames.limits import STANDARD, Limits
from audits.frames.mapping import Mapping
from audits.frames.numbers import is_weight
from audits.frames.report import ReadReport
from audits.frames.tally import Tally, tally
from audits.frames.unpack import digest_of, kind_of, regular_file
from audits.frames.wording import counted, printable, shown

_ONE_VALUE = re.compile(
    r"VARCHAR|BOOLEAN|U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|FLOAT|DOUBLE|DECIMAL|DATE|TIME.*|UUID|ENUM"
)


@dataclass(frozen=True, slots=True)
class Source:
    """An opened file: its identity, its columns, a lazy frame of the mapped ones, and where each row went."""

    path: Path
    digest: str
    size: int
    format: str
    encoding: str | None
    delimiter: str | None
    columns: tuple[str, ...]
    rows: int
    frame: nw.LazyFrame[Any] = field(repr=False)
    """The mapped columns under their own names: text from CSV, typed from Parquet."""
    report: ReadReport
    tally: Tally = field(repr=False)
    account: Account = field(repr=False)
    connection: duckdb.DuckDBPyConnection = field(repr=False)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of a query over the view ``coded``: our own names for the mapped columns, numbers read."""
        with refusing_overload():
            return self.connection.execute(sql).fetchall()


@dataclass(frozen=True, slots=True)
class _Table:
    """What CSV and Parquet have in common once their mapped columns lie in front of the database."""

    format: str
    digest: str
    size: int
    header: tuple[str, ...]
    rows: int
    paths: tuple[Path, ...]
    notes: tuple[str, ...]
    csv: csv_text.CsvFile | None = None


@contextmanager
def open_source(path: str | Path, mapping: Mapping, limits: Limits = STANDARD) -> Iterator[Source]:
    """Open a CSV or Parquet file (or a folder of Parquet files) for as long as the block runs, or refuse."""
    path = Path(path).absolute()
    before = _stamps(path)
    is_parquet = path.is_dir() or (regular_file(path, limits) > 0 and kind_of(path) == "parquet")
    with tempfile.TemporaryDirectory(prefix="assay-frame-") as folder, ExitStack() as stack:
        opener = _parquet_table if is_parquet else _csv_table
        table, connection = stack.enter_context(opener(path, mapping, Path(folder), limits))
        with refusing_overload(), _refusing_damage(is_parquet):
            source = _source(path, table, mapping, connection, limits)
        if _stamps(path) != before:
            raise Refused(
                "file.changed", "The file changed while it was read: try again when it is complete."
            )
        yield source


def _stamps(path: Path) -> list[tuple[int, ...]]:
    """What changes when somebody writes to the file while it is read."""
    try:
        found = [one.stat() for one in (sorted(path.rglob("*")) if path.is_dir() else [path])]
    except OSError as error:
        raise Refused("file.unreadable", f"The file {shown(path.name)} cannot be read.") from error
    return [(one.st_dev, one.st_ino, one.st_size, one.st_mtime_ns) for one in found]


@contextmanager
def _refusing_damage(is_parquet: bool) -> Iterator[None]:
    """Pages of a Parquet file that cannot be decoded; a text file was decoded before."""
    try:
        yield
    except duckdb.Error as error:
        if not is_parquet or isinstance(error, duckdb.OutOfMemoryException):
            raise
        reason = str(error).splitlines()[0][:200]
        raise Refused(
            "parquet.damaged", f"The Parquet data cannot be decoded ({reason}). Write the file again."
        ) from error


@contextmanager
def _parquet_table(
    path: Path, mapping: Mapping, workspace: Path, limits: Limits
) -> Iterator[tuple[_Table, duckdb.DuckDBPyConnection]]:
    if mapping.encoding or mapping.delimiter:
        raise Refused(
            "mapping.not_text", 'A Parquet file has no "encoding" and no "delimiter": leave them out.'
        )
    found = parquet.understand(path, mapping.columns, limits)
    if found.rows == 0:
        raise Refused("rows.none", "The file has columns and no rows.")
    links = tuple(linked(one, workspace, f"{at}.parquet") for at, one in enumerate(found.paths))
    with locked_database(links, workspace, limits) as connection:
        yield (
            _Table("parquet", found.digest, found.size, found.header, found.rows, links, found.notes),
            connection,
        )


@contextmanager
def _csv_table(
    path: Path, mapping: Mapping, workspace: Path, limits: Limits
) -> Iterator[tuple[_Table, duckdb.DuckDBPyConnection]]:
    digest = digest_of(path)
    stored = linked(path, workspace, "stored")
    with refusing_overload():
        file = csv_text.understand(stored, kind_of(path), mapping, workspace, limits)
    target = workspace / "mapped.parquet"
    with locked_database([file.text], workspace, limits) as connection:
        with refusing_overload():
            rows, odd = csv_text.copy_mapped(file, connection, target, limits)
        if rows == 0:
            raise Refused("rows.none", "The file has a header line and no rows.", line=2)
        notes = (*file.notes, *odd)
        size = path.stat().st_size
        yield (
            _Table("csv", digest, size, file.dialect.header, rows, (target,), notes, file),
            connection,
        )


def _source(
    path: Path, table: _Table, mapping: Mapping, connection: duckdb.DuckDBPyConnection, limits: Limits
) -> Source:
    mapped = ", ".join(quoted_name(name) for name in mapping.columns)
    files = ", ".join(quoted_text(str(one)) for one in table.paths)
    connection.execute(
        f"CREATE TEMP VIEW mapped AS SELECT {mapped} "  # noqa: S608 - every part is quoted
        f"FROM read_parquet([{files}], hive_partitioning = false, union_by_name = false)"
    )
    types = _types(connection, table, mapping)
    connection.execute(f"CREATE TEMP VIEW coded AS {coded_select(mapping, types, 'mapped')}")
    tallied = tally(nw.from_native(connection.table("coded")), mapping, limits)
    if sum(tallied.n) != table.rows:
        raise Refused("parquet.damaged", "The file holds another number of rows than it states.")
    if tallied.bad_weights:
        raise _bad_weight(tallied.bad_weights, table, mapping, types, limits)
    result = account(tallied, mapping, limits, table.notes)
    return Source(
        path=path,
        digest=table.digest,
        size=table.size,
        format=table.format,
        encoding=table.csv.encoding.name if table.csv else None,
        delimiter=table.csv.dialect.delimiter if table.csv else None,
        columns=tuple(printable(name) for name in table.header),
        rows=table.rows,
        frame=nw.from_native(connection.table("mapped")),
        report=result.report,
        tally=tallied,
        account=result,
        connection=connection,
    )


def _types(connection: duckdb.DuckDBPyConnection, table: _Table, mapping: Mapping) -> Types:
    """Database types of the mapped columns, and which of them write their decimals with a comma."""
    rows = connection.execute("DESCRIBE mapped").fetchall()
    by_name = {str(name): str(kind).split("(")[0] for name, kind, *_ in rows}
    for name, kind in by_name.items():
        if not _ONE_VALUE.fullmatch(kind):
            raise Refused(
                "parquet.type",
                f"Column {shown(name)} is of type {kind}: give texts, numbers or dates.",
                column=name,
            )
    commas: frozenset[str] = frozenset()
    if table.csv and table.csv.dialect.delimiter == ";":
        numeric = dict.fromkeys(name for name in numeric_columns(mapping) if name)
        asked = ", ".join(f"coalesce(bool_or(contains({quoted_name(name)}, ',')), false)" for name in numeric)
        found = connection.execute(f"SELECT {asked} FROM mapped").fetchone() if numeric else None  # noqa: S608
        commas = frozenset(name for name, has in zip(numeric, found or (), strict=True) if has)
    return Types(by_name, commas)


def _bad_weight(rows: int, table: _Table, mapping: Mapping, types: Types, limits: Limits) -> Refused:
    column = mapping.weight or ""
    line = None
    if table.csv:
        comma = column in types.decimal_comma
        line = table.csv.line_of(column, lambda text: not is_weight(text, comma), limits)
    return Refused(
        "values.weight",
        f"{counted(rows, 'value')} of the weight column {shown(column)} are not positive numbers"
        f"{f', first on line {line}' if line else ''}. Correct them: a weight is never guessed.",
        line=line,
        column=column,
    )
