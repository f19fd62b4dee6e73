"""Limits of the largest distance between groups, on the difference or on the logarithm of the ratio.

The largest of many resampled distances is larger than the distance itself: its percentiles lie beyond the value when
there are several groups, and never reach 0 when groups are equal. So every pair of groups gets a resampling standard
error, and the limits follow from all pairs together. The lower one is simultaneous (no pair's distance is overstated
in 95 % of resamples, as in Tukey's range test); the upper one is each pair's own, because a true largest distance
beyond it is one pair's distance beyond that pair's limit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from audits.metrics.spec import Sampling
from audits.metrics.tables import Numbers

PAIRS_UP_TO = 30
"""With more groups than this, pairs follow from limits around each group: wider, and far fewer."""

HALF_A_ROW = 0.5
"""A rate of 0 is taken as half a row on the logarithmic scale, where 0 has no place."""


@dataclass(frozen=True, slots=True)
class Spread:
    """One quantity of the compared groups: shape (groups,), and (resamples, groups) for the draws."""

    values: Numbers
    draws: Numbers
    overall: Numbers
    overall_draws: Numbers
    among: NDArray[np.int64]

    def logarithms(self) -> Spread:
        """The same on the scale on which ratios are differences."""
        floor = HALF_A_ROW / np.maximum(self.among, 1)
        together = HALF_A_ROW / max(int(self.among.sum()), 1)
        return Spread(
            np.log(np.maximum(self.values, floor)),
            np.log(np.maximum(self.draws, floor)),
            np.log(np.maximum(self.overall, together)),
            np.log(np.maximum(self.overall_draws, together)),
            self.among,
        )


def difference_limits(
    spreads: Sequence[Spread], sampling: Sampling, *, to_overall: bool
) -> tuple[float, float, float]:
    """Lower and upper limit of the largest difference, and the share of resamples that have none."""
    if any(len(spread.values) > PAIRS_UP_TO for spread in spreads) and not to_overall:
        return _around_groups(spreads, sampling)
    estimates = np.concatenate([_contrasts(s.values, s.overall, to_overall) for s in spreads])
    draws = np.concatenate([_contrasts(s.draws, s.overall_draws, to_overall) for s in spreads], axis=1)
    return worst_limits(estimates, draws, sampling)


def ratio_limits(
    spreads: Sequence[Spread], sampling: Sampling, *, to_overall: bool
) -> tuple[float, float, float]:
    """Lower and upper limit of the smallest ratio, and the share of resamples that have none."""
    logarithms = [spread.logarithms() for spread in spreads]
    low, high, undefined = difference_limits(logarithms, sampling, to_overall=to_overall)
    return float(np.exp(-high)), float(np.exp(-low)), undefined


def worst_limits(estimates: Numbers, draws: Numbers, sampling: Sampling) -> tuple[float, float, float]:
    """Limits of the largest |contrast|: shape (contrasts,) and (resamples, contrasts)."""
    complete, undefined = _complete(draws, sampling)
    if complete is None:
        return float("nan"), float("nan"), undefined
    error, reach = _errors(estimates, complete, sampling)
    size = np.abs(estimates)
    low = max(float((size - reach * error).max()), 0.0)
    return low, float((size + _z(sampling) * error).max()), undefined


def _around_groups(spreads: Sequence[Spread], sampling: Sampling) -> tuple[float, float, float]:
    """Limits of the largest difference from simultaneous limits around every group."""
    values = np.concatenate([spread.values for spread in spreads])
    complete, undefined = _complete(np.concatenate([spread.draws for spread in spreads], axis=1), sampling)
    if complete is None:
        return float("nan"), float("nan"), undefined
    errors, reach = _errors(values, complete, sampling)
    low, high, start = 0.0, 0.0, 0
    for spread in spreads:
        error = errors[start : start + len(spread.values)]
        start += len(spread.values)
        low = max(low, float((spread.values - reach * error).max() - (spread.values + reach * error).min()))
        both = np.sqrt(error[:, None] ** 2 + error[None, :] ** 2)
        high = max(high, float((spread.values[:, None] - spread.values[None, :] + _z(sampling) * both).max()))
    return low, high, undefined


def _contrasts(values: Numbers, overall: Numbers, to_overall: bool) -> Numbers:
    """Every group minus all rows together, or every pair of groups: shape (..., groups) -> (..., contrasts)."""
    if to_overall:
        return values - overall[..., None]
    one, other = np.triu_indices(values.shape[-1], k=1)
    return values[..., one] - values[..., other]


def _complete(draws: Numbers, sampling: Sampling) -> tuple[Numbers | None, float]:
    """The resamples in which everything has a value, unless too few have; and the share of the others."""
    whole = ~np.isnan(draws).any(axis=1)
    undefined = float(1 - whole.mean())
    return (draws[whole] if undefined <= sampling.max_undefined else None), undefined


def _errors(estimates: Numbers, draws: Numbers, sampling: Sampling) -> tuple[Numbers, float]:
    """Standard errors, and how many of them the estimate furthest off is off in all but 5 % of the resamples."""
    error = draws.std(axis=0, ddof=1)
    off = np.zeros_like(draws)
    np.divide(np.abs(draws - estimates), error, out=off, where=error > 0)
    return error, float(np.quantile(off.max(axis=1), sampling.confidence))


def _z(sampling: Sampling) -> float:
    return float(ndtri(0.5 + sampling.confidence / 2))
