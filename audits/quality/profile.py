"""What stands in the columns of a snapshot. Every count is exact; what does not fit into memory is spilled."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from audits.frames.database import quoted_name
from audits.frames.limits import Limits
from audits.frames.table import Table
from audits.frames.tokens import plain
from audits.frames.wording import printable
from audits.quality.columns import Column, Read, read, registered

Progress = Callable[[str, float], None]
# More columns than this, and fewer values (rows times columns) than that: kept in the database.
_MANY: Final = 100
_SMALL: Final = 2_000_000
# Columns whose totals are asked for in one statement.
_AT_ONCE: Final = 50
# Distinct values up to which a column's values are listed, and rows that must share one: rarer ones could name
# somebody.
_LISTED: Final = 20
_SHARED: Final = 5
_BINS: Final = 10


@dataclass(frozen=True)
class Profiled:
    """An opened table with its columns as SQL."""

    table: Table
    columns: tuple[Column, ...]
    reads: Mapping[str, Read]
    contract: Mapping[str, Any]
    limits: Limits

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of a query over the view `mapped`."""
        return self.table.connection.execute(sql).fetchall()

    def of_role(self, *roles: str) -> list[Column]:
        """The columns with one of these roles."""
        return [column for column in self.columns if column.role in roles]


def opened(
    table: Table, columns: Sequence[Mapping[str, str]], contract: Mapping[str, Any], limits: Limits
) -> Profiled:
    """The table ready to be asked."""
    found = registered(columns, contract)
    table.create_view()
    types = table.types([column.name for column in found if column.numeric])
    if len(found) > _MANY and table.rows * len(found) <= _SMALL:
        _hold(table)
    missing = tuple(str(token).strip(" \t") for token in contract.get("missing") or ())
    reads = {column.name: read(column, types, missing, contract) for column in found}
    return Profiled(table, found, reads, contract, limits)


def _hold(table: Table) -> None:
    """Keep a small wide table in the database: opening the file again for each column would take longer."""
    for statement in (
        "CREATE TEMP TABLE held AS SELECT * FROM mapped",
        "DROP VIEW mapped",
        "CREATE TEMP VIEW mapped AS SELECT * FROM held",
    ):
        table.connection.execute(statement)


def profile(data: Profiled, tell: Progress) -> dict[str, Any]:
    """Rows, duplicates, keys, every column, the label and the groups, as JSON values."""
    tell("Counting values", 0.0)
    totals = dict(_totals(data))
    tell("Looking for repeated rows", 0.1)
    duplicates = _duplicates(data)
    columns = []
    for at, column in enumerate(data.columns):
        tell(f"Profiling {printable(column.name)[:60]}", 0.2 + 0.6 * at / len(data.columns))
        columns.append(_column(data, column, totals[column.name]))
    tell("Counting groups", 0.8)
    label = _label(data, columns)
    return {
        "rows": data.table.rows,
        "duplicates": {"rows": duplicates, "share": duplicates / data.table.rows},
        "key": _key(data),
        "columns": columns,
        "unregistered": _unregistered(data),
        "label": label,
        "groups": [_groups(data, column, columns, label) for column in data.of_role("sensitive")],
    }


