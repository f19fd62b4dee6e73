"""The measurements of a task with more than two classes: each class against the rest, and all classes together."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import cast

import numpy as np
from fairlearn.metrics import selection_rate
from sklearn.metrics import accuracy_score

from audits.metrics.binary import FAVOURABLE, Family
from audits.metrics.comparisons import across_rows, standing_rows
from audits.metrics.fairness import COMPARISONS, DISTRIBUTION, STANDINGS
from audits.metrics.figures import Figures, Quantity
from audits.metrics.groups import listed
from audits.metrics.intervals import resamples, unsettled, wilson
from audits.metrics.performance import MetricFunction, metric_frame
from audits.metrics.rates import share
from audits.metrics.sheet import Sheet
from audits.metrics.spec import CLASS, Listing, Measurement, Orientation, Sampling
from audits.metrics.tables import Counted, Numbers, Table, has_labels, tabulate, unlabelled_rows

PAIRS_UP_TO = 50
"""With more groups than this, the largest distance between two of them is given without an interval."""

FEW_CLASSES = 20
"""Of more classes than this, rates are given over all rows only, from the counts alone, and no confusion matrix."""

RESAMPLED_UP_TO = 50_000
"""A table with more cells than this is not resampled: its comparisons have no interval, and no check passes on them."""

Formula = Callable[[Numbers], Numbers]

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


def share_of(number: int, weights: Numbers) -> Numbers:
    """Share of rows predicted as one class: shape (..., groups, K, K) -> (..., groups)."""
    return np.asarray(distribution(weights)[..., number])


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
    """The table of one family, and the figures made of it."""

    table: Table
    classes: tuple[str, ...]
    figures: Figures


def measure(
    cells: Counted,
    families: Sequence[Family],
    orientation: Orientation,
    sampling: Sampling,
    listing: Listing,
    wanted: Container[Family] | None = None,
) -> tuple[list[Measurement], dict[Family, Figures]]:
    """Measure every family of groups, and hand back the figures of those from which checks compare again."""
    measured: list[Measurement] = []
    found: dict[Family, Figures] = {}
    for family in families:
        multiclass = gather(cells, family, orientation, sampling)
        measured += report(multiclass, orientation, sampling, listing)
        if wanted is None or family in wanted:
            found[family] = multiclass.figures
    return measured, found


def gather(cells: Counted, family: Family, orientation: Orientation, sampling: Sampling) -> Multiclass:
    """Count one family of groups and compute its quantities and their resamples."""
    labelled = has_labels(cells)
    table = tabulate(cells, family, labelled=labelled)
    complete = not labelled or unlabelled_rows(cells) == 0
    predicted = table if complete else tabulate(cells, family, labelled=False)
    figures = Figures(table.groups, table.sizes)
    if labelled:
        figures.quantities.update(quantities(table, OF_LABELS, sampling))
    formulas: dict[str, Formula] = {}
    if len(table.groups) <= PAIRS_UP_TO:
        formulas[DISTRIBUTION] = distribution
    if orientation.favourable in cells.classes:
        formulas[FAVOURABLE] = partial(share_of, cells.classes.index(orientation.favourable))
    figures.quantities.update(quantities(predicted, formulas, sampling))
    if DISTRIBUTION not in formulas:
        figures.quantities[DISTRIBUTION] = Quantity(
            distribution(predicted.weight), predicted.sizes, predicted.sizes
        )
    if FAVOURABLE in formulas:
        _unsettle(figures.quantities[FAVOURABLE], (*family, FAVOURABLE), sampling)
    return Multiclass(table, cells.classes, figures)


def quantities(table: Table, formulas: Mapping[str, Formula], sampling: Sampling) -> dict[str, Quantity]:
    """Each formula by group and for all groups together, on the table and on its resamples, part by part."""
    known = {
        code: (formula(table.weight), formula(_together(table.weight))[0])
        for code, formula in formulas.items()
    }
    if table.n.size > RESAMPLED_UP_TO or not formulas:
        return {
            code: Quantity(values, table.sizes, table.sizes, overall=overall)
            for code, (values, overall) in known.items()
        }
    parts = [
        {code: (formula(part), formula(_together(part))[:, 0]) for code, formula in formulas.items()}
        for part in resamples(table, sampling)
    ]
    return {
        code: Quantity(
            values,
            table.sizes,
            table.sizes,
            np.concatenate([part[code][0] for part in parts]),
            overall,
            np.concatenate([part[code][1] for part in parts]),
        )
        for code, (values, overall) in known.items()
    }


def _unsettle(part: Quantity, names: tuple[str, ...], sampling: Sampling) -> None:
    """A group that was never, or always, predicted as the favourable class is not certain to stay so."""
    if part.draws is not None:
        counted = np.where(part.values == 0, 0, np.where(part.values == 1, part.among, -1))
        unsettled(part.draws, counted, part.among, sampling, names)


def report(
    multiclass: Multiclass, orientation: Orientation, sampling: Sampling, listing: Listing
) -> list[Measurement]:
    """Write down what is known about one family."""
    sheet, found = Sheet(sampling), multiclass.figures
    members = listed(found.sizes, listing)
    theirs = fairlearn_values(multiclass.table, members)
    for at, group in enumerate(members):
        where, rows = found.groups.slice_of(group), int(found.sizes[group])
        sheet.add("n", where, rows, rows)
        for code in (*OF_LABELS, FAVOURABLE):
            part = found.quantities.get(code)
            if part is not None:
                value = theirs[code][at] if code in theirs else part.values[group]
                sheet.add(
                    code,
                    where,
                    float(value),
                    int(part.rows[group]),
                    reason=_lacking(code),
                    draws=None if part.draws is None else part.draws[:, group],
                )
        if len(multiclass.classes) > FEW_CLASSES and found.groups.attributes:
            continue
        _class_rows(sheet, multiclass, group, {code: values[at] for code, values in theirs.items()})
    if found.groups.attributes:
        standing_rows(sheet, found, STANDINGS, orientation, listing)
        across_rows(sheet, found, COMPARISONS, listing)
    elif multiclass.table.labelled and len(multiclass.classes) <= FEW_CLASSES:
        _confusion_rows(sheet, multiclass)
    return sheet.measurements()


def fairlearn_values(table: Table, members: Sequence[int]) -> dict[str, Numbers]:
    """Accuracy (members,) and, of not too many classes, selection rates (members, K) from one call of MetricFrame."""
    classes = range(table.n.shape[1])
    functions: dict[str, MetricFunction] = {}
    if len(classes) <= FEW_CLASSES:
        functions = {
            f"selected {number}": named(partial(selection_rate, pos_label=number)) for number in classes
        }
    if table.labelled:
        functions["accuracy"] = accuracy_score
    weights = table.weight[list(members)]
    if not functions or not weights.sum() > 0:
        return {}
    frame = metric_frame(weights, functions).by_group.reindex(range(len(members)))
    columns = {name: frame[name].to_numpy(dtype=np.float64) for name in functions}
    values = {"accuracy": columns.pop("accuracy")} if table.labelled else {}
    return values | ({"selection_rate": np.stack(list(columns.values()), axis=1)} if columns else {})


def named(function: partial[float]) -> MetricFunction:
    """Give a partial function the name that fairlearn asks of a metric."""
    function.__name__ = function.func.__name__  # type: ignore[attr-defined]
    return cast(MetricFunction, function)


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
        values = theirs[code] if code in theirs else share(*weights[code])
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
