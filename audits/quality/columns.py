"""The registered columns as SQL: which values are missing, and which are not of the registered type."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from audits.frames.coding import Types, text_of
from audits.frames.database import quoted_name, quoted_text
from audits.frames.mapping import Mapping as ColumnMapping
from audits.frames.numbers import INFINITE, MISSING, MISSING_WORDS, NOT_A_NUMBER, STATUSES, among, number

NUMBER, INTEGER, BOOLEAN, DATE, TEXT = "number", "integer", "boolean", "date", "text"
# How types are written in contracts, and what they are read as; whatever else is written is text.
KINDS: Final[dict[str, str]] = {
    "number": NUMBER,
    "float": NUMBER,
    "double": NUMBER,
    "numeric": NUMBER,
    "decimal": NUMBER,
    "integer": INTEGER,
    "int": INTEGER,
    "boolean": BOOLEAN,
    "bool": BOOLEAN,
    "date": DATE,
    "datetime": DATE,
    "timestamp": DATE,
}
_NUMERIC: Final = re.compile(r"BOOLEAN|U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|FLOAT|DOUBLE|DECIMAL")
_TRUTHS: Final = ("true", "false", "yes", "no", "1", "0", "t", "f", "y", "n")
_SPACE: Final = quoted_text(" \t")


@dataclass(frozen=True)
class Column:
    """A registered column and how its values read."""

    name: str
    role: str
    type: str
    kind: str

    @property
    def numeric(self) -> bool:
        """Whether its values are numbers."""
        return self.kind in (NUMBER, INTEGER)


@dataclass(frozen=True)
class Read:
    """A column as SQL: is it missing, is it of another type, and its value (NULL where it is either)."""

    missing: str
    disagrees: str
    value: str


def registered(columns: Sequence[Mapping[str, str]], contract: Mapping[str, Any]) -> tuple[Column, ...]:
    """The columns of a snapshot's contract. What a regression predicts is a number, whatever is written."""
    regression = contract.get("task") == "regression"
    found = []
    for row in columns:
        kind = KINDS.get(row["type"].strip().casefold(), TEXT)
        if regression and row["role"] in ("label", "prediction") and kind not in (NUMBER, INTEGER):
            kind = NUMBER
        found.append(Column(row["name"], row["role"], row["type"], kind))
    return tuple(found)


def mapping_of(columns: Sequence[Column], contract: Mapping[str, Any]) -> ColumnMapping:
    """All columns by name, with how the file is to be read; what they mean for a model does not matter here."""
    names = [column.name for column in columns]
    reading = {key: contract.get(key) for key in ("missing", "encoding", "delimiter")}
    # Some column has to stand for the prediction; only its name is used.
    return ColumnMapping.from_dict(
        {"task": "multiclass", "prediction": names[0], "features": names, **reading}
    )


def read(column: Column, types: Types, declared: Sequence[str], contract: Mapping[str, Any]) -> Read:
    """A column's values by the rules that audits read them by."""
    if column.numeric:
        return _number(column, types, declared)
    text = f"trim({text_of(column.name, types)}, {_SPACE})"
    gone = f"({text} IS NULL OR {among(text, ('', *declared))}{_more_gone(column, text, contract)})"
    odd = "false"
    if column.kind == BOOLEAN:
        odd = f"NOT {among(f'lower({text})', _TRUTHS)}"
    if column.kind == DATE:
        odd = f"TRY_CAST({text} AS TIMESTAMP) IS NULL"
    disagrees = f"(NOT {gone} AND {odd})" if odd != "false" else "false"
    return Read(gone, disagrees, f"CASE WHEN NOT {gone} AND NOT {odd} THEN {text} END")


def _number(column: Column, types: Types, declared: Sequence[str]) -> Read:
    # A date is no number, and the database would rather fail than say so.
    direct = bool(_NUMERIC.fullmatch(types.by_name[column.name]))
    told = number(
        quoted_name(column.name) if direct else text_of(column.name, types),
        is_text=not direct,
        decimal_comma=column.name in types.decimal_comma,
        missing=declared,
    )
    gone = f"({told.status} = {STATUSES.index(MISSING)})"
    odd = f"{told.status} IN ({STATUSES.index(NOT_A_NUMBER)}, {STATUSES.index(INFINITE)})"
    if column.kind == NUMBER:
        return Read(gone, f"({odd})", told.value)
    part = f"coalesce({told.value} <> floor({told.value}), false)"
    return Read(gone, f"({odd} OR {part})", f"CASE WHEN NOT {part} THEN {told.value} END")


def _more_gone(column: Column, text: str, contract: Mapping[str, Any]) -> str:
    """Of a binary label the words for nothing are missing too, as audits read them."""
    if column.role != "label" or contract.get("task", "binary") != "binary":
        return ""
    classes = {str(contract.get(key, "")).strip().casefold() for key in ("positive", "favourable")}
    return f" OR {among(f'lower({text})', tuple(word for word in MISSING_WORDS if word not in classes))}"
