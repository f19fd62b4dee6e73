"""Facts and policy in, decision out: what the gate must have said about exactly this."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from assay_client.decide import emergency, facts, subject, waivers
from assay_client.decide.canonical import digest
from assay_client.decide.errors import BadFacts
from assay_client.decide.facts import Fact
from assay_client.decide.kinds import KINDS, PARAMS
from assay_client.decide.lines import MET, OPEN, Line, numbered
from assay_client.decide.policy import DEPLOYED, TIERS, Policy, Section, parse

_READY = ("development", "live")


@dataclass(frozen=True)
class Derived:
    """What follows from the facts and the policy."""

    verdict: str
    lines: tuple[Line, ...]
    subject_digest: str
    transition: str
    waivers: tuple[str, ...]
    demands: int  # how many the policy makes at this step

    @property
    def unmet(self) -> tuple[str, ...]:
        """The codes of the lines that keep the gate shut."""
        return tuple(line.code for line in self.lines if line.blocks)


def judged(dossier: Fact, policy: bytes | None) -> Derived:
    """The decision on these facts under this text of a policy."""
    if dossier.system.tier not in TIERS:
        raise BadFacts("the system's tier is none")
    _same_policy(dossier, policy)
    if policy is None or dossier.policy is None:
        return _derived(dossier, [Line("policy.missing", OPEN)])
    told = parse(policy, PARAMS)
    _right_door(dossier, told)
    standing = list(_of_policy(dossier, told))
    if dossier.step is None:
        return _derived(dossier, [*standing, Line("environment.unknown", OPEN)])
    section = told.section((dossier.step.subject, dossier.step.from_stage, dossier.step.to_stage))
    if section is None:
        return _derived(dossier, [*standing, Line("policy.no_section", OPEN)])
    lines = numbered(
        [
            *standing,
            *_of_stages(dossier, section),
            *emergency.reviews(dossier),
            *_of_demands(dossier, section),
        ]
    )
    lines, waived = waivers.applied(dossier, told.waivers, lines)
    lines, passed = emergency.applied(dossier, told.emergencies, lines)
    return _derived(dossier, lines, (*passed, *waived), len(section.demands))


def read(data: bytes) -> Fact:
    """The facts in these bytes."""
    return facts.read(data)


def _same_policy(dossier: Fact, policy: bytes | None) -> None:
    """The text is the one that the facts name; only facts that say it was altered have another."""
    named = dossier.policy
    if (policy is None) != (named is None):
        raise BadFacts("there is a policy's text where the facts name none, or none where they do")
    if policy is not None and named is not None and named.intact != (digest(policy) == named.digest):
        raise BadFacts("the policy's text is not the one that the facts name")


def _right_door(dossier: Fact, policy: Policy) -> None:
    """An environment is guarded by the step that the policy says, and by no easier one."""
    if not dossier.environment:
        if dossier.step is None:
            raise BadFacts("the facts name neither a door nor a step")
        return
    guarding = policy.guarding(dossier.environment)
    step = dossier.step and (dossier.step.subject, dossier.step.from_stage, dossier.step.to_stage)
    if (guarding.step if guarding else None) != step:
        raise BadFacts("the policy guards this environment by another step")


def _of_policy(dossier: Fact, policy: Policy) -> Iterator[Line]:
    tier = dossier.system.tier
    if tier == "unacceptable":
        yield Line("tier.unacceptable", OPEN)
    elif policy.prohibited:
        yield Line("policy.prohibits", OPEN)
    if policy.tier != tier:
        yield Line("policy.other_tier", OPEN)
    if not dossier.policy.intact:
        yield Line("policy.tampered", OPEN)


def _of_stages(dossier: Fact, section: Section) -> Iterator[Line]:
    """The system and the version stand where the step begins."""
    if dossier.version is None:
        return
    _, before, after = section.step
    yield Line("system.stage", MET if dossier.system.stage in _READY else OPEN)
    allowed = {before}
    if dossier.environment:
        allowed |= {after, *(DEPLOYED if after in DEPLOYED else ())}
    yield Line("version.stage", MET if dossier.version.stage in allowed else OPEN)


def _of_demands(dossier: Fact, section: Section) -> Iterator[Line]:
    for demand in section.demands:
        found = list(KINDS[demand.kind].lines(dossier, demand.params))
        yield from found or [Line("policy.silent", OPEN)]


def _derived(dossier: Fact, lines: list[Line], used: tuple[str, ...] = (), demands: int = 0) -> Derived:
    verdict = "allow" if all(line.state == MET for line in lines) else "allow_with_waiver"
    if not lines or any(line.blocks for line in lines):
        verdict = "deny"
    step = subject.step_of(dossier)
    return Derived(verdict, tuple(lines), subject.digest(dossier), step, used, demands)
