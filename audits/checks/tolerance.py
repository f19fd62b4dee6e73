"""Whether a measurement made again is the same one: within a tolerance that was sealed before."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from audits.checks.spec import CheckError

LARGEST: Final = 0.01
"""A wider tolerance would call different results the same."""

NUMBERS: Final = ("value", "low", "high")


@dataclass(frozen=True, slots=True)
class Tolerance:
    """Two numbers are the same when they differ by no more than either of these, the second times the larger one."""

    absolute: float = 1e-9
    relative: float = 1e-9

    def as_dict(self) -> dict[str, float]:
        """The tolerance as plain data."""
        return {"absolute": self.absolute, "relative": self.relative}

    def same(self, one: float, other: float) -> bool:
        """Whether two finite numbers count as the same."""
        return math.isclose(one, other, rel_tol=self.relative, abs_tol=self.absolute)


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that came out otherwise the second time."""

    what: str
    original: str
    again: str


def tolerance_from(given: object) -> Tolerance:
    """Read a declared tolerance; nothing is the default one."""
    if given is None:
        return Tolerance()
    known = Tolerance().as_dict()
    if not isinstance(given, Mapping) or set(given) - set(known):
        raise CheckError('A tolerance is an object with the keys "absolute" and "relative".')
    values = {**known, **given}
    for name, value in values.items():
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or not 0 <= value <= LARGEST:
            raise CheckError(f'"{name}" of a tolerance is a number from 0 to {LARGEST:g}.')
    return Tolerance(float(values["absolute"]), float(values["relative"]))


def differences(
    original: Mapping[str, Any], again: Mapping[str, Any], tolerance: Tolerance
) -> tuple[Difference, ...]:
    """What differs between two sealed results: verdicts, measurements that only one has, numbers too far apart."""
    return (*_verdicts(original, again), *_measurements(original, again, tolerance))


def _verdicts(original: Mapping[str, Any], again: Mapping[str, Any]) -> Iterator[Difference]:
    first, second = (
        {str(row["name"]): str(row["verdict"]) for row in one["checks"]} for one in (original, again)
    )
    for name in sorted(first.keys() | second.keys()):
        if first.get(name) != second.get(name):
            yield Difference(f"verdict of “{name}”", first.get(name, "absent"), second.get(name, "absent"))


def _measurements(
    original: Mapping[str, Any], again: Mapping[str, Any], tolerance: Tolerance
) -> Iterator[Difference]:
    first, second = _by_key(original), _by_key(again)
    for key in sorted(first.keys() | second.keys()):
        if key not in first or key not in second:
            there = ("measured", "absent") if key in first else ("absent", "measured")
            yield Difference(_words(key), *there)
            continue
        yield from _numbers(key, first[key], second[key], tolerance)


def _numbers(
    key: tuple[str, str], one: Mapping[str, Any], other: Mapping[str, Any], tolerance: Tolerance
) -> Iterator[Difference]:
    for name in NUMBERS:
        was, now = _number(one.get(name)), _number(other.get(name))
        if (was is None) != (now is None) or (
            was is not None and now is not None and not tolerance.same(was, now)
        ):
            yield Difference(f"{name} of {_words(key)}", _written(was), _written(now))
    if int(one.get("n") or 0) != int(other.get("n") or 0):
        yield Difference(f"rows of {_words(key)}", str(one.get("n")), str(other.get("n")))


def _by_key(result: Mapping[str, Any]) -> dict[tuple[str, str], Mapping[str, Any]]:
    return {
        (str(row["code"]), json.dumps(row["slice"], sort_keys=True)): row for row in result["measurements"]
    }


def _words(key: tuple[str, str]) -> str:
    code, where = key[0], json.loads(key[1])
    groups = " and ".join(f"{name} {'all groups' if at is None else at}" for name, at in where.items())
    return f"{code} ({groups})" if groups else code


def _number(sealed: Any) -> float | None:
    """Numbers with a fraction are sealed as decimal text."""
    return None if sealed is None else float(sealed)


def _written(number: float | None) -> str:
    return "no value" if number is None else repr(number)
