"""Rows reduced to cells: how many share the same sensitive values, label and prediction."""

from __future__ import annotations

from collections.abc import Mapping as AbcMapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from audits.frames.mapping import Mapping
from audits.frames.source import Source

MISSING_GROUP = ""
"""Group value of rows whose sensitive value is missing: they count overall, but are no group."""


@dataclass(frozen=True, slots=True)
class Cells:
    """The counted table; entry i of every sequence belongs to cell i.

    ``label`` and ``prediction`` are int8 arrays for a binary task (1 positive class, 0 the other, -1 missing)
    and tuples of class names for a multi-class one (None = missing). ``prediction`` is never missing.
    """

    attributes: tuple[str, ...]
    groups: tuple[tuple[str, ...], ...]
    label: NDArray[np.int8] | tuple[str | None, ...]
    prediction: NDArray[np.int8] | tuple[str | None, ...]
    n: NDArray[np.int64]
    weight: NDArray[np.float64]
    classes: tuple[str, ...] = ()
    """Class names in order for a multi-class task; empty otherwise."""


@dataclass(frozen=True, slots=True)
class ScoreCell:
    """Score quality of one group over its labelled rows with a valid score; None = undefined."""

    group: str | None
    """None = all rows."""
    n: int
    positives: int
    negatives: int
    weight: float
    mean_score: float | None
    mean_label: float | None
    auc: float | None
    auc_se: float | None
    """DeLong's standard error; None with a weight column or fewer than two of a class."""
    brier: float | None
    brier_se: float | None
    log_loss: float | None
    log_loss_se: float | None


@dataclass(frozen=True, slots=True)
class RegressionMoments:
    """Weighted moments of labels, predictions and errors (prediction - label) of one group.

    ``*_ss`` are centred sums of squares; ``cross`` the centred sum of label times prediction.
    ``selected[q]`` and ``label_selected[q]`` are weights of rows with value >= the q-quantile of ALL rows.
    """

    group: str | None
    n: int
    weight: float
    label_mean: float
    prediction_mean: float
    label_ss: float
    prediction_ss: float
    cross: float
    error_mean: float
    error_sum_abs: float
    error_sum_sq: float
    error_max_abs: float
    selected: AbcMapping[float, float] = field(default_factory=dict)
    label_selected: AbcMapping[float, float] = field(default_factory=dict)


def cells(source: Source, mapping: Mapping) -> Cells:
    """Count the rows of a binary or multi-class task by sensitive values, label and prediction."""
    raise NotImplementedError


def score_cells(source: Source, mapping: Mapping, attribute: str | None = None) -> tuple[ScoreCell, ...]:
    """Measure the score exactly, overall (attribute None) or for each group of an attribute."""
    raise NotImplementedError


def regression_moments(
    source: Source,
    mapping: Mapping,
    attribute: str | None = None,
    quantiles: tuple[float, ...] = (0.5, 0.8, 0.9),
) -> tuple[RegressionMoments, ...]:
    """Gather what regression metrics need, overall (attribute None) or for each group of an attribute."""
    raise NotImplementedError
