"""Which obligations of a framework concern one AI system, and from which day.

What is not known counts as the stricter answer: an unknown day has come, and a condition that the classification does
not settle holds until somebody signs, with a reason, that it does not.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Final

from governance.frameworks import EU_AI_ACT
from governance.frameworks.catalogue import Framework, Obligation, framework

# The conditions of the EU AI Act that the questionnaire settles: condition → answers of which one must have been met.
# `A3-2` also stands for `A3-2a` and so on. Every other condition is for a person to judge.
CONDITIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "direct interaction with natural persons": ("TR1",),
    "generates audio, image, video or text": ("TR2",),
    "emotion recognition or biometric categorisation": ("TR3",),
    "deep fake or public-interest text": ("TR4",),
    "Annex III 1(a)": ("A3-1a",),
    "Annex III point 1": ("A3-1",),
    "Annex III point 2": ("A3-2",),
    "Annex III points 2-8": ("A3-2", "A3-3", "A3-4", "A3-5", "A3-6", "A3-7", "A3-8"),
}
# Deleted, as far as known; asking for it would be asking for what nobody wants.
GONE: Final = frozenset({"reported_deleted"})


@dataclass(frozen=True)
class Profile:
    """What the classification in force says of a system; the words are those of the framework file."""

    in_scope: bool
    roles: tuple[str, ...]
    risks: tuple[str, ...]  # high_risk, annex_iii_exempt, transparency, gpai, gpai_systemic
    routes: tuple[str, ...]  # annex_i, annex_iii
    triggers: tuple[str, ...]  # questions that were met: A3-5b, TR1, …


@dataclass(frozen=True)
class Applying:
    """An obligation that concerns the system: since or from when, and whether a condition is still to be judged."""

    obligation: Obligation
    start: date | None  # None: not known, so it counts as begun
    conditional: bool


@dataclass(frozen=True)
class Reduced:
    """A framework as it concerns one system. `settled` is False where only a classification could tell."""

    framework: Framework
    settled: bool
    applying: tuple[Applying, ...]
    others: tuple[str, ...]  # identifiers of what does not concern it


@lru_cache(maxsize=512)
def reduced(identifier: str, profile: Profile | None) -> Reduced:
    """What of a framework concerns a system with this profile.

    The questionnaire speaks the words of the EU AI Act. Of any other framework every obligation concerns every system,
    until somebody signs that one does not.
    """
    found = framework(identifier)
    live = [one for one in found.obligations if one.status not in GONE]
    if identifier != EU_AI_ACT:
        applying = tuple(Applying(one, _start(one, ()), bool(one.condition or one.roles)) for one in live)
        return Reduced(found, settled=True, applying=applying, others=_without(found, applying))
    if profile is None:
        return Reduced(found, settled=False, applying=(), others=())
    applying = tuple(
        Applying(one, _start(one, profile.routes), bool(one.condition) and one.condition not in CONDITIONS)
        for one in live
        if _concerns(one, profile)
    )
    return Reduced(found, settled=True, applying=applying, others=_without(found, applying))


def _without(found: Framework, applying: tuple[Applying, ...]) -> tuple[str, ...]:
    concerning = {one.obligation.id for one in applying}
    return tuple(one.id for one in found.obligations if one.id not in concerning)


def _concerns(one: Obligation, profile: Profile) -> bool:
    return (
        profile.in_scope
        and (not one.roles or bool(set(one.roles) & set(profile.roles)))
        and (one.risk == "any" or one.risk in profile.risks)
        and _on_route(one.route, profile)
        and _met(CONDITIONS.get(one.condition), profile)
    )


def _on_route(route: str, profile: Profile) -> bool:
    """`annex_iii (not point 2)` asks for another point of Annex III than the second."""
    if not route:
        return True
    if route == "annex_iii (not point 2)":
        return any(t.startswith("A3-") and not t.startswith("A3-2") for t in profile.triggers)
    return route in profile.routes


def _met(prefixes: tuple[str, ...] | None, profile: Profile) -> bool:
    return prefixes is None or any(trigger.startswith(prefixes) for trigger in profile.triggers)


def _start(one: Obligation, routes: tuple[str, ...]) -> date | None:
    """The first day on which it holds on any of the system's routes; the earliest of all where none is named."""
    days = [day for route, day in one.starts if route in ("", *routes)] or [day for _, day in one.starts]
    return min(days, default=None)