def _totals(data: Profiled) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Per column: missing, of another type, lowest, highest, mean."""
    columns = iter(data.columns)
    while batch := list(islice(columns, _AT_ONCE)):
        asked = ", ".join(_asked(column, data.reads[column.name]) for column in batch)
        (row,) = data.rows(f"SELECT {asked} FROM mapped")  # noqa: S608 - names are quoted, the rest is ours
        for at, column in enumerate(batch):
            yield column.name, row[at * 5 : at * 5 + 5]


def _asked(column: Column, how: Read) -> str:
    # Divided first, so that a sum of the largest numbers does not overflow.
    mean = f"avg({how.value} / 2) * 2" if column.numeric else "NULL"
    return (
        f"count(*) FILTER ({how.missing}), count(*) FILTER ({how.disagrees}), "
        f"min({how.value}), max({how.value}), {mean}"
    )


def _column(data: Profiled, column: Column, totals: tuple[Any, ...]) -> dict[str, Any]:
    missing, odd, low, high, mean = totals
    rows, value = data.table.rows, data.reads[column.name].value
    different = f"SELECT DISTINCT {value} AS v FROM mapped"  # noqa: S608
    ((distinct,),) = data.rows(f"SELECT count(*) FROM ({different}) WHERE v IS NOT NULL")  # noqa: S608
    ordered = column.numeric or column.kind == "date"
    return {
        "name": column.name,
        "role": column.role,
        "type": column.type,
        "kind": column.kind,
        "missing": missing,
        "missing_share": missing / rows,
        "disagreeing": odd,
        "disagreeing_share": odd / rows,
        "distinct": distinct,
        "constant": distinct <= 1,
        "low": _finite(low) if ordered else None,
        "high": _finite(high) if ordered else None,
        # The last digits of a sum depend on which thread came first.
        "mean": None if _finite(mean) is None else float(f"{mean:.12g}"),
        "values": _values(data, column, distinct),
        "histogram": _histogram(data, column, low, high),
    }


def _finite(number: Any) -> Any:
    return None if isinstance(number, float) and not math.isfinite(number) else number


def _values(data: Profiled, column: Column, distinct: int) -> list[dict[str, Any]] | None:
    """The values of a column of few, each shared by several rows; of others only how many there are."""
    if column.role in ("id", "weight", "score") or distinct > _LISTED:
        return None
    return [row for row in _counted(data, column, _LISTED) if row["n"] >= _SHARED]


def _counted(data: Profiled, column: Column, most: int) -> list[dict[str, Any]]:
    value = data.reads[column.name].value
    rows = data.rows(
        f"SELECT v, n FROM (SELECT {value} AS v, count(*) AS n FROM mapped GROUP BY v) "  # noqa: S608
        f"WHERE v IS NOT NULL ORDER BY n DESC, v LIMIT {most}"
    )
    return [{"value": _written(value), "n": n} for value, n in rows]


def _written(value: Any) -> str:
    """A value as it is printed: a whole number without its point."""
    if isinstance(value, float):
        return repr(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)
    return str(value)


def _histogram(data: Profiled, column: Column, low: Any, high: Any) -> list[int] | None:
    """Rows in ten bins of equal width from the lowest to the highest value."""
    if not column.numeric or low is None or not math.isfinite(high - low) or high == low:
        return None
    value = data.reads[column.name].value
    place = f"least(floor(({value} - {low!r}) / {high - low!r} * {_BINS}), {_BINS - 1})"
    rows = data.rows(f"SELECT {place} AS b, count(*) FROM mapped WHERE {value} IS NOT NULL GROUP BY b")  # noqa: S608
    found = {int(at): n for at, n in rows if at is not None}
    return [found.get(at, 0) for at in range(_BINS)]


def _duplicates(data: Profiled) -> int:
    """Rows that repeat an earlier one in every registered column, as written.

    First by a hash, eight bytes a row; then exactly, among the rows whose hash occurs twice.
    """
    names = ", ".join(quoted_name(column.name) for column in data.columns)
    data.table.connection.execute(
        f"CREATE TEMP TABLE repeated AS SELECT h FROM (SELECT hash({names}) AS h FROM mapped) "  # noqa: S608
        "GROUP BY h HAVING count(*) > 1"
    )
    (row,) = data.rows(
        f"SELECT coalesce(sum(n - 1), 0)::BIGINT FROM (SELECT count(*) AS n FROM mapped "  # noqa: S608
        f"WHERE hash({names}) IN (SELECT h FROM repeated) GROUP BY {names})"
    )
    data.table.connection.execute("DROP TABLE repeated")
    return int(row[0])


def _key(data: Profiled) -> dict[str, Any] | None:
    """Rows whose key, all identifying columns together, is missing or repeats another."""
    columns = data.of_role("id")
    if not columns:
        return None
    values = [data.reads[column.name].value for column in columns]
    whole = " AND ".join(f"{value} IS NOT NULL" for value in values)
    names = ", ".join(f"{value} AS k{at}" for at, value in enumerate(values))
    keys = ", ".join(f"k{at}" for at in range(len(values)))
    (row,) = data.rows(
        f"SELECT count(*), coalesce(sum(n), 0)::BIGINT FROM "  # noqa: S608
        f"(SELECT {keys}, count(*) AS n FROM (SELECT {names} FROM mapped WHERE {whole}) GROUP BY {keys})"
    )
    distinct, there = int(row[0]), int(row[1])
    missing = data.table.rows - there
    bad = missing + there - distinct
    return {
        "columns": [column.name for column in columns],
        "missing": missing,
        "repeated": there - distinct,
        "share": bad / data.table.rows,
    }


def _unregistered(data: Profiled) -> list[str]:
    known = {column.name for column in data.columns}
    return [printable(name) for name in data.table.header if name not in known]


def _label(data: Profiled, columns: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    label = next((column for column in columns if column["role"] == "label"), None)
    if label is None:
        return None
    column = next(column for column in data.columns if column.role == "label")
    classes = None
    if data.contract.get("task") != "regression" and label["distinct"] <= data.limits.max_tokens:
        there = data.table.rows - label["missing"]
        counted = _counted(data, column, data.limits.max_tokens)
        classes = [{**row, "share": row["n"] / there} for row in counted]
    return {
        "column": column.name,
        "missing": label["missing"],
        "missing_share": label["missing_share"],
        "distinct": label["distinct"],
        "regression": data.contract.get("task") == "regression",
        "classes": classes,
    }


def _groups(
    data: Profiled,
    column: Column,
    columns: Sequence[Mapping[str, Any]],
    label: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """The groups of a sensitive column with their rows, and of each how its labels fall."""
    told = next(row for row in columns if row["name"] == column.name)
    head = {"column": column.name, "missing": told["missing"], "distinct": told["distinct"]}
    if told["distinct"] > data.limits.max_groups:
        return {**head, "groups": None, "smallest": None}
    groups = _counted(data, column, data.limits.max_groups)
    few = label is not None and label["classes"] is not None
    positives = _positives(data, column) if few else {}
    rows = [{**row, **positives.get(row["value"], {})} for row in groups]
    return {**head, "groups": rows, "smallest": rows[-1] if rows else None}


def _positives(data: Profiled, column: Column) -> dict[str, dict[str, int]]:
    """Per group: rows with a label, and rows whose label is the positive class; for a binary task only."""
    label, positive = data.of_role("label"), data.contract.get("positive")
    if not label or positive is None or data.contract.get("task", "binary") != "binary":
        return {}
    value, outcome = data.reads[column.name].value, data.reads[label[0].name].value
    rows = data.rows(
        f"SELECT g, o, count(*) FROM (SELECT {value} AS g, {outcome} AS o FROM mapped) "  # noqa: S608
        "WHERE g IS NOT NULL AND o IS NOT NULL GROUP BY g, o"
    )
    found: dict[str, dict[str, int]] = {}
    for group, token, n in rows:
        told = found.setdefault(_written(group), {"labelled": 0, "positive": 0})
        told["labelled"] += n
        told["positive"] += n if plain(_written(token)) == plain(str(positive)) else 0
    return found
