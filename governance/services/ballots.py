"""What somebody may do with an approval request: vote in one of these ways, or not, and why."""

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from governance.dossier import Gathered
from governance.gates import codec, lineage, subject
from governance.gates.requirements.approvals import Approvals
from governance.gates.spec import Subject
from governance.models import ApprovalRequest, Delegation, RequestState, Vote
from governance.services import delegations, questions
from registry import selectors as facts
from registry.access import check
from registry.actors import Actor
from registry.errors import AssayError, Conflict, Denied
from registry.stages import Role


class Excluded(Denied):
    """What somebody did, or whom they act for, keeps them from voting."""

    def __init__(self, why: str) -> None:
        super().__init__(
            f"You cannot vote on this: you {lineage.to_you(why)}. Someone independent has to.",
            code="approval.excluded",
        )
        self.why = why


@dataclass(frozen=True)
class Way:
    """How somebody may vote: in a role of their own, or in one that was delegated to them."""

    role: Role
    delegation: Delegation | None = None


@dataclass(frozen=True)
class Question:
    """A request that takes votes, with the facts and the demands as they are now."""

    request: ApprovalRequest
    gathered: Gathered
    demands: tuple[Approvals, ...]

    @property
    def excluded(self) -> Mapping[str, str]:
        """Every person who may not vote, with the reason why."""
        names = tuple(name for demand in self.demands for name in demand.exclude)
        return lineage.excluded(self.gathered.dossier, names)


@dataclass(frozen=True)
class Ballot:
    """What the vote of somebody would meet now."""

    ways: tuple[Way, ...]
    why_not: str
    changed: str  # what changed since it was asked, in words

    @property
    def roles(self) -> tuple[Role, ...]:
        """The roles they may vote in."""
        return tuple(dict.fromkeys(way.role for way in self.ways))


def ballot(actor: Actor, request: ApprovalRequest, gathered: Gathered | None = None) -> Ballot:
    """What the vote of this actor would meet now, found by the checks that guard the vote itself."""
    gathered = gathered or questions.facts_of(request)
    was, now = codec.read(Subject, request.subject), subject.now(gathered.dossier)
    changed = subject.changed_words(was, now)
    try:
        question = checked(actor, request, gathered, request.subject_digest)
        found = ways(actor, question)
    except AssayError as error:
        return Ballot((), error.message, changed)
    refusals = {way: refused(question, way) for way in found}
    possible = tuple(way for way, refusal in refusals.items() if refusal is None)
    closed = [refusal.message for refusal in refusals.values() if refusal is not None]
    return Ballot(possible, "" if possible else closed[0], changed)


def checked(actor: Actor, request: ApprovalRequest, gathered: Gathered, digest: str) -> Question:
    """The question, if this actor may answer it at all; else the reason why not."""
    now = gathered.dossier.now
    lent = delegations.held(actor, request.system, now)
    check.require(actor, "view" if lent else "vote", request)
    check.require_scope(actor, "vote", request)
    demands = questions.demands(gathered)
    _still_the_question(request, gathered, digest, demands)
    if actor.kind != "person":
        raise Denied("Votes are cast by people. A service account cannot vote.", code="approval.not_a_person")
    question = Question(request, gathered, demands)
    me = facts.person_of(actor.user)
    if _standing(request).filter(_of(me, "voter")).exists():
        raise Conflict("You have voted on this request already.", code="approval.voted_already")
    if why := question.excluded.get(str(me)):
        raise Excluded(why)
    return question


def _still_the_question(
    request: ApprovalRequest, gathered: Gathered, digest: str, demands: tuple[Approvals, ...]
) -> None:
    if request.state != RequestState.OPEN:
        raise Conflict(
            f"This request is {request.get_state_display().lower()}; ask again.", code="approval.closed"
        )
    if questions.expired(request, demands, gathered.dossier.now):
        raise Conflict("This request has expired; ask again.", code="approval.expired")
    if digest != request.subject_digest:
        raise Conflict(
            "What you read is not what this request asks about. Read it again, then vote.",
            code="approval.other_subject",
        )
    now = subject.now(gathered.dossier)
    if codec.digest(now) != request.subject_digest:
        changed = subject.changed_words(codec.read(Subject, request.subject), now)
        raise Conflict(
            f"Since this was asked, {changed} changed. Ask for approval again, so that the vote is about the facts as"
            " they are.",
            code="approval.stale",
        )


def ways(actor: Actor, question: Question) -> tuple[Way, ...]:
    """How the actor may vote by the roles they hold or were lent, those first that the policy still waits for."""
    system = question.request.system
    asked = list(dict.fromkeys(Role(seat.role) for demand in question.demands for seat in demand.seats))
    held = facts.roles_of(actor.user.pk, system)
    missing = {role for demand in question.demands for role in demand.missing(question.gathered.dossier)}
    own = [Way(role) for role in asked if role in held]
    lent = delegations.held(actor, system, question.gathered.dossier.now)
    found = own + [Way(Role(one.role), one) for role in asked for one in lent if one.role == role]
    if not found:
        needed = ", ".join(role.label.lower() for role in asked)
        raise Denied(
            f"This step asks for the vote of: {needed}. You hold none of these here.", code="approval.no_role"
        )
    return tuple(sorted(found, key=lambda way: (way.delegation is not None, way.role not in missing)))


def chosen(actor: Actor, question: Question, role: Role | None, delegation: Delegation | None) -> Way:
    """The way that was named; where none was, the first of one's own that is open. Else why there is none."""
    found = [way for way in ways(actor, question) if way.delegation == delegation]
    if role is not None:
        found = [way for way in found if way.role == role]
    if not found:
        named = f"as {role.label.lower()} here" if role else "here without naming whom you vote for"
        named = "under this delegation here" if delegation else named
        raise Denied(f"You cannot vote {named}.", code="approval.no_role")
    refusals = []
    for way in found:
        refusal = refused(question, way)
        if refusal is None:
            return way
        refusals.append(refusal)
    raise refusals[0]


def refused(question: Question, way: Way) -> AssayError | None:
    """Why this way is closed, or None while it is open."""
    return next(_reasons(question, way), None)


def _reasons(question: Question, way: Way) -> Iterator[AssayError]:
    if way.delegation is not None:
        # Whoever acts for somebody who is excluded is so themselves: here only what was said already is asked.
        principal = facts.person_of(way.delegation.delegator)
        used = _of(principal, "voter") | _of(principal, "delegation__delegator")
        if _standing(question.request).filter(used).exists():
            yield Conflict(
                f"{way.delegation.delegator.display_name} has voted already, or somebody for them.",
                code="approval.authority_used",
            )
    dossier = question.gathered.dossier
    waiting = [role for demand in question.demands for role in demand.waits_for(dossier, way.role)]
    if waiting:
        earlier = " and ".join(Role(role).label.lower() for role in dict.fromkeys(waiting))
        yield Conflict(
            f"First it is the turn of the {earlier}. Your vote is asked for afterwards.",
            code="approval.too_early",
        )


def _of(person: uuid.UUID, field: str) -> Q:
    """Rows of any account of a person."""
    return Q(**{field: person}) | Q(**{f"{field}__responsible": person})


def _standing(request: ApprovalRequest) -> Any:
    return Vote.objects.filter(request=request, withdrawn_at=None)
