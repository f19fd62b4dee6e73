"""Intervals: Wilson's for a share of counted rows, the percentile bootstrap for everything else.

A bootstrap resample of the rows is, for metrics that only see counts, one multinomial draw over the cells: equal in
distribution to drawing rows with replacement (fairlearn's own bootstrap), and thousands of times cheaper. Rows are
what is drawn; a cell's weight follows as its mean weight per row, so weights are taken as known, not as estimated.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from audits.metrics.rates import Rate, add_up, rate
from audits.metrics.spec import Sampling
from audits.metrics.tables import Counts, Numbers, Table

JEFFREYS = 0.5
"""Half a success and half a failure: the prior whose limits have good coverage at 0 and at all."""


def wilson(
    counted: Counts | Numbers, among: Counts | Numbers, confidence: float = 0.95
) -> tuple[Numbers, Numbers]:
    """Wilson's score interval without continuity correction (Wilson 1927); nan where nothing is counted."""
    z = float(ndtri(0.5 + confidence / 2))
    n = np.where(among > 0, among, np.nan)
    p = counted / n
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    # At 0 and at all, the limits are 0 and 1 exactly; only rounding could put them beyond.
    low = np.where(counted == 0, 0.0, np.maximum(centre - half, 0.0))
    high = np.where(counted == among, 1.0, np.minimum(centre + half, 1.0))
    return np.where(among > 0, low, np.nan), np.where(among > 0, high, np.nan)


def resample(table: Table, sampling: Sampling) -> Numbers:
    """Weights of each resample: shape (resamples, groups, classes, classes)."""
    return np.concatenate(list(resamples(table, sampling)))


def resamples(table: Table, sampling: Sampling, values: int = 4_000_000) -> Iterator[Numbers]:
    """The resamples in parts of at most about so many values, for tables that are large.

    The stream depends on the seed and on the slice family only, so adding an attribute changes no other interval.
    """
    rows = int(table.n.sum())
    generator = stream(sampling.seed, table.groups.attributes)
    shares = table.n.ravel() / max(rows, 1)
    per_row = np.divide(table.weight, table.n, out=np.zeros_like(table.weight), where=table.n > 0)
    part = max(values // table.n.size, 1)
    for start in range(0, sampling.resamples, part):
        size = min(part, sampling.resamples - start)
        drawn = generator.multinomial(rows, shares, size=size).reshape(size, *table.n.shape)
        yield np.asarray(drawn * per_row, dtype=np.float64)


def rate_draws(table: Table, draws: Numbers, of: Rate, sampling: Sampling) -> Numbers:
    """A rate in each resample: shape (resamples, groups)."""
    counted, among = add_up(table.n, of.counted), add_up(table.n, of.among)
    names = (*table.groups.attributes, *of.counted, *of.among)
    return unsettled(rate(draws, of), counted, among, sampling, names)


def unsettled(
    draws: Numbers, counted: Counts, among: Counts, sampling: Sampling, names: tuple[str, ...]
) -> Numbers:
    """Replace the resamples of groups in which nobody or everybody counted: shape (resamples, groups).

    Such a group comes out the same in every resample, as if its share were certain. Its draws come from the
    Jeffreys posterior of the share instead.
    """
    settled = np.flatnonzero((among > 0) & ((counted == 0) | (counted == among)))
    if settled.size:
        draws[:, settled] = stream(sampling.seed, names).beta(
            counted[settled] + JEFFREYS,
            among[settled] - counted[settled] + JEFFREYS,
            size=(draws.shape[0], settled.size),
        )
    return draws


def normal_draws(values: Numbers, errors: Numbers, sampling: Sampling, names: tuple[str, ...]) -> Numbers:
    """Draws of values with a known standard error: shape (groups,) -> (resamples, groups); nan where it is nan."""
    known = np.where(np.isfinite(errors), errors, 0.0)
    drawn = stream(sampling.seed, names).normal(
        np.where(np.isfinite(values), values, 0.0), known, size=(sampling.resamples, len(values))
    )
    drawn[:, ~(np.isfinite(values) & np.isfinite(errors))] = np.nan
    return drawn


def normal(value: float, error: float, confidence: float = 0.95) -> tuple[float, float]:
    """Value plus and minus the standard error times the normal quantile."""
    z = float(ndtri(0.5 + confidence / 2))
    return value - z * error, value + z * error


def percentiles(draws: Numbers, sampling: Sampling) -> tuple[Numbers, Numbers, Numbers]:
    """Lower limit, upper limit and share of undefined resamples of each column: shape (resamples, m) -> (m,).

    The limits are nan where more than ``max_undefined`` of the resamples have no value.
    """
    undefined = np.asarray(np.isnan(draws).mean(axis=0), dtype=np.float64)
    tail = (1 - sampling.confidence) / 2
    low, high = np.full(draws.shape[1], np.nan), np.full(draws.shape[1], np.nan)
    whole, partly = undefined == 0, (undefined > 0) & (undefined <= sampling.max_undefined)
    if whole.any():
        low[whole], high[whole] = np.quantile(draws[:, whole], [tail, 1 - tail], axis=0)
    if partly.any():
        low[partly], high[partly] = np.nanquantile(draws[:, partly], [tail, 1 - tail], axis=0)
    return low, high, undefined


def stream(seed: int, names: tuple[str, ...]) -> np.random.Generator:
    """Random numbers that depend on the seed and on what they are for, and on nothing else."""
    letters: NDArray[np.uint8] = np.frombuffer("\x1f".join(names).encode() or b"\0", dtype=np.uint8)
    return np.random.default_rng([seed, *(int(letter) for letter in letters)])
