"""The measurements of a score: how well it ranks, how far it is from the outcome, overall and by group.

The moments come exactly from the rows (ties count one half in the AUC), so nothing here depends on bins.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from scipy.special import expit, logit

from audits.metrics.comparisons import across_rows
from audits.metrics.fairness import COMPARISONS
from audits.metrics.figures import Figures, Quantity
from audits.metrics.groups import listed
from audits.metrics.intervals import normal, normal_draws
from audits.metrics.sheet import Sheet
from audits.metrics.spec import Listing, Measurement, Sampling
from audits.metrics.tables import Groups, Numbers


class Scored(Protocol):
    """The moments of a score over the ``n`` labelled rows of one group; its mean over all ``scored`` ones."""

    @property
    def n(self) -> int: ...
    @property
    def scored(self) -> int: ...
    @property
    def positives(self) -> int: ...
    @property
    def negatives(self) -> int: ...
    @property
    def mean_score(self) -> float | None: ...
    @property
    def mean_label(self) -> float | None: ...
    @property
    def auc(self) -> float | None: ...
    @property
    def auc_se(self) -> float | None: ...
    @property
    def brier(self) -> float | None: ...
    @property
    def brier_se(self) -> float | None: ...
    @property
    def log_loss(self) -> float | None: ...
    @property
    def log_loss_se(self) -> float | None: ...


ONE_CLASS = "Actual positives and actual negatives are both needed, and one of them does not occur here."
NOT_ALL = "Some rows with a score have no label, so the mean score and the base rate speak of different rows."
NO_SCORES = "No row here has both a label and a valid score."


def measure(
    groups: Groups, moments: Sequence[Scored], sampling: Sampling, listing: Listing
) -> tuple[list[Measurement], Figures]:
    """Write down what the score's moments say for each listed group, and across groups."""
    sheet = Sheet(sampling)
    found = figures(groups, moments, sampling)
    for group in listed(found.sizes, listing):
        _group(sheet, groups.slice_of(group), moments[group])
    if groups.attributes:
        across_rows(sheet, found, COMPARISONS, listing)
    return sheet.measurements(), found


def figures(groups: Groups, moments: Sequence[Scored], sampling: Sampling) -> Figures:
    """The quantities that can be compared across groups."""
    sizes = np.asarray([moment.n for moment in moments], dtype=np.int64)
    both = np.asarray([min(moment.positives, moment.negatives) for moment in moments], dtype=np.int64)
    auc, error = _numbers([m.auc for m in moments]), _numbers([m.auc_se for m in moments])
    draws = np.clip(normal_draws(auc, error, sampling, (*groups.attributes, "auc")), 0, 1)
    return Figures(
        groups, sizes, {"auc": Quantity(auc, sizes, both, draws, population="rows of both outcomes")}
    )


def auc_limits(auc: float, error: float, confidence: float) -> tuple[float, float]:
    """Limits on the logit scale, where the AUC is closer to normal and cannot leave (0, 1)."""
    if not 0 < auc < 1:
        return float("nan"), float("nan")
    low, high = normal(float(logit(auc)), error / (auc * (1 - auc)), confidence)
    return float(expit(low)), float(expit(high))


def _group(sheet: Sheet, where: dict[str, str | None], moment: Scored) -> None:
    confidence = sheet.sampling.confidence
    auc, auc_se = _number(moment.auc), _number(moment.auc_se)
    sheet.add(
        "auc",
        where,
        auc,
        moment.n,
        reason=ONE_CLASS,
        limits=auc_limits(auc, auc_se, confidence),
        denominator=min(moment.positives, moment.negatives),
    )
    for code, value, error in (
        ("brier", moment.brier, moment.brier_se),
        ("log_loss", moment.log_loss, moment.log_loss_se),
    ):
        low, high = normal(_number(value), _number(error), confidence)
        sheet.add(code, where, _number(value), moment.n, reason=NO_SCORES, limits=(max(low, 0.0), high))
    mean, label = _number(moment.mean_score), _number(moment.mean_label)
    sheet.add("mean_score", where, mean, moment.scored, reason="No row here has a valid score.")
    gap = mean - label if moment.scored == moment.n else float("nan")
    sheet.add("calibration_gap", where, gap, moment.n, reason=NO_SCORES if moment.n == 0 else NOT_ALL)


def _number(value: float | None) -> float:
    return float("nan") if value is None else float(value)


def _numbers(values: Sequence[float | None]) -> Numbers:
    return np.asarray([_number(value) for value in values], dtype=np.float64)
