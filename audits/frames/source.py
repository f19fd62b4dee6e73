"""A file of predictions, opened strictly: every row accounted for before anything is measured."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import duckdb
import narwhals as nw

from audits.frames.accounting import Account, account
from audits.frames.coding import Types, coded_select, numeric_columns
from audits.frames.database import refusing_overload
from audits.frames.errors import Refused
from audits.frames.limits import STANDARD, Limits
from audits.frames.mapping import Mapping
from audits.frames.numbers import is_weight
from audits.frames.report import ReadReport
from audits.frames.table import Table, open_table
from audits.frames.tally import Tally, tally
from audits.frames.wording import counted, printable, shown


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


@contextmanager
def open_source(path: str | Path, mapping: Mapping, limits: Limits = STANDARD) -> Iterator[Source]:
    """Open a CSV or Parquet file (or a folder of Parquet files) for as long as the block runs, or refuse.

    Weights with fractions are added up by one thread: several would add in another order each time, and the last
    digits of a result that is to be made again byte for byte would change.
    """
    limits = replace(limits, threads=1) if mapping.weight else limits
    with open_table(path, mapping, limits) as table:
        with table.reading():
            source = _source(table, mapping, limits)
        yield source


def _source(table: Table, mapping: Mapping, limits: Limits) -> Source:
    connection = table.connection
    table.create_view()
    types = table.types([name for name in numeric_columns(mapping) if name])
    connection.execute(f"CREATE TEMP VIEW coded AS {coded_select(mapping, types, 'mapped')}")
    tallied = tally(nw.from_native(connection.table("coded")), mapping, limits)
    if sum(tallied.n) != table.rows:
        raise Refused("parquet.damaged", "The file holds another number of rows than it states.")
    if tallied.bad_weights:
        raise _bad_weight(tallied.bad_weights, table, mapping, types, limits)
    result = account(tallied, mapping, limits, table.notes)
    return Source(
        path=table.path,
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


def _bad_weight(rows: int, table: Table, mapping: Mapping, types: Types, limits: Limits) -> Refused:
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
