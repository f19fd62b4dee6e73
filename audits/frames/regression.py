"""What regression metrics need from the rows, by group, computed where the rows lie.

Sums are taken around the overall means, so that large values do not cancel. Quantiles are those of
numpy.quantile's linear method over all rows, weights left aside; ties with the quantile are selected.
"""

from __future__ import annotations

import math
from collections.abc import Mapping as AbcMapping
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from audits.frames.coding import LABEL_NUMBER, PREDICTION_NUMBER
from audits.frames.database import quoted_text
from audits.frames.mapping import Mapping
from audits.frames.numbers import MISSING, STATUSES, VALID
from audits.frames.source import Source
from audits.frames.tally import LABEL, PREDICTION, WEIGHT, Attribute, Group, group_name, group_of, places_of

QUANTILES = (0.5, 0.8, 0.9)
_VALID, _MISSING = STATUSES.index(VALID), STATUSES.index(MISSING)
_USED = f"{PREDICTION} = {_VALID} AND {LABEL} IN ({_VALID}, {_MISSING})"


@dataclass(frozen=True, slots=True)
class RegressionMoments:
    """Weighted moments of labels, predictions and errors (prediction - label) of one group.

    ``prediction_mean`` and ``selected`` are over all rows of the group, everything else over its labelled
    ones. ``*_ss`` are centred sums of squares; ``cross`` the centred sum of label times prediction.
    ``selected[q]`` and ``label_selected[q]`` are weights of rows with value >= the q-quantile of ALL rows.
    A mean over no rows is None.
    """

    group: Group
    """None = all rows; several values for a combination of several attributes."""
    n: int
    labelled: int
    weight: float
    labelled_weight: float
    label_mean: float | None
    prediction_mean: float | None
    labelled_prediction_mean: float | None
    label_ss: float
    prediction_ss: float
    cross: float
    error_mean: float | None
    error_sum_abs: float
    error_sum_sq: float
    error_max_abs: float | None
    selected: AbcMapping[float, float] = field(default_factory=dict)
    label_selected: AbcMapping[float, float] = field(default_factory=dict)


def regression_moments(
    source: Source,
    mapping: Mapping,
    attribute: Attribute = None,
    quantiles: Sequence[float] = QUANTILES,
) -> tuple[RegressionMoments, ...]:
    """Gather moments and selected weights overall (attribute None), for each group of an attribute, or for
    each combination of several."""
    if mapping.task != "regression":
        return ()
    centre = source.query(f"SELECT avg({LABEL_NUMBER}), avg({PREDICTION_NUMBER}) FROM coded WHERE {_USED}")[0]  # noqa: S608
    label_centre, prediction_centre = (float(value or 0.0) for value in centre)
    cuts = _quantiles(source, PREDICTION_NUMBER, quantiles), _quantiles(source, LABEL_NUMBER, quantiles)
    keys = [group_name(at) for at in places_of(source.tally.attributes, attribute)]
    rows = source.query(_query(keys, label_centre, prediction_centre, cuts))
    named = {group for groups in source.account.groups for group in groups} - {""}
    return tuple(
        _moments(
            group_of(row[: len(keys)], attribute),
            row[len(keys) :],
            (label_centre, prediction_centre),
            quantiles,
        )
        for row in rows
        if named.issuperset(row[: len(keys)])
    )


def _quantiles(source: Source, column: str, quantiles: Sequence[float]) -> list[float | None]:
    where = f"{_USED} AND {column} IS NOT NULL"
    n = int(source.query(f"SELECT count(*) FROM coded WHERE {where}")[0][0])  # noqa: S608 - all names are ours
    if n == 0:
        return [None for _ in quantiles]
    places = [_place(n, q) for q in quantiles]
    wanted = sorted({at for below, above, _ in places for at in (below, above)})
    # The middle of an order statistic's stretch of probability, so that rounding cannot shift it.
    shares = ", ".join(repr((at + 0.5) / n) for at in wanted)
    values = source.query(f"SELECT quantile_disc({column}, [{shares}]) FROM coded WHERE {where}")[0][0]  # noqa: S608
    at_place = dict(zip(wanted, map(float, values), strict=True))
    return [_between(at_place[below], at_place[above], share) for below, above, share in places]


