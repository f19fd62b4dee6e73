"""Break-glass: an emergency release by two people, for some hours, over what a policy asks, and reviewed afterwards.

It opens one door for one version. It moves no stage, stands over no prohibition and no tampering, and one that was
not reviewed in time closes every later rollout of the whole system.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final, Self

from governance.gates.plan import Line
from governance.gates.requirements.base import Place, schema
from governance.gates.spec import BreakGlassFacts, Dossier, Finding, State
from governance.gates.waiving import day, tampered
from registry.stages import Role, VersionStage

# No emergency stands over these, whoever confirms it.
NEVER_OVER: Final = ("tier.", "policy.", "environment.", "break_glass.review_overdue")
MARK: Final = "break_glass:"  # before its id in a decision's list of waivers
SCHEMA: Final = schema(
    {
        "max_hours": {"type": "integer", "minimum": 1, "maximum": 168},
        "review_days": {"type": "integer", "minimum": 1, "maximum": 30},
    },
    "max_hours",
    "review_days",
)


@dataclass(frozen=True)
class BreakGlassRules:
    """What a policy says of emergencies: how long one may run, and how soon after it must be reviewed."""

    max_hours: int
    review_days: int

    @classmethod
    def of(cls, params: Mapping[str, Any]) -> Self:
        """The rules with what a policy wrote."""
        return cls(params["max_hours"], params["review_days"])


def reviews(dossier: Dossier) -> list[Line]:
    """Whether earlier emergencies of the system were reviewed: asked at every rollout, whatever the policy says."""
    if not _is_rollout(dossier):
        return []
    open_ = [one for one in dossier.break_glass if one.reviewed_at is None]
    late = [one for one in open_ if one.review_due_at <= dossier.now]
    return [_overdue(one) for one in late] + [_due(one) for one in open_ if one not in late]


def _is_rollout(dossier: Dossier) -> bool:
    into = dossier.step is not None and dossier.step.to_stage == VersionStage.PRODUCTION
    return dossier.version is not None and (into or dossier.environment != "")


def _overdue(one: BreakGlassFacts) -> Line:
    finding = Finding(
        code="break_glass.review_overdue",
        state=State.OPEN,
        sentence=f"The emergency release of {day(one.starts)} should have been reviewed by {day(one.review_due_at)}.",
        requirement="Emergency releases reviewed",
        owner_role=Role.COMPLIANCE_OFFICER.value,
        clears="A compliance officer who neither asked for nor confirmed the emergency release reviews it.",
    )
    return Line(Place.PEOPLE, finding)


def _due(one: BreakGlassFacts) -> Line:
    finding = Finding(
        code="break_glass.review",
        state=State.MET,
        sentence=f"The review of the emergency release of {day(one.starts)} is due by {day(one.review_due_at)}.",
        requirement="Emergency releases reviewed",
        owner_role=Role.COMPLIANCE_OFFICER.value,
    )
    return Line(Place.PEOPLE, finding)


def running(dossier: Dossier, rules: BreakGlassRules | None) -> BreakGlassFacts | None:
    """The emergency release that is on for this version at this door, if one is and the policy knows such a thing."""
    if rules is None or dossier.version is None or not dossier.environment:
        return None
    longest = timedelta(hours=rules.max_hours)
    found = [
        one
        for one in dossier.break_glass
        if one.model_version == dossier.version.id
        and one.environment == dossier.environment
        and one.starts <= dossier.now < one.ends
        and one.ends - one.starts <= longest
        and one.requester != one.confirmer
    ]
    return max(found, key=lambda one: (one.ends, one.id), default=None)


def beyond(dossier: Dossier, lines: Iterable[Line]) -> tuple[str, ...]:
    """What blocks that no emergency stands over, in sentences: prohibitions, tampering, and a review that is owed."""
    found = [
        line.finding.sentence
        for line in lines
        if line.finding.blocks and line.finding.code.startswith(NEVER_OVER)
    ]
    if tampered(dossier):
        found.append("A result that counts no longer has the digest it was recorded with.")
    last = dossier.log.verification
    if last is not None and not last.holds:
        found.append("The log does not hold, so nothing would answer for the emergency.")
    for one in dossier.classifications:
        if one.state == "in_force" and not one.intact:
            found.append("The answers of the classification are not those that were recorded.")
        if one.state == "in_force" and one.worse_from is not None and one.worse_from <= dossier.now:
            found.append("By the classification a prohibition applies now.")
    return tuple(found)


def applied(
    dossier: Dossier, rules: BreakGlassRules | None, lines: Sequence[Line]
) -> tuple[list[Line], tuple[str, ...]]:
    """The lines with what an emergency release passes over marked so, and the release that did it."""
    one = running(dossier, rules)
    if one is None or beyond(dossier, lines):
        return list(lines), ()
    passed = [_passed_over(line, one) if line.finding.blocks else line for line in lines]
    return [_notice(one), *passed], (f"{MARK}{one.id}",)


def _notice(one: BreakGlassFacts) -> Line:
    sentence = f"An emergency release is running until {day(one.ends)}; its review is due by {day(one.review_due_at)}."
    finding = Finding(
        code="break_glass.running",
        state=State.WAIVED,
        sentence=sentence,
        requirement="No emergency",
        owner_role=Role.COMPLIANCE_OFFICER.value,
        clears="Clear what is passed over, and end the emergency release.",
    )
    return Line(Place.PEOPLE, finding)


def _passed_over(line: Line, one: BreakGlassFacts) -> Line:
    sentence = f"{line.finding.sentence} Passed over by the emergency release {one.id}."
    return line._replace(finding=replace(line.finding, state=State.WAIVED, sentence=sentence, alternative=""))


def ends(dossier: Dossier) -> Iterable[datetime]:
    """The moments at which time alone changes what an emergency allows, or what its missing review closes."""
    here = [one for one in dossier.break_glass if one.environment == dossier.environment]
    found = [at for one in here for at in (one.starts, one.ends)]
    found += [one.review_due_at for one in dossier.break_glass if one.reviewed_at is None]
    if here:
        found += [one.worse_from for one in dossier.classifications if one.worse_from is not None]
    return [at for at in found if at > dossier.now]
