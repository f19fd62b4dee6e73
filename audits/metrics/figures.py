"""What is known about one family of groups: values and resamples of every quantity, ready to be compared."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from audits.metrics.distances import Spread, difference_limits, ratio_limits, worst_limits
from audits.metrics.fairness import COMPARISONS, Comparison, pairs_apart
from audits.metrics.groups import only_one
from audits.metrics.spec import Sampling
from audits.metrics.tables import Counts, Groups, Numbers

UNKNOWN = np.asarray(np.nan)
UNKNOWN_DRAWS = np.asarray([np.nan])


@dataclass(frozen=True, slots=True)
class Quantity:
    """One number per group (or one vector), of all groups together, and both again in every resample.

    Shapes: ``values`` (groups, ...), ``draws`` (resamples, groups, ...), ``overall`` (...) and ``overall_draws``
    (resamples, ...); nan = undefined. ``rows`` are the rows of each group, ``among`` those in the denominator.
    """

    values: Numbers
    rows: Counts
    among: Counts
    draws: Numbers | None = None
    overall: Numbers = field(default_factory=lambda: UNKNOWN)
    overall_draws: Numbers = field(default_factory=lambda: UNKNOWN_DRAWS)
    population: str = "rows"
    """What the rows in the denominator are called."""


@dataclass(frozen=True, slots=True)
class Figures:
    """The quantities of one family of groups by code."""

    groups: Groups
    sizes: Counts
    quantities: dict[str, Quantity] = field(default_factory=dict)

    def has(self, codes: tuple[str, ...]) -> bool:
        """Whether all these quantities are known."""
        return all(code in self.quantities for code in codes)


@dataclass(frozen=True, slots=True)
class Compared:
    """A comparison across groups: its value and limits (nan = undefined, with the reason)."""

    value: float
    n: int
    low: float = float("nan")
    high: float = float("nan")
    undefined_share: float = 0.0
    """Share of the resamples without a value."""
    reason: str | None = None
    undefined: tuple[str, ...] = ()
    """Groups that lack a quantity and so take no part."""
    ends: tuple[tuple[str, float], tuple[str, float]] | None = None
    """The groups with the lowest and the highest value, where one number per group is compared."""


def compare(found: Figures, code: str, sampling: Sampling, keep: NDArray[np.bool_] | None = None) -> Compared:
    """Compare the groups (or those kept) by a metric of COMPARISONS, over the groups that have its quantities."""
    comparison = COMPARISONS[code]
    kept = np.ones(len(found.groups), dtype=bool) if keep is None else keep
    parts = [found.quantities[name] for name in comparison.of]
    defined = [kept & ~np.isnan(part.values.reshape(len(kept), -1)).any(axis=1) for part in parts]
    lacking = np.flatnonzero(kept & ~np.logical_and.reduce(defined))
    undefined = tuple(found.groups.name(int(group)) for group in lacking)
    reason = _too_few(found, comparison, kept, defined)
    if reason:
        return Compared(float("nan"), 0, reason=reason, undefined=undefined)
    value = comparison.value([(p.values[m], p.overall) for p, m in zip(parts, defined, strict=True)])
    n = int(parts[0].rows[np.logical_or.reduce(defined)].sum())
    if np.isnan(value):
        reason = f"The {spoken(comparison.of)} of every group is 0: there is nothing to divide by."
        return Compared(value, n, reason=reason, undefined=undefined)
    low, high, share = _limits(comparison, parts, defined, sampling)
    ends = _ends(found, parts[0].values, defined[0]) if len(parts) == 1 else None
    # The value itself is always among what the data allow; only rounding or half a row could say otherwise.
    return Compared(value, n, min(low, value), max(high, value), share, None, undefined, ends)


def _limits(
    comparison: Comparison, parts: list[Quantity], defined: list[NDArray[np.bool_]], sampling: Sampling
) -> tuple[float, float, float]:
    """Limits of a comparison; nan where something has no resamples."""
    if any(part.draws is None for part in parts):
        return float("nan"), float("nan"), 0.0
    if parts[0].values.ndim > 1:
        shares, drawn = parts[0].values[defined[0]], parts[0].draws
        return worst_limits(pairs_apart(shares), pairs_apart(drawn[:, defined[0]]), sampling)  # type: ignore[index]
    spreads = [
        Spread(p.values[m], p.draws[:, m], p.overall, p.overall_draws, p.among[m])
        for p, m in zip(parts, defined, strict=True)
        if p.draws is not None
    ]
    limits = ratio_limits if comparison.is_ratio else difference_limits
    return limits(spreads, sampling, to_overall=comparison.to_overall)


def _ends(
    found: Figures, values: Numbers, members: NDArray[np.bool_]
) -> tuple[tuple[str, float], tuple[str, float]] | None:
    if values.ndim > 1:
        return None
    places = np.flatnonzero(members)
    low, high = places[np.argmin(values[places])], places[np.argmax(values[places])]
    return (found.groups.name(int(low)), float(values[low])), (
        found.groups.name(int(high)),
        float(values[high]),
    )


def ends_note(ends: tuple[tuple[str, float], tuple[str, float]]) -> str:
    """'Lowest: Female 0.0784; highest: Male 0.249.'"""
    (lowest, low), (highest, high) = ends
    return f"Lowest: {lowest} {low:.4g}; highest: {highest} {high:.4g}."


def _too_few(
    found: Figures, comparison: Comparison, kept: NDArray[np.bool_], defined: list[NDArray[np.bool_]]
) -> str | None:
    """Why these groups cannot be compared, if they cannot."""
    if only_one(found.groups):
        return only_one(found.groups)
    for code, members in zip(comparison.of, defined, strict=True):
        population = found.quantities[code].population
        if members.sum() == 0:
            return f"No group has any {population}, so there is no {spoken((code,))} to compare."
        if members.sum() == 1:
            only = found.groups.name(int(np.flatnonzero(members)[0]))
            return f"Only one group ({only}) has any {population}: there is nothing to compare it with."
    return None


def spoken(codes: tuple[str, ...]) -> str:
    """Codes as they read in a sentence: 'selection rate', 'TPR or FPR'."""
    return " or ".join(code.upper() if len(code) <= 4 else code.replace("_", " ") for code in codes)
