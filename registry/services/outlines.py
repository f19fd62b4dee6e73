"""What a document says, in a form that rules can read: sections that are missing, features it speaks of.

A document that lacks sections is kept all the same: people write in steps. It is marked incomplete, and a policy
may demand that it is not.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

# kind → the sections it must have. A section may have a longer name: `preprocessing` is also
# `preprocessing_cleaning_labelling`.
SECTIONS: Final[dict[str, tuple[str, ...]]] = {
    "processing_record": ("basis", "purpose", "data_subjects", "retention", "special_categories"),
    "dataset_datasheet": (
        "motivation",
        "composition",
        "collection",
        "preprocessing",
        "uses",
        "distribution",
        "maintenance",
    ),
    "model_card": (
        "model_details",
        "intended_use",
        "factors",
        "metrics",
        "evaluation_data",
        "training_data",
        "quantitative_analyses",
        "ethical_considerations",
        "caveats",
    ),
    "feature_documentation": ("features",),
    "proxy_review": ("decisions",),
}
# What is to be said of each feature, where it is said in parts.
FEATURE_PARTS: Final = ("definition", "source", "rationale")
DECISIONS: Final = ("keep", "drop")
# Written where something should stand.
_NOTHING: Final = frozenset({"", "-", "–", "?", "…", "...", "tbd", "todo", "to do", "to be done"})


def outline(kind: str, content: Mapping[str, Any]) -> dict[str, list[str]]:
    """The sections that are missing, the features that are described or decided on, and those to be dropped."""
    sections = {_name(key): value for key, value in content.items()}
    found: dict[str, list[str]] = {"missing": [], "features": [], "dropped": []}
    for section in SECTIONS.get(kind, ()):
        held = [value for key, value in sections.items() if key == section or key.startswith(section + "_")]
        if not any(_says(value) for value in held):
            found["missing"].append(section)
    if kind == "feature_documentation":
        found["features"] = sorted(n for n, value in _named(sections, "features") if _described(value))
    if kind == "proxy_review":
        decided = {n: value for n, value in _named(sections, "decisions") if _decided(value)}
        found["features"] = sorted(decided)
        found["dropped"] = sorted(n for n, value in decided.items() if value["decision"] == "drop")
    return found


def _named(sections: Mapping[str, Any], section: str) -> list[tuple[str, Any]]:
    entries = sections.get(section)
    return list(entries.items()) if isinstance(entries, dict) else []


def _name(key: str) -> str:
    return re.sub(r"[^\w]+", "_", key.casefold()).strip("_")


def _says(value: Any) -> bool:
    if isinstance(value, str):
        return value.strip().casefold() not in _NOTHING
    if isinstance(value, dict):
        return any(_says(item) for item in value.values())
    if isinstance(value, list):
        return any(_says(item) for item in value)
    return value is not None


def _described(value: Any) -> bool:
    """Text, or every part that says what the feature is, where it comes from and why it is used."""
    if isinstance(value, dict):
        parts = {_name(key): item for key, item in value.items()}
        return all(_says(parts.get(part)) for part in FEATURE_PARTS)
    return isinstance(value, str) and _says(value)


def _decided(value: Any) -> bool:
    """Keep or drop, for a reason."""
    return isinstance(value, dict) and value.get("decision") in DECISIONS and _says(value.get("reason"))
