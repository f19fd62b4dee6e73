"""Comparisons across groups and with a reference group: how far apart are the groups' rates?

Differences are largest minus smallest rate, ratios smallest over largest, as in fairlearn (between_groups), over all
groups that have the rate; to_overall compares every group with all rows together. Every function works on the last
axis, so that it serves values (groups,) and resamples (resamples, groups) alike; nan in, nan out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from audits.metrics.tables import Numbers

type Overall = NDArray[np.float64]


def difference(values: Numbers, _overall: Overall) -> Numbers:
    """Largest minus smallest."""
    return np.asarray(values.max(axis=-1) - values.min(axis=-1))


def ratio(values: Numbers, _overall: Overall) -> Numbers:
    """Smallest over largest; nan where the largest is 0."""
    return _divide(values.min(axis=-1), values.max(axis=-1))


def difference_to_overall(values: Numbers, overall: Overall) -> Numbers:
    """Largest distance of a group from all rows together."""
    return np.asarray(np.abs(values - overall[..., None]).max(axis=-1))


def ratio_to_overall(values: Numbers, overall: Overall) -> Numbers:
    """Smallest ratio of a group and all rows together, the smaller one above; nan where one of them is all 0."""
    together = np.broadcast_to(overall[..., None], values.shape)
    return np.asarray(_divide(np.minimum(values, together), np.maximum(values, together)).min(axis=-1))


def half_l1(distributions: Numbers, _overall: Overall) -> Numbers:
    """Largest half L1 distance between two groups' class distributions: shape (..., groups, classes) -> (...).

    The total variation distance of the worst pair (holisticai's multiclass_statistical_parity).
    """
    return np.asarray(pairs_apart(distributions).max(axis=-1))


def pairs_apart(distributions: Numbers) -> Numbers:
    """Half L1 distance of every pair of groups: shape (..., groups, classes) -> (..., pairs)."""
    pairs = combinations(range(distributions.shape[-2]), 2)
    apart = [0.5 * np.abs(distributions[..., i, :] - distributions[..., j, :]).sum(axis=-1) for i, j in pairs]
    return np.stack(apart, axis=-1)


@dataclass(frozen=True, slots=True)
class Comparison:
    """How the groups' values of some quantities become one number."""

    of: tuple[str, ...]
    """The quantities that are compared; of several, the worst decides."""
    of_one: Callable[[Numbers, Overall], Numbers]

    @property
    def is_ratio(self) -> bool:
        """Whether 1 means equal, and the smallest is the worst."""
        return self.of_one in (ratio, ratio_to_overall)

    @property
    def to_overall(self) -> bool:
        """Whether groups are compared with all rows together."""
        return self.of_one in (difference_to_overall, ratio_to_overall)

    def value(self, parts: Sequence[tuple[Numbers, Overall]]) -> float:
        """The comparison of each quantity's values and overall value, the worst of them."""
        compared = [float(self.of_one(values, overall)) for values, overall in parts]
        return float(np.min(compared) if self.is_ratio else np.max(compared))


def _difference_and_ratio(name: str, of: str) -> dict[str, Comparison]:
    return {f"{name}_difference": Comparison((of,), difference), f"{name}_ratio": Comparison((of,), ratio)}


def _to_overall(name: str, of: str) -> dict[str, Comparison]:
    return {
        f"{name}_difference_to_overall": Comparison((of,), difference_to_overall),
        f"{name}_ratio_to_overall": Comparison((of,), ratio_to_overall),
    }


ODDS = ("tpr", "fpr")
DISTRIBUTION = "class_distribution"
COMPARISONS: dict[str, Comparison] = {
    **_difference_and_ratio("demographic_parity", "selection_rate"),
    **_to_overall("demographic_parity", "selection_rate"),
    "impact_ratio": Comparison(("selection_rate",), ratio),
    "favourable_impact_ratio": Comparison(("favourable_rate",), ratio),
    **_difference_and_ratio("equal_opportunity", "tpr"),
    **_to_overall("equal_opportunity", "tpr"),
    **_difference_and_ratio("fpr", "fpr"),
    **_to_overall("fpr", "fpr"),
    **_difference_and_ratio("fnr", "fnr"),
    **_difference_and_ratio("tnr", "tnr"),
    **_difference_and_ratio("accuracy", "accuracy"),
    **_to_overall("accuracy", "accuracy"),
    **_difference_and_ratio("predictive_parity", "ppv"),
    **_difference_and_ratio("base_rate", "base_rate"),
    "equalized_odds_difference": Comparison(ODDS, difference),
    "equalized_odds_ratio": Comparison(ODDS, ratio),
    "equalized_odds_difference_to_overall": Comparison(ODDS, difference_to_overall),
    "equalized_odds_ratio_to_overall": Comparison(ODDS, ratio_to_overall),
    "multiclass_statistical_parity": Comparison((DISTRIBUTION,), half_l1),
    **_difference_and_ratio("auc", "auc"),
    **_difference_and_ratio("mae", "mae"),
    **_difference_and_ratio("rmse", "rmse"),
    "mean_prediction_difference": Comparison(("mean_prediction",), difference),
    "mean_error_difference": Comparison(("mean_error",), difference),
}


def minus_reference(parts: list[Numbers], reference: int) -> Numbers:
    """Each group's rate minus the reference group's (AIF360's sign); of two rates, the mean of both."""
    apart = [values - values[..., reference, None] for values in parts]
    return np.asarray(sum(apart) / len(apart))


def over_reference(parts: list[Numbers], reference: int) -> Numbers:
    """Each group's rate over the reference group's; nan where that is 0."""
    return _divide(parts[0], np.broadcast_to(parts[0][..., reference, None], parts[0].shape))


def to_best(parts: list[Numbers], best: int) -> Numbers:
    """Impact ratio: each group's rate over that of the group with the highest (NYC LL144, 6 RCNY 5-300).

    In a resample another group may be the highest; the ratio to the one that is the highest in the data is what is
    resampled, and 1 is the most that an impact ratio can be.
    """
    return np.minimum(over_reference(parts, best), 1.0)


@dataclass(frozen=True, slots=True)
class Standing:
    """How one group's quantities become its standing towards the best group or the reference group."""

    of: tuple[str, ...]
    of_one: Callable[[list[Numbers], int], Numbers]
    to_reference: bool = True


STANDINGS: dict[str, Standing] = {
    "impact_ratio": Standing(("selection_rate",), to_best, to_reference=False),
    "favourable_impact_ratio": Standing(("favourable_rate",), to_best, to_reference=False),
    "statistical_parity_difference_vs_ref": Standing(("selection_rate",), minus_reference),
    "disparate_impact_vs_ref": Standing(("selection_rate",), over_reference),
    "equal_opportunity_difference_vs_ref": Standing(("tpr",), minus_reference),
    "average_odds_difference_vs_ref": Standing(ODDS, minus_reference),
    "base_rate_difference_vs_ref": Standing(("base_rate",), minus_reference),
    "base_rate_ratio_vs_ref": Standing(("base_rate",), over_reference),
}


def _divide(above: Numbers, below: Numbers) -> Numbers:
    quotient = np.full(np.shape(above), np.nan)
    np.divide(above, below, out=quotient, where=below != 0)
    return quotient
