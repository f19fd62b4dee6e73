"""How the values of label and prediction columns are read as classes: declared, reported, never guessed.

Spaces and tabs around a value do not count, and ``1.0`` is ``1``. In a binary task the other class is the one
other value there is; where the positive value is one of 1/true/yes or 0/false/no, these words are read
together (in any case), and whatever else occurs is counted as invalid.
"""

from __future__ import annotations

import re
from collections.abc import Mapping as AbcMapping
from dataclasses import dataclass

from audits.frames.errors import Refused
from audits.frames.limits import Limits
from audits.frames.mapping import Mapping
from audits.frames.numbers import MISSING_WORDS
from audits.frames.wording import listed, shown

POSITIVE, NEGATIVE, MISSING, INVALID = 1, 0, -1, -2
NAMES = {
    POSITIVE: "positive",
    NEGATIVE: "negative",
    MISSING: "missing",
    INVALID: "not one of the two values",
}
_TRUE = frozenset({"1", "true", "yes"})
_FALSE = frozenset({"0", "false", "no"})
_WHOLE = re.compile(r"([+-]?[0-9]+)\.0*")

Counts = AbcMapping[str, int]


@dataclass(frozen=True, slots=True)
class BinaryReading:
    """Token as written -> code, for the label and the prediction column."""

    label: dict[str, int]
    prediction: dict[str, int]
    favourable: int

    def of(self, code: int) -> tuple[list[str], list[str]]:
        """The label tokens and the prediction tokens that are read as this code."""
        return (
            [token for token, read in self.label.items() if read == code],
            [token for token, read in self.prediction.items() if read == code],
        )


def plain(token: str) -> str:
    """A value without what does not distinguish classes: space around it, and the ``.0`` of a whole number."""
    text = token.strip(" \t")
    whole = _WHOLE.fullmatch(text)
    return whole.group(1) if whole else text


def read_binary(label: Counts, prediction: Counts, mapping: Mapping, limits: Limits) -> BinaryReading:
    """Decide for every distinct value which class it means, from the values of both columns together."""
    for key, counts in (("label", label), ("prediction", prediction)):
        _refuse_too_many(key, counts, mapping, limits)
    positive = plain(mapping.positive or "")
    present = {plain(token) for token in (*label, *prediction)}
    missing = {token for token in present if _is_missing(token, positive, mapping)}
    codes = dict.fromkeys(missing, MISSING) | _codes(present - missing, positive, (label, prediction))
    reading = BinaryReading(
        {token: codes[plain(token)] for token in label},
        {token: codes[plain(token)] for token in prediction},
        _favourable(codes, positive, mapping),
    )
    for column, counts, read in (
        (mapping.label, label, reading.label),
        (mapping.prediction, prediction, reading.prediction),
    ):
        _refuse_mostly_invalid(column, counts, read, positive, limits)
    return reading


def _is_missing(token: str, positive: str, mapping: Mapping) -> bool:
    if token == positive:
        return False
    return token.casefold() in MISSING_WORDS or token in {plain(one) for one in mapping.missing}


def _codes(present: set[str], positive: str, columns: tuple[Counts, Counts]) -> dict[str, int]:
    others = present - {positive}
    same, opposite = _words(positive)
    if same and all(token.casefold() in same | opposite for token in present):
        pass
    elif positive in present and len(others) <= 1:
        same, opposite = frozenset({positive.casefold()}), frozenset()
        return {token: POSITIVE if token == positive else NEGATIVE for token in present}
    elif not same:
        _refuse_values(present, positive, columns)
    return {token: _word_code(token.casefold(), same, opposite) for token in present}


def _words(positive: str) -> tuple[frozenset[str], frozenset[str]]:
    folded = positive.casefold()
    if folded in _TRUE:
        return _TRUE, _FALSE
    return (_FALSE, _TRUE) if folded in _FALSE else (frozenset(), frozenset())


def _word_code(folded: str, same: frozenset[str], opposite: frozenset[str]) -> int:
    if folded in same:
        return POSITIVE
    return NEGATIVE if folded in opposite else INVALID


def _refuse_values(present: set[str], positive: str, columns: tuple[Counts, Counts]) -> None:
    if not present:
        return
    label, prediction = (listed(sorted(counts), most=10) for counts in columns)
    found = (
        f"The label has {label}; the prediction has {prediction}." if columns[0] else f"Found: {prediction}."
    )
    if positive not in present:
        raise Refused(
            "values.positive_unseen",
            f"The positive value {shown(positive)} occurs in neither label nor prediction. {found} "
            'Write "positive" as it stands in the file.',
        )
    raise Refused(
        "values.more_than_two",
        f"Beside the positive value {shown(positive)} there must be exactly one other. {found} "
        'Declare which of them are "missing", or audit the file as a multi-class task.',
    )


def _refuse_too_many(key: str, counts: Counts, mapping: Mapping, limits: Limits) -> None:
    if len(counts) > limits.max_tokens:
        column = mapping.label if key == "label" else mapping.prediction
        raise Refused(
            "values.too_many",
            f"The {key} column {shown(column or '')} has more than {limits.max_tokens} distinct values: it must name "
            f'classes. A probability belongs under "score", a number to predict under the task "regression".',
            column=column,
        )


def _refuse_mostly_invalid(
    column: str | None, counts: Counts, read: AbcMapping[str, int], positive: str, limits: Limits
) -> None:
    invalid = {token: n for token, n in counts.items() if read[token] == INVALID}
    rows = sum(counts.values())
    if sum(invalid.values()) > limits.max_invalid_share * rows:
        raise Refused(
            "values.invalid",
            f"{sum(invalid.values()):,} of {rows:,} values of column {shown(column or '')} are neither "
            f"{shown(positive)} nor its opposite: {listed(sorted(invalid), most=10)}. Correct the column, or "
            'declare them as "missing".',
            column=column,
        )


def _favourable(codes: AbcMapping[str, int], positive: str, mapping: Mapping) -> int:
    """Whether the favourable outcome is the positive class (the default) or the other."""
    if mapping.favourable is None or plain(mapping.favourable) == positive:
        return POSITIVE
    wanted = plain(mapping.favourable)
    code = codes.get(wanted)
    if code is None:
        same, opposite = _words(positive)
        code = _word_code(wanted.casefold(), same, opposite)
    if code not in (POSITIVE, NEGATIVE):
        raise Refused(
            "values.favourable_unseen",
            f"The favourable value {shown(wanted)} is neither of the two values that occur: "
            f"{listed(sorted(token for token, read in codes.items() if read >= NEGATIVE))}.",
        )
    return code


def read_classes(counts: tuple[Counts, Counts], mapping: Mapping, limits: Limits) -> dict[str, str | None]:
    """Class names of a multi-class task by token as written; only empty and declared values are missing."""
    _refuse_too_many("label", counts[0], mapping, limits)
    _refuse_too_many("prediction", counts[1], mapping, limits)
    declared = {"", *(plain(token) for token in mapping.missing)}
    tokens = dict.fromkeys((*counts[0], *counts[1]))
    return {token: None if plain(token) in declared else plain(token) for token in tokens}
