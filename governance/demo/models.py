"""Train the demo's two credit models. The product itself never trains anything."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xgboost

from governance.demo import data

# One thread and a fixed seed: the file is the same, byte for byte, whenever it is made.
PARAMETERS: dict[str, str | int | float] = {
    "objective": "binary:logistic",
    "max_depth": 3,
    "eta": 0.12,
    "min_child_weight": 20,
    "subsample": 1.0,
    "tree_method": "hist",
    "nthread": 1,
    "seed": 7,
}
ROUNDS = 90


@dataclass(frozen=True, slots=True)
class Recipe:
    """How one version is trained."""

    version: str
    features: tuple[str, ...]
    label: str
    note: str


FIRST = Recipe(
    version="1.0.0",
    features=data.FEATURES,
    label=data.RECORDED_LABEL,
    note="Trained on outcomes as they were recorded, with every field of the application form.",
)
SECOND = Recipe(
    version="2.0.0",
    features=tuple(name for name in data.FEATURES if name != data.PROXY),
    label=data.LABEL,
    note="Trained on outcomes by one write-off rule (90 days) for everybody, without the household code.",
)
RECIPES = (FIRST, SECOND)


def train(columns: Mapping[str, data.Column], recipe: Recipe) -> xgboost.Booster:
    """The booster of this recipe on the training columns."""
    matrix = np.column_stack([columns[name] for name in recipe.features]).astype(np.float32)
    rows = xgboost.DMatrix(
        matrix, label=columns[recipe.label], feature_names=list(recipe.features), nthread=1
    )
    return xgboost.train(PARAMETERS, rows, num_boost_round=ROUNDS)


def write(columns: Mapping[str, data.Column], recipe: Recipe, folder: Path) -> Path:
    """Train and store one version as XGBoost JSON."""
    path = folder / f"credit-model-{recipe.version}.json"
    unfinished = path.with_name(f".{path.stem}.json")
    train(columns, recipe).save_model(unfinished)
    os.replace(unfinished, path)
    return path
