"""SHAP values of a tree model's margin, exact, by shap.TreeExplainer.

SHAP values (Lundberg and Lee 2017) share out the difference between a row's margin and the base value among the
features; for trees they are exact (Lundberg et al. 2020). Path-dependent values weigh a split's branches by the
training rows that took them; interventional values replace absent features by the rows of a background. The two differ,
so an explanation always says which it is.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import shap
import xgboost
from numpy.typing import NDArray

from audits.sandbox.child.channel import Refusal
from audits.sandbox.child.rows import Matrix

Reals = NDArray[np.float64]
_CHUNK_ROWS = 250
# Sums of 32-bit leaves differ by rounding only; anything larger means that the values explain another function.
_ADDITIVITY_TOLERANCE = 1e-2


@dataclass(frozen=True, slots=True)
class Values:
    """`shap` is rows x features in margin units; every row's sum plus `base` misses its margin by at most the error."""

    shap: Reals
    base: float
    additivity_error: float


def values_of(
    model: xgboost.Booster, matrix: Matrix, background: Matrix | None, tell: Callable[[float], None]
) -> Values:
    """Explain every row: path-dependent without a background, else interventional against it."""
    explainer = _explainer(model, background)
    parts = []
    for start in range(0, len(matrix), _CHUNK_ROWS):
        chunk = matrix[start : start + _CHUNK_ROWS]
        parts.append(np.asarray(explainer.shap_values(chunk, check_additivity=False), dtype=np.float64))
        tell((start + len(chunk)) / len(matrix))
    values = np.concatenate(parts)
    base = float(np.asarray(explainer.expected_value, dtype=np.float64).reshape(-1)[0])
    return Values(values, base, _additivity_error(model, matrix, values.sum(axis=1) + base))


def _explainer(model: xgboost.Booster, background: Matrix | None) -> shap.TreeExplainer:
    if background is None:
        return shap.TreeExplainer(model, feature_perturbation="tree_path_dependent", model_output="raw")
    return shap.TreeExplainer(
        model, data=background, feature_perturbation="interventional", model_output="raw"
    )


def _additivity_error(model: xgboost.Booster, matrix: Matrix, explained: Reals) -> float:
    margin = np.asarray(model.inplace_predict(matrix, predict_type="margin"), dtype=np.float64)
    error = float(np.abs(explained - margin).max())
    # Written so that a NaN is refused too.
    if not error <= _ADDITIVITY_TOLERANCE * max(1.0, float(np.abs(margin).max())):
        raise Refusal(
            "explanation.not_additive",
            f"The SHAP values miss the model's margin by up to {error:.6g}, so they do not explain this model.",
        )
    return error
