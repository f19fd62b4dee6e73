"""The words in which the catalogue's rows are written."""

from __future__ import annotations

from audits.metrics.spec import BINARY, LABEL, MULTICLASS, PREDICTION, REGRESSION, SCORE, Direction, Scope

ROWS, GROUP, ACROSS, CLASS = Scope.ROWS, Scope.GROUP, Scope.ACROSS, Scope.CLASS
HIGHER, LOWER, NEITHER = Direction.HIGHER, Direction.LOWER, Direction.NEITHER
TO_ZERO, TO_ONE = Direction.TO_ZERO, Direction.TO_ONE

PREDICTED = frozenset({PREDICTION})
LABELLED = frozenset({LABEL})
JUDGED = frozenset({LABEL, PREDICTION})
SCORED = frozenset({LABEL, SCORE})

TWO_CLASSES = frozenset({BINARY})
MORE_CLASSES = frozenset({MULTICLASS})
CLASSIFICATION = frozenset({BINARY, MULTICLASS})
VALUES = frozenset({REGRESSION})

TEXTBOOK = "confusion matrix"
FAIRLEARN_GUIDE = "fairlearn user guide, common fairness metrics"
AIF360 = "AIF360, ClassificationMetric"
AIF360_LABELS = "AIF360, BinaryLabelDatasetMetric"
HOLISTICAI = "holisticai, measuring bias"