def _place(n: int, q: float) -> tuple[int, int, float]:
    """Between which order statistics the quantile lies, by numpy's own arithmetic."""
    virtual = (n - 1) * q
    below = min(max(math.floor(virtual), 0), n - 1)
    return below, min(below + 1, n - 1), virtual - below


def _between(below: float, above: float, share: float) -> float:
    """numpy's linear interpolation, which counts from the nearer end."""
    step = above - below
    return below + step * share if share < 0.5 else above - step * (1 - share)


def _query(
    keys: Sequence[str],
    label_centre: float,
    prediction_centre: float,
    cuts: tuple[Sequence[float | None], Sequence[float | None]],
) -> str:
    selected = [
        "0" if cut is None else f"coalesce(fsum({WEIGHT}) FILTER ({column} >= {_double(cut)}), 0)"
        for column, values in ((PREDICTION_NUMBER, cuts[0]), (LABEL_NUMBER, cuts[1]))
        for cut in values
    ]
    y, p = (
        f"({LABEL_NUMBER} - {_double(label_centre)})",
        f"({PREDICTION_NUMBER} - {_double(prediction_centre)})",
    )
    error = f"({PREDICTION_NUMBER} - {LABEL_NUMBER})"
    labelled = f"{LABEL_NUMBER} IS NOT NULL"
    sums = [f"fsum({WEIGHT} * {term}) FILTER ({labelled})" for term in (
        y, p, f"{y} * {y}", f"{p} * {p}", f"{y} * {p}", error, f"abs({error})", f"{error} * {error}",
    )]  # fmt: skip
    columns = [
        *keys, "count(*)", f"count({LABEL_NUMBER})", f"fsum({WEIGHT})",
        f"fsum({WEIGHT}) FILTER ({labelled})", f"fsum({WEIGHT} * {p})", *sums, f"max(abs({error}))", *selected,
    ]  # fmt: skip
    by_group = f"GROUP BY {', '.join(keys)} ORDER BY ALL" if keys else "HAVING count(*) > 0"
    return f"SELECT {', '.join(columns)} FROM coded WHERE {_USED} {by_group}"  # noqa: S608 - names are ours


def _double(value: float) -> str:
    return f"CAST({quoted_text(repr(value))} AS DOUBLE)"


def _moments(
    group: Group,
    row: tuple[Any, ...],
    centre: tuple[float, float],
    quantiles: Sequence[float],
) -> RegressionMoments:
    n, labelled, weight, labelled_weight, all_p, y, p, yy, pp, yp, error, absolute, square, most = row[:14]
    w = float(labelled_weight or 0.0)
    y, p, yy, pp, yp, error, absolute, square = (
        float(value or 0.0) for value in (y, p, yy, pp, yp, error, absolute, square)
    )
    selected = [_rounded(value) for value in row[14:]]
    return RegressionMoments(
        group=group,
        n=int(n),
        labelled=int(labelled),
        weight=_rounded(weight),
        labelled_weight=_rounded(w),
        label_mean=_rounded(centre[0] + y / w) if w else None,
        prediction_mean=_rounded(centre[1] + all_p / weight),
        labelled_prediction_mean=_rounded(centre[1] + p / w) if w else None,
        label_ss=_rounded(max(yy - y * y / w, 0.0)) if w else 0.0,
        prediction_ss=_rounded(max(pp - p * p / w, 0.0)) if w else 0.0,
        cross=_rounded(yp - y * p / w) if w else 0.0,
        error_mean=_rounded(error / w) if w else None,
        error_sum_abs=_rounded(absolute),
        error_sum_sq=_rounded(square),
        error_max_abs=None if most is None else float(most),
        selected=dict(zip(quantiles, selected[: len(quantiles)], strict=True)),
        label_selected=dict(zip(quantiles, selected[len(quantiles) :], strict=True)),
    )


def _rounded(value: float) -> float:
    return float(f"{value:.12g}")
