"""A policy: what each step of one risk tier demands. YAML in, demands out; mistakes are named with their lines."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Any, Final

from jsonschema import Draft202012Validator, ValidationError

from governance import lifecycle
from governance.gates import dates, emergency, waiving
from governance.gates import policy_mistakes as mistakes
from governance.gates.requirements import REQUIREMENTS, Requirement, reviewed
from governance.gates.yaml_text import Lines, load
from registry.errors import Invalid
from registry.stages import RiskTier

SCHEMA: Final = "assay.policy/1"
MAX_TOLD: Final = 50  # mistakes named at once
_STAGES: Final = sorted({str(s) for row in lifecycle.TRANSITIONS for s in (row.from_stage, row.to_stage)})


@dataclass(frozen=True)
class Part:
    """A part of a policy beside its steps: the JSON Schema of what is written there, and what is made of it.

    `absent` is what holds where a policy does not have the part; `mistakes` finds what a schema cannot say, each with
    its path under the key.
    """

    schema: Mapping[str, Any]
    read: Callable[[Any], Any]
    absent: Any = None
    mistakes: Callable[[Any], Iterator[tuple[list[str | int], str]]] = lambda written: iter(())


# The parts a policy may have beside its transitions. A row here is all it takes: the schema, the reader and
# `policy.part(name)` follow; whether a change of it loosens the policy is said in `strictness`.
TOP_LEVEL: Final[dict[str, Part]] = {
    "review": Part(dates.REVIEW_SCHEMA, dates.reviewing),
    "reminders": Part(dates.REMINDERS_SCHEMA, dates.reminding, dates.Reminding()),
    # Where the key is missing nothing can be waived, and no glass be broken.
    "waivers": Part(waiving.SCHEMA, waiving.WaiverRules.of, mistakes=waiving.mistakes),
    "break_glass": Part(emergency.SCHEMA, emergency.BreakGlassRules.of),
}


@dataclass(frozen=True)
class Section:
    """What one step demands, and which environments that step guards."""

    subject: str
    from_stage: str
    to_stage: str
    environments: tuple[str, ...]
    requirements: tuple[Requirement, ...]


@dataclass(frozen=True)
class Policy:
    """The demands on one risk tier. `prohibited` is the reason why nothing of the tier may move on, or empty."""

    name: str
    tier: str
    prohibited: str
    sections: tuple[Section, ...]
    parts: Mapping[str, Any] = field(default_factory=dict)

    def part(self, name: str) -> Any:
        """What the policy says under one of the keys of `TOP_LEVEL`, or what holds where it says nothing."""
        return self.parts[name] if name in self.parts else TOP_LEVEL[name].absent

    @property
    def environments(self) -> dict[str, Section]:
        """The section that guards each environment."""
        return {name: section for section in self.sections for name in section.environments}

    @property
    def frameworks(self) -> tuple[str, ...]:
        """The frameworks that any of its demands asks about."""
        found = {name for section in self.sections for one in section.requirements for name in one.frameworks}
        return tuple(sorted(found))

    def section(self, subject: str, from_stage: str, to_stage: str) -> Section | None:
        """The demands of a step, if the policy has any."""
        wanted = (subject, from_stage, to_stage)
        return next((s for s in self.sections if (s.subject, s.from_stage, s.to_stage) == wanted), None)


@lru_cache(maxsize=128)
def parse(body: str) -> Policy:
    """The policy in this text, or Invalid naming every mistake with its line and what is allowed there."""
    data, lines = load(body)
    found = _in_order(_validator().iter_errors(data), lines)
    errors = list(dict.fromkeys(told for error in found for told in mistakes.told(error, lines)))
    if not errors:
        errors = list(_inconsistent(data, lines))
    if errors:
        raise Invalid(
            f"The policy has {len(errors)} mistake{'s' * (len(errors) > 1)}. {errors[0][0]}: {errors[0][1]}",
            code="policy.invalid",
            errors=errors[:MAX_TOLD],
        )
    parts = {name: part.read(data[name]) for name, part in TOP_LEVEL.items() if name in data}
    sections = tuple(_section(row, parts.get("review")) for row in data.get("transitions", ()))
    return Policy(data["name"], data["tier"], data.get("prohibited", ""), sections, parts)


def _section(row: Mapping[str, Any], review: dates.Reviewing | None) -> Section:
    demands = [(name, params) for demand in row["requirements"] for name, params in demand.items()]
    step = (row.get("subject", lifecycle.MODEL_VERSION), row["from"], row["to"])
    requirements = tuple(REQUIREMENTS[name].of(params) for name, params in demands)
    if review is not None and reviewed.enters_production(*step):
        requirements = reviewed.asked(requirements, review.every_days)
    return Section(*step, environments=tuple(row.get("environments", ())), requirements=requirements)


@cache
def _validator() -> Draft202012Validator:
    return Draft202012Validator(json_schema())


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a policy, put together from the kinds of demands."""
    demand = {
        "type": "object",
        "properties": {name: dict(kind.params) for name, kind in REQUIREMENTS.items()},
        "additionalProperties": False,
        "minProperties": 1,
        "maxProperties": 1,
    }
    transition = {
        "type": "object",
        "properties": {
            "subject": {"enum": [lifecycle.MODEL_VERSION, lifecycle.SYSTEM]},
            "from": {"enum": _STAGES},
            "to": {"enum": _STAGES},
            "environments": {
                "type": "array",
                "items": {"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9._:/-]{0,39}$"},
                "minItems": 1,
                "uniqueItems": True,
            },
            "requirements": {"type": "array", "items": demand, "minItems": 1, "maxItems": 1000},
        },
        "required": ["from", "to", "requirements"],
        "additionalProperties": False,
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": {
            "schema": {"const": SCHEMA},
            "name": {"type": "string", "minLength": 1, "maxLength": 120},
            "tier": {"enum": [str(tier) for tier in RiskTier]},
            "prohibited": {"type": "string", "minLength": 1, "maxLength": 500},
            "transitions": {"type": "array", "items": transition, "minItems": 1, "maxItems": 100},
            **{name: dict(part.schema) for name, part in TOP_LEVEL.items()},
        },
        "required": ["schema", "name", "tier"],
        "oneOf": [{"required": ["prohibited"]}, {"required": ["transitions"]}],
        "additionalProperties": False,
    }


