"""A file in front of the embedded database: the columns that are asked for, as rows, checked as a whole."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from audits.frames import csv_text, parquet
from audits.frames.coding import Types
from audits.frames.database import linked, locked_database, quoted_name, quoted_text, refusing_overload
from audits.frames.errors import Refused
from audits.frames.limits import STANDARD, Limits
from audits.frames.mapping import Mapping
from audits.frames.unpack import digest_of, kind_of, regular_file
from audits.frames.wording import shown

_ONE_VALUE = re.compile(
    r"VARCHAR|BOOLEAN|U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|FLOAT|DOUBLE|DECIMAL|DATE|TIME.*|UUID|ENUM"
)


@dataclass(frozen=True, slots=True)
class Table:
    """What CSV and Parquet have in common once their mapped columns lie in front of the database."""

    path: Path
    format: str
    digest: str
    size: int
    header: tuple[str, ...]
    rows: int
    parts: tuple[Path, ...]
    """Parquet files with the mapped columns: the file itself, or what was copied out of a text."""
    columns: tuple[str, ...]
    notes: tuple[str, ...]
    connection: duckdb.DuckDBPyConnection = field(repr=False)
    stamps: list[tuple[int, ...]] = field(repr=False)
    csv: csv_text.CsvFile | None = None

    @contextmanager
    def reading(self) -> Iterator[None]:
        """While the block asks the database: what it cannot do is a refusal, and so is a file that changes."""
        with refusing_overload(), _refusing_damage(self.format == "parquet"):
            yield
        if _stamps(self.path) != self.stamps:
            raise Refused(
                "file.changed", "The file changed while it was read: try again when it is complete."
            )

    def create_view(self) -> None:
        """Make the view `mapped`: the columns under their own names."""
        chosen = ", ".join(quoted_name(name) for name in self.columns)
        files = ", ".join(quoted_text(str(one)) for one in self.parts)
        self.connection.execute(
            f"CREATE TEMP VIEW mapped AS SELECT {chosen} "  # noqa: S608 - every part is quoted
            f"FROM read_parquet([{files}], hive_partitioning = false, union_by_name = false)"
        )

    def types(self, numeric: Sequence[str]) -> Types:
        """Database types of the view's columns, and which of the numeric ones write decimals with a comma."""
        rows = self.connection.execute("DESCRIBE mapped").fetchall()
        by_name = {str(name): str(kind).split("(")[0] for name, kind, *_ in rows}
        for name, kind in by_name.items():
            if not _ONE_VALUE.fullmatch(kind):
                raise Refused(
                    "parquet.type",
                    f"Column {shown(name)} is of type {kind}: give texts, numbers or dates.",
                    column=name,
                )
        if not self.csv or self.csv.dialect.delimiter != ";" or not numeric:
            return Types(by_name)
        names = list(dict.fromkeys(numeric))
        asked = ", ".join(f"coalesce(bool_or(contains({quoted_name(name)}, ',')), false)" for name in names)
        found = self.connection.execute(f"SELECT {asked} FROM mapped").fetchone()  # noqa: S608
        commas = frozenset(name for name, has in zip(names, found or (), strict=True) if has)
        return Types(by_name, commas)


@contextmanager
def open_table(path: str | Path, mapping: Mapping, limits: Limits = STANDARD) -> Iterator[Table]:
    """Open a CSV or Parquet file (or a folder of Parquet files) for as long as the block runs, or refuse.

    Of the mapping only the names of columns count, and how a text file is to be read.
    """
    path = Path(path).absolute()
    before = _stamps(path)
    is_parquet = path.is_dir() or (regular_file(path, limits) > 0 and kind_of(path) == "parquet")
    with tempfile.TemporaryDirectory(prefix="assay-frame-") as folder, ExitStack() as stack:
        opener = _parquet_table if is_parquet else _csv_table
        yield stack.enter_context(opener(path, before, mapping, Path(folder), limits))


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
    path: Path, stamps: list[tuple[int, ...]], mapping: Mapping, workspace: Path, limits: Limits
) -> Iterator[Table]:
    if mapping.encoding or mapping.delimiter:
        raise Refused(
            "mapping.not_text", 'A Parquet file has no "encoding" and no "delimiter": leave them out.'
        )
    found = parquet.understand(path, mapping.columns, limits)
    if found.rows == 0:
        raise Refused("rows.none", "The file has columns and no rows.")
    links = tuple(linked(one, workspace, f"{at}.parquet") for at, one in enumerate(found.paths))
    with locked_database(links, workspace, limits) as connection:
        yield Table(
            path=path,
            format="parquet",
            digest=found.digest,
            size=found.size,
            header=found.header,
            rows=found.rows,
            parts=links,
            columns=mapping.columns,
            notes=found.notes,
            connection=connection,
            stamps=stamps,
        )


@contextmanager
def _csv_table(
    path: Path, stamps: list[tuple[int, ...]], mapping: Mapping, workspace: Path, limits: Limits
) -> Iterator[Table]:
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
        yield Table(
            path=path,
            format="csv",
            digest=digest,
            size=path.stat().st_size,
            header=file.dialect.header,
            rows=rows,
            parts=(target,),
            columns=mapping.columns,
            notes=(*file.notes, *odd),
            connection=connection,
            stamps=stamps,
            csv=file,
        )
