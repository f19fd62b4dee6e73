"""How much each feature tells of each sensitive column: 0 nothing, 1 everything.

Cramér's V of the feature's values against the groups: of a text its most frequent values, of a number its
deciles. For a number also the correlation ratio η (how far the groups' means lie apart); the larger of the two
counts. A missing value is a value too: whether somebody left a field empty may tell who they are. Neither measure
is corrected for few rows, which makes them larger: more is looked at, never less.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from typing import Any, Final

import duckdb

from audits.frames.wording import printable
from audits.quality.columns import Column
from audits.quality.profile import Profiled, Progress

CRAMERS_V: Final = "cramers_v"
CORRELATION_RATIO: Final = "correlation_ratio"
# Values of a text, the rarest together; a number of more values goes by its deciles.
MOST: Final = 50
_FEW: Final = 20
_DIGITS: Final = 9


def associations(data: Profiled, tell: Progress) -> list[dict[str, Any]]:
    """Every feature with every sensitive column; without a value there is a reason."""
    features, sensitive = data.of_role("feature"), data.of_role("sensitive")
    if not features or not sensitive:
        return []
    groups = {column.name: _binned(data, column) for column in sensitive}
    found = []
    for at, feature in enumerate(features):
        tell(f"Comparing {printable(feature.name)[:60]} with groups", 0.85 + 0.14 * at / len(features))
        bins = _binned(data, feature)
        found += [_pair(data, feature, bins, column, groups[column.name]) for column in sensitive]
    return found


def _pair(data: Profiled, feature: Column, bins: str, sensitive: Column, groups: str) -> dict[str, Any]:
    head = {"feature": feature.name, "sensitive": sensitive.name}
    counts = data.rows(
        f"SELECT f, g, count(*) FROM (SELECT {bins} AS f, {groups} AS g FROM mapped) "  # noqa: S608
        "WHERE g <> 0 GROUP BY f, g"
    )
    rows = sum(n for _, _, n in counts)
    if len({group for _, group, _ in counts}) < 2:
        reason = f"{printable(sensitive.name)} has fewer than two groups."
        return {**head, "value": None, "measure": None, "rows": rows, "reason": reason}
    found = [(cramers_v(counts), CRAMERS_V)]
    if feature.numeric:
        found.append((_correlation_ratio(data, feature, groups), CORRELATION_RATIO))
    value, measure = max(found)
    return {**head, "value": round(value, _DIGITS), "measure": measure, "rows": rows, "reason": None}


def _binned(data: Profiled, column: Column) -> str:
    """A column as a small whole number: 0 is missing or of another type, then its values, rarest last."""
    value = data.reads[column.name].value
    if column.numeric:
        steps = "".join(f" + CAST({value} > {edge!r} AS INTEGER)" for edge in _edges(data, value))
        return f"CASE WHEN {value} IS NULL THEN 0 ELSE 1{steps} END"
    ranks = _ranks(data, column)
    place = f"list_position((SELECT names FROM {ranks}), {value})"  # noqa: S608
    return f"CASE WHEN {value} IS NULL THEN 0 ELSE coalesce({place}, {MOST}) END"


def _ranks(data: Profiled, column: Column) -> str:
    """A table with the most frequent values of a text in order; in a statement they would have to be quoted."""
    value, table = data.reads[column.name].value, f"ranks_{data.columns.index(column)}"
    counted = f"SELECT {value} AS v, count(*) AS n FROM mapped GROUP BY v"  # noqa: S608
    most = f"SELECT v, n FROM ({counted}) WHERE v IS NOT NULL ORDER BY n DESC, v LIMIT {MOST - 1}"  # noqa: S608
    data.table.connection.execute(
        f"CREATE TEMP TABLE {table} AS SELECT list(v ORDER BY n DESC, v) AS names FROM ({most})"  # noqa: S608
    )
    return table


def _edges(data: Profiled, value: str) -> list[float]:
    """Upper edges of the bins but the last: of few values each, of many the deciles."""
    counted = (
        f"SELECT v, n, sum(n) OVER (ORDER BY v) AS upto, row_number() OVER (ORDER BY v) AS r, "  # noqa: S608
        f"count(*) OVER () AS kinds, sum(n) OVER () AS total FROM "
        f"(SELECT {value} AS v, count(*) AS n FROM mapped GROUP BY v) WHERE v IS NOT NULL"
    )
    rows = data.rows(
        f"SELECT v FROM ({counted}) WHERE r < kinds AND "  # noqa: S608
        f"(kinds <= {_FEW} OR 10 * upto // total > 10 * (upto - n) // total) ORDER BY v"
    )
    return [float(edge) for (edge,) in rows]


def cramers_v(counts: Iterable[tuple[Any, Any, int]]) -> float:
    """Cramér's V of a table of counts, from its cells (row, column, how many)."""
    table = [(row, column, n) for row, column, n in counts if n]
    by_row: Counter[Any] = Counter()
    by_column: Counter[Any] = Counter()
    for row, column, n in table:
        by_row[row] += n
        by_column[column] += n
    total, smaller = sum(by_row.values()), min(len(by_row), len(by_column)) - 1
    if smaller < 1:
        return 0.0  # what never varies tells nothing
    squares = math.fsum(n * n / (by_row[row] * by_column[column]) for row, column, n in table)
    return min(1.0, math.sqrt(max(0.0, squares - 1.0) / smaller)) if total else 0.0


def correlation_ratio(groups: Iterable[tuple[int, float, float]]) -> float:
    """η from the size, mean and variance of each group."""
    table = list(groups)
    total = sum(n for n, _, _ in table)
    if not total:
        return 0.0
    mean = math.fsum(n * m for n, m, _ in table) / total
    between = math.fsum(n * (m - mean) ** 2 for n, m, _ in table)
    within = math.fsum(n * v for n, _, v in table)
    spread = between + within
    return min(1.0, math.sqrt(between / spread)) if spread > 0 and math.isfinite(spread) else 0.0


def _correlation_ratio(data: Profiled, feature: Column, groups: str) -> float:
    try:
        return correlation_ratio(_moments(data, feature, groups))
    except (duckdb.OutOfRangeException, OverflowError):
        return 0.0  # numbers too large to be squared; their deciles were compared all the same


def _moments(data: Profiled, feature: Column, groups: str) -> list[tuple[Any, ...]]:
    value = data.reads[feature.name].value
    return data.rows(
        f"SELECT count(v), avg(v), var_pop(v) FROM (SELECT {value} AS v, {groups} AS g FROM mapped) "  # noqa: S608
        "WHERE g <> 0 AND v IS NOT NULL GROUP BY g ORDER BY g"
    )
