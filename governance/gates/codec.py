"""Facts and decisions as canonical JSON (RFC 8785) and back. Strict: what does not fit exactly is not read.

A kind of facts may grow by fields that have a default. Such a field is left out while it has its default, and has it
when it is read from a text that lacks it: so what was stored before the field was thought of keeps its bytes, its
digest, and the decision that was made from it.
"""

import json
import types
from dataclasses import MISSING, fields, is_dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from typing import Any, Final, Union, get_args, get_origin, get_type_hints

from registry.ledger import chain

# The fields with a default of the first schema were always written, and are to this day. No field is ever added here.
ALWAYS_WRITTEN: Final[dict[str, frozenset[str]]] = {
    "Dossier": frozenset(
        {"datasets", "documents", "plans", "runs", "requests", "votes", "holders", "reports", "schema"}
    ),
    "Subject": frozenset({"waivers", "schema"}),
    "Finding": frozenset({"clears"}),
    "GateDecision": frozenset({"waivers", "schema"}),
}


class Unreadable(ValueError):
    """The stored JSON is not what it should be; the message names the place."""


def canonical(value: Any) -> bytes:
    """The canonical bytes of facts or of a decision."""
    return chain.canonical(plain(value))


def digest(value: Any) -> str:
    """`sha256:…` of the canonical bytes."""
    return chain.digest(canonical(value))


def plain(value: Any) -> Any:
    """The value as JSON data: moments as text in UTC, tuples as lists, later fields only where they say something."""
    return _plain(value, whole=False)


def whole(value: Any) -> Any:
    """The value as JSON data with every field, for whoever reads it; never for a digest."""
    return _plain(value, whole=True)


def _plain(value: Any, *, whole: bool) -> Any:
    if is_dataclass(value):
        kind: Any = type(value)
        found = {name: getattr(value, name) for name in _names(kind)}
        later = {} if whole else _later(kind)
        return {
            name: _plain(one, whole=whole)
            for name, one in found.items()
            if name not in later or one != later[name]
        }
    if isinstance(value, tuple):
        return [_plain(one, whole=whole) for one in value]
    if isinstance(value, datetime):
        return moment(value)
    return value.value if isinstance(value, StrEnum) else value


@cache
def _names(kind: Any) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


@cache
def _later(kind: Any) -> dict[str, Any]:
    """The fields that are left out while they have this default."""
    always = ALWAYS_WRITTEN.get(kind.__name__, frozenset())
    return {
        field.name: field.default
        for field in fields(kind)
        if field.default is not MISSING and field.name not in always
    }


def moment(at: datetime) -> str:
    """A time as canonical text."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def read[T](kind: type[T], text: str | bytes) -> T:
    """The value that this JSON text is the canonical form of."""
    try:
        data = json.loads(text)
    except ValueError as error:
        raise Unreadable(f"This is not JSON: {error}.") from error
    return built(kind, data)


def built[T](kind: type[T], data: Any, place: str = "$") -> T:
    """JSON data as a value of `kind`."""
    value: T = _built(kind, data, place)
    return value


def _built(kind: Any, data: Any, place: str) -> Any:
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        wanted = next(one for one in get_args(kind) if one is not type(None))
        return None if data is None else _built(wanted, data, place)
    if origin is tuple:
        if not isinstance(data, list):
            raise Unreadable(f"{place} is not a list.")
        return tuple(_built(get_args(kind)[0], one, f"{place}[{i}]") for i, one in enumerate(data))
    if is_dataclass(kind):
        return _record(kind, data, place)
    return _leaf(kind, data, place)


def _record(kind: Any, data: Any, place: str) -> Any:
    if not isinstance(data, dict):
        raise Unreadable(f"{place} is not an object.")
    hints = _hints(kind)
    if unknown := sorted(set(data) - set(hints)):
        raise Unreadable(f"{place} has the unknown field {unknown[0]!r}.")
    missing = [name for name in _needed(kind) if name not in data]
    if missing:
        raise Unreadable(f"{place} lacks the field {missing[0]!r}.")
    return kind(**{name: _built(hints[name], one, f"{place}.{name}") for name, one in data.items()})


@cache
def _needed(kind: Any) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind) if field.default is MISSING)


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)


def _leaf(kind: Any, data: Any, place: str) -> Any:
    if kind is datetime and isinstance(data, str):
        return _moment(data, place)
    if isinstance(kind, type) and issubclass(kind, StrEnum) and isinstance(data, str):
        try:
            return kind(data)
        except ValueError as error:
            raise Unreadable(f"{place} is {data!r}, which is not a {kind.__name__}.") from error
    # bool is an int to Python, but a count is never true
    if type(data) is kind:
        return data
    raise Unreadable(f"{place} is not of type {getattr(kind, '__name__', kind)}.")


def _moment(text: str, place: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise Unreadable(f"{place} is not a time.") from error
    if at.tzinfo is None:
        raise Unreadable(f"{place} is a time without a zone.")
    return at
