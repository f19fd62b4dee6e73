"""Test statistics: is a difference between groups more than chance? They assume that every row counts once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc

from audits.metrics.rates import SELECTED, Rate, add_up
from audits.metrics.tables import Counts, Numbers


@dataclass(frozen=True, slots=True)
class ChiSquare:
    """Pearson's chi-square of group by outcome, its degrees of freedom and upper tail probability."""

    statistic: float
    dof: int
    p: float


def z_two_proportion(counts: Counts, reference: int, of: Rate = SELECTED) -> Numbers:
    """(p_g - p_ref) / sqrt(p (1-p) (1/n_g + 1/n_ref)), pooled p, no continuity correction: shape (groups,).

    The EEOC's two-standard-deviation statistic; nan where the pooled share is 0 or 1 and nothing can differ.
    """
    counted, among = add_up(counts, of.counted).astype(float), add_up(counts, of.among).astype(float)
    among = np.where(among > 0, among, np.nan)
    pooled = (counted + counted[reference]) / (among + among[reference])
    variance = pooled * (1 - pooled) * (1 / among + 1 / among[reference])
    difference = counted / among - counted[reference] / among[reference]
    z = np.full(counted.shape, np.nan)
    np.divide(difference, np.sqrt(variance), out=z, where=variance > 0)
    return z


def chi2_independence(counts: Counts, of: Rate = SELECTED) -> ChiSquare | None:
    """Pearson chi-square of group by outcome without Yates' correction, over groups with rows.

    None where everybody or nobody was selected, or there is one group only: an expected count is 0 then.
    """
    yes, rows = add_up(counts, of.counted), add_up(counts, of.among)
    observed = np.stack([yes, rows - yes], axis=1)[rows > 0].astype(float)
    expected = observed.sum(axis=1, keepdims=True) * observed.sum(axis=0, keepdims=True) / observed.sum()
    if len(observed) < 2 or not (expected > 0).all():
        return None
    statistic = float(((observed - expected) ** 2 / expected).sum())
    dof = len(observed) - 1
    return ChiSquare(statistic, dof, float(chdtrc(dof, statistic)))
