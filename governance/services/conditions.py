"""Conditions of approvals: named with the vote, owned by a member, confirmed by somebody else before they are due."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from governance.gates import lineage
from governance.models import Condition, RequestState, Vote
from governance.services import questions
from registry import selectors as facts
from registry.access import check
from registry.actors import Actor
from registry.errors import Conflict, Denied, Invalid
from registry.ledger import record
from registry.models import Membership, System, User
from registry.stages import Role

MAX_CONDITIONS: Final = 20
MAX_TEXT: Final = 1000
MAX_NOTE: Final = 2000
MAX_DAYS: Final = 366


@dataclass(frozen=True)
class Term:
    """What an approval is given on condition of."""

    text: str
    owner: User
    due_on: date

    @property
    def due_at(self) -> datetime:
        """The midnight after the last day on which it can be met, UTC."""
        return datetime.combine(self.due_on + timedelta(days=1), time(), UTC)


def readable(terms: Sequence[Term], system: System, now: datetime) -> None:
    """Refuse conditions that nobody could keep or check."""
    if len(terms) > MAX_CONDITIONS:
        raise Invalid(f"A vote has at most {MAX_CONDITIONS} conditions.", errors=[("conditions", "too many")])
    for number, term in enumerate(terms):
        field = f"conditions.{number}"
        if not term.text.strip() or len(term.text) > MAX_TEXT:
            raise Invalid(
                f"A condition is said in 1 to {MAX_TEXT} characters.", errors=[(f"{field}.text", "1 to 1000")]
            )
        if not now < term.due_at <= now + timedelta(days=MAX_DAYS + 1):
            raise Invalid(
                f"A condition is due between today and {MAX_DAYS} days from now.",
                errors=[(f"{field}.due_on", "out of range")],
            )
        members = Membership.objects.filter(
            organisation_id=system.organisation_id, user=term.owner, ended_at=None
        )
        if term.owner.is_service or not term.owner.is_active or not members.exists():
            raise Invalid(
                "The owner of a condition is an active person of the organisation.",
                errors=[(f"{field}.owner", "not a member")],
            )


def keep(vote: Vote, terms: Sequence[Term]) -> list[Condition]:
    """The rows of a vote's conditions."""
    return Condition.objects.bulk_create(
        Condition(
            vote=vote,
            number=number,
            text=term.text.strip(),
            owner=term.owner,
            due_on=term.due_on,
            due_at=term.due_at,
        )
        for number, term in enumerate(terms, start=1)
    )


def confirm(*, actor: Actor, condition: Condition, note: str) -> Condition:
    """Say that a condition is met, and what shows it. Its owner does it; somebody else looks."""
    if not note.strip() or len(note) > MAX_NOTE:
        raise Invalid(
            f"Say what shows that it is met, in at most {MAX_NOTE} characters.", errors=[("note", "required")]
        )
    with record.transaction():
        rows = Condition.objects.locked()
        locked = rows.select_related("vote__request__system", "owner").get(pk=condition.pk)
        request = locked.vote.request
        now = record.hold(request.system.organisation_id).now
        check.require(actor, "vote", locked)
        _independent(actor, locked)
        if locked.met_at is not None:
            raise Conflict("This condition is met already.", code="condition.met")
        if locked.vote.withdrawn_at is not None or request.state == RequestState.WITHDRAWN:
            raise Conflict("The vote it belongs to was taken back.", code="condition.void")
        locked.met_at, locked.met_by, locked.note = now, actor.user, note.strip()
        locked.save(update_fields=["met_at", "met_by", "note"])
        questions.record_about(
            "condition.met",
            actor,
            request,
            condition_id=str(locked.pk),
            vote_id=str(locked.vote_id),
            note=locked.note,
        )
    return locked


def _independent(actor: Actor, condition: Condition) -> None:
    """The voter or somebody in the same role confirms: not the owner, and nobody who may not judge this."""
    vote = condition.vote
    if actor.kind != "person" or actor.user is None:
        raise Denied(
            "Conditions are confirmed by people.", code="condition.not_a_person", by=actor, on=condition
        )
    me = facts.person_of(actor.user)
    if me == facts.person_of(condition.owner):
        raise Denied(
            "You own this condition; somebody else confirms that it is met.",
            code="condition.own",
            by=actor,
            on=condition,
        )
    voted = vote.voter_id == actor.user.pk
    if not voted and Role(vote.role) not in facts.roles_of(actor.user.pk, vote.request.system):
        raise Denied(
            f"The voter, or another {Role(vote.role).label.lower()}, confirms this condition.",
            code="condition.no_role",
            by=actor,
            on=condition,
        )
    gathered = questions.facts_of(vote.request)
    names = [n for d in questions.asked_by(gathered.policy_body, gathered.dossier.step) for n in d.exclude]
    if why := lineage.excluded(gathered.dossier, tuple(names)).get(str(me)):
        raise Denied(
            f"You cannot confirm this: you {lineage.to_you(why)}.",
            code="condition.excluded",
            by=actor,
            on=condition,
        )
