"""Read an XGBoost JSON model as plain data and prove its shape before the library sees a byte of it.

The library trusts indices in the file: a child number beyond the tree is a read beyond the memory. So every index,
length and number that the library or the explainer follows is checked here first.
"""

import json
from collections import Counter
from dataclasses import dataclass
from typing import Any, Never

from audits.sandbox.child import trees
from audits.sandbox.child.channel import Refusal

MAX_NESTING = 16
MAX_TREES = 20_000
MAX_NODES = 1_000_000
MAX_FEATURES = 10_000
MAX_NAME_LENGTH = 200

# What one number per row means for each objective; an objective that is not here gives several, or none.
OBJECTIVES = {
    "binary:logistic": "probability",
    "reg:logistic": "probability",
    "reg:squarederror": "value",
    "reg:squaredlogerror": "value",
    "reg:absoluteerror": "value",
    "reg:pseudohubererror": "value",
    "reg:quantileerror": "value",
    "reg:gamma": "value",
    "reg:tweedie": "value",
    "count:poisson": "value",
}
_NUMERIC_TYPES = ("float", "int", "q", "i", "bool")


@dataclass(frozen=True, slots=True)
class Model:
    """What the file says about itself, proven as far as it can be without the library."""

    features: tuple[str, ...]
    output: str
    trees: int


def check(raw: bytes) -> Model:
    """Refuse anything that is not a single-output, numeric, tree-based XGBoost model with consistent trees."""
    learner = _object(_parse(raw), "learner")
    objective = _text(_object(learner, "objective"), "name")
    if objective not in OBJECTIVES:
        _refuse(f"its objective {objective!r} is not one of {', '.join(OBJECTIVES)}")
    features = _features(learner)
    booster = _object(learner, "gradient_booster")
    if _text(booster, "name") != "gbtree":
        _refuse(f"its booster is {_text(booster, 'name')!r}, and only gbtree can be explained exactly")
    try:
        count = _check_booster(_object(booster, "model"), len(features))
    except trees.Broken as broken:
        _refuse(str(broken))
    return Model(features, OBJECTIVES[objective], count)


def _refuse(what: str) -> Never:
    raise Refusal(
        "model.malformed",
        f"The model cannot be used: {what}. Save the model again with booster.save_model('model.json').",
    )


def _parse(raw: bytes) -> dict[str, Any]:
    try:
        document = json.loads(
            raw.decode("utf-8"),
            object_pairs_hook=_once,
            parse_constant=lambda name: _refuse(f"it holds {name}"),
        )
    except RecursionError:
        _refuse(f"it is nested deeper than {MAX_NESTING} levels")
    except UnicodeDecodeError as error:
        _refuse(f"it is not UTF-8 text at byte {error.start}")
    except json.JSONDecodeError as error:
        _refuse(f"it is not JSON: {error.msg} at line {error.lineno}, column {error.colno}")
    except ValueError as error:
        _refuse(f"it is not JSON: {error}")
    if not isinstance(document, dict):
        _refuse("it is not a JSON object")
    _check_nesting(document)
    return document


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A key given twice would let this check read one value and the library another."""
    members = dict(pairs)
    if len(members) != len(pairs):
        ((name, _),) = Counter(name for name, _ in pairs).most_common(1)
        _refuse(f"the key {name[:MAX_NAME_LENGTH]!r} is given twice in one object")
    return members


def _check_nesting(document: dict[str, Any]) -> None:
    level: list[Any] = [document]
    for _ in range(MAX_NESTING):
        inner: list[Any] = []
        for container in level:
            members = container.values() if isinstance(container, dict) else container
            inner.extend(member for member in members if isinstance(member, dict | list))
        if not inner:
            return
        level = inner
    _refuse(f"it is nested deeper than {MAX_NESTING} levels")


def _features(learner: dict[str, Any]) -> tuple[str, ...]:
    names = learner.get("feature_names")
    parameters = _object(learner, "learner_model_param")
    count = _count(parameters, "num_feature", MAX_FEATURES)
    if not names:
        _refuse(
            "it carries no feature names, so its inputs cannot be matched to columns; train it on named columns"
        )
    if not isinstance(names, list) or not all(
        isinstance(n, str) and 0 < len(n) <= MAX_NAME_LENGTH for n in names
    ):
        _refuse(f"its feature names are not a list of texts of up to {MAX_NAME_LENGTH} characters")
    if len(names) != count or len(set(names)) != count:
        _refuse(f"it says {count} features but names {len(set(names))} different ones")
    if any(kind not in _NUMERIC_TYPES for kind in learner.get("feature_types") or []):
        _refuse("it has features that are not numbers; encode categories as numbers before training")
    if (
        _count(parameters, "num_class", MAX_FEATURES, default=0) > 1
        or _count(parameters, "num_target", 1, default=1) > 1
    ):
        _refuse("it gives several outputs per row, and one is needed")
    return tuple(names)


def _check_booster(model: dict[str, Any], features: int) -> int:
    listed = _list(model, "trees")
    count = _count(_object(model, "gbtree_model_param"), "num_trees", MAX_TREES)
    if count != len(listed):
        _refuse(f"it says {count} trees but holds {len(listed)}")
    if any((model.get("cats") or {}).values()):
        _refuse("it has features that are not numbers; encode categories as numbers before training")
    if trees.integers(model, "tree_info", count).any():
        _refuse("its trees belong to several outputs, and one is needed")
    _check_iterations(model.get("iteration_indptr"), count)
    nodes = 0
    for index, tree in enumerate(listed):
        try:
            nodes += trees.check(tree, features)
        except trees.Broken as broken:
            raise trees.Broken(f"in tree {index}, {broken}") from broken
        if nodes > MAX_NODES:
            _refuse(f"it has more than {MAX_NODES} nodes")
    return count


def _check_iterations(starts: object, count: int) -> None:
    if starts is None:
        return
    bounds = trees.whole_numbers(starts, "iteration_indptr")
    if len(bounds) == 0 or bounds[0] != 0 or bounds[-1] != count or (bounds[1:] < bounds[:-1]).any():
        _refuse("its iterations do not divide its trees")


def _object(source: dict[str, Any], name: str) -> dict[str, Any]:
    value = source.get(name)
    if not isinstance(value, dict):
        _refuse(f"the part {name!r} is missing or is not an object")
    return value


def _list(source: dict[str, Any], name: str) -> list[Any]:
    value = source.get(name)
    if not isinstance(value, list):
        _refuse(f"the part {name!r} is missing or is not a list")
    return value


def _text(source: dict[str, Any], name: str) -> str:
    value = source.get(name)
    if not isinstance(value, str) or len(value) > MAX_NAME_LENGTH:
        _refuse(f"the part {name!r} is missing or is not a short text")
    return value


def _count(source: dict[str, Any], name: str, most: int, *, default: int | None = None) -> int:
    """A count, which the format writes as text."""
    written = source.get(name, default)
    digits = str(written)
    if isinstance(written, bool) or not digits.isascii() or not digits.isdigit() or len(digits) > 18:
        _refuse(f"{name} is not a count")
    if int(digits) > most:
        _refuse(f"{name} is {int(digits)}, and at most {most} can be taken")
    return int(digits)
