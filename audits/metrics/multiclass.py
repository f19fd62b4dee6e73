"""The measurements of a task with more than two classes: each class against the rest, and all classes together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import cast

import numpy as np
from fairlearn.metrics import selection_rate
from sklearn.metrics import accuracy_score

from audits.metrics.binary import FAVOURABLE, Family
from audits.metrics.comparisons import across_rows, standing_rows
from audits.metrics.fairness import COMPARISONS, DISTRIBUTION, STANDINGS
from audits.metrics.figures import UNKNOWN_DRAWS, Figures, Quantity
from audits.metrics.groups import listed
from audits.metrics.intervals import resample, unsettled, wilson
from audits.metrics.performance import MetricFunction, metric_frame
from audits.metrics.rates import share
from audits.metrics.sheet import Sheet
from audits.metrics.spec import CLASS, Listing, Measurement, Orientation, Sampling
from audits.metrics.tables import Counted, Numbers, Table, has_labels, tabulate, unlabelled_rows

PAIRS_UP_TO = 50
"""With more groups than this, the largest distance between two of them is given without an interval."""

POPULATIONS = {
    "selection_rate": "rows",
    "base_rate": "rows",
    "recall": "rows of this class",
    "precision": "rows predicted as this class",
}


def class_parts(counts: Numbers, labelled: bool = True) -> dict[str, tuple[Numbers, Numbers]]:
    """Numerator and denominator of each class's rates: shape (..., groups, K, K) -> (..., groups, K)."""
    predicted, actual = counts.sum(axis=-2), counts.sum(axis=-1)
    rows = np.broadcast_to(predicted.sum(axis=-1, keepdims=True), predicted.shape)
    parts = {"selection_rate": (predicted, rows)}
    if labelled:
        hits = np.diagonal(counts, axis1=-2, axis2=-1)
        parts |= {"base_rate": (actual, rows), "recall": (hits, actual), "precision": (hits, predicted)}
    return parts


def accuracy(weights: Numbers) -> Numbers:
    """Share of rows whose class was predicted: shape (..., groups, K, K) -> (..., groups)."""
    return share(np.trace(weights, axis1=-2, axis2=-1), weights.sum(axis=(-2, -1)))


def macro(weights: Numbers, code: str) -> Numbers:
    """Unweighted mean over classes of recall or precision; undefined where one class lacks it."""
    return np.asarray(share(*class_parts(weights)[code]).mean(axis=-1))


def macro_recall(weights: Numbers) -> Numbers:
    """Mean recall over classes (balanced accuracy): shape (..., groups, K, K) -> (..., groups)."""
    return macro(weights, "recall")


def macro_precision(weights: Numbers) -> Numbers:
    """Mean precision over classes: shape (..., groups, K, K) -> (..., groups)."""
    return macro(weights, "precision")


def majority_rate(weights: Numbers) -> Numbers:
    """Share of the most frequent actual class: shape (..., groups, K, K) -> (..., groups)."""
    actual = weights.sum(axis=-1)
    return share(actual.max(axis=-1), actual.sum(axis=-1))


def accuracy_above_majority(weights: Numbers) -> Numbers:
    """Accuracy minus that of always predicting the most frequent class."""
    return accuracy(weights) - majority_rate(weights)


def distribution(weights: Numbers) -> Numbers:
    """Share of rows predicted as each class: shape (..., groups, K, K) -> (..., groups, K)."""
    return share(*class_parts(weights, labelled=False)["selection_rate"])


OF_LABELS = {
    "accuracy": accuracy,
    "macro_recall": macro_recall,
    "macro_precision": macro_precision,
    "majority_rate": majority_rate,
    "accuracy_above_majority": accuracy_above_majority,
}


@dataclass(frozen=True, slots=True)
class Multiclass:
    """The table of one family, its resamples, and the figures made of them."""

    table: Table
    resampled: Numbers
    classes: tuple[str, ...]
    figures: Figures


def measure(
    cells: Counted, families: Sequence[Family], orientation: Orientation, sampling: Sampling, listing: Listing
) -> tuple[list[Measurement], dict[Family, Figures]]:
    """Measure every family of groups, and hand back the figures from which checks compare again."""
    measured: list[Measurement] = []
    found: dict[Family, Figures] = {}
    for family in families:
        multiclass = gather(cells, family, orientation, sampling)
        measured += report(multiclass, orientation, sampling, listing)
        found[family] = multiclass.figures
    return measured, found


