"""Rates: which cells of the confusion matrix are counted, and among which.

One table defines them all, so that a value, its denominator, its interval and the reason why it is undefined cannot
disagree. fairlearn computes the values that are reported (performance.py); these formulas serve the resamples, the
rates that fairlearn lacks, and the question whether there is anything to divide by.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audits.metrics.tables import Numbers

CELLS: dict[str, tuple[int, int]] = {"tn": (0, 0), "fp": (0, 1), "fn": (1, 0), "tp": (1, 1)}
"""Name -> (label, prediction) in the last two axes of a binary table."""

ALL = ("tp", "fp", "fn", "tn")


@dataclass(frozen=True, slots=True)
class Rate:
    """A share: the cells counted, those they are counted among, and what those rows are called."""

    counted: tuple[str, ...]
    among: tuple[str, ...]
    population: str
    label_free: bool = False


RATES: dict[str, Rate] = {
    "selection_rate": Rate(("tp", "fp"), ALL, "rows", label_free=True),
    "base_rate": Rate(("tp", "fn"), ALL, "rows"),
    "accuracy": Rate(("tp", "tn"), ALL, "rows"),
    "tpr": Rate(("tp",), ("tp", "fn"), "actual positives"),
    "fnr": Rate(("fn",), ("tp", "fn"), "actual positives"),
    "fpr": Rate(("fp",), ("fp", "tn"), "actual negatives"),
    "tnr": Rate(("tn",), ("fp", "tn"), "actual negatives"),
    "ppv": Rate(("tp",), ("tp", "fp"), "predicted positives"),
    "fdr": Rate(("fp",), ("tp", "fp"), "predicted positives"),
    "npv": Rate(("tn",), ("fn", "tn"), "predicted negatives"),
    "for": Rate(("fn",), ("fn", "tn"), "predicted negatives"),
}
SELECTED = RATES["selection_rate"]
NOT_SELECTED = Rate(("fn", "tn"), ALL, "rows", label_free=True)


def add_up[Number: np.generic](counts: NDArray[Number], names: tuple[str, ...]) -> NDArray[Number]:
    """Sum some cells: shape (..., groups, 2, 2) -> (..., groups)."""
    total: Any = sum(counts[..., CELLS[name][0], CELLS[name][1]] for name in names)
    return np.asarray(total)


def share(counted: Numbers, among: Numbers) -> Numbers:
    """Divide, with nan where there is nothing to divide by."""
    quotient = np.full(np.broadcast_shapes(counted.shape, among.shape), np.nan)
    np.divide(counted, among, out=quotient, where=among > 0)
    return quotient


def rate(weights: Numbers, of: Rate) -> Numbers:
    """A rate by group: shape (..., groups, 2, 2) -> (..., groups), nan = undefined."""
    return share(add_up(weights, of.counted), add_up(weights, of.among))


def theil(weights: Numbers) -> Numbers:
    """Theil index of benefits b = prediction - label + 1: shape (..., groups, 2, 2) -> (..., groups).

    mean(b/mu ln(b/mu)) with 0 ln 0 = 0 (generalised entropy, alpha = 1; Speicher et al. 2018, AIF360). Undefined
    where every row is a false negative, because mu is 0 then.
    """
    rows = add_up(weights, ALL)
    twice, once = add_up(weights, ("fp",)), add_up(weights, ("tp", "tn"))
    mu = share(once + 2 * twice, rows)
    safe = np.where(mu > 0, mu, np.nan)
    return share(once * np.log(1 / safe) / safe + twice * np.log(2 / safe) * 2 / safe, rows)


def majority_share(weights: Numbers) -> Numbers:
    """Accuracy of always predicting the more frequent label: shape (..., groups, 2, 2) -> (..., groups)."""
    base = rate(weights, RATES["base_rate"])
    return np.maximum(base, 1 - base)
