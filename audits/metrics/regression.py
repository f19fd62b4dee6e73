"""The measurements of a regression: errors overall and by group, and who is predicted among the highest.

Everything comes from moments that were summed where the rows lie. Intervals are normal ones from the moments; the
fourth moment of the errors is not gathered, so that of the RMSE takes the widest one that the largest error allows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from audits.metrics.comparisons import across_rows, standing_rows
from audits.metrics.fairness import COMPARISONS, Standing, minus_reference, over_reference
from audits.metrics.figures import Figures, Quantity
from audits.metrics.groups import listed
from audits.metrics.intervals import normal_draws, stream, unsettled, wilson
from audits.metrics.rates import share
from audits.metrics.sheet import Sheet
from audits.metrics.spec import Listing, Measurement, Orientation, Sampling
from audits.metrics.tables import Counts, Groups, Numbers


class Moments(Protocol):
    """Weighted moments of labels, predictions and errors (prediction - label) of one group.

    The prediction's mean and ``selected`` are over all its rows, everything else over the labelled ones.
    """

    @property
    def n(self) -> int: ...
    @property
    def labelled(self) -> int: ...
    @property
    def weight(self) -> float: ...
    @property
    def labelled_weight(self) -> float: ...
    @property
    def label_mean(self) -> float | None: ...
    @property
    def prediction_mean(self) -> float | None: ...
    @property
    def label_ss(self) -> float: ...
    @property
    def prediction_ss(self) -> float: ...
    @property
    def cross(self) -> float: ...
    @property
    def error_mean(self) -> float | None: ...
    @property
    def error_sum_abs(self) -> float: ...
    @property
    def error_sum_sq(self) -> float: ...
    @property
    def error_max_abs(self) -> float | None: ...
    @property
    def selected(self) -> Mapping[float, float]: ...
    @property
    def label_selected(self) -> Mapping[float, float]: ...


@dataclass(frozen=True, slots=True)
class Formula:
    """A value from the moments of one group, and its standard error (nan = there is none)."""

    value: Callable[[Moments], float]
    error: Callable[[Moments], float]
    reason: str = "No row here has a label."
    labelled: bool = True


def mean_square(m: Moments) -> float:
    """Mean squared error, in squared units of the label."""
    return _over(m.error_sum_sq, m.labelled_weight)


def mae(m: Moments) -> float:
    """Mean absolute error, in units of the label."""
    return _over(m.error_sum_abs, m.labelled_weight)


def rmse(m: Moments) -> float:
    """Root of the mean squared error, in units of the label."""
    return float(np.sqrt(mean_square(m)))


def r2(m: Moments) -> float:
    """1 - squared errors over squared deviations of the label; undefined where the label is constant."""
    return 1 - _over(m.error_sum_sq, m.label_ss)


def correlation(m: Moments) -> float:
    """Pearson correlation of label and prediction; undefined where one of them is constant."""
    return _over(m.cross, float(np.sqrt(m.label_ss * m.prediction_ss)))


def mean_error(m: Moments) -> float:
    """Mean of prediction minus label: positive where predictions are too high."""
    return _known(m.error_mean)


def mean_prediction(m: Moments) -> float:
    """Mean prediction of all rows, with a label or without."""
    return _known(m.prediction_mean)


def mean_label(m: Moments) -> float:
    """Mean label."""
    return _known(m.label_mean)


def max_error(m: Moments) -> float:
    """Largest absolute error."""
    return _known(m.error_max_abs)


def _mae_error(m: Moments) -> float:
    return _error_of_mean(mae(m), mean_square(m), m.labelled)


def _bias_error(m: Moments) -> float:
    return _error_of_mean(mean_error(m), mean_square(m), m.labelled)


def _prediction_error(m: Moments) -> float:
    return _error_of_mean(0.0, _over(m.prediction_ss, m.labelled_weight), m.labelled)


def _square_error(m: Moments) -> float:
    """Of the mean squared error, at most: the mean of e^4 cannot exceed the largest e^2 times the mean of e^2."""
    return _error_of_mean(mean_square(m), max_error(m) ** 2 * mean_square(m), m.labelled)


def _rmse_error(m: Moments) -> float:
    return _over(_square_error(m), 2 * rmse(m))


def _r2_error(m: Moments) -> float:
    return _over(_square_error(m) * m.labelled_weight, m.label_ss)


def _no_error(_m: Moments) -> float:
    return float("nan")


def _over(above: float, below: float) -> float:
    return above / below if below > 0 else float("nan")


def _known(value: float | None) -> float:
    return float("nan") if value is None else value


def _error_of_mean(mean: float, square: float, n: int) -> float:
    return float(np.sqrt(max(square - mean * mean, 0.0) / (n - 1))) if n > 1 else float("nan")


CONSTANT = "The label, or the prediction, is the same in every row here."
FORMULAS: dict[str, Formula] = {
    "mae": Formula(mae, _mae_error),
    "rmse": Formula(rmse, _rmse_error),
    "r2": Formula(r2, _r2_error, CONSTANT),
    "mean_error": Formula(mean_error, _bias_error),
    "mean_prediction": Formula(mean_prediction, _prediction_error, labelled=False),
    "mean_label": Formula(mean_label, _no_error),
    "max_error": Formula(max_error, _no_error),
    "correlation": Formula(correlation, _no_error, CONSTANT),
}

STANDINGS: dict[str, Standing] = {
    "mae_ratio": Standing(("mae",), over_reference),
    "rmse_ratio": Standing(("rmse",), over_reference),
    "mean_prediction_difference": Standing(("mean_prediction",), minus_reference),
    "mean_prediction_ratio": Standing(("mean_prediction",), over_reference),
    "mean_error_difference": Standing(("mean_error",), minus_reference),
    "correlation_difference": Standing(("correlation",), minus_reference),
}


def quantile_standings(quantiles: Sequence[float]) -> dict[str, Standing]:
    """Shares of predictions (or labels) at or above the q-quantile of all rows, against the reference group's."""
    standings = {}
    for q in quantiles:
        name = short(q)
        standings[f"disparate_impact_{name}"] = Standing((f"selected_{name}",), over_reference)
        standings[f"statistical_parity_{name}"] = Standing((f"selected_{name}",), minus_reference)
        standings[f"label_disparate_impact_{name}"] = Standing((f"label_selected_{name}",), over_reference)
    return standings


