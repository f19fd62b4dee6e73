"""Waivers: a finding set aside for a time, by somebody entitled, only in exactly the state in which it was judged.

What a policy does not name cannot be waived, and some things no policy can name. A waiver is worth something only
while everything still holds that it was granted on: the same finding in the same words, the same results behind it,
the same terms, an approver who still holds the role, and a policy that still asks no higher one.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Final, Self

from governance.gates import evidence, lineage
from governance.gates.live import live
from governance.gates.plan import Line
from governance.gates.requirements.approvals import VOTING_ROLES
from governance.gates.requirements.base import Place, schema
from governance.gates.spec import Dossier, State, WaiverFacts
from registry.ledger import chain
from registry.stages import Role

# Codes that start so are never set aside, whatever a policy says, with the words that say why.
NEVER: Final[dict[str, str]] = {
    "tier.": "what the law or the house prohibits",
    "policy.": "whether there is a policy at all",
    "environment.": "where something may go",
    "approvals.": "the word of independent people",
    "classification": "the risk classification",
    "ledger": "whether the log holds",
    "break_glass.": "the review of an emergency release",
    "version.stage": "the order of the steps",
    "system.stage": "the order of the steps",
}
# `checks.` is every code that begins so; without a point at the end it is one code.
_CODE = {"type": "string", "pattern": r"^[a-z][a-z_]*(\..*)?$", "maxLength": 200}
_ROLES = {"type": "array", "items": {"enum": list(VOTING_ROLES)}, "minItems": 1, "uniqueItems": True}
_DAYS = {"type": "integer", "minimum": 1, "maximum": 365}
SCHEMA: Final = schema(
    {
        "allowed": {"type": "array", "items": _CODE, "minItems": 1, "maxItems": 200, "uniqueItems": True},
        "approvers": {"type": "array", "items": _ROLES, "minItems": 1, "maxItems": 10},
        "max_days": _DAYS,
        "budget_days": _DAYS,
    },
    "allowed",
    "approvers",
    "max_days",
    "budget_days",
)


@dataclass(frozen=True)
class WaiverRules:
    """What a policy says about waivers: of what, by whom, for how long, and how many days of a year per model."""

    allowed: tuple[str, ...]
    approvers: tuple[tuple[str, ...], ...]
    max_days: int
    budget_days: int

    @classmethod
    def of(cls, params: Mapping[str, Any]) -> Self:
        """The rules with what a policy wrote."""
        approvers = tuple(tuple(roles) for roles in params["approvers"])
        return cls(tuple(params["allowed"]), approvers, params["max_days"], params["budget_days"])

    def names(self, code: str) -> bool:
        """Whether the policy lets this finding be waived at all."""
        bare = base(code)
        return not never(bare) and any(
            bare.startswith(entry) if entry.endswith(".") else bare == entry for entry in self.allowed
        )

    def roles_for(self, renewal: int) -> tuple[str, ...]:
        """Who may approve: the first list a first waiver, the next its renewal; none when there is no next."""
        return self.approvers[renewal] if renewal < len(self.approvers) else ()


@dataclass(frozen=True)
class CoveredFinding:
    """A finding as it stood when the waiver was asked for, in words and as a digest."""

    code: str
    state: str
    sentence: str
    requirement: str
    standing: str


@dataclass(frozen=True)
class WaiverTerms:
    """What an approver signs: what is set aside, why, what is done instead, for whom, from when and until when."""

    model_version: str
    step: str
    environment: str
    findings: tuple[CoveredFinding, ...]
    reason: str
    compensating_control: str
    requester: str
    starts: datetime
    expires_at: datetime
    renews: str
    renewal: int
    schema: str = "assay.waiver/1"


def mistakes(params: Mapping[str, Any]) -> Iterator[tuple[list[str | int], str]]:
    """What a schema cannot say of a policy's `waivers`: path under that key, and the mistake."""
    for number, code in enumerate(params["allowed"]):
        if reason := never(code):
            yield ["allowed", number], f"{code!r} can never be waived: it is {reason}."
    for number, (before, roles) in enumerate(pairwise(params["approvers"]), 1):
        if again := sorted(set(before) & set(roles)):
            words = (
                f"Renewal {number} must be approved higher than what it renews, so not by {', '.join(again)}."
            )
            yield ["approvers", number], words
    if params["budget_days"] < params["max_days"]:
        yield ["budget_days"], "The budget does not hold a single waiver of the longest time."


def base(code: str) -> str:
    """The code without the number by which equal codes are told apart."""
    return re.sub(r"#[0-9]+$", "", code)


def never(code: str) -> str:
    """Why a code can never be waived; empty when a policy may allow it."""
    return next((words for start, words in NEVER.items() if code.startswith(start)), "")


def tampered(dossier: Dossier) -> bool:
    """Whether a result that counts no longer has the digest it was recorded with."""
    return any(not run.intact for run in evidence.counted(dossier))


