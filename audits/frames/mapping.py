"""Which column means what: the declaration an auditor gives with a file."""

from __future__ import annotations

import math
from collections.abc import Mapping as AbcMapping
from dataclasses import dataclass, field, fields
from typing import Any

from audits.frames.errors import Refused
from audits.frames.wording import listed, shown

TASKS = ("binary", "multiclass", "regression")
DELIMITERS = (",", ";", "\t", "|")
ENCODINGS = {
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "utf-8-sig": "utf-8",
    "ascii": "utf-8",
    "utf-16": "utf-16",
    "utf-16le": "utf-16-le",
    "utf-16-le": "utf-16-le",
    "utf-16be": "utf-16-be",
    "utf-16-be": "utf-16-be",
    "cp1252": "cp1252",
    "windows-1252": "cp1252",
    "latin-1": "iso-8859-1",
    "latin1": "iso-8859-1",
    "iso-8859-1": "iso-8859-1",
    "iso-8859-15": "iso-8859-15",
}
"""Encodings that may be declared, by the names people write."""

_COLUMN_KEYS = ("label", "prediction", "score", "weight")
_VALUE_KEYS = ("positive", "favourable")
_LIST_KEYS = ("sensitive", "features", "missing")


@dataclass(frozen=True, slots=True)
class Mapping:
    """The columns of a predictions file and how their values are to be read."""

    task: str
    label: str | None = None
    positive: str | None = None
    prediction: str | None = None
    score: str | None = None
    favourable: str | None = None
    sensitive: tuple[str, ...] = ()
    weight: str | None = None
    features: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    reference: AbcMapping[str, str] = field(default_factory=dict)
    threshold: float = 0.5
    encoding: str | None = None
    delimiter: str | None = None

    @classmethod
    def from_dict(cls, declared: AbcMapping[str, Any]) -> Mapping:
        """Check a MAPPING document and refuse what it does not say clearly."""
        if not isinstance(declared, AbcMapping):
            raise Refused("mapping.not_an_object", 'Give the mapping as an object: {"task": "binary", …}.')
        _refuse_unknown_keys(declared)
        given = {key: value for key, value in declared.items() if value is not None}
        read: dict[str, Any] = {"task": _task(given), **_declared_reading(given)}
        read |= {key: _column(key, given[key]) for key in _COLUMN_KEYS if key in given}
        read |= {key: value_text(key, given[key]) for key in _VALUE_KEYS if key in given}
        read |= {key: _texts(key, given[key]) for key in _LIST_KEYS if key in given}
        mapping = cls(**read)
        _refuse_contradictions(mapping)
        return mapping

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column the mapping names, once, in a fixed order."""
        named = (*self.sensitive, self.label, self.prediction, self.score, self.weight, *self.features)
        return tuple(dict.fromkeys(name for name in named if name is not None))


def value_text(key: str, value: object) -> str:
    """A value of a mapping as it would stand in a file: JSON true is written ``true``, 1 is ``1``."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and not math.isfinite(value):
        raise Refused("mapping.value", f"{shown(key)} must be a text or a finite number.")
    if isinstance(value, int | float | str):
        return _writable(key, str(value))
    raise Refused("mapping.value", f"{shown(key)} must be a text or a number, not {type(value).__name__}.")


def _refuse_unknown_keys(declared: AbcMapping[str, Any]) -> None:
    allowed = [entry.name for entry in fields(Mapping)]
    unknown = [str(key) for key in declared if key not in allowed]
    if unknown:
        raise Refused(
            "mapping.unknown_key",
            f"The mapping has unknown keys: {listed(unknown)}. Allowed keys are {listed(allowed)}.",
        )


def _task(given: AbcMapping[str, Any]) -> str:
    task = given.get("task")
    if task not in TASKS:
        raise Refused("mapping.task", f'"task" must be one of {listed(TASKS)}.')
    return str(task)


def _column(key: str, value: object) -> str:
    if not isinstance(value, str) or not value:
        raise Refused("mapping.column", f"{shown(key)} must be the name of a column.")
    return _writable(key, value)


def _writable(key: str, text: str) -> str:
    """Text that a file can hold: no NUL and no half of a surrogate pair."""
    if "\0" in text or any("\ud800" <= c <= "\udfff" for c in text):
        raise Refused("mapping.value", f"{shown(key)} holds a character that no text file can hold.")
    return text


def _texts(key: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple):
        raise Refused("mapping.list", f"{shown(key)} must be a list.")
    texts = tuple(value_text(key, item) if key == "missing" else _column(key, item) for item in value)
    if len(set(texts)) != len(texts):
        raise Refused("mapping.repeated", f"{shown(key)} names the same entry twice.")
    return texts


def _declared_reading(given: AbcMapping[str, Any]) -> dict[str, Any]:
    reading: dict[str, Any] = {}
    if "reference" in given:
        if not isinstance(given["reference"], AbcMapping):
            raise Refused("mapping.reference", '"reference" gives a group for each column: {"sex": "Male"}.')
        reading["reference"] = {
            _column("reference", name): value_text("reference", group)
            for name, group in given["reference"].items()
        }
    if "threshold" in given:
        reading["threshold"] = _threshold(given["threshold"])
    if "encoding" in given:
        name = str(given["encoding"]).strip().casefold().replace("_", "-")
        if name not in ENCODINGS:
            raise Refused("mapping.encoding", f'"encoding" must be one of {listed(ENCODINGS)}.')
        reading["encoding"] = ENCODINGS[name]
    if "delimiter" in given:
        if given["delimiter"] not in DELIMITERS:
            raise Refused("mapping.delimiter", f'"delimiter" must be one of {listed(DELIMITERS)}.')
        reading["delimiter"] = given["delimiter"]
    return reading


def _threshold(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise Refused("mapping.threshold", '"threshold" must be a finite number.')
    return float(value)


def _refuse_contradictions(mapping: Mapping) -> None:
    if mapping.prediction is None and mapping.score is None:
        raise Refused("mapping.prediction", 'Name the column of the "prediction", or of the "score".')
    if mapping.task == "regression" and (mapping.prediction is None or mapping.label is None):
        raise Refused("mapping.regression", 'A regression needs the columns of "label" and "prediction".')
    if mapping.task == "binary" and mapping.positive is None:
        raise Refused("mapping.positive", 'Say with "positive" which value is the event, for example "1".')
    if mapping.task == "multiclass" and mapping.prediction is None:
        raise Refused("mapping.prediction", 'A multi-class task needs the column of the "prediction".')
    foreign = [name for name in mapping.reference if name not in mapping.sensitive]
    if foreign:
        raise Refused(
            "mapping.reference", f'"reference" has columns that are not sensitive: {listed(foreign)}.'
        )
