"""One data-quality run from file to verdicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from audits.engine.versions import versions
from audits.frames.errors import Refused
from audits.frames.limits import STANDARD, Limits
from audits.frames.table import Table, open_table
from audits.quality.associations import associations
from audits.quality.bars import Bar
from audits.quality.columns import mapping_of, registered
from audits.quality.profile import Progress, opened, profile
from audits.quality.verdicts import verdicts

SCHEMA: Final = "assay.quality/1"


def measure(
    path: str | Path,
    columns: Sequence[Mapping[str, str]],
    contract: Mapping[str, Any],
    bars: Sequence[Bar],
    *,
    progress: Progress | None = None,
    limits: Limits = STANDARD,
) -> dict[str, Any]:
    """Profile a file and hold it against the bars, as JSON values; what cannot be read comes back refused.

    The same bytes, columns, bars and versions give the same outcome.
    """
    tell = progress or _nobody
    outcome: dict[str, Any] = {
        "schema": SCHEMA,
        "versions": versions(),
        "inputs": {},
        "read": None,
        "profile": None,
        "associations": [],
        "checks": [],
        "refused": None,
    }
    try:
        mapping = mapping_of(registered(columns, contract), contract)
        tell("Reading the file", 0.0)
        with open_table(path, mapping, limits) as table, table.reading():
            data = opened(table, columns, contract, limits)
            found = profile(data, tell)
            outcome |= {
                "inputs": {"data": {"digest": table.digest, "size": table.size, "format": table.format}},
                "read": _read(table),
                "profile": found,
                "associations": associations(data, tell),
                "checks": verdicts(found, bars),
            }
    except Refused as refused:
        return outcome | {"refused": refused.as_dict()}
    return outcome


def _read(table: Table) -> dict[str, Any]:
    return {
        "rows_read": table.rows,
        "encoding": table.csv.encoding.name if table.csv else None,
        "delimiter": table.csv.dialect.delimiter if table.csv else None,
        "notes": list(table.notes),
    }


def _nobody(step: str, fraction: float) -> None:
    """Nobody listens."""
