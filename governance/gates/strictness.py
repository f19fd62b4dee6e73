"""Is one policy at least as strict as another? Told row by row; what is not provably as strict counts as looser.

The promise, and its test: where no row loosens, no facts that the old policy denied are allowed by the new one. A step
or an environment without a section is denied, so even a first section for it loosens; and a section taken away counts
as looser too, because nobody looks at that step any more.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache
from typing import Any

from governance import lifecycle
from governance.gates.policy import TOP_LEVEL, parse
from governance.gates.strictness_rules import PARTS, RULES, SAME, Compared, Rule
from governance.gates.yaml_text import load
from registry.errors import Invalid


class Direction(StrEnum):
    """What a change does to what a gate demands."""

    TIGHTENS = "tightens"
    LOOSENS = "loosens"
    NEUTRAL = "neutral"  # written otherwise, and provably the same
    REWORDS = "rewords"  # only words for people


@dataclass(frozen=True)
class Row:
    """One change: where, what was written before and after, and which way it goes."""

    place: str
    before: str
    after: str
    direction: Direction


@dataclass(frozen=True)
class _Atom:
    """The smallest part of a demand that stands by itself: one document, one field, one whole set of approvals."""

    kind: str
    identity: tuple[str, ...]
    params: Mapping[str, Any]

    @property
    def name(self) -> str:
        """`evidence bias`."""
        return " ".join((self.kind, *self.identity))


def compare(before: str | None, after: str) -> tuple[Row, ...]:
    """Every change between two policies' texts; `before` is None where nothing is in force."""
    try:
        new = _read(after)
    except Invalid:
        return (Row("policy", "–", "unreadable: every gate of the tier would be closed", Direction.TIGHTENS),)
    if before is None:
        return (Row("policy", "none: every gate of the tier is closed", new["name"], Direction.LOOSENS),)
    try:
        old = _read(before)
    except Invalid:
        return (
            Row("policy", "unreadable: every gate of the tier is closed", new["name"], Direction.LOOSENS),
        )
    return (*_of_the_whole(old, new), *_of_sections(old, new))


def loosens(rows: tuple[Row, ...]) -> bool:
    """Whether any of these changes lets through what was held before, or might."""
    return any(row.direction is Direction.LOOSENS for row in rows)


@lru_cache(maxsize=32)
def _read(body: str) -> Mapping[str, Any]:
    parse(body)
    data: Mapping[str, Any] = load(body)[0]
    return data


def _of_the_whole(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Row]:
    if old["name"] != new["name"]:
        yield Row("name", old["name"], new["name"], Direction.REWORDS)
    if old["tier"] != new["tier"]:
        yield Row("tier", old["tier"], new["tier"], Direction.LOOSENS)
    closed, closes = old.get("prohibited"), new.get("prohibited")
    if closed != closes:
        direction = Direction.TIGHTENS if closes else Direction.LOOSENS
        yield Row(
            "prohibited", closed or "–", closes or "–", Direction.REWORDS if closed and closes else direction
        )
    for name in TOP_LEVEL:
        yield from _row(name, PARTS.get(name, SAME), old.get(name), new.get(name))


def _of_sections(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Row]:
    if new.get("prohibited"):
        return  # nothing moves, whatever the sections were
    was, now = _sections(old), _sections(new)
    for step in (*was, *(step for step in now if step not in was)):
        if step not in now:
            yield Row(step, "asked for", "no section", Direction.LOOSENS)
        elif step not in was:
            yield Row(step, "no section: closed", "asked for", Direction.LOOSENS)
        else:
            yield from _of_environments(step, was[step], now[step])
            yield from _of_demands(step, _atoms(was[step]), _atoms(now[step]))


def _sections(data: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    found = {}
    for row in data.get("transitions", ()):
        of_system = row.get("subject") == lifecycle.SYSTEM
        step = lifecycle.step_name(row["from"], row["to"])
        found[f"system {step}" if of_system else step] = row
    return found


def _of_environments(step: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Row]:
    was, now = set(old.get("environments", ())), set(new.get("environments", ()))
    for name in sorted(was ^ now):
        known = name in was
        yield Row(
            f"{step}, environment {name}",
            "guarded by this step" if known else "–",
            "–" if known else "guarded by this step",
            Direction.LOOSENS,
        )


def _atoms(section: Mapping[str, Any]) -> list[_Atom]:
    demands = [(kind, params) for demand in section["requirements"] for kind, params in demand.items()]
    return [atom for kind, params in demands for atom in _split(kind, params)]


def _split(kind: str, params: Mapping[str, Any]) -> Iterator[_Atom]:
    rule = RULES.get(kind, Rule())
    same = tuple(str(params.get(name, "")) for name in rule.same)
    rest = {name: value for name, value in params.items() if name not in (*rule.same, rule.each)}
    for one in params[rule.each] if rule.each else ("",):
        yield _Atom(kind, (*same, *([one] if one else ())), rest)


def _of_demands(step: str, old: list[_Atom], new: list[_Atom]) -> Iterator[Row]:
    """Each demand of before must follow from one of now; what is left over now was not asked for before.

    A demand of now that follows from any of before asks for nothing new, whatever it is held against.
    """
    used: set[int] = set()
    known = [any(_follows(atom, one) for one in old) for atom in new]
    for atom in old:
        alike = [
            (number, list(_of_params(step, atom, one)))
            for number, one in enumerate(new)
            if (one.kind, one.identity) == (atom.kind, atom.identity)
        ]
        if not alike:
            yield Row(f"{step}, {atom.name}", _words(atom), "no longer asked for", Direction.LOOSENS)
            continue
        number, rows = min(
            alike, key=lambda found: (loosens(tuple(found[1])), len(found[1]), found[0] in used)
        )
        used.add(number)
        yield from (
            replace(row, direction=Direction.NEUTRAL) if known[number] and not loosens((row,)) else row
            for row in rows
        )
    for number, atom in enumerate(new):
        if number not in used:
            direction = Direction.NEUTRAL if known[number] else Direction.TIGHTENS
            yield Row(f"{step}, {atom.name}", "not asked for", _words(atom), direction)


def _follows(wanted: _Atom, given: _Atom) -> bool:
    """Whether who meets the given demand meets the wanted one too."""
    alike = (wanted.kind, wanted.identity) == (given.kind, given.identity)
    return alike and not loosens(tuple(_of_params("", wanted, given)))


def _of_params(step: str, old: _Atom, new: _Atom) -> Iterator[Row]:
    rules = RULES.get(old.kind, Rule()).params
    for name in dict.fromkeys((*old.params, *new.params)):
        yield from _row(
            f"{step}, {old.name}, {name}", rules.get(name, SAME), old.params.get(name), new.params.get(name)
        )


def _row(place: str, rule: Compared, before: Any, after: Any) -> Iterator[Row]:
    if before == after and type(before) is type(after):
        return
    direction = Direction.LOOSENS
    if rule.at_least(before, after):
        direction = Direction.NEUTRAL if rule.at_least(after, before) else Direction.TIGHTENS
    yield Row(place, rule.words(before), rule.words(after), direction)


def _words(atom: _Atom) -> str:
    rules = RULES.get(atom.kind, Rule()).params
    said = [f"{name} {rules.get(name, SAME).words(value)}" for name, value in atom.params.items()]
    return "; ".join(said) or "asked for"
