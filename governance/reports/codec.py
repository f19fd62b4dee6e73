"""Writes a report as canonical JSON and reads it back strictly: the machine-readable twin is all a report is."""

import json
import types
from dataclasses import MISSING, fields, is_dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any, Union, get_args, get_origin, get_type_hints

import rfc8785

from governance.reports.document import SCHEMA, ReportDocument
from governance.reports.errors import ReportRefused

MOMENT = "%Y-%m-%dT%H:%M:%SZ"


def to_json(document: ReportDocument) -> bytes:
    """The twin: canonical JSON (RFC 8785), so that its digest depends on the content alone."""
    try:
        return rfc8785.dumps(_plain(document))
    except (rfc8785.CanonicalizationError, UnicodeError) as error:
        raise ReportRefused(f"The report cannot be written as canonical JSON: {error}.") from None


def from_json(data: bytes | str) -> ReportDocument:
    """The document of a twin; anything unknown, missing or of another type is refused with its place."""
    try:
        content = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ReportRefused(f"The report is not valid JSON: {error}.") from None
    if not isinstance(content, dict) or content.get("schema") != SCHEMA:
        raise ReportRefused(
            f"The report is not of the schema {SCHEMA}. Build it again with this version of Assay."
        )
    document = _built(ReportDocument, content, "report")
    assert isinstance(document, ReportDocument)  # noqa: S101 - for the type checker; _built has just made it
    return document


def _plain(value: object) -> Any:
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, datetime):
        if value.utcoffset() is None:
            raise ReportRefused(f"The time {value} has no time zone. Reports are printed in UTC.")
        return value.astimezone(UTC).strftime(MOMENT)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    return value


def _built(kind: Any, value: object, place: str) -> object:
    """The value as `kind`, or a refusal that names its place."""
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        return _one_of(get_args(kind), value, place)
    if origin is tuple:
        if not isinstance(value, list):
            raise _wrong(place, "a list", value)
        return tuple(_built(get_args(kind)[0], one, f"{place}[{index}]") for index, one in enumerate(value))
    if is_dataclass(kind):
        return _record(kind, value, place)
    return _leaf(kind, value, place)


def _one_of(kinds: tuple[Any, ...], value: object, place: str) -> object:
    """The first kind that fits; unions here are only `X | None` and `float | int | None`."""
    if value is None and type(None) in kinds:
        return None
    first = next(kind for kind in kinds if kind is not type(None))
    return _built(first, value, place)


def _record(kind: Any, value: object, place: str) -> object:
    if not isinstance(value, dict):
        raise _wrong(place, "an object", value)
    hints = get_type_hints(kind)
    known = {field.name: field for field in fields(kind)}
    if unknown := sorted(set(value) - set(known)):
        raise ReportRefused(f"{place} has the unknown field {unknown[0]!r}.")
    for name, field in known.items():
        if name not in value and field.default is MISSING:
            raise ReportRefused(f"{place} lacks the field {name!r}.")
    built = {name: _built(hints[name], one, f"{place}.{name}") for name, one in value.items()}
    return kind(**built)


def _leaf(kind: Any, value: object, place: str) -> object:
    """Texts, numbers, moments and states."""
    if kind in (datetime, date) and isinstance(value, str):
        return _moment(kind, value, place)
    if isinstance(kind, type) and issubclass(kind, StrEnum) and value in [member.value for member in kind]:
        return kind(value)
    if kind is float and isinstance(value, int | float) and not isinstance(value, bool):
        return value
    if kind in (str, bool, int) and type(value) is kind:
        return value
    raise _wrong(place, getattr(kind, "__name__", str(kind)), value)


def _moment(kind: type[date], value: str, place: str) -> date:
    try:
        if kind is datetime:
            return datetime.strptime(value, MOMENT).replace(tzinfo=UTC)
        return date.fromisoformat(value)
    except ValueError:
        raise _wrong(place, "a time such as 2026-11-20T14:05:00Z", value) from None


def _wrong(place: str, wanted: str, value: object) -> ReportRefused:
    return ReportRefused(f"{place} should be {wanted}, not {str(value)[:60]!r}.")
