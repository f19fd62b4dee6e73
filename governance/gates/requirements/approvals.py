"""The demand that different people, each in their role, have approved exactly this."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final, Self

from governance.gates import lineage, staffing, subject
from governance.gates.memory import once
from governance.gates.requirements.base import DAYS, Place, Requirement, earliest, fresh, schema, words
from governance.gates.spec import Dossier, Finding, RequestFacts, State, VoteFacts
from registry.access.table import ROLE_PERMISSIONS
from registry.stages import Role

VOTING_ROLES: Final = tuple(role.value for role in Role if "vote" in ROLE_PERMISSIONS[role])
_SEATS = {
    "type": "array",
    "minItems": 1,
    "maxItems": len(VOTING_ROLES),
    "items": schema(
        {"role": {"enum": list(VOTING_ROLES)}, "count": {"type": "integer", "minimum": 1, "maximum": 20}},
        "role",
    ),
}


@dataclass(frozen=True)
class Approvals(Requirement):
    """So many votes in each role, by different people, none of them judging their own work."""

    seats: tuple[tuple[str, int], ...]
    exclude: tuple[str, ...] = ()
    within_days: int | None = None

    name: ClassVar[str] = "approvals"
    params: ClassVar[Mapping[str, Any]] = schema(
        {"of": _SEATS, "exclude": words(lineage.ROLES_IN_LINEAGE), "within_days": DAYS}, "of", "exclude"
    )
    place: ClassVar[Place] = Place.APPROVALS

    @classmethod
    def of(cls, params: Mapping[str, Any]) -> Self:
        """The demand with what a policy wrote; seats of one role given twice add up."""
        seats: dict[str, int] = {}
        for seat in params["of"]:
            seats[seat["role"]] = seats.get(seat["role"], 0) + seat.get("count", 1)
        return cls(tuple(seats.items()), tuple(params["exclude"]), params.get("within_days"))

    def findings(self, dossier: Dossier) -> tuple[Finding, ...]:
        """A line for each role, one for each rejection, and one when nobody could lawfully vote."""
        lines = [self._of_role(dossier, role, count) for role, count in self.seats]
        return (*self._rejections(dossier), *self._staffing(dossier), *lines)

    def given(self, dossier: Dossier, role: str) -> list[VoteFacts]:
        """The approvals in a role that count: on this very subject, by someone who may, and not too old."""
        excluded = lineage.excluded(dossier, self.exclude)
        return [
            vote
            for vote in _words_on_this(dossier)
            if vote.role == role
            and vote.verdict == "approve"
            and vote.entitled
            and vote.voter not in excluded
            and fresh(vote.voted_at, self.within_days, dossier.now)
        ]

    def missing(self, dossier: Dossier) -> dict[str, int]:
        """How many votes each role still owes; roles that owe none are not named."""
        owed = {role: count - len(self.given(dossier, role)) for role, count in self.seats}
        return {role: count for role, count in owed.items() if count > 0}

    def _of_role(self, dossier: Dossier, role: str, count: int) -> Finding:
        given, label = len(self.given(dossier, role)), Role(role).label.lower()
        state, sentence = State.MET, f"{given} of {count} approvals by a {label} are given on this subject."
        if given < count:
            state, sentence = self._why_missing(dossier, role, sentence)
        return Finding(
            code=f"approvals.{role}",
            state=state,
            sentence=sentence,
            requirement=f"Approval: {Role(role).label} ({count})",
            owner_role=role,
            clears="" if state is State.MET else _ask(dossier, f"A {label} votes on the approval request."),
        )

    def _why_missing(self, dossier: Dossier, role: str, sentence: str) -> tuple[State, str]:
        for vote in reversed(_own_step(dossier)):
            if vote.role != role or vote.verdict != "approve":
                continue
            if (request := _request(dossier, vote)) is None:
                continue
            now = subject.subject_of(dossier)
            if vote.subject_digest != subject.subject_digest(dossier):
                changed = subject.changed_words(request.subject, now)
                return State.STALE, f"{sentence} A vote was signed before a change of {changed}."
            if not fresh(vote.voted_at, self.within_days, dossier.now):
                return State.STALE, f"{sentence} A vote is older than {self.within_days} days."
            if not vote.entitled:
                return State.STALE, f"{sentence} The person who voted no longer holds the role."
        return State.OPEN, sentence

    def _rejections(self, dossier: Dossier) -> list[Finding]:
        against = [vote for vote in _words_on_this(dossier) if vote.verdict == "reject"]
        return [
            Finding(
                code=f"approvals.rejected.{vote.role}",
                state=State.OPEN,
                sentence=f"A {Role(vote.role).label.lower()} rejected exactly this subject.",
                requirement="No rejection",
                owner_role=vote.role,
                clears="Change what the rejection names; or ask again, and the same person approves.",
            )
            for vote in against
        ]

    def _staffing(self, dossier: Dossier) -> list[Finding]:
        excluded = lineage.excluded(dossier, self.exclude)
        cast = {vote.voter: vote.role for role, _ in self.seats for vote in self.given(dossier, role)}
        short = staffing.unfillable(dossier.holders, self.seats, excluded, cast)
        if not short:
            return []
        labels = " and ".join(Role(role).label.lower() for role in short)
        return [
            Finding(
                code="approvals.staffing",
                state=State.OPEN,
                sentence=f"There are not enough people who could lawfully vote as {labels}.",
                requirement="Enough independent people",
                owner_role=Role.OWNER.value,
                clears=f"Give the role of {labels} to someone who took no part in this version.",
            )
        ]

    def holds_until(self, dossier: Dossier) -> datetime | None:
        """When the first vote that counts grows too old."""
        if self.within_days is None:
            return None
        votes = [vote for role, _ in self.seats for vote in self.given(dossier, role)]
        return earliest([vote.voted_at + timedelta(days=self.within_days) for vote in votes])


def _own_step(dossier: Dossier) -> list[VoteFacts]:
    """The votes on this step, oldest first."""
    to_stage = dossier.step.to_stage if dossier.step else None
    return sorted((v for v in dossier.votes if v.to_stage == to_stage), key=lambda v: (v.voted_at, v.voter))


@once
def _words_on_this(dossier: Dossier) -> list[VoteFacts]:
    """The last word of each person on exactly this subject.

    A withdrawn question carries no approval; nor does one that has been used up, when the same step is to be taken
    again. A rejection stands until its author says otherwise.
    """
    digest = subject.subject_digest(dossier)
    again = dossier.version and dossier.step and dossier.version.stage == dossier.step.from_stage
    void = {"withdrawn", "used"} if again else {"withdrawn"}
    standing = {request.id for request in dossier.requests if request.state not in void}
    last: dict[str, VoteFacts] = {}
    for vote in _own_step(dossier):
        if vote.subject_digest == digest and (vote.verdict == "reject" or vote.request in standing):
            last[vote.voter] = vote
    return list(last.values())


def _request(dossier: Dossier, vote: VoteFacts) -> RequestFacts | None:
    return next((request for request in dossier.requests if request.id == vote.request), None)


def _ask(dossier: Dossier, action: str) -> str:
    digest = subject.subject_digest(dossier)
    asked = any(request.state == "open" and request.subject_digest == digest for request in dossier.requests)
    return action if asked else f"Ask for approval. {action}"
