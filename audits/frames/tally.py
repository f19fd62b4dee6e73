"""The one group-by: rows counted by their values as written, before anything is read into them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import narwhals as nw

from audits.frames.errors import Refused
from audits.frames.limits import Limits
from audits.frames.mapping import Mapping
from audits.frames.numbers import STATUSES
from audits.frames.wording import counted, listed, shown

LABEL, PREDICTION, SCORE = "label", "prediction", "score_status"
WEIGHT, WEIGHT_BAD = "weight", "weight_bad"
_SUMS = ("n", "weight_sum", "bad_sum")
# More rows than cells are allowed, so that rows which are all different are seen; few, because they are counted twice.
_LOOK_AHEAD_ROWS = 250_000


@dataclass(frozen=True, slots=True)
class Tally:
    """Distinct combinations, sorted, with how often they occur and the sum of their weights."""

    attributes: tuple[str, ...]
    groups: tuple[tuple[str, ...], ...]
    label: tuple[str, ...]
    prediction: tuple[str, ...]
    score: tuple[str, ...]
    n: tuple[int, ...]
    weight: tuple[float, ...]
    bad_weights: int

    def counts(self, values: tuple[str, ...]) -> dict[str, int]:
        """Rows by distinct value of one of the tallied columns."""
        total: Counter[str] = Counter()
        for value, n in zip(values, self.n, strict=True):
            total[value] += n
        return dict(total)


def group_name(position: int) -> str:
    """The name of a sensitive column inside the coded frame, where the file's own names could clash."""
    return f"group_{position}"


Attribute = str | tuple[str, ...] | None
"""One sensitive column, several together, or none: all rows."""
Group = str | tuple[str, ...] | None
"""A group of an attribute, in the same shape."""


def places_of(attributes: tuple[str, ...], attribute: Attribute) -> list[int]:
    """Where one attribute or several stand among the sensitive columns."""
    wanted = () if attribute is None else (attribute,) if isinstance(attribute, str) else attribute
    return [attributes.index(one) for one in wanted]


def group_of(values: tuple[str, ...], attribute: Attribute) -> Group:
    """The values of one group in the shape of the attribute that was asked for."""
    if attribute is None:
        return None
    return values[0] if isinstance(attribute, str) else tuple(values)


def tally(coded: nw.LazyFrame[Any], mapping: Mapping, limits: Limits) -> Tally:
    """Count the rows of a coded frame by every key it has."""
    attributes = mapping.sensitive
    groups = [group_name(at) for at in range(len(attributes))]
    keys = [*groups, LABEL, PREDICTION, SCORE]
    _refuse_wide_keys(coded.head(_LOOK_AHEAD_ROWS), attributes, groups, keys, limits)
    counted_frame = (
        coded.group_by(keys)
        .agg(
            nw.len().alias("n"),
            nw.col(WEIGHT).sum().alias("weight_sum"),
            nw.col(WEIGHT_BAD).sum().alias("bad_sum"),
        )
        .select(*keys, *_SUMS)
        .head(limits.max_cells + 1)
    )
    found = _fetched(counted_frame)
    _refuse_many_cells(len(found), attributes, limits)
    rows = sorted(_row(row, mapping) for row in found)
    width = len(groups)
    for at, attribute in enumerate(attributes):
        _refuse_many_groups(attribute, len({row[at] for row in rows}), limits)
    _refuse_nul(rows, (*attributes, mapping.label or "", mapping.prediction or ""))
    return Tally(
        attributes=attributes,
        groups=tuple(tuple(row[:width]) for row in rows),
        label=tuple(row[width] for row in rows),
        prediction=tuple(row[width + 1] for row in rows),
        score=tuple(row[width + 2] for row in rows),
        n=tuple(row[width + 3] for row in rows),
        weight=tuple(row[width + 4] for row in rows),
        bad_weights=sum(row[width + 5] for row in rows),
    )


def _row(row: tuple[Any, ...], mapping: Mapping) -> tuple[Any, ...]:
    """One combination with statuses by name, nothing for NULL, and sums that do not depend on threads."""
    *groups, label, prediction, score, n, weight, bad = row
    if mapping.task == "regression":
        label, prediction = STATUSES[label], STATUSES[prediction]
    texts = ("" if text is None else text for text in (*groups, label, prediction))
    return (*texts, STATUSES[score], int(n), float(f"{weight:.12g}"), int(bad))


def _refuse_nul(rows: list[tuple[Any, ...]], columns: tuple[str, ...]) -> None:
    for row in rows:
        for column, value in zip(columns, row, strict=False):
            if "\0" in value:
                raise Refused(
                    "values.nul", f"Column {shown(column)} has NUL characters: remove them.", column=column
                )


def _refuse_wide_keys(
    beginning: nw.LazyFrame[Any],
    attributes: tuple[str, ...],
    groups: list[str],
    keys: list[str],
    limits: Limits,
) -> None:
    """Refuse on the first rows what would be too much to group, before grouping all of them."""
    if not groups:
        return
    distinct = _fetched(beginning.select(nw.col(*groups).n_unique()))[0]
    for attribute, values in zip(attributes, distinct, strict=True):
        _refuse_many_groups(attribute, values, limits)
    cells = _fetched(beginning.group_by(keys).agg(nw.len().alias("n")).select(nw.len()))
    _refuse_many_cells(cells[0][0], attributes, limits)


def _fetched(frame: nw.LazyFrame[Any]) -> list[tuple[Any, ...]]:
    return list(frame.collect().iter_rows())


def _refuse_many_groups(attribute: str, values: int, limits: Limits) -> None:
    if values > limits.max_groups:
        raise Refused(
            "limits.groups",
            f"Column {shown(attribute)} has {values:,} or more distinct values; a sensitive column may have "
            f"{limits.max_groups:,}. Put the values into fewer groups, or audit another column.",
            column=attribute,
        )


def _refuse_many_cells(cells: int, attributes: tuple[str, ...], limits: Limits) -> None:
    if cells > limits.max_cells:
        raise Refused(
            "limits.cells",
            f"The columns {listed(attributes)} with label and prediction make more than "
            f"{counted(limits.max_cells, 'combination')}: audit fewer sensitive columns at once.",
        )
