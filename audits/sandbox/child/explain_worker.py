"""Explain a seeded sample of the rows, and reduce the SHAP values to means."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import shap
import xgboost

from audits.sandbox.child import booster, rows, sampling, shapley
from audits.sandbox.child.channel import Channel


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
    values = shapley.values_of(
        model.booster,
        sample.matrix,
        background,
        lambda done: channel.progress("Explaining the sample", 0.1 + 0.85 * done),
    )
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
