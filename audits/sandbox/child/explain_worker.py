"""Explain a seeded sample of the rows with SHAP values of the margin, and reduce them to means.

SHAP values (Lundberg and Lee 2017) share out the difference between a row's margin and the base value among the
features; for trees they are exact (Lundberg et al. 2020). Path-dependent values weigh a split's branches by the
training rows that took them; interventional values replace absent features by the rows of a background file.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import shap
import xgboost
from numpy.typing import NDArray

from audits.sandbox.child import booster, rows, sampling
from audits.sandbox.child.channel import Channel, Refusal

Reals = NDArray[np.float64]
_CHUNK_ROWS = 250
# Sums of 32-bit leaves differ by rounding only; anything larger means that the values explain another function.
_ADDITIVITY_TOLERANCE = 1e-2


@dataclass(frozen=True, slots=True)
class _Values:
    shap: Reals
    base: float
    additivity_error: float


def work(job: dict[str, Any], channel: Channel) -> dict[str, Any]:
    """The worker's one function."""
    channel.progress("Reading the model", 0.0)
    model = booster.load(channel, job["threads"])
    table = rows.Table(channel.reader("data"))
    ignored = booster.ignored(model.features, job["features"], table.columns)
    groups = tuple(job["groups"])
    channel.progress("Drawing the sample", 0.05)
    sample = sampling.draw(table, model.features, groups, job["sample"], job["seed"])
    background = _background(job, channel, model.features)
    explainer = _explainer(model.booster, background)
    values = _explain(explainer, model.booster, sample.matrix, channel)
    return {
        "method": "tree_path_dependent" if background is None else "interventional",
        "base_value": values.base,
        "n": len(sample.matrix),
        "rows": table.rows,
        "features": list(model.features),
        **sampling.means(values.shap),
        "groups": {name: sampling.by_group(values.shap, sample.groups[name]) for name in groups},
        "additivity_error": values.additivity_error,
        "background_rows": 0 if background is None else len(background),
        "ignored_features": ignored,
        "versions": booster.versions(xgboost, shap, np, pa),
    }


def _background(job: dict[str, Any], channel: Channel, features: Sequence[str]) -> rows.Matrix | None:
    if "background" not in channel:
        return None
    table = rows.Table(channel.reader("background"))
    booster.ignored(features, (), table.columns)
    return sampling.draw(table, features, (), job["background_rows"], job["seed"]).matrix


def _explainer(model: xgboost.Booster, background: rows.Matrix | None) -> shap.TreeExplainer:
    if background is None:
        return shap.TreeExplainer(model, feature_perturbation="tree_path_dependent", model_output="raw")
    return shap.TreeExplainer(
        model, data=background, feature_perturbation="interventional", model_output="raw"
    )


def _explain(
    explainer: shap.TreeExplainer, model: xgboost.Booster, matrix: rows.Matrix, channel: Channel
) -> _Values:
    parts = []
    for start in range(0, len(matrix), _CHUNK_ROWS):
        chunk = matrix[start : start + _CHUNK_ROWS]
        parts.append(np.asarray(explainer.shap_values(chunk, check_additivity=False), dtype=np.float64))
        channel.progress("Explaining the sample", 0.1 + 0.85 * min(1.0, (start + len(chunk)) / len(matrix)))
    values = np.concatenate(parts)
    base = float(np.asarray(explainer.expected_value, dtype=np.float64).reshape(-1)[0])
    margin = np.asarray(model.inplace_predict(matrix, predict_type="margin"), dtype=np.float64)
    error = float(np.abs(values.sum(axis=1) + base - margin).max())
    if not error <= _ADDITIVITY_TOLERANCE * max(1.0, float(np.abs(margin).max())):
        raise Refusal(
            "explanation.not_additive",
            f"The SHAP values miss the model's margin by up to {error:.6g}, so they do not explain this model.",
        )
    return _Values(values, base, error)
