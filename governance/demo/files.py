"""The demo's files: applications, two models, and what each model says about the test applications."""

import hashlib
import os
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from audits.sandbox import jobs
from audits.sandbox.results import ModelRef
from governance.demo import data, models

THRESHOLD = 0.5
MAPPING: Mapping[str, object] = {
    "task": "binary",
    "label": data.LABEL,
    "positive": "1",
    "prediction": "prediction",
    "score": "score",
    "favourable": "1",
    "sensitive": list(data.SENSITIVE),
    "features": list(data.FEATURES),
    "threshold": THRESHOLD,
}

Column = dict[str, str]
_ROLES = {
    data.ID: "id",
    data.LABEL: "label",
    "score": "score",
    "prediction": "prediction",
    **dict.fromkeys(data.SENSITIVE, "sensitive"),
}
_TYPES = dict.fromkeys(data.SENSITIVE, "text")


@dataclass(frozen=True, slots=True)
class Made:
    """Where the files lie, with the column contracts of the snapshots; `models` and `scored` by version.

    `scored` are the test applications with one model's score and prediction beside them.
    """

    train: Path
    test: Path
    models: Mapping[str, Path]
    scored: Mapping[str, Path]
    train_columns: list[Column]
    test_columns: list[Column]
    scored_columns: list[Column]


def make(
    folder: Path, seed: int = data.SEED, say: Callable[[str], None] = lambda _: None, *, score: bool = True
) -> Made:
    """Draw, train and, unless the service itself is to score the rows, score; the same seed makes the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    say("Drawing the applications")
    drawn = data.generate(seed)
    train = write_parquet(pa.table(dict(drawn.train)), folder / "applications-train.parquet")
    test = write_parquet(pa.table(dict(drawn.test)), folder / "applications-test.parquet")
    trained: dict[str, Path] = {}
    scored: dict[str, Path] = {}
    for recipe in models.RECIPES:
        say(f"Training model {recipe.version}")
        trained[recipe.version] = models.write(drawn.train, recipe, folder)
        if score:
            say(f"Scoring the test applications with model {recipe.version}")
            scored[recipe.version] = _score(trained[recipe.version], recipe.version, test)
    predicted = [*drawn.test, "score", "prediction"]
    return Made(
        train,
        test,
        trained,
        scored,
        columns_of(drawn.train, data.FEATURES),
        columns_of(drawn.test),
        columns_of(predicted),
    )


def columns_of(names: Iterable[str], features: Collection[str] = ()) -> list[Column]:
    """The column contract of a snapshot; test data name no features, because the versions differ in them."""
    roles = {**dict.fromkeys(features, "feature"), **_ROLES}
    return [
        {"name": name, "role": roles.get(name, "other"), "type": _TYPES.get(name, "number")} for name in names
    ]


def lock() -> Path:
    """The lock file of the environment in which the models are trained."""
    return Path(__file__).resolve().parents[2] / "requirements.lock"


def model_ref(path: Path) -> ModelRef:
    """The stored model by its bytes."""
    return ModelRef(path, "xgboost_json", f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}")


def write_parquet(table: pa.Table, path: Path) -> Path:
    """Write a file whole or not at all."""
    unfinished = path.with_name(f".{path.name}")
    pq.write_table(table, unfinished)
    os.replace(unfinished, path)
    return path


def _score(model: Path, version: str, test: Path) -> Path:
    """The test applications with the model's score and its yes (1) or no (0) beside them."""
    scores = test.with_name(f"scores-{version}.parquet")
    jobs.score(model_ref(model), test, data.FEATURES, scores)
    score = pq.read_table(scores)["score"]
    scores.unlink()
    prediction = pc.cast(pc.greater_equal(score, THRESHOLD), pa.int64())
    table = pq.read_table(test).append_column("score", score).append_column("prediction", prediction)
    return write_parquet(table, test.with_name(f"applications-test-scored-{version}.parquet"))
