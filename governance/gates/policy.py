"""A policy: what each step of one risk tier demands. YAML in, demands out; mistakes are named with their lines."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, Final

from jsonschema import Draft202012Validator, ValidationError

from governance import lifecycle
from governance.gates.requirements import REQUIREMENTS, Requirement
from governance.gates.yaml_text import Lines, load
from registry.errors import Invalid
from registry.stages import RiskTier

SCHEMA: Final = "assay.policy/1"
_STAGES: Final = sorted({str(s) for row in lifecycle.TRANSITIONS for s in (row.from_stage, row.to_stage)})


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

    @property
    def environments(self) -> dict[str, Section]:
        """The section that guards each environment."""
        return {name: section for section in self.sections for name in section.environments}

    def section(self, subject: str, from_stage: str, to_stage: str) -> Section | None:
        """The demands of a step, if the policy has any."""
        wanted = (subject, from_stage, to_stage)
        return next((s for s in self.sections if (s.subject, s.from_stage, s.to_stage) == wanted), None)


@lru_cache(maxsize=128)
def parse(body: str) -> Policy:
    """The policy in this text, or Invalid naming every mistake with its line and what is allowed there."""
    data, lines = load(body)
    errors = [_told(error, lines) for error in _in_order(_validator().iter_errors(data), lines)]
    if not errors:
        errors = list(_inconsistent(data, lines))
    if errors:
        raise Invalid(
            f"The policy has {len(errors)} mistake{'s' * (len(errors) > 1)}. {errors[0][0]}: {errors[0][1]}",
            code="policy.invalid",
            errors=errors,
        )
    sections = tuple(_section(row) for row in data.get("transitions", ()))
    return Policy(data["name"], data["tier"], data.get("prohibited", ""), sections)


def _section(row: Mapping[str, Any]) -> Section:
    demands = [(name, params) for demand in row["requirements"] for name, params in demand.items()]
    return Section(
        subject=row.get("subject", lifecycle.MODEL_VERSION),
        from_stage=row["from"],
        to_stage=row["to"],
        environments=tuple(row.get("environments", ())),
        requirements=tuple(REQUIREMENTS[name].of(params) for name, params in demands),
    )


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
        },
        "required": ["schema", "name", "tier"],
        "oneOf": [{"required": ["prohibited"]}, {"required": ["transitions"]}],
        "additionalProperties": False,
    }


def _in_order(errors: Iterator[ValidationError], lines: Lines) -> list[ValidationError]:
    return sorted(errors, key=lambda error: (lines.at(error.absolute_path), error.message))


def _told(error: ValidationError, lines: Lines) -> tuple[str, str]:
    path = list(error.absolute_path)
    message = error.message
    if error.validator == "additionalProperties":
        known: dict[str, Any] = error.schema["properties"]  # type: ignore[index]
        allowed, unknown = sorted(known), sorted(set(error.instance) - set(known))  # type: ignore[arg-type]
        path.append(unknown[0])
        message = f"{unknown[0]!r} is not known here. Allowed: {', '.join(allowed)}."
    elif error.validator == "enum":
        choices: list[str] = error.validator_value  # type: ignore[assignment]
        message = f"{error.instance!r} is not known here. Allowed: {', '.join(choices)}."
    elif error.validator == "oneOf":
        message = "Either transitions or prohibited is needed, not both."
    elif error.validator in ("required", "minItems", "minProperties"):
        message = f"{_short(error.message)}."
    return _place(path, lines), message


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
                _place([*path, "to"], lines),
                f"There is no gate from {row['from']} to {row['to']}. Gates: {known}.",
            )
        if step in steps:
            yield _place(path, lines), f"The step from {row['from']} to {row['to']} has a section already."
        steps.add(step)
        for name in row.get("environments", ()):
            if name in environments or subject == lifecycle.SYSTEM:
                yield (
                    _place([*path, "environments"], lines),
                    f"The environment {name!r} is guarded by another section.",
                )
            environments.add(name)
        if subject == lifecycle.SYSTEM:
            yield from _not_of_systems(row, path, lines)


def _not_of_systems(row: Mapping[str, Any], path: list[str | int], lines: Lines) -> Iterator[tuple[str, str]]:
    allowed = sorted(name for name, kind in REQUIREMENTS.items() if kind.of_systems)
    for number, demand in enumerate(row["requirements"]):
        for name in demand:
            if name not in allowed:
                place = _place([*path, "requirements", number, name], lines)
                yield place, f"{name!r} cannot be asked of a system. Allowed: {', '.join(allowed)}."


def _place(path: list[str | int], lines: Lines) -> str:
    words = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")
    return f"line {lines.at(path)}, {words}" if words else f"line {lines.at(path)}"


def _short(message: str) -> str:
    return message if len(message) <= 200 else f"{message[:200]}…"
