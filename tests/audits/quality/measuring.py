"""Data written down in a test, measured."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from audits.quality.bars import declared
from audits.quality.outcome import measure

Columns = Mapping[str, tuple[str, str]]


def columns_of(columns: Columns) -> list[dict[str, str]]:
    """`{"sex": ("sensitive", "text")}` as a column contract."""
    return [{"name": name, "role": role, "type": kind} for name, (role, kind) in columns.items()]


def measured(
    path: Path, columns: Columns, *, bars: Any = (), contract: Mapping[str, Any] | None = None, **kwargs: Any
) -> dict[str, Any]:
    """The outcome of a run on a file."""
    return measure(path, columns_of(columns), contract or {}, declared(bars), **kwargs)


def written(folder: Path, *lines: str) -> Path:
    """A CSV file with these lines."""
    path = folder / "data.csv"
    path.write_text("\n".join([*lines, ""]), encoding="utf-8")
    return path


def column(outcome: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The profile of one column."""
    return _one(outcome["profile"]["columns"], lambda row: row["name"] == name)


def check(outcome: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The verdict on one bar."""
    return _one(outcome["checks"], lambda row: row["name"] == name)


def _one(rows: list[dict[str, Any]], wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    (found,) = [row for row in rows if wanted(row)]
    return found
