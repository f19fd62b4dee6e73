"""Rows reduced to cells: how many share the same sensitive values, label and prediction."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audits.frames.mapping import Mapping
from audits.frames.regression import RegressionMoments, regression_moments
from audits.frames.scores import ScoreCell, score_cells
from audits.frames.source import Source
from audits.frames.tokens import MISSING, POSITIVE

__all__ = [
    "MISSING_GROUP",
    "Cells",
    "RegressionMoments",
    "ScoreCell",
    "cells",
    "regression_moments",
    "score_cells",
]

MISSING_GROUP = ""
"""Group value of rows whose sensitive value is missing: they count overall, but are no group."""

_Code = int | str | None


@dataclass(frozen=True, slots=True)
class Cells:
    """The counted table; entry i of every sequence belongs to cell i, in a fixed order.

    ``label`` and ``prediction`` are int8 arrays for a binary task (1 positive class, 0 the other, -1 missing)
    and tuples of class names for a multi-class one (None = missing). ``prediction`` is never missing. In a
    regression both are -1 everywhere: the cells only count the rows of each group.
    """

    attributes: tuple[str, ...]
    groups: tuple[tuple[str, ...], ...]
    label: NDArray[np.int8] | tuple[str | None, ...]
    prediction: NDArray[np.int8] | tuple[str | None, ...]
    n: NDArray[np.int64]
    weight: NDArray[np.float64]
    classes: tuple[str, ...] = ()
    """Class names in order for a multi-class task; empty otherwise."""
    favourable: int = POSITIVE
    """Binary: 1 when the positive class is the favourable outcome, 0 when the other one is."""


def cells(source: Source, mapping: Mapping) -> Cells:
    """Bring the tallied values together under what they were read as."""
    tally, account = source.tally, source.account
    merged: dict[tuple[tuple[str, ...], _Code, _Code], list[int]] = defaultdict(list)
    for at, use in enumerate(account.used):
        if use and mapping.task == "regression":
            merged[account.groups[at], MISSING, MISSING].append(at)
        elif use:
            merged[account.groups[at], account.label[at], account.prediction[at]].append(at)
    keys, places = list(merged), list(merged.values())
    return Cells(
        attributes=tally.attributes,
        groups=tuple(groups for groups, _, _ in keys),
        label=_codes([label for _, label, _ in keys], mapping),
        prediction=_codes([prediction for _, _, prediction in keys], mapping),
        n=np.array([sum(tally.n[at] for at in one) for one in places], dtype=np.int64),
        weight=np.array([math.fsum(tally.weight[at] for at in one) for one in places], dtype=np.float64),
        classes=account.classes,
        favourable=account.reading.favourable if account.reading else POSITIVE,
    )


def _codes(values: Sequence[_Code], mapping: Mapping) -> NDArray[np.int8] | tuple[str | None, ...]:
    if mapping.task == "multiclass":
        return tuple(value if isinstance(value, str) else None for value in values)
    return np.array(values, dtype=np.int8)