def waivable(dossier: Dossier, rules: WaiverRules | None, line: Line) -> bool:
    """Whether this finding, as it stands, could be waived."""
    if (
        rules is None
        or dossier.version is None
        or not line.finding.blocks
        or not rules.names(line.finding.code)
    ):
        return False
    return not (line.place is Place.EVIDENCE and tampered(dossier))


def standing(dossier: Dossier, line: Line) -> str:
    """The digest of how exactly a finding stands: its words, and the results it rests on."""
    finding = line.finding
    behind = _results(dossier, base(finding.code)) if line.place is Place.EVIDENCE else ()
    told = {"code": finding.code, "state": finding.state.value, "sentence": finding.sentence}
    return chain.digest_of({**told, "results": list(behind)})


def _results(dossier: Dossier, code: str) -> tuple[str, ...]:
    """The results that hold the check of this name; of any other finding, all that count."""
    counted = evidence.counted(dossier)
    name = code.partition(".")[2]
    holding = [run for run in counted if any(check.name == name for check in run.checks)]
    return tuple(sorted(run.result_digest or run.id for run in holding or counted))


def in_force(dossier: Dossier, rules: WaiverRules | None) -> tuple[WaiverFacts, ...]:
    """The waivers that count for this version, at this step or door, at this moment, under this policy."""
    if rules is None:
        return ()
    found = [
        w
        for w in live(dossier)
        if w.starts <= dossier.now and _here(dossier, w) and _sound(dossier, rules, w)
    ]
    return tuple(sorted(found, key=lambda waiver: (waiver.starts, waiver.id)))


def _here(dossier: Dossier, waiver: WaiverFacts) -> bool:
    version, step = dossier.version, dossier.step
    return (
        version is not None
        and step is not None
        and waiver.model_version == version.id
        and waiver.step == step.name
        and waiver.environment in ("", dossier.environment)
    )


def part_takers(dossier: Dossier, requester: str, before: Iterable[str] = ()) -> dict[str, str]:
    """Everybody who may not approve a waiver, with what they did or for whom they act; `before` approved the last."""
    found = dict.fromkeys(before, "approved the waiver that this one renews")
    if dossier.version is not None:
        found[dossier.version.author] = "registered this version"
    return lineage.with_delegates(dossier, {**found, requester: "asked for it"})


def _sound(dossier: Dossier, rules: WaiverRules, waiver: WaiverFacts) -> bool:
    return (
        waiver.intact
        and waiver.entitled
        and waiver.approver not in part_takers(dossier, waiver.requester)
        and waiver.approved_role in rules.roles_for(waiver.renewal)
        and waiver.expires_at - waiver.starts <= timedelta(days=rules.max_days)
    )


def applied(
    dossier: Dossier, rules: WaiverRules | None, lines: Sequence[Line]
) -> tuple[list[Line], tuple[str, ...]]:
    """The lines with what is waived marked so, and the waivers that did it."""
    covering: dict[tuple[str, str], WaiverFacts] = {}
    for waiver in in_force(dossier, rules):
        for one in waiver.findings:
            covering.setdefault((one.code, one.standing), waiver)
    coded = {code for code, _ in covering}
    found, used = [], set()
    for line in lines:
        if not waivable(dossier, rules, line):
            found.append(line)
            continue
        waiver_ = (
            covering.get((line.finding.code, standing(dossier, line))) if line.finding.code in coded else None
        )
        used |= {waiver_.id} if waiver_ else set()
        found.append(_waived(line, waiver_) if waiver_ else _offered(line, rules))
    return found, tuple(sorted(used))


def _waived(line: Line, waiver: WaiverFacts) -> Line:
    sentence = f"{line.finding.sentence} Waived until {day(waiver.expires_at)} by the waiver {waiver.id}."
    return line._replace(finding=replace(line.finding, state=State.WAIVED, sentence=sentence))


def _offered(line: Line, rules: WaiverRules | None) -> Line:
    if rules is None:
        return line
    words = f"Or ask for a waiver of at most {rules.max_days} days; {roles_words(rules.roles_for(0))} may approve it."
    return line._replace(finding=replace(line.finding, alternative=words))


def ends(dossier: Dossier) -> Iterable[datetime]:
    """The moments at which time alone changes what is waived, or what votes are about."""
    here = [w for w in live(dossier) if dossier.step is not None and w.step == dossier.step.name]
    return [at for waiver in here for at in (waiver.starts, waiver.expires_at) if at > dossier.now]


def roles_words(roles: Iterable[str]) -> str:
    """`a validator or a compliance officer`."""
    return " or ".join(Role(role).one for role in roles) or "nobody"


def day(at: datetime) -> str:
    """A moment in a sentence: `20 Nov 2026, 14:05 UTC`."""
    return f"{at.day} {at:%b %Y, %H:%M} UTC"
