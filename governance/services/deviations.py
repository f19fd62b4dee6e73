"""Votes on plans that loosen an earlier one. When enough have accepted, the new plan counts; one refusal ends it."""

from dataclasses import dataclass
from typing import Final

from audits.models import Deviation, DeviationState
from audits.services import deviations as loosened
from governance.dossier import Gathered, gather_version
from governance.gates import deviations, lineage
from governance.gates.deviations import Seats, Standing
from governance.gates.policy import parse
from governance.gates.requirements.checks import ChecksPassed
from governance.gates.spec import DeviationFacts
from governance.models import DeviationVote, VoteVerdict
from registry import selectors as facts
from registry.access import check
from registry.actors import Actor
from registry.errors import AssayError, Conflict, Denied, Invalid
from registry.ledger import record
from registry.models import ModelVersion
from registry.stages import Role

MAX_COMMENT: Final = 5000
_BARRED: Final = "You cannot vote on this: you {}. Someone who had no part in it has to."


def vote(
    *,
    actor: Actor,
    deviation: Deviation,
    verdict: VoteVerdict,
    digest: str,
    comment: str = "",
    role: Role | None = None,
) -> DeviationVote:
    """One person's word on the two plans and rows they have read."""
    comment = comment.strip()
    if len(comment) > MAX_COMMENT:
        raise Invalid(f"A comment has at most {MAX_COMMENT} characters.", errors=[("comment", "too long")])
    if verdict == VoteVerdict.REJECT and not comment:
        raise Invalid("Say why you refuse it.", errors=[("comment", "required")])
    with record.transaction():
        locked = _locked(deviation)
        question = _checked(actor, locked, digest)
        if not question.barred:
            return _cast(actor, question, _role(actor, question, role), verdict, comment)
        _record("deviation.vote_refused", actor, locked, why=question.barred, digest=digest)
    # Raised after the attempt is committed: who tries to accept their own looser bar is something a log should tell.
    refusal = Denied(_BARRED.format(lineage.to_you(question.barred)), code="deviation.excluded")
    refusal.recorded = True
    raise refusal


@dataclass(frozen=True)
class Ballot:
    """What somebody may do with a deviation, and how it stands."""

    roles: tuple[Role, ...]
    why_not: str
    standing: Standing | None
    seats: Seats


def ballot(actor: Actor, deviation: Deviation) -> Ballot:
    """What the vote of this actor would meet now, found by the checks that guard the vote itself."""
    gathered = _gathered(deviation)
    seats = seats_of(gathered)
    row = next((row for row in gathered.dossier.deviations if row.id == str(deviation.pk)), None)
    standing = deviations.standing(gathered.dossier, row, seats) if row is not None else None
    try:
        question = _checked(actor, deviation, deviation.digest)
        roles = _roles(actor, question)
    except AssayError as error:
        return Ballot((), error.message, standing, seats)
    if question.barred:
        return Ballot((), _BARRED.format(lineage.to_you(question.barred)), standing, seats)
    return Ballot(roles, "", standing, seats)


def seats_of(gathered: Gathered) -> Seats:
    """Who has to accept, by the policy in force: of its steps the one that asks for most people in each role."""
    try:
        policy = parse(gathered.policy_body) if gathered.policy_body else None
    except Invalid:
        policy = None
    demands = [
        demand.deviations
        for section in (policy.sections if policy else ())
        for demand in section.requirements
        if isinstance(demand, ChecksPassed)
    ]
    return deviations.widest(demands)


@dataclass(frozen=True)
class _Question:
    deviation: Deviation
    gathered: Gathered
    facts: DeviationFacts
    seats: Seats
    barred: str


def _locked(deviation: Deviation) -> Deviation:
    rows = Deviation.objects.locked().select_related("new_plan__model_version__model__system")
    locked = rows.get(pk=deviation.pk)
    record.hold(_version(locked).model.system.organisation_id)
    return locked


def _version(deviation: Deviation) -> ModelVersion:
    version: ModelVersion = deviation.new_plan.model_version
    return version


def _gathered(deviation: Deviation) -> Gathered:
    return gather_version(_version(deviation))


def _checked(actor: Actor, deviation: Deviation, digest: str) -> _Question:
    check.require(actor, "vote", deviation)
    if deviation.state != DeviationState.OPEN:
        raise Conflict(
            f"This deviation is {deviation.get_state_display().lower()} already.", code="deviation.closed"
        )
    if digest != deviation.digest:
        raise Conflict(
            "What you read is not what is asked. Read it again, then vote.", code="deviation.other"
        )
    if actor.kind != "person":
        raise Denied("Votes are cast by people. A service account cannot vote.", code="approval.not_a_person")
    if DeviationVote.objects.filter(deviation=deviation, voter=actor.user).exists():
        raise Conflict("You have voted on this already.", code="deviation.voted_already")
    gathered = _gathered(deviation)
    row = next(row for row in gathered.dossier.deviations if row.id == str(deviation.pk))
    barred = deviations.taking_part(gathered.dossier, row).get(actor.person_id, "")
    return _Question(deviation, gathered, row, seats_of(gathered), barred)


def _roles(actor: Actor, question: _Question) -> tuple[Role, ...]:
    """The roles the actor may vote in, those first that are still waited for."""
    held = facts.roles_of(actor.user.pk, _version(question.deviation).model.system)
    able = [Role(role) for role, _ in question.seats if Role(role) in held]
    if not able:
        needed = ", ".join(Role(role).label.lower() for role, _ in question.seats)
        raise Denied(
            f"This asks for the vote of: {needed}. You hold none of these here.", code="approval.no_role"
        )
    missing = dict(deviations.standing(question.gathered.dossier, question.facts, question.seats).missing)
    return tuple(sorted(able, key=lambda role: role.value not in missing))


def _role(actor: Actor, question: _Question, wanted: Role | None) -> Role:
    able = _roles(actor, question)
    if wanted is None:
        return able[0]
    if wanted not in able:
        raise Denied(f"You cannot vote as {wanted.label.lower()} here.", code="approval.no_role")
    return wanted


def _cast(actor: Actor, question: _Question, role: Role, verdict: VoteVerdict, comment: str) -> DeviationVote:
    deviation = question.deviation
    created = DeviationVote.objects.create(
        deviation=deviation,
        voter=actor.user,
        role=role,
        verdict=verdict,
        comment=comment,
        digest=deviation.digest,
    )
    _record(
        "deviation.voted",
        actor,
        deviation,
        vote_id=str(created.pk),
        role=str(role),
        verdict=str(verdict),
        digest=deviation.digest,
        comment=comment,
    )
    if verdict == VoteVerdict.REJECT:
        loosened.settle(actor=actor, deviation=deviation, state=DeviationState.REFUSED)
    elif deviations.standing(_gathered(deviation).dossier, question.facts, question.seats).enough:
        loosened.settle(actor=actor, deviation=deviation, state=DeviationState.ACCEPTED)
    return created


def _record(event: str, actor: Actor, deviation: Deviation, **payload: object) -> None:
    system = _version(deviation).model.system
    record.event(
        event,
        organisation_id=system.organisation_id,
        system_id=system.pk,
        subject=deviation,
        actor=actor,
        deviation_id=str(deviation.pk),
        **payload,
    )
