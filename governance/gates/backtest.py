"""A draft over past decisions: which would have come out otherwise, and how much there would be to review.

Each decision is made again from its own stored facts under the draft's text; nothing else changes. So votes and
reports count as they did then, although a new policy asks for new votes: a back-test tells what the demands do.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

from governance.gates import codec
from governance.gates.decide import judge, step_to
from governance.gates.policy import Policy, parse
from governance.gates.requirements.approvals import Approvals
from governance.gates.spec import Dossier, GateDecision, PolicyFacts
from governance.lifecycle import step_name
from registry.ledger import chain

MAX_FLIPS: Final = 200  # named each way; all are counted
_MONTH: Final = timedelta(days=30.4375)


@dataclass(frozen=True)
class Stored:
    """A decision as it is kept: its id and two canonical texts."""

    id: str
    dossier: str
    outcome: str


@dataclass(frozen=True)
class Flip:
    """A decision that would have come out otherwise, and the first finding that made the difference."""

    decision: str
    decided_at: str
    system: str
    version: str
    step: str
    was: str
    now: str
    code: str
    sentence: str


@dataclass
class Tally:
    """What was found so far. Plain data, so that a worker can put it down and another take it up."""

    decided: int = 0
    other_tier: int = 0
    unreadable: int = 0
    opens: int = 0
    closes: int = 0
    flips: list[Flip] = field(default_factory=list)
    asked: dict[str, set[str]] = field(
        default_factory=lambda: defaultdict(set)
    )  # step → what was asked about
    first: str = ""
    last: str = ""

    def add(self, stored: Stored, draft: str) -> None:
        """Decide one more under the draft."""
        try:
            dossier = codec.read(Dossier, stored.dossier)
            was = codec.read(GateDecision, stored.outcome)
        except codec.Unreadable:
            self.unreadable += 1
            return
        rules = parse(draft)
        if dossier.system.tier != rules.tier:
            self.other_tier += 1
            return
        asked = under(dossier, rules, draft)
        now = judge(asked, draft)
        self.decided += 1
        self._count_asked(asked)
        if was.allows != now.allows:
            self._count_flip(stored.id, asked, was, now)

    def _count_asked(self, dossier: Dossier) -> None:
        at = codec.moment(dossier.now)
        self.first, self.last = min(self.first or at, at), max(self.last, at)
        if dossier.step is not None:
            about = dossier.version.id if dossier.version else dossier.system.id
            self.asked.setdefault(dossier.step.name, set()).add(about)

    def _count_flip(self, pk: str, dossier: Dossier, was: GateDecision, now: GateDecision) -> None:
        opens = now.allows
        self.opens += opens
        self.closes += not opens
        if (self.opens if opens else self.closes) > MAX_FLIPS:
            return
        code, sentence = _difference(was, now)
        version = f"{dossier.version.model}/{dossier.version.version}" if dossier.version else ""
        step = now.transition or dossier.environment
        at = codec.moment(dossier.now)
        told = (was.verdict.value, now.verdict.value, code, sentence)
        self.flips.append(Flip(pk, at, dossier.system.slug, version, step, *told))

    def plain(self) -> dict[str, Any]:
        """As JSON data."""
        return {
            **{name: getattr(self, name) for name in _PLAIN},
            "flips": codec.plain(tuple(self.flips)),
            "asked": {step: sorted(about) for step, about in sorted(self.asked.items())},
        }

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> "Tally":
        """What `plain` put down."""
        tally = cls(**{name: data[name] for name in _PLAIN})
        tally.flips = [codec.built(Flip, one) for one in data["flips"]]
        tally.asked = {step: set(about) for step, about in data["asked"].items()}
        return tally


_PLAIN: Final = ("decided", "other_tier", "unreadable", "opens", "closes", "first", "last")


def under(dossier: Dossier, rules: Policy, draft: str) -> Dossier:
    """The facts as they were, asked about the step that the draft lets guard the same door."""
    if dossier.environment:
        dossier = replace(dossier, step=step_to(rules, dossier.environment))
    if dossier.policy is None:  # where none was in force, the draft would have been
        facts = PolicyFacts("", rules.name, 0, chain.digest(draft.encode()), intact=True)
        dossier = replace(dossier, policy=facts)
    return dossier


def _difference(was: GateDecision, now: GateDecision) -> tuple[str, str]:
    """The first line that is open on one side only; one that a waiver covers may be open on both."""
    shut, other = (now, was) if was.allows else (was, now)
    open_there = {finding.code for finding in other.findings if not finding.met}
    open_here = [finding for finding in shut.findings if not finding.met]
    lines = [finding for finding in open_here if finding.code not in open_there] or open_here
    return (lines[0].code, lines[0].sentence) if lines else ("", "")


def load(tally: Tally, text: str) -> dict[str, float]:
    """Reviews a month for each role under a policy: its seats × the versions that came to each step."""
    months = max(_span(tally) / _MONTH, 1.0)
    found: dict[str, float] = defaultdict(float)
    for section in parse(text).sections:
        came = len(tally.asked.get(step_name(section.from_stage, section.to_stage), ()))
        for demand in section.requirements:
            if isinstance(demand, Approvals):
                for seat in demand.seats:
                    found[seat.role] += seat.count * came / months
    return dict(found)


def _span(tally: Tally) -> timedelta:
    if not tally.first:
        return timedelta()
    return datetime.fromisoformat(tally.last) - datetime.fromisoformat(tally.first)


def result(tally: Tally, draft: str, in_force: str) -> dict[str, Any]:
    """What a back-test hands out. `in_force` is the policy of today, or empty."""
    today, then = (load(tally, in_force) if in_force else {}), load(tally, draft)
    return {
        **{name: getattr(tally, name) for name in _PLAIN},
        "flips": codec.plain(tuple(tally.flips)),
        "load": [
            {"role": role, "today": round(today.get(role, 0.0), 2), "draft": round(then.get(role, 0.0), 2)}
            for role in sorted({*today, *then})
        ],
    }
