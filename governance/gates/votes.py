"""Which votes are still about the facts as they are, and which of them count.

A vote signs a subject. Of its fields a seat may map some to its role; the votes of that role go stale when one of
those changes, and not otherwise. What names the question itself (`subject.ALWAYS`) is signed by everybody.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from governance.gates import codec, subject
from governance.gates.memory import once
from governance.gates.spec import Dossier, RequestFacts, VoteFacts
from governance.gates.voted import ConditionFacts


@dataclass(frozen=True)
class Seat:
    """So many votes in a role, in their turn, on these fields of the subject; on all of them where none is named."""

    role: str
    count: int = 1
    order: int = 1
    signs: tuple[str, ...] = ()

    @property
    def fields(self) -> frozenset[str]:
        """The fields whose change makes a vote in this seat stale."""
        return subject.ALWAYS | frozenset(self.signs) if self.signs else subject.EVERYTHING

    def __hash__(self) -> int:
        """Seats of one demand differ by role, and they are looked up for every decision."""
        return hash(self.role)


def fields_of(seats: Iterable[Seat]) -> dict[str, frozenset[str]]:
    """What each role signs."""
    return {seat.role: seat.fields for seat in seats}


@once
def own_step(dossier: Dossier) -> tuple[VoteFacts, ...]:
    """The votes on this step, oldest first."""
    to_stage = dossier.step.to_stage if dossier.step else None
    mine = [vote for vote in dossier.votes if vote.to_stage == to_stage]
    return tuple(sorted(mine, key=lambda vote: (vote.voted_at, vote.voter)))


@once
def oldest(dossier: Dossier) -> datetime:
    """When the first of the votes on this step was cast; now where there is none."""
    return min((vote.voted_at for vote in own_step(dossier)), default=dossier.now)


def request_of(dossier: Dossier, vote: VoteFacts) -> RequestFacts | None:
    """The question the vote answers."""
    return _questions(dossier).get(vote.request)


def stale_fields(dossier: Dossier, vote: VoteFacts, signed: Iterable[str]) -> tuple[str, ...]:
    """What changed since the vote, of what it signed. A vote on another text than the one that is kept is stale."""
    request = request_of(dossier, vote)
    if request is None or _digests(dossier)[request.id] != vote.subject_digest:
        against = vote.verdict != "approve" and vote.subject_digest == subject.subject_digest(dossier)
        return () if against else ("schema",)
    return subject.changed_fields(request.subject, subject.now(dossier), signed)


@once
def standing(dossier: Dossier, seats: tuple[Seat, ...]) -> tuple[VoteFacts, ...]:
    """The last word of each person that is still about the facts as they are.

    A withdrawn question carries no approval; nor does one that has been used up, when the same step is to be taken
    again. A rejection stands until its author says otherwise. Taking a word back never brings an older approval back.
    """
    signed, void = fields_of(seats), _void(dossier)
    last: dict[str, VoteFacts] = {}
    for vote in own_step(dossier):
        if stale_fields(dossier, vote, signed.get(vote.role, subject.EVERYTHING)):
            continue
        before = last.get(vote.voter)
        if vote.withdrawn:
            if before is not None and before.verdict == "approve":
                del last[vote.voter]
        elif vote.verdict != "approve" or vote.request not in void:
            last[vote.voter] = vote
    return tuple(last.values())


def one_voice_each(votes: Sequence[VoteFacts]) -> list[VoteFacts]:
    """One voice for each authority: who speaks for themselves is not also spoken for, and by one delegate only."""
    own = {vote.voter for vote in votes if not vote.principal}
    spoken_for: dict[str, VoteFacts] = {}
    for vote in votes:
        if vote.principal and vote.principal not in own:
            spoken_for[vote.principal] = vote
    return [vote for vote in votes if not vote.principal or spoken_for.get(vote.principal) is vote]


def conditions_of(dossier: Dossier, vote: VoteFacts) -> list[ConditionFacts]:
    """What the vote was given on condition of."""
    return [one for one in dossier.conditions if (one.request, one.voter) == (vote.request, vote.voter)]


def lapsed(dossier: Dossier, vote: VoteFacts) -> list[ConditionFacts]:
    """The conditions of a vote whose time is over."""
    return [one for one in conditions_of(dossier, vote) if one.lapsed(dossier.now)]


@once
def binding(dossier: Dossier) -> tuple[ConditionFacts, ...]:
    """The conditions that bind: of steps that were taken, and of each person's last word on a step that was not."""
    used = {request.id for request in dossier.requests if request.state == "used"}
    last: dict[tuple[str, str], VoteFacts] = {}
    for vote in sorted(dossier.votes, key=lambda vote: (vote.voted_at, vote.request)):
        last[vote.to_stage, vote.voter] = vote
    words = {(vote.request, vote.voter) for vote in last.values() if not vote.withdrawn}
    return tuple(
        one for one in dossier.conditions if one.request in used or (one.request, one.voter) in words
    )


def in_turn(seats: Sequence[Seat], given: Mapping[str, Sequence[VoteFacts]]) -> dict[str, list[VoteFacts]]:
    """The votes of each role whose turn it is: a later seat counts while every earlier one is filled."""
    owing = [seat.order for seat in seats if len(given[seat.role]) < seat.count]
    turn = min(owing, default=None)
    return {seat.role: list(given[seat.role]) if turn is None or seat.order <= turn else [] for seat in seats}


@once
def open_request(dossier: Dossier, days: int | None) -> RequestFacts | None:
    """The request that takes votes on the facts as they are."""
    digest = subject.subject_digest(dossier)
    return next(
        (
            request
            for request in dossier.requests
            if request.state == "open"
            and request.subject_digest == digest
            and not expired(request.requested_at, days, dossier.now)
        ),
        None,
    )


def expired(requested_at: datetime, days: int | None, now: datetime) -> bool:
    """Whether a request is too old to take votes."""
    return days is not None and now >= requested_at + timedelta(days=days)


@once
def _questions(dossier: Dossier) -> dict[str, RequestFacts]:
    return {request.id: request for request in dossier.requests}


@once
def _digests(dossier: Dossier) -> dict[str, str]:
    """The digest of each question's subject as it is kept."""
    return {request.id: codec.digest(request.subject) for request in dossier.requests}


@once
def _void(dossier: Dossier) -> frozenset[str]:
    """Requests whose approvals are worth nothing now: taken back, or used up with all that came before them."""
    step = dossier.step.name if dossier.step else None
    mine = [request for request in dossier.requests if request.subject.step == step]
    void = {request.id for request in mine if request.state == "withdrawn"}
    at = dossier.version.stage if dossier.version else dossier.system.stage
    if dossier.step and at == dossier.step.from_stage:
        used = max((r.requested_at for r in mine if r.state == "used"), default=None)
        void |= {r.id for r in mine if used is not None and r.requested_at <= used}
    return frozenset(void)
