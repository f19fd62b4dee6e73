"""Every row accounted for: used, or set aside under one stated reason."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from audits.frames import tokens
from audits.frames.errors import Refused
from audits.frames.headers import look
from audits.frames.limits import Limits
from audits.frames.mapping import Mapping
from audits.frames.numbers import MISSING, MISSING_WORDS, VALID
from audits.frames.report import ReadReport
from audits.frames.tally import Tally
from audits.frames.wording import counted, listed, shown

FROM_SCORE = {"1": tokens.POSITIVE, "0": tokens.NEGATIVE, "": tokens.MISSING}
"""Classes that the coded view already made out of the score."""


@dataclass(frozen=True, slots=True)
class Account:
    """What each tallied combination means, and the report on the rows behind them."""

    groups: tuple[tuple[str, ...], ...]
    """Sensitive values; the empty text where one is missing."""
    label: tuple[int | str | None, ...]
    prediction: tuple[int | str | None, ...]
    used: tuple[bool, ...]
    reading: tokens.BinaryReading | None
    classes: tuple[str, ...]
    report: ReadReport


def account(tally: Tally, mapping: Mapping, limits: Limits, notes: Sequence[str]) -> Account:
    """Read the tallied values, and give every row its place in the report."""
    taken = _TASKS[mapping.task](tally, mapping, limits)
    reasons: list[str | None] = [taken.reason(at) for at in range(len(tally.n))]
    dropped: Counter[str] = Counter()
    for reason, n in zip(reasons, tally.n, strict=True):
        if reason:
            dropped[reason] += n
    used = tuple(reason is None for reason in reasons)
    groups = tuple(tuple(_group(value, mapping) for value in values) for values in tally.groups)
    report = ReadReport(
        rows_read=sum(tally.n),
        rows_used=sum(n for n, use in zip(tally.n, used, strict=True) if use),
        unlabelled=sum(
            n for at, n in enumerate(tally.n) if used[at] and taken.label[at] in (tokens.MISSING, None)
        ),
        dropped=dict(sorted(dropped.items())),
        missing_groups=_missing_groups(tally, groups, used),
        scores=_scores(tally, used) if mapping.score and mapping.task == "binary" else {},
        readings=taken.readings,
        notes=(*notes, *_group_notes(tally, groups), *taken.notes),
    )
    _refuse_no_rows(report)
    return Account(groups, taken.label, taken.prediction, used, taken.reading, taken.classes, report)


@dataclass(frozen=True, slots=True)
class _Taken:
    label: tuple[int | str | None, ...]
    prediction: tuple[int | str | None, ...]
    reason: Callable[[int], str | None]
    readings: dict[str, dict[str, str]]
    reading: tokens.BinaryReading | None = None
    classes: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def _binary(tally: Tally, mapping: Mapping, limits: Limits) -> _Taken:
    from_score = mapping.prediction is None
    label = tally.counts(tally.label) if mapping.label else {}
    prediction = {} if from_score else tally.counts(tally.prediction)
    reading = tokens.read_binary(label, prediction, mapping, limits)
    _refuse_no_probability(tally, mapping, limits)
    labels = tuple(reading.label.get(token, tokens.MISSING) for token in tally.label)
    codes = FROM_SCORE if from_score else reading.prediction
    predictions = tuple(codes[token] for token in tally.prediction)

    def reason(at: int) -> str | None:
        if predictions[at] < tokens.NEGATIVE:
            name = tokens.NAMES[predictions[at]]
            return f"score {tally.score[at]}" if from_score else f"prediction {name}"
        return f"label {tokens.NAMES[tokens.INVALID]}" if labels[at] == tokens.INVALID else None

    readings = {
        column: {token: tokens.NAMES[code] for token, code in sorted(read.items())}
        for column, read in ((mapping.label, reading.label), (mapping.prediction, reading.prediction))
        if column and read
    }
    return _Taken(labels, predictions, reason, readings, reading)


def _multiclass(tally: Tally, mapping: Mapping, limits: Limits) -> _Taken:
    counts = tally.counts(tally.label) if mapping.label else {}, tally.counts(tally.prediction)
    read = tokens.read_classes(counts, mapping, limits)
    labels = tuple(read.get(token) for token in tally.label)
    predictions = tuple(read[token] for token in tally.prediction)
    changed = {token: name or MISSING for token, name in sorted(read.items()) if token != name}
    classes = tuple(sorted({name for name in read.values() if name is not None}, key=_class_order))
    doubtful = [name for name in classes if name.casefold() in MISSING_WORDS]
    notes = (
        [f'{listed(doubtful)} is read as a class; if it means missing, declare it under "missing".']
        if doubtful
        else []
    )
    return _Taken(
        labels,
        predictions,
        lambda at: "prediction missing" if predictions[at] is None else None,
        {column: changed for column in (mapping.label, mapping.prediction) if column and changed},
        classes=classes,
        notes=tuple(notes),
    )


def _class_order(name: str) -> tuple[int, float, str]:
    return (0, float(name), name) if name.isascii() and name.isdecimal() else (1, 0.0, name)


def _regression(tally: Tally, mapping: Mapping, limits: Limits) -> _Taken:
    codes = {VALID: tokens.POSITIVE, MISSING: tokens.MISSING}
    labels = tuple(codes.get(status, tokens.INVALID) for status in tally.label)
    predictions = tuple(codes.get(status, tokens.INVALID) for status in tally.prediction)

    def reason(at: int) -> str | None:
        if tally.prediction[at] != VALID:
            return f"prediction {tally.prediction[at]}"
        return None if tally.label[at] in (VALID, MISSING) else f"label {tally.label[at]}"

    return _Taken(labels, predictions, reason, {})


_TASKS: dict[str, Callable[[Tally, Mapping, Limits], _Taken]] = {
    "binary": _binary,
    "multiclass": _multiclass,
    "regression": _regression,
}


def _refuse_no_probability(tally: Tally, mapping: Mapping, limits: Limits) -> None:
    counts = tally.counts(tally.score)
    outside = counts.get("outside 0 to 1", 0)
    if mapping.score and outside > limits.max_out_of_range_share * sum(counts.values()):
        raise Refused(
            "values.no_probability",
            f"{outside:,} of {sum(counts.values()):,} values of the score column {shown(mapping.score)} lie outside "
            "0 to 1: the score must be the probability of the positive class.",
            column=mapping.score,
        )


def _refuse_no_rows(report: ReadReport) -> None:
    if report.rows_used == 0:
        reasons = ", ".join(f"{n:,} {reason}" for reason, n in report.dropped.items())
        raise Refused(
            "rows.none_usable", f"None of {counted(report.rows_read, 'row')} can be used: {reasons}."
        )


def _group(value: str, mapping: Mapping) -> str:
    """Group values are kept exactly; only blank and declared ones are no group."""
    return "" if value.strip(" \t") in ("", *mapping.missing) else value


def _missing_groups(tally: Tally, groups: Sequence[Sequence[str]], used: Iterable[bool]) -> dict[str, int]:
    missing: Counter[str] = Counter()
    for values, n, use in zip(groups, tally.n, used, strict=True):
        missing.update(
            {name: n for name, value in zip(tally.attributes, values, strict=True) if use and not value}
        )
    return {name: missing[name] for name in tally.attributes if missing[name]}


def _scores(tally: Tally, used: Iterable[bool]) -> dict[str, int]:
    scores: Counter[str] = Counter()
    for status, n, use in zip(tally.score, tally.n, used, strict=True):
        scores[status] += n if use else 0
    return {status: n for status, n in sorted(scores.items()) if n}


def _group_notes(tally: Tally, groups: Sequence[Sequence[str]]) -> list[str]:
    """Group values that could be one group written in several ways, or that could mean missing."""
    notes = []
    for at, attribute in enumerate(tally.attributes):
        rows = tally.counts(tuple(values[at] for values in groups))
        alike: dict[str, list[str]] = defaultdict(list)
        for value in rows:
            alike[look(value)].append(value)
        notes += [
            f"Groups of {shown(attribute)} that look alike are kept apart: {listed(values, most=5)}."
            for values in alike.values()
            if len(values) > 1
        ]
        notes += [
            f"{shown(value)} is a group of {shown(attribute)} ({counted(n, 'row')}); if it means missing, "
            'declare it under "missing".'
            for value, n in rows.items()
            if value and value.strip().casefold() in MISSING_WORDS
        ]
        if rows.get(""):
            notes.append(
                f"{counted(rows[''], 'row')} without a value in {shown(attribute)}: in no group of it."
            )
    return notes