def measure(
    groups: Groups, moments: Sequence[Moments], orientation: Orientation, sampling: Sampling, listing: Listing
) -> tuple[list[Measurement], Figures]:
    """Write down what the moments say for each listed group, against the reference group and across groups."""
    sheet = Sheet(sampling)
    found = figures(groups, moments, sampling)
    quantiles = sorted(moments[0].selected) if moments else []
    for group in listed(found.sizes, listing):
        where, rows = groups.slice_of(group), int(found.sizes[group])
        sheet.add("n", where, rows, rows)
        for code, formula in FORMULAS.items():
            part = found.quantities[code]
            draws = None if part.draws is None else part.draws[:, group]
            sheet.add(
                code,
                where,
                float(part.values[group]),
                int(part.rows[group]),
                reason=formula.reason,
                draws=draws,
            )
        _selected_rows(sheet, found, group, quantiles)
    if groups.attributes:
        standing_rows(sheet, found, STANDINGS | quantile_standings(quantiles), orientation, listing)
        across_rows(sheet, found, COMPARISONS, listing)
    return sheet.measurements(), found


def figures(groups: Groups, moments: Sequence[Moments], sampling: Sampling) -> Figures:
    """Values and draws of every quantity of the groups; what has no standard error has no draws."""
    sizes = np.asarray([m.n for m in moments], dtype=np.int64)
    labelled = np.asarray([m.labelled for m in moments], dtype=np.int64)
    found = Figures(groups, sizes)
    for code, formula in FORMULAS.items():
        values, errors = _numbers(formula.value, moments), _numbers(formula.error, moments)
        names = (*groups.attributes, code)
        draws = normal_draws(values, errors, sampling, names) if np.isfinite(errors).any() else None
        rows = labelled if formula.labelled else sizes
        found.quantities[code] = Quantity(values, rows, rows, draws)
    for q in sorted(moments[0].selected) if moments else []:
        for name, selected, weights, rows in (
            ("selected", [m.selected[q] for m in moments], [m.weight for m in moments], sizes),
            (
                "label_selected",
                [m.label_selected[q] for m in moments],
                [m.labelled_weight for m in moments],
                labelled,
            ),
        ):
            code, among = f"{name}_{short(q)}", np.asarray(weights, dtype=np.float64)
            shares = share(np.asarray(selected, dtype=np.float64), among)
            draws = share_draws(shares, rows, sampling, (*groups.attributes, code))
            found.quantities[code] = Quantity(shares, rows, rows, draws)
    return found


def share_draws(shares: Numbers, rows: Counts, sampling: Sampling, names: tuple[str, ...]) -> Numbers:
    """Resampled shares of rows above a threshold that is held where it is: -> (resamples, groups)."""
    known = np.where(rows > 0, shares, 0.0)
    counted = np.rint(known * rows).astype(np.int64)
    drawn = stream(sampling.seed, names).binomial(rows, known, size=(sampling.resamples, len(rows)))
    return unsettled(share(drawn.astype(np.float64), rows.astype(np.float64)), counted, rows, sampling, names)


def short(q: float) -> str:
    """A quantile as it stands in a code: 0.8 -> q80."""
    return f"q{round(q * 100)}"


def _selected_rows(sheet: Sheet, found: Figures, group: int, quantiles: Sequence[float]) -> None:
    """Which share of a group is among the highest predictions, and among the highest labels."""
    for q in quantiles:
        for name in (f"selected_{short(q)}", f"label_selected_{short(q)}"):
            part = found.quantities[name]
            value, rows = float(part.values[group]), int(part.rows[group])
            low, high = wilson(np.asarray(value * rows), np.asarray(rows), sheet.sampling.confidence)
            sheet.add(
                name,
                found.groups.slice_of(group),
                value,
                rows,
                reason="No row here has a label.",
                limits=(float(low), float(high)),
            )


def _numbers(formula: Callable[[Moments], float], moments: Sequence[Moments]) -> Numbers:
    return np.asarray([formula(m) for m in moments], dtype=np.float64)
