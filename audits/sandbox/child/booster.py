"""Load a checked model into the library, and say which columns it wants."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType

import xgboost

from audits.sandbox.child import xgboost_json
from audits.sandbox.child.channel import Channel, Refusal

_LISTED = 40


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model ready to score rows whose columns stand in the order of `features`."""

    booster: xgboost.Booster
    features: tuple[str, ...]
    output: str


def load(channel: Channel, threads: int) -> Loaded:
    """Check the bytes, then let the library read the very same bytes."""
    with channel.reader("model") as file:
        raw = file.read()
    checked = xgboost_json.check(raw)
    xgboost.set_config(verbosity=0)
    booster = xgboost.Booster({"nthread": threads})
    try:
        booster.load_model(bytearray(raw))
    except xgboost.core.XGBoostError as error:
        first = str(error).strip().splitlines()[0]
        raise Refusal("model.malformed", f"XGBoost cannot read the model: {first}") from error
    if tuple(booster.feature_names or ()) != checked.features or booster.num_boosted_rounds() > checked.trees:
        raise Refusal(
            "model.malformed",
            "The model cannot be used: the library reads it differently than it is written.",
        )
    return Loaded(booster, checked.features, checked.output)


def ignored(features: Sequence[str], declared: Sequence[str], columns: Sequence[str]) -> list[str]:
    """Declared features the model does not use; refuses a feature that is not declared or not in the data."""
    for feature in features:
        if declared and feature not in declared:
            raise _missing(feature, "is not among the declared features", declared)
        if feature not in columns:
            raise _missing(feature, "is not a column of the data", columns)
    return [feature for feature in declared if feature not in features]


def _missing(feature: str, what: str, existing: Sequence[str]) -> Refusal:
    names = ", ".join(itertools.islice(existing, _LISTED))
    more = f" and {len(existing) - _LISTED} more" if len(existing) > _LISTED else ""
    return Refusal(
        "feature.missing", f"The model needs the feature {feature!r}, which {what}. There are: {names}{more}."
    )


def versions(*libraries: ModuleType) -> dict[str, str]:
    """The versions of the libraries whose numbers these are."""
    return {library.__name__: str(library.__version__) for library in libraries}