def gather(cells: Counted, family: Family, orientation: Orientation, sampling: Sampling) -> Multiclass:
    """Count one family of groups and compute its quantities and their resamples."""
    labelled = has_labels(cells)
    table = tabulate(cells, family, labelled=labelled)
    complete = not labelled or unlabelled_rows(cells) == 0
    predicted = table if complete else tabulate(cells, family, labelled=False)
    resampled = resample(table, sampling)
    drawn = resampled if complete else resample(predicted, sampling)
    figures = Figures(table.groups, table.sizes)
    if labelled:
        for code, formula in OF_LABELS.items():
            figures.quantities[code] = _quantity(
                table,
                formula(table.weight),
                formula(_together(table.weight)),
                formula(resampled),
                formula(_together(resampled)),
            )
    few = len(table.groups) <= PAIRS_UP_TO
    shares, drawn_shares = distribution(predicted.weight), distribution(drawn)
    overall, overall_drawn = distribution(_together(predicted.weight)), distribution(_together(drawn))
    figures.quantities[DISTRIBUTION] = _quantity(
        predicted, shares, overall, drawn_shares if few else None, overall_drawn if few else None
    )
    if orientation.favourable in cells.classes:
        good = cells.classes.index(orientation.favourable)
        chosen = predicted.n.sum(axis=1)[:, good]
        unsure = unsettled(drawn_shares[..., good], chosen, predicted.sizes, sampling, (*family, FAVOURABLE))
        figures.quantities[FAVOURABLE] = _quantity(
            predicted, shares[:, good], overall[:, good], unsure, overall_drawn[..., good]
        )
    return Multiclass(table, resampled, cells.classes, figures)


def report(
    multiclass: Multiclass, orientation: Orientation, sampling: Sampling, listing: Listing
) -> list[Measurement]:
    """Write down what is known about one family."""
    sheet, found = Sheet(sampling), multiclass.figures
    theirs = fairlearn_values(multiclass.table)
    for group in listed(found.sizes, listing):
        where, rows = found.groups.slice_of(group), int(found.sizes[group])
        sheet.add("n", where, rows, rows)
        for code in (*OF_LABELS, FAVOURABLE):
            part = found.quantities.get(code)
            if part is not None:
                value = theirs[code][group] if code in theirs else part.values[group]
                sheet.add(
                    code,
                    where,
                    float(value),
                    int(part.rows[group]),
                    reason=_lacking(code),
                    draws=None if part.draws is None else part.draws[:, group],
                )
        _class_rows(sheet, multiclass, group, theirs)
    if found.groups.attributes:
        standing_rows(sheet, found, STANDINGS, orientation, listing)
        across_rows(sheet, found, COMPARISONS, listing)
    elif multiclass.table.labelled:
        _confusion_rows(sheet, multiclass)
    return sheet.measurements()


def fairlearn_values(table: Table) -> dict[str, Numbers]:
    """Accuracy (groups,) and selection rates (groups, K) from one call of MetricFrame."""
    classes = range(table.n.shape[1])
    functions: dict[str, MetricFunction] = {
        f"selected {number}": named(partial(selection_rate, pos_label=number)) for number in classes
    }
    if table.labelled:
        functions["accuracy"] = accuracy_score
    if not table.weight.sum() > 0:
        return {}
    frame = metric_frame(table.weight, functions).by_group.reindex(range(len(table.groups)))
    rates = np.stack([frame[f"selected {number}"].to_numpy(dtype=np.float64) for number in classes], axis=1)
    values = {"selection_rate": rates}
    if table.labelled:
        values["accuracy"] = frame["accuracy"].to_numpy(dtype=np.float64)
    return values


def named(function: partial[float]) -> MetricFunction:
    """Give a partial function the name that fairlearn asks of a metric."""
    function.__name__ = function.func.__name__  # type: ignore[attr-defined]
    return cast(MetricFunction, function)


def _quantity(
    table: Table, values: Numbers, overall: Numbers, draws: Numbers | None, overall_draws: Numbers | None
) -> Quantity:
    drawn = UNKNOWN_DRAWS if overall_draws is None else overall_draws[:, 0]
    return Quantity(values, table.sizes, table.sizes, draws, overall[0], drawn)


def _together(weights: Numbers) -> Numbers:
    return np.asarray(weights.sum(axis=-3, keepdims=True))


def _lacking(code: str) -> str:
    if code.startswith("macro_"):
        return "A class without rows of its own, or never predicted, has no such rate, so there is no mean."
    return "There are no rows here."


def _class_rows(sheet: Sheet, multiclass: Multiclass, group: int, theirs: dict[str, Numbers]) -> None:
    """The rates of each class in one group: Wilson's limits where rows count once, else none."""
    table = multiclass.table
    weights = class_parts(table.weight[group], table.labelled)
    counts = class_parts(table.n[group].astype(float), table.labelled)
    for code, (counted, among) in counts.items():
        values = theirs[code][group] if code in theirs else share(*weights[code])
        low, high = wilson(counted, among, sheet.sampling.confidence)
        for number, name in enumerate(multiclass.classes):
            sheet.add(
                code,
                {**table.groups.slice_of(group), CLASS: name},
                float(values[number]),
                int(table.sizes[group]),
                reason=f"There are no {POPULATIONS[code]} here.",
                denominator=int(among[number]),
                limits=None if table.weighted else (float(low[number]), float(high[number])),
                note="No interval: rows have weights." if table.weighted else None,
            )


def _confusion_rows(sheet: Sheet, multiclass: Multiclass) -> None:
    """Rows by actual and predicted class."""
    table = multiclass.table
    for actual, row in zip(multiclass.classes, table.n.sum(axis=0), strict=True):
        for predicted, rows in zip(multiclass.classes, row, strict=True):
            sheet.add("confusion", {"actual": actual, "predicted": predicted}, int(rows), int(table.n.sum()))
