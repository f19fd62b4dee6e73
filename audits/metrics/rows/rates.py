"""Counts and rates of the rows of a slice."""

from __future__ import annotations

from audits.metrics.rows.words import (
    ACROSS,
    CLASS,
    CLASSIFICATION,
    HIGHER,
    HOLISTICAI,
    JUDGED,
    LABELLED,
    LOWER,
    MORE_CLASSES,
    NEITHER,
    PREDICTED,
    ROWS,
    TEXTBOOK,
    TO_ZERO,
    TWO_CLASSES,
)
from audits.metrics.spec import BINARY, MULTICLASS, REGRESSION, Direction, MetricSpec


def _count(code: str, title: str, formula: str, needs: frozenset[str], *tasks: str) -> MetricSpec:
    return MetricSpec(
        code, title, (ROWS,), needs, formula, TEXTBOOK, unit="rows", interval="none", tasks=frozenset(tasks)
    )


def _rate(
    code: str,
    title: str,
    formula: str,
    direction: Direction,
    *,
    fairlearn: str | None = None,
    needs: frozenset[str] = JUDGED,
    source: str = TEXTBOOK,
    multi: bool = False,
) -> MetricSpec:
    scopes = (ROWS, CLASS) if multi else (ROWS,)
    tasks = CLASSIFICATION if multi else TWO_CLASSES
    return MetricSpec(
        code,
        title,
        scopes,
        needs,
        formula,
        source,
        direction,
        interval="wilson",
        tasks=tasks,
        fairlearn=fairlearn,
    )


COUNTS = (
    _count(
        "n",
        "Rows",
        "rows of the slice (with a label, where any row has one)",
        PREDICTED,
        BINARY,
        MULTICLASS,
        REGRESSION,
    ),
    _count("tp", "True positives", "rows with label and prediction positive", JUDGED, BINARY),
    _count("fp", "False positives", "rows with label negative, prediction positive", JUDGED, BINARY),
    _count("fn", "False negatives", "rows with label positive, prediction negative", JUDGED, BINARY),
    _count("tn", "True negatives", "rows with label and prediction negative", JUDGED, BINARY),
    _count("confusion", "Confusion matrix", "rows by actual and predicted class", JUDGED, MULTICLASS),
)

RATES = (
    _rate(
        "selection_rate",
        "Selection rate",
        "(TP+FP)/n",
        NEITHER,
        needs=PREDICTED,
        multi=True,
        fairlearn="fairlearn.metrics.selection_rate",
    ),
    _rate(
        "favourable_rate",
        "Favourable rate",
        "rows with the favourable prediction / rows with a prediction",
        NEITHER,
        needs=PREDICTED,
        source="selection rate of the favourable outcome",
        multi=True,
    ),
    _rate("base_rate", "Base rate", "(TP+FN)/n", NEITHER, needs=LABELLED, multi=True),
    _rate(
        "accuracy", "Accuracy", "(TP+TN)/n", HIGHER, fairlearn="sklearn.metrics.accuracy_score", multi=True
    ),
    _rate(
        "tpr", "True positive rate", "TP/(TP+FN)", HIGHER, fairlearn="fairlearn.metrics.true_positive_rate"
    ),
    _rate(
        "fnr", "False negative rate", "FN/(FN+TP)", LOWER, fairlearn="fairlearn.metrics.false_negative_rate"
    ),
    _rate(
        "fpr", "False positive rate", "FP/(FP+TN)", LOWER, fairlearn="fairlearn.metrics.false_positive_rate"
    ),
    _rate(
        "tnr", "True negative rate", "TN/(TN+FP)", HIGHER, fairlearn="fairlearn.metrics.true_negative_rate"
    ),
    _rate(
        "ppv", "Positive predictive value", "TP/(TP+FP)", HIGHER, fairlearn="sklearn.metrics.precision_score"
    ),
    _rate("fdr", "False discovery rate", "FP/(TP+FP)", LOWER),
    _rate("npv", "Negative predictive value", "TN/(TN+FN)", HIGHER),
    _rate("for", "False omission rate", "FN/(FN+TN)", LOWER),
    MetricSpec(
        "majority_rate",
        "Majority rate",
        (ROWS,),
        LABELLED,
        "share of the most frequent label",
        TEXTBOOK,
        tasks=CLASSIFICATION,
    ),
    MetricSpec(
        "accuracy_above_majority",
        "Accuracy above majority",
        (ROWS,),
        JUDGED,
        "accuracy - majority_rate",
        "no-information rate",
        HIGHER,
        tasks=CLASSIFICATION,
    ),
)

CLASSES = (
    MetricSpec(
        "recall",
        "Recall of a class",
        (CLASS,),
        JUDGED,
        "rows of the class predicted as it / rows of the class",
        TEXTBOOK,
        HIGHER,
        interval="wilson",
        tasks=MORE_CLASSES,
    ),
    MetricSpec(
        "precision",
        "Precision of a class",
        (CLASS,),
        JUDGED,
        "rows of the class predicted as it / rows predicted as it",
        TEXTBOOK,
        HIGHER,
        interval="wilson",
        tasks=MORE_CLASSES,
    ),
    MetricSpec(
        "macro_recall",
        "Macro recall",
        (ROWS,),
        JUDGED,
        "mean recall of the classes",
        TEXTBOOK,
        HIGHER,
        tasks=MORE_CLASSES,
    ),
    MetricSpec(
        "macro_precision",
        "Macro precision",
        (ROWS,),
        JUDGED,
        "mean precision of the classes",
        TEXTBOOK,
        HIGHER,
        tasks=MORE_CLASSES,
    ),
    MetricSpec(
        "multiclass_statistical_parity",
        "Multi-class statistical parity",
        (ACROSS,),
        PREDICTED,
        "largest half L1 distance of two groups' predicted class shares",
        HOLISTICAI,
        TO_ZERO,
        tasks=MORE_CLASSES,
    ),
)
