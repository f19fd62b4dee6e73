"""Checks as people declare them: read strictly, refused with a sentence."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from audits.checks.spec import COMPARISONS, Check, CheckError, Severity, SmallGroups
from audits.metrics.catalogue import METRICS
from audits.metrics.spec import Scope

KEYS = frozenset(
    {
        "name",
        "metric",
        "attribute",
        "slice",
        "comparison",
        "threshold",
        "min_n",
        "confidence",
        "severity",
        "small_groups",
    }
)
LONGEST_NAME = 120


def checks_from(declared: object) -> tuple[Check, ...]:
    """Read a list of checks, or an object with the list under "checks"."""
    entries = declared.get("checks") if isinstance(declared, Mapping) else declared
    if not isinstance(entries, Sequence) or isinstance(entries, str) or not entries:
        raise CheckError('Give the checks as a list that is not empty, or as {"checks": [...]}.')
    checks = tuple(check_from(entry, place) for place, entry in enumerate(entries, start=1))
    names = [check.name for check in checks]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise CheckError(f"Give every check its own name; this one occurs twice: {twice[0]!r}.")
    return checks


def check_from(entry: object, place: int = 1) -> Check:
    """Read one check."""
    if not isinstance(entry, Mapping):
        raise CheckError(f"Check {place} must be an object with the keys {', '.join(sorted(KEYS))}.")
    unknown = sorted(str(key) for key in entry if key not in KEYS)
    if unknown:
        raise CheckError(
            f"Check {place} has an unknown key {unknown[0]!r}; known are {', '.join(sorted(KEYS))}."
        )
    metric = _text(entry, "metric", place)
    if metric not in METRICS:
        raise CheckError(f"Check {place} names a metric that does not exist: {metric!r}.")
    comparison = entry.get("comparison")
    if comparison not in COMPARISONS:
        raise CheckError(f'Check {place} needs a "comparison", one of {" ".join(COMPARISONS)}.')
    across, where = _across(entry, place), _slice(entry, place)
    _same_scope(metric, across, where, place)
    name = (
        _text(entry, "name", place) if "name" in entry else f"{metric} {comparison} {entry.get('threshold')}"
    )
    if len(name) > LONGEST_NAME:
        raise CheckError(f"The name of check {place} is longer than {LONGEST_NAME} characters.")
    return Check(
        name,
        metric,
        str(comparison),
        _number(entry, "threshold", place),
        across,
        where,
        min_n=_whole(entry, "min_n", 30, place),
        confidence=_confidence(entry, place),
        severity=_choice(entry, "severity", Severity.BLOCKING, place),
        small_groups=_choice(entry, "small_groups", SmallGroups.INSUFFICIENT, place),
    )


def _same_scope(metric: str, across: tuple[str, ...], where: dict[str, str | None], place: int) -> None:
    """A metric across groups needs an attribute, one of rows a slice."""
    scopes = METRICS[metric].scopes
    if across and where:
        raise CheckError(f'Check {place} has both an "attribute" and a "slice"; give one of them.')
    if across and Scope.ACROSS not in scopes:
        raise CheckError(
            f'Check {place}: {metric} does not compare groups; give a "slice", for example {{}}.'
        )
    if not across and set(scopes) == {Scope.ACROSS}:
        raise CheckError(
            f'Check {place}: {metric} compares groups; give the "attribute" whose groups it compares.'
        )


def _across(entry: Mapping[str, Any], place: int) -> tuple[str, ...]:
    given = entry.get("attribute")
    names = () if given is None else (given,) if isinstance(given, str) else given
    if not isinstance(names, Sequence) or not all(isinstance(name, str) and name for name in names):
        raise CheckError(
            f'"attribute" of check {place} must be the name of a sensitive column, or a list of names.'
        )
    return tuple(names)


def _slice(entry: Mapping[str, Any], place: int) -> dict[str, str | None]:
    given = entry.get("slice") or {}
    if not isinstance(given, Mapping) or not all(isinstance(v, str) for v in given.values()):
        raise CheckError(f'"slice" of check {place} must give a group for each column: {{"sex": "Female"}}.')
    return {str(key): value for key, value in given.items()}


def _text(entry: Mapping[str, Any], key: str, place: int) -> str:
    value = entry.get(key)
    if not isinstance(value, str) or not value:
        raise CheckError(f'Check {place} needs a "{key}" that is a text.')
    return value


def _number(entry: Mapping[str, Any], key: str, place: int, default: float | None = None) -> float:
    value = entry.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise CheckError(f'Check {place} needs a "{key}" that is a finite number.')
    return float(value)


def _whole(entry: Mapping[str, Any], key: str, default: int, place: int) -> int:
    value = _number(entry, key, place, default)
    if value < 1 or value != int(value):
        raise CheckError(f'"{key}" of check {place} must be a whole number of at least 1.')
    return int(value)


def _confidence(entry: Mapping[str, Any], place: int) -> float:
    value = _number(entry, "confidence", place, 0.95)
    if not 0.5 <= value < 1:
        raise CheckError(f'"confidence" of check {place} must be at least 0.5 and below 1, for example 0.95.')
    return value


def _choice[Word: StrEnum](entry: Mapping[str, Any], key: str, default: Word, place: int) -> Word:
    words = type(default)
    try:
        return words(entry.get(key, default))
    except ValueError:
        allowed = ", ".join(word.value for word in words)
        raise CheckError(f'"{key}" of check {place} must be one of: {allowed}.') from None
