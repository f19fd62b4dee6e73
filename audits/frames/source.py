"""A file of predictions, opened strictly."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import narwhals as nw

from audits.frames.limits import Limits
from audits.frames.mapping import Mapping
from audits.frames.report import ReadReport


@dataclass(frozen=True, slots=True)
class Source:
    """An opened file: its identity, its columns, and a lazy frame of the mapped ones."""

    path: Path
    digest: str
    size: int
    format: str
    encoding: str | None
    delimiter: str | None
    columns: tuple[str, ...]
    rows: int
    frame: nw.LazyFrame[Any]
    report: ReadReport


@contextmanager
def open_source(path: str | Path, mapping: Mapping, limits: Limits = Limits()) -> Iterator[Source]:  # noqa: B008
    """Open a CSV or Parquet file for as long as the block runs, or raise Refused."""
    raise NotImplementedError
    yield
