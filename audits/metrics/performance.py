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
    table: Table, codes: tuple[str, ...] = tuple(RATES), members: Sequence[int] | None = None
) -> GroupRates:
    """Compute rates by group and overall with one call of MetricFrame, and undefined ones as nan.

    With ``members`` only those groups, the ones that are reported, are given to fairlearn: it takes some
    milliseconds a group, and the others only take part in comparisons. Their values are the same to rounding.
    """
    codes = tuple(code for code in codes if table.labelled or RATES[code].label_free)
    by_group = {code: rate(table.weight, RATES[code]) for code in codes}
    together = table.weight.sum(axis=0, keepdims=True)
    overall = {code: rate(together, RATES[code])[0] for code in codes}
    functions = {code: FAIRLEARN[code] for code in codes if code in FAIRLEARN}
    places = np.arange(len(table.groups)) if members is None else np.asarray(members, dtype=np.int64)
    weights = table.weight[places]
    if not functions or not weights.sum() > 0:
        return GroupRates(by_group, overall)
    frame = metric_frame(weights, functions)
    # A group whose rows all weigh nothing is unknown to the frame.
    theirs = frame.by_group.reindex(range(len(places)))
    for code in functions:
        defined = add_up(weights, RATES[code].among) > 0
        by_group[code][places[defined]] = theirs[code].to_numpy(dtype=np.float64)[defined]
        if defined.any() and len(places) == len(table.groups):
            overall[code] = np.asarray(frame.overall[code], dtype=np.float64)
    return GroupRates(by_group, overall)


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
