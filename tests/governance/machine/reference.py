"""What must come out: roles, delegations, votes, facts and the clock in as few rules as possible.

It shares no code with the product, knows no database, and is meant to be read by an auditor.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

VOTE_LIFE = timedelta(days=30)
SEATS = ("validator", "compliance_officer", "approver")


@dataclass(frozen=True)
class Edition:
    """What a policy may say otherwise: the order of its seats, and the facts its approver does not sign."""

    order: dict[str, int] = field(default_factory=dict)
    approver_ignores: frozenset[str] = frozenset()


EDITIONS = {
    "plain": Edition(),
    "ordered": Edition(order={"validator": 1, "compliance_officer": 2, "approver": 3}),
    "mapped": Edition(approver_ignores=frozenset({"evidence", "intended_use"})),
}


@dataclass(frozen=True)
class Subject:
    """What is signed. Numbers stand for versions of the facts."""

    step: str
    intended_use: int
    policy: int
    evidence: int


@dataclass(frozen=True)
class Lent:
    """A role lent from one person to another until a moment."""

    number: int
    delegator: str
    delegate: str
    role: str
    until: datetime


@dataclass
class Ballot:
    """One word on one request."""

    voter: str
    role: str
    verdict: str
    subject: Subject
    request: int
    at: datetime
    lent: Lent | None = None

    @property
    def authority(self) -> str:
        """Whose role it uses."""
        return self.lent.delegator if self.lent else self.voter


@dataclass
class Request:
    """One question."""

    number: int
    subject: Subject
    asker: str
    state: str = "open"


@dataclass
class People:
    """Who holds which role, and who has lent one to whom, at a moment."""

    now: datetime
    roles: dict[str, set[str]]
    lent: list[Lent] = field(default_factory=list)
    revoked: set[int] = field(default_factory=set)

    def runs(self, lent: Lent) -> bool:
        """Whether the role is lent at this moment."""
        return lent.number not in self.revoked and self.now < lent.until

    def with_delegates(self, barred: set[str]) -> set[str]:
        """These people, and whoever acts for one of them."""
        return barred | {lent.delegate for lent in self.lent if lent.delegator in barred and self.runs(lent)}


@dataclass
class Reference(People):
    """The world as the rules see it."""

    edition: str = "plain"
    stage: str = "compliance"
    intended_use: int = 1
    policy: int = 1
    evidence: int = 1
    measured_well: bool = True
    requests: list[Request] = field(default_factory=list)
    ballots: list[Ballot] = field(default_factory=list)

    author = "dev"
    data_owner = "stew"

    # --- the question --------------------------------------------------------------------------------------------
    def origin(self) -> str:
        """The stage from which production is reached now."""
        return "suspended" if self.stage == "suspended" else "compliance"

    def subject(self, origin: str = "") -> Subject:
        """What would be signed now."""
        step = f"{origin or self.origin()}→production"
        return Subject(step, self.intended_use, self.policy, self.evidence)

    def open_request(self) -> Request | None:
        """The question that takes votes."""
        return next((r for r in self.requests if r.state == "open"), None)

    def excluded(self, origin: str = "") -> set[str]:
        """Author, data owner, whoever asked last about this step; and whoever acts for one of them."""
        step = self.subject(origin).step
        askers = [r.asker for r in self.requests if r.subject.step == step]
        return self.with_delegates({self.author, self.data_owner, *askers[-1:]})

    # --- who may vote as what ------------------------------------------------------------------------------------
    def usable(self, lent: Lent) -> bool:
        """Whether votes can be cast under it."""
        return self.runs(lent) and lent.role in self.roles[lent.delegator]

    def may_vote(self, asked: Request, name: str, role: str, lent: Lent | None) -> bool:
        """Whether a person's word in a role, their own or a lent one, is taken."""
        barred = self.excluded()
        holder = lent.delegator if lent else name
        words = [b for b in self.ballots if b.request == asked.number]
        return (
            asked.state == "open"
            and asked.subject == self.subject()
            and (self.usable(lent) and lent.delegate == name if lent else role in self.roles[name])
            and name not in barred
            and holder not in barred
            and name not in {b.voter for b in words}
            and (lent is None or holder not in {b.authority for b in words} | {b.voter for b in words})
            and self.turn(role)
        )

    def turn(self, role: str) -> bool:
        """Whether every seat before this one is filled."""
        order = EDITIONS[self.edition].order
        given = self.filled()
        return all(given[seat] for seat in SEATS if order.get(seat, 1) < order.get(role, 1))

    # --- what counts ---------------------------------------------------------------------------------------------
    def holds(self, ballot: Ballot) -> bool:
        """Whether the voter may still be said to speak in that role."""
        taken_back = ballot.lent is not None and ballot.lent.number in self.revoked
        return not taken_back and ballot.role in self.roles[ballot.authority]

    def same(self, ballot: Ballot, origin: str) -> bool:
        """Whether what the ballot signed is as it was."""
        ignored = EDITIONS[self.edition].approver_ignores if ballot.role == "approver" else frozenset()
        was, now = ballot.subject, self.subject(origin)
        names = ("step", "intended_use", "policy", "evidence")
        return all(getattr(was, name) == getattr(now, name) for name in names if name not in ignored)

    def last_words(self, origin: str) -> list[Ballot]:
        """The last word of each person on the facts as they are; a used question carries nothing the second time."""
        void = {"withdrawn", "used"} if self.stage == origin else {"withdrawn"}
        state = {request.number: request.state for request in self.requests}
        last: dict[str, Ballot] = {}
        for ballot in self.ballots:
            if self.same(ballot, origin) and (
                ballot.verdict != "approve" or state[ballot.request] not in void
            ):
                last[ballot.voter] = ballot
        return list(last.values())

    def filled(self, origin: str = "") -> dict[str, list[Ballot]]:
        """The approvals in each seat that count, whether or not it is its turn."""
        origin = origin or self.origin()
        barred = self.excluded(origin)
        able = [
            b
            for b in self.last_words(origin)
            if self.holds(b) and b.voter not in barred and b.authority not in barred
        ]
        own = {b.voter for b in able if not b.lent}
        spoken = {b.authority: b for b in able if b.lent and b.authority not in own}
        voices = [b for b in able if not b.lent or spoken.get(b.authority) is b]
        good = [b for b in voices if b.verdict == "approve" and self.now < b.at + VOTE_LIFE]
        return {seat: [b for b in good if b.role == seat] for seat in SEATS}

    def approved(self, origin: str) -> bool:
        """Nobody said no to exactly this, and different voices fill every seat."""
        if any(b.verdict != "approve" for b in self.last_words(origin)):
            return False
        filled = self.filled(origin)
        voices = {b.authority for each in filled.values() for b in each}
        return all(filled.values()) and len(voices) >= len(SEATS)

    def door_is_open(self) -> bool:
        """Whether a pipeline is let through to production."""
        return (
            self.stage in {"compliance", "production"} and self.measured_well and self.approved("compliance")
        )

    def may_move(self) -> bool:
        """Whether the version can be promoted."""
        return (
            self.stage in {"compliance", "suspended"} and self.measured_well and self.approved(self.origin())
        )
