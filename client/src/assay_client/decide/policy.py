"""What a policy demands of a step. What it says that this version does not know is not supported, never passed over."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Callable

from assay_client.decide import text
from assay_client.decide.errors import NotSupported

SCHEMA = "assay.policy/1"
MODEL_VERSION, SYSTEM = "model_version", "system"
TIERS = ("minimal", "limited", "high", "unacceptable")
DEPLOYED = ("production", "monitoring")
STAGES = frozenset(
    [
        "problem_definition",
        "data_sourcing",
        "feature_engineering",
        "development",
        "live",
        "retired",
        "validation",
        "compliance",
        "production",
        "monitoring",
        "suspended",
        "superseded",
        "rejected",
    ]
)
VOTING_ROLES = ("validator", "reviewer", "compliance_officer", "approver")

_ENVIRONMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,39}", re.ASCII)

Test = Callable[[Any], bool]
# What may stand in an object: the test of each field, and which of them must be there.
Shape = tuple[Mapping[str, Test], frozenset[str]]


@dataclass(frozen=True)
class Demand:
    """One demand: its kind, and what the policy wrote under it."""

    kind: str
    params: Mapping[str, Any]


@dataclass(frozen=True)
class Section:
    """What one step demands, and which environments it guards."""

    step: tuple[str, str, str]
    environments: tuple[str, ...]
    demands: tuple[Demand, ...]


@dataclass(frozen=True)
class Policy:
    """The demands on one tier, and what it says of waivers and emergencies where it says something."""

    name: str
    tier: str
    prohibited: str
    sections: tuple[Section, ...]
    waivers: Mapping[str, Any] | None
    emergencies: Mapping[str, Any] | None

    def section(self, step: tuple[str, str, str]) -> Section | None:
        """The demands of a step, if the policy has any."""
        return next((one for one in self.sections if one.step == step), None)

    def guarding(self, environment: str) -> Section | None:
        """The section that guards an environment, if one does."""
        return next((one for one in self.sections if environment in one.environments), None)


def whole(low: int, high: int) -> Test:
    """A whole number in a range."""
    return lambda value: type(value) is int and low <= value <= high


def among(*words: str) -> Test:
    """One of these words."""
    return lambda value: isinstance(value, str) and value in words


def many(test: Test) -> Test:
    """A list of one or more different ones."""
    return lambda value: (
        isinstance(value, list)
        and bool(value)
        and all(map(test, value))
        and not any(one in value[:number] for number, one in enumerate(value))
    )


def is_text(value: Any) -> bool:
    """Words that say something."""
    return isinstance(value, str) and bool(value)


def is_true(value: Any) -> bool:
    """Exactly true: what a policy can ask for and cannot deny."""
    return value is True


def shape(needed: str = "", **fields: Test) -> Shape:
    """The fields of an object; those that must be there are named first."""
    return fields, frozenset(needed.split())


def fits(value: Any, of: Shape) -> bool:
    """Whether a value is such an object."""
    fields, needed = of
    return (
        isinstance(value, dict)
        and needed <= set(value) <= set(fields)
        and all(fields[name](one) for name, one in value.items())
    )


def obj(needed: str = "", **fields: Test) -> Test:
    """The test for such an object."""
    of = shape(needed, **fields)
    return lambda value: fits(value, of)


DAYS = whole(1, 3660)
_CODE = re.compile(r"[a-z][a-z_]*(\..*)?")
_PARTS: Mapping[str, Test] = {
    "review": obj("every_days", every_days=DAYS, warn_days=DAYS),
    "reminders": obj(after_days=DAYS, every_days=DAYS, escalate_after_days=DAYS),
    "waivers": obj(
        "allowed approvers max_days budget_days",
        allowed=many(lambda code: isinstance(code, str) and _CODE.fullmatch(code) is not None),
        approvers=lambda rows: (
            isinstance(rows, list) and bool(rows) and all(map(many(among(*VOTING_ROLES)), rows))
        ),
        max_days=whole(1, 365),
        budget_days=whole(1, 365),
    ),
    "break_glass": obj("max_hours review_days", max_hours=whole(1, 168), review_days=whole(1, 30)),
}
_TOP: Mapping[str, Test] = {
    "schema": among(SCHEMA),
    "name": is_text,
    "tier": among(*TIERS),
    "prohibited": is_text,
    "transitions": lambda value: isinstance(value, list) and bool(value),
    **_PARTS,
}


def parse(body: bytes, kinds: Mapping[str, Shape]) -> Policy:
    """The policy in these bytes, with demands of these kinds; NotSupported where it says anything else."""
    try:
        data = text.load(body.decode("utf-8"))
    except UnicodeDecodeError:
        raise NotSupported("the policy is no text") from None
    if not fits(data, (_TOP, frozenset({"schema", "name", "tier"}))):
        raise NotSupported(f"the policy has a part that is not known here{_named(data)}")
    if ("prohibited" in data) == ("transitions" in data):
        raise NotSupported("the policy has neither steps nor a prohibition, or both")
    every = data.get("review", {}).get("every_days")
    sections = tuple(_section(row, kinds, every) for row in data.get("transitions", ()))
    steps = [one.step for one in sections]
    guarded = [name for one in sections for name in one.environments]
    if len(set(steps)) != len(steps) or len(set(guarded)) != len(guarded):
        raise NotSupported("the policy has two sections for one step or environment")
    return Policy(
        data["name"],
        data["tier"],
        data.get("prohibited", ""),
        sections,
        data.get("waivers"),
        data.get("break_glass"),
    )


def _named(data: Any) -> str:
    unknown = sorted(set(data) - set(_TOP)) if isinstance(data, dict) else []
    return f": {unknown[0]!a}" if unknown else ""


def _section(row: Any, kinds: Mapping[str, Shape], every_days: int | None) -> Section:
    known = obj(
        "from to requirements",
        subject=among(MODEL_VERSION, SYSTEM),
        environments=many(lambda name: isinstance(name, str) and _ENVIRONMENT.fullmatch(name) is not None),
        requirements=lambda value: isinstance(value, list) and bool(value),
        **{"from": among(*STAGES), "to": among(*STAGES)},
    )
    if not known(row):
        raise NotSupported("a step of the policy says something that is not known here")
    demands = [_demand(one, kinds) for one in row["requirements"]]
    step = (row.get("subject", MODEL_VERSION), row["from"], row["to"])
    # A step into production asks for the review wherever the policy says how often.
    into = step[0] == MODEL_VERSION and step[2] in DEPLOYED and step[1] not in DEPLOYED
    reviewed = any(one.kind == "review" for one in demands)
    if reviewed and (every_days is None or not into):
        raise NotSupported("the policy asks for a review where none is set")
    if every_days is not None and into:
        if not reviewed:
            demands.append(Demand("review", {}))
        demands = [
            Demand("review", {"every_days": every_days}) if one.kind == "review" else one for one in demands
        ]
    return Section(step, tuple(row.get("environments", ())), tuple(demands))


def _demand(row: Any, kinds: Mapping[str, Shape]) -> Demand:
    if not isinstance(row, dict) or len(row) != 1:
        raise NotSupported("a demand of the policy is not one name with what it asks")
    ((kind, params),) = row.items()
    if kind not in kinds:
        raise NotSupported(f"the policy demands {kind!a}, a kind that is not known here")
    if not fits(params, kinds[kind]):
        raise NotSupported(f"the policy's demand {kind!a} says something that is not known here")
    return Demand(kind, params)
