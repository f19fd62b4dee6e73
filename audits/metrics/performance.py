"""Performance by group: fairlearn's MetricFrame, given counted cells with their counts as sample weights.

The numbers are those that fairlearn gives for the single rows, at the cost of a few dozen rows. What fairlearn
reports as 0 where a denominator is 0 (a TPR in a group without positives) is made undefined here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import sklearn
from fairlearn.metrics import (
    MetricFrame,
    false_negative_rate,
    false_positive_rate,
    selection_rate,
    true_negative_rate,
    true_positive_rate,
)
from sklearn.metrics import accuracy_score, precision_score

from audits.metrics.rates import RATES, add_up, rate
from audits.metrics.tables import Numbers, Table

type MetricFunction = Callable[..., float]


def precision(y_true: Numbers, y_pred: Numbers, sample_weight: Numbers) -> float:
    """scikit-learn's precision, undefined instead of 0 where nothing was predicted positive."""
    return float(precision_score(y_true, y_pred, sample_weight=sample_weight, zero_division=np.nan))


FAIRLEARN: dict[str, MetricFunction] = {
    "selection_rate": selection_rate,
    "accuracy": accuracy_score,
    "tpr": true_positive_rate,
    "fnr": false_negative_rate,
    "fpr": false_positive_rate,
    "tnr": true_negative_rate,
    "ppv": precision,
}
"""Rates whose reported values fairlearn (or scikit-learn through it) computes."""


@dataclass(frozen=True, slots=True)
class GroupRates:
    """Rates by code: of each group (shape (groups,)) and of all groups together; nan = undefined."""

    by_group: Mapping[str, Numbers]
    overall: Mapping[str, Numbers]


def rates(
    tables: Sequence[Table],
    codes: tuple[str, ...] = tuple(RATES),
    members: Sequence[Sequence[int]] | None = None,
) -> list[GroupRates]:
    """Compute rates by group and overall for several families of groups, undefined ones as nan.

    The groups of all families go through one call of MetricFrame: most of its cost is by call, not by group. With
    ``members`` only those groups of each family, the ones that are reported, are given to fairlearn: the others only
    take part in comparisons, and their values are the same to rounding.
    """
    labelled = all(table.labelled for table in tables)
    codes = tuple(code for code in codes if labelled or RATES[code].label_free)
    found = [GroupRates(*_by_formula(table, codes)) for table in tables]
    places = [np.arange(len(table.groups)) for table in tables]
    if members is not None:
        places = [np.asarray(listed, dtype=np.int64) for listed in members]
    weights = np.concatenate([table.weight[at] for table, at in zip(tables, places, strict=True)])
    functions = {code: FAIRLEARN[code] for code in codes if code in FAIRLEARN}
    if functions and weights.sum() > 0:
        # A group whose rows all weigh nothing is unknown to the frame.
        theirs = metric_frame(weights, functions).by_group.reindex(range(len(weights)))
        for code in functions:
            defined = add_up(weights, RATES[code].among) > 0
            values = np.where(defined, theirs[code].to_numpy(dtype=np.float64), np.nan)
            start = 0
            for one, at in zip(found, places, strict=True):
                one.by_group[code][at] = values[start : start + len(at)]
                start += len(at)
    return found


def _by_formula(table: Table, codes: tuple[str, ...]) -> tuple[dict[str, Numbers], dict[str, Numbers]]:
    together = table.weight.sum(axis=0, keepdims=True)
    by_group = {code: rate(table.weight, RATES[code]) for code in codes}
    return by_group, {code: rate(together, RATES[code])[0] for code in codes}


def metric_frame(weights: Numbers, functions: Mapping[str, MetricFunction]) -> MetricFrame:
    """Give the occupied cells of a table to fairlearn: shape (groups, classes, classes); groups are numbered."""
    group, label, prediction = np.nonzero(weights)
    counted = weights[group, label, prediction]
    # Cells are made here, so scikit-learn need not check each time that they are finite numbers.
    with sklearn.config_context(assume_finite=True, skip_parameter_validation=True):
        return MetricFrame(
            metrics=dict(functions),
            y_true=label,
            y_pred=prediction,
            sensitive_features=pd.DataFrame({"group": group}),
            sample_params={code: {"sample_weight": counted} for code in functions},
        )
