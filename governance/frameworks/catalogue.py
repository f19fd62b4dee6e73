"""Reads the framework files. A file that does not fit is refused as a whole, with its name and the place."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

from governance.frameworks import FILES
from registry.ledger import chain

FOLDER: Final = Path(__file__).parent
VOCABULARY: Final = "_vocabulary.yaml"
_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the same language, ten times as fast


class Broken(ValueError):
    """A framework file is not what it should be; the message names the file and the place."""


@dataclass(frozen=True)
class Obligation:
    """One thing that a framework asks for.

    `starts` are pairs of a route and the day from which it holds there; the empty route is every route, and no pair
    means that the day is not known. `level` says what a machine can tell: computed, presence, or human judgement.
    """

    id: str
    ref: str
    title: str
    text: str
    roles: tuple[str, ...]
    risk: str
    route: str
    condition: str
    stages: tuple[str, ...]
    evidence: tuple[str, ...]
    level: str
    check: str
    starts: tuple[tuple[str, date], ...]
    status: str

    @property
    def digest(self) -> str:
        """Of everything that is asked; a decision about the obligation is about exactly this text."""
        starts = [[route, day.isoformat()] for route, day in self.starts]
        return chain.digest_of(
            {
                "id": self.id,
                "text": self.text,
                "check": self.check,
                "evidence": list(self.evidence),
                "level": self.level,
                "applies": [list(self.roles), self.risk, self.route, self.condition],
                "starts": starts,
            }
        )


@dataclass(frozen=True)
class Framework:
    """A law, rule or standard: where it stood when it was last checked, and what it asks for."""

    id: str
    name: str
    kind: str
    jurisdiction: str
    version: str
    status: str
    checked_on: date
    disclaimer: str
    digest: str
    obligations: tuple[Obligation, ...]
    data: Mapping[str, Any]  # the whole file, for what only one framework has

    def obligation(self, identifier: str) -> Obligation | None:
        """The obligation with this identifier, if the framework has it."""
        return _by_id(self.id).get(identifier)


@dataclass(frozen=True)
class Vocabulary:
    """The words that all files share."""

    stages: Mapping[str, str]
    levels: Mapping[str, str]
    roles: frozenset[str]
    evidence: Mapping[str, str]  # identifier → name


@cache
def framework(identifier: str) -> Framework:
    """One framework; KeyError for an identifier that `FILES` does not have."""
    return _framework(identifier, FILES[identifier])


def framework_of(obligation: str) -> Framework | None:
    """The framework that has an obligation with this identifier."""
    name = _owners().get(obligation)
    return framework(name) if name else None


@cache
def vocabulary() -> Vocabulary:
    """The shared words."""
    data, _ = _load(VOCABULARY)
    return Vocabulary(
        stages={row["id"]: row["name"] for row in data["lifecycle_stages"]},
        levels={row["id"]: row["meaning"] for row in data["automation_levels"]},
        roles=frozenset(data["roles"]),
        evidence={row["id"]: row["name"] for row in data["evidence_types"]},
    )


@cache
def _owners() -> Mapping[str, str]:
    return {one.id: name for name in FILES for one in framework(name).obligations}


@cache
def _by_id(identifier: str) -> Mapping[str, Obligation]:
    return {one.id: one for one in framework(identifier).obligations}


def _load(name: str) -> tuple[dict[str, Any], str]:
    raw = (FOLDER / name).read_bytes()
    try:
        data = yaml.load(raw, Loader=_LOADER)  # noqa: S506 - the safe loader, in C where there is one
    except yaml.YAMLError as error:
        raise Broken(f"{name} is not YAML: {error}") from error
    if not isinstance(data, dict) or not isinstance(data.get("meta"), dict):
        raise Broken(f"{name} has no `meta`.")
    return data, chain.digest(raw)


def _framework(identifier: str, name: str) -> Framework:
    data, digest = _load(name)
    meta = data["meta"]
    if meta.get("id") != identifier:
        raise Broken(f"{name} calls itself {meta.get('id')!r}, not {identifier!r}.")
    needed = ("name", "kind", "jurisdiction", "version", "status", "disclaimer", "sources")
    if missing := [key for key in needed if not meta.get(key)]:
        raise Broken(f"{name}, meta: {missing[0]} is missing.")
    found = tuple(_obligation(name, row) for row in _rows(data))
    names = [one.id for one in found]
    if len(set(names)) != len(names):
        twice = next(one for one in names if names.count(one) > 1)
        raise Broken(f"{name} has the identifier {twice!r} twice.")
    return Framework(
        id=identifier,
        checked_on=_day(name, "meta.checked_on", meta.get("checked_on")),
        digest=digest,
        obligations=found,
        data=data,
        **{
            key: str(meta[key]) for key in ("name", "kind", "jurisdiction", "version", "status", "disclaimer")
        },
    )


def _rows(value: Any) -> Iterator[Mapping[str, Any]]:
    """Every entry that says what evidence it asks for and how far a machine can tell, wherever it stands."""
    if isinstance(value, dict):
        if "automation" in value and "evidence" in value:
            yield value
        for item in value.values():
            yield from _rows(item)
    elif isinstance(value, list):
        for item in value:
            yield from _rows(item)


def _obligation(name: str, row: Mapping[str, Any]) -> Obligation:
    place = str(row.get("id"))
    words, applies = vocabulary(), row.get("applies_when") or {}
    if unknown := sorted(set(applies) - {"role", "risk_tier", "route", "condition"}):
        raise Broken(f"{name}, {place}: applies_when has the unknown key {unknown[0]!r}.")
    found = Obligation(
        id=_text(name, place, row, "id"),
        ref=_text(name, place, row, "ref"),
        title=_text(name, place, row, "title"),
        text=_text(name, place, row, "paraphrase"),
        roles=_known(name, place, applies.get("role", []), words.roles),
        risk=str(applies.get("risk_tier", "any")),
        route=str(applies.get("route", "")),
        condition=str(applies.get("condition", "")),
        stages=_known(name, place, row.get("lifecycle_stage"), words.stages),
        evidence=_known(name, place, row["evidence"], words.evidence),
        level=str(row["automation"].get("level")),
        check=str(row["automation"].get("check", "")),
        starts=_starts(name, place, row.get("applies_from")),
        status=str(row.get("status", "")),
    )
    if found.level not in words.levels:
        raise Broken(f"{name}, {place}: {found.level!r} is no level. Levels: {', '.join(words.levels)}.")
    if not found.evidence or not found.id.startswith(f"{_prefix(found.id)}:"):
        raise Broken(f"{name}, {place}: it asks for no evidence, or its identifier names no framework.")
    return found


def _prefix(identifier: str) -> str:
    return identifier.partition(":")[0]


def _text(name: str, place: str, row: Mapping[str, Any], key: str) -> str:
    value = row.get(key)
    if not isinstance(value, str) or not value.strip():
        raise Broken(f"{name}, {place}: {key} is missing.")
    return value


def _known(name: str, place: str, values: Any, known: Any) -> tuple[str, ...]:
    if not isinstance(values, list) or any(value not in known for value in values):
        raise Broken(f"{name}, {place}: {values!r} holds a word that {VOCABULARY} does not have.")
    return tuple(values)


def _starts(name: str, place: str, value: Any) -> tuple[tuple[str, date], ...]:
    """One day for all, or a day for each route; a note beside them is no day."""
    if value is None:
        return ()
    rows = value if isinstance(value, dict) else {"": value}
    return tuple((route, _day(name, place, day)) for route, day in rows.items() if route != "note")


def _day(name: str, place: str, value: Any) -> date:
    try:
        return date.fromisoformat(str(value))
    except ValueError as error:
        raise Broken(f"{name}, {place}: {value!r} is not a day (YYYY-MM-DD).") from error
