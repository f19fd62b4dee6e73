"""The coded view: the mapped columns under our own names, texts as written, numbers by the one rule."""

from __future__ import annotations

from collections.abc import Mapping as AbcMapping
from dataclasses import dataclass

from audits.frames.database import quoted_name, quoted_text
from audits.frames.mapping import Mapping
from audits.frames.numbers import Number, number
from audits.frames.tally import LABEL, PREDICTION, SCORE, WEIGHT, WEIGHT_BAD, group_name

_NO_STATUS, _NO_NUMBER = "CAST(0 AS TINYINT)", "CAST(NULL AS DOUBLE)"
LABEL_NUMBER, PREDICTION_NUMBER, SCORE_NUMBER = "label_number", "prediction_number", "score_number"


@dataclass(frozen=True, slots=True)
class Types:
    """What the columns of a relation are: database types by name, and whether commas are decimal marks."""

    by_name: AbcMapping[str, str]
    decimal_comma: frozenset[str] = frozenset()

    def is_text(self, column: str) -> bool:
        """Texts are read by the rule for numbers; everything else already is one, or is not."""
        return self.by_name[column] == "VARCHAR"


def coded_select(mapping: Mapping, types: Types, relation: str) -> str:
    """The SELECT that gives every mapped role a column of our own name."""
    columns = {group_name(at): text_of(name, types) for at, name in enumerate(mapping.sensitive)}
    if mapping.task == "regression":
        columns |= _numeric(LABEL, LABEL_NUMBER, mapping.label, types, mapping)
        columns |= _numeric(PREDICTION, PREDICTION_NUMBER, mapping.prediction, types, mapping)
        columns |= {SCORE: _NO_STATUS, SCORE_NUMBER: _NO_NUMBER}
    else:
        scored = mapping.score if mapping.task == "binary" else None
        columns |= _numeric(SCORE, SCORE_NUMBER, scored, types, mapping, unit_interval=True)
        columns[LABEL] = text_of(mapping.label, types) if mapping.label else "''"
        columns[PREDICTION] = _prediction(mapping, types, columns)
    columns |= _weight(mapping, types)
    chosen = ", ".join(f"{expression} AS {quoted_name(name)}" for name, expression in columns.items())
    return f"SELECT {chosen} FROM {relation}"  # noqa: S608 - names are quoted, the rest is ours


def numeric_columns(mapping: Mapping) -> tuple[str | None, ...]:
    """The mapped columns that are read by the rule for numbers."""
    if mapping.task == "regression":
        return mapping.label, mapping.prediction, mapping.weight
    return mapping.score if mapping.task == "binary" else None, mapping.weight


def text_of(column: str, types: Types) -> str:
    """A column as text; a number that is not one counts as missing."""
    name = quoted_name(column)
    if types.is_text(column):
        return name
    if types.by_name[column] in ("FLOAT", "DOUBLE"):
        return f"CAST(CASE WHEN NOT isnan({name}) THEN {name} END AS VARCHAR)"
    return f"CAST({name} AS VARCHAR)"


def _read(column: str, types: Types, mapping: Mapping, *, unit_interval: bool = False) -> Number:
    return number(
        quoted_name(column),
        is_text=types.is_text(column),
        decimal_comma=column in types.decimal_comma,
        missing=mapping.missing,
        unit_interval=unit_interval,
    )


def _numeric(
    status: str,
    value: str,
    column: str | None,
    types: Types,
    mapping: Mapping,
    *,
    unit_interval: bool = False,
) -> dict[str, str]:
    if column is None:
        return {status: _NO_STATUS, value: _NO_NUMBER}
    read = _read(column, types, mapping, unit_interval=unit_interval)
    return {status: read.status, value: read.value}


def _prediction(mapping: Mapping, types: Types, columns: AbcMapping[str, str]) -> str:
    """The predicted value as written, or the class on whose side of the threshold the score lies."""
    if mapping.prediction is not None:
        return text_of(mapping.prediction, types)
    score = columns[SCORE_NUMBER]
    above = f"{score} >= CAST({quoted_text(repr(mapping.threshold))} AS DOUBLE)"
    return f"CASE WHEN {score} IS NULL THEN '' WHEN {above} THEN '1' ELSE '0' END"


def _weight(mapping: Mapping, types: Types) -> dict[str, str]:
    if mapping.weight is None:
        return {WEIGHT: "CAST(1 AS DOUBLE)", WEIGHT_BAD: "CAST(0 AS INTEGER)"}
    read = _read(mapping.weight, types, mapping)
    good = f"coalesce({read.value} > 0, false)"
    return {
        WEIGHT: f"CASE WHEN {good} THEN {read.value} ELSE 0 END",
        WEIGHT_BAD: f"CASE WHEN {good} THEN 0 ELSE 1 END",
    }