def _in_order(errors: Iterator[ValidationError], lines: Lines) -> list[ValidationError]:
    return sorted(errors, key=lambda error: (lines.at(error.absolute_path), error.message))


def _inconsistent(data: Mapping[str, Any], lines: Lines) -> Iterator[tuple[str, str]]:
    """What a schema cannot say: steps that do not exist, and two sections for one step or environment."""
    steps: set[tuple[str, str, str]] = set()
    environments: set[str] = set()
    for number, row in enumerate(data.get("transitions", ())):
        path: list[str | int] = ["transitions", number]
        subject = row.get("subject", lifecycle.MODEL_VERSION)
        step = (subject, row["from"], row["to"])
        found = lifecycle.find(*step)
        if found is None or found.gate is None:
            gated = [t for t in lifecycle.TRANSITIONS if t.subject == subject and t.gate]
            known = ", ".join(f"{t.from_stage} to {t.to_stage}" for t in gated)
            yield (
                mistakes.place([*path, "to"], lines),
                f"There is no gate from {row['from']} to {row['to']}. Gates: {known}.",
            )
        if step in steps:
            yield (
                mistakes.place(path, lines),
                f"The step from {row['from']} to {row['to']} has a section already.",
            )
        steps.add(step)
        for name in row.get("environments", ()):
            if name in environments or subject == lifecycle.SYSTEM:
                yield (
                    mistakes.place([*path, "environments"], lines),
                    f"The environment {name!r} is guarded by another section.",
                )
            environments.add(name)
        if subject == lifecycle.SYSTEM:
            yield from _not_of_systems(row, path, lines)
        if "review" not in data or not reviewed.enters_production(*step):
            yield from _no_review(row, path, lines)
        yield from _mistaken(row, path, lines)
    for name, part in TOP_LEVEL.items():
        for where, words in part.mistakes(data[name]) if name in data else ():
            yield mistakes.place([name, *where], lines), words


def _not_of_systems(row: Mapping[str, Any], path: list[str | int], lines: Lines) -> Iterator[tuple[str, str]]:
    allowed = sorted(name for name, kind in REQUIREMENTS.items() if kind.of_systems)
    for number, demand in enumerate(row["requirements"]):
        for name in demand:
            if name not in allowed:
                place = mistakes.place([*path, "requirements", number, name], lines)
                yield place, f"{name!r} cannot be asked of a system. Allowed: {', '.join(allowed)}."


def _no_review(row: Mapping[str, Any], path: list[str | int], lines: Lines) -> Iterator[tuple[str, str]]:
    for number, demand in enumerate(row["requirements"]):
        if "review" in demand:
            yield (
                mistakes.place([*path, "requirements", number, "review"], lines),
                "A review is asked for where a step leads into production, and the policy says how often under its"
                " own key `review`.",
            )


def _mistaken(row: Mapping[str, Any], path: list[str | int], lines: Lines) -> Iterator[tuple[str, str]]:
    for number, demand in enumerate(row["requirements"]):
        for name, params in demand.items():
            for where, what in REQUIREMENTS[name].mistakes(params):
                yield mistakes.place([*path, "requirements", number, name, *where], lines), what
