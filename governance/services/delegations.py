"""Delegations: a role lent to a colleague for a time. The lender answers for it and can take it back at any moment."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from django.db.models import Q

from governance import lifecycle
from governance.gates import lineage
from governance.gates.requirements.approvals import VOTING_ROLES
from governance.gates.spec import Step
from governance.models import Delegation
from governance.services import questions
from registry import selectors as facts
from registry.access import check
from registry.actors import Actor
from registry.errors import Conflict, Denied, Invalid
from registry.ledger import record
from registry.models import Membership, ModelVersion, Organisation, RoleGrant, System, User
from registry.services import people
from registry.stages import Role, VersionStage

MAX_DAYS: Final = 92
MAX_REASON: Final = 1000
_LOOKED_AT: Final = (
    100  # model versions whose lineage is looked at when a role is lent; a vote is always looked at
)
_ON_THE_WAY: Final = (
    VersionStage.DEVELOPMENT,
    VersionStage.VALIDATION,
    VersionStage.COMPLIANCE,
    VersionStage.SUSPENDED,
    VersionStage.MONITORING,
)


def give(
    *,
    actor: Actor,
    organisation: Organisation,
    delegate: User,
    role: Role,
    starts_on: date,
    ends_on: date,
    reason: str,
    system: System | None = None,
) -> Delegation:
    """Lend a role one holds to a colleague, from one day to another, both included (UTC)."""
    starts_at, ends_at = _midnight(starts_on), _midnight(ends_on + timedelta(days=1))
    with record.transaction():
        people.locked(organisation.pk)  # first: the role may be taken away, or lent, while this waits
        check.require(actor, "vote", system or organisation)
        if system is not None and system.organisation_id != organisation.pk:
            raise Invalid("The system belongs to another organisation.", errors=[("system", "another one")])
        _in_words(reason, starts_at, ends_at)
        _holds(actor, organisation, system, role)
        _fit(actor, organisation, system, delegate)
        _independent(organisation, system, role, delegate)
        given = Delegation(
            organisation=organisation,
            system=system,
            delegator=actor.user,
            delegate=delegate,
            role=role,
            reason=reason.strip(),
            starts_at=starts_at,
            ends_at=ends_at,
        )
        _not_twice(given)
        given.save()
        _record(
            "delegation.given",
            actor,
            given,
            starts_at=starts_at.isoformat(),
            ends_at=ends_at.isoformat(),
            reason=given.reason,
        )
    return given


def revoke(*, actor: Actor, delegation: Delegation) -> Delegation:
    """Take a lent role back at once; votes cast under it no longer count. Owners may do it for others."""
    with record.transaction():
        locked = Delegation.objects.locked().get(pk=delegation.pk)
        if locked.delegator == actor.user:
            check.require(actor, "view", locked)
            check.require_scope(actor, "vote", locked)
        else:
            check.require(actor, "manage_people", locked)
        now = record.hold(locked.organisation_id).now
        if locked.revoked_at is not None or locked.ends_at <= now:
            raise Conflict("This delegation has ended already.", code="delegation.ended")
        locked.revoked_at = now
        locked.save(update_fields=["revoked_at"])
        _record("delegation.revoked", actor, locked)
    return locked


def held(actor: Actor, system: System, now: datetime) -> list[Delegation]:
    """The roles the actor was lent for a system, of people who still hold them."""
    if actor.user is None:
        return []
    rows = Delegation.objects.filter(
        Q(system=system) | Q(system=None),
        delegate=actor.user,
        organisation_id=system.organisation_id,
        revoked_at=None,
        starts_at__lte=now,
        ends_at__gt=now,
        delegator__is_active=True,
    )
    return [one for one in rows if Role(one.role) in facts.roles_of(one.delegator_id, system)]


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _in_words(reason: str, starts_at: datetime, ends_at: datetime) -> None:
    if not reason.strip() or len(reason) > MAX_REASON:
        raise Invalid(
            f"Say why, in at most {MAX_REASON} characters.", errors=[("reason", "1 to 1000 characters")]
        )
    if ends_at <= starts_at:
        raise Invalid("It ends before it starts.", errors=[("ends_on", "before the start")])
    if starts_at < _midnight(datetime.now(UTC).date()):
        raise Invalid("It cannot start in the past.", errors=[("starts_on", "in the past")])
    if ends_at - starts_at > timedelta(days=MAX_DAYS):
        raise Invalid(f"A role is lent for at most {MAX_DAYS} days.", errors=[("ends_on", "too late")])


def _holds(actor: Actor, organisation: Organisation, system: System | None, role: Role) -> None:
    if actor.kind != "person":
        raise Denied(
            "Roles are lent by people.", code="delegation.not_a_person", by=actor, on=system or organisation
        )
    if role not in VOTING_ROLES:
        raise Invalid("Only a role that votes can be lent.", errors=[("role", "does not vote")])
    grants = RoleGrant.objects.filter(
        Q(system=None) | Q(system=system), membership__user=actor.user, role=role
    )
    if not grants.filter(membership__organisation=organisation).exists():
        raise Denied(
            f"You are not {role.label.lower()} there, so you cannot lend it. A lent role cannot be lent on.",
            code="delegation.not_held",
            by=actor,
            on=system or organisation,
        )


def _fit(actor: Actor, organisation: Organisation, system: System | None, delegate: User) -> None:
    members = Membership.objects.filter(organisation=organisation, user=delegate, ended_at=None)
    known = members.exists() and delegate.is_active
    if not known or delegate.is_service:
        raise Invalid("Choose an active person of this organisation.", errors=[("delegate", "not a person")])
    if facts.person_of(delegate) == facts.person_of(actor.user):
        raise Invalid("Choose somebody else than yourself.", errors=[("delegate", "yourself")])
    scope: Any = system or organisation
    if not type(scope)._default_manager.filter(pk=scope.pk).visible_to(Actor.of(delegate)).exists():
        raise Invalid(
            "This person does not see what you lend the role for.", errors=[("delegate", "no role")]
        )


def _independent(organisation: Organisation, system: System | None, role: Role, delegate: User) -> None:
    """Refuse a delegate of whom it is known already that they may not judge what is on its way here."""
    person = str(facts.person_of(delegate))
    advice = "" if system else " Lend the role for single systems, or choose somebody else."
    for about, why in _conflicts(organisation, system, role, person):
        raise Invalid(
            f"{delegate.display_name} cannot vote on {about}: who {why} does not judge it.{advice}",
            errors=[("delegate", "not independent")],
            code="delegation.conflicted",
        )


def _conflicts(
    organisation: Organisation, system: System | None, role: Role, person: str
) -> Iterator[tuple[Any, str]]:
    versions = ModelVersion.objects.filter(stage__in=_ON_THE_WAY, model__system__organisation=organisation)
    systems = System.objects.filter(organisation=organisation)
    if system is not None:
        versions, systems = versions.filter(model__system=system), systems.filter(pk=system.pk)
    rows = versions.select_related("model__system").order_by("-created_at")[:_LOOKED_AT]
    known: list[ModelVersion | System] = [*rows, *systems.order_by("-created_at")[:_LOOKED_AT]]
    for about in known:
        gathered = questions.gather(about)
        subject = lifecycle.SYSTEM if isinstance(about, System) else lifecycle.MODEL_VERSION
        for row in lifecycle.TRANSITIONS:  # a policy asks for nobody at what is no gated step of the subject
            step = Step(subject, str(row.from_stage), str(row.to_stage))
            for demand in questions.asked_by(gathered.policy_body, step):
                asks = any(seat.role == role for seat in demand.seats)
                why = lineage.excluded(gathered.about(step).dossier, demand.exclude).get(person)
                if asks and why:
                    yield about, why


def _not_twice(given: Delegation) -> None:
    same = Delegation.objects.filter(
        organisation=given.organisation,
        system=given.system,
        delegator=given.delegator,
        delegate=given.delegate,
        role=given.role,
        revoked_at=None,
    )
    if same.filter(starts_at__lt=given.ends_at, ends_at__gt=given.starts_at).exists():
        raise Conflict(
            "You have lent this role to this person for that time already.", code="delegation.exists"
        )


def _record(code: str, actor: Actor, delegation: Delegation, **payload: Any) -> None:
    system = delegation.system
    record.event(
        code,
        organisation_id=delegation.organisation_id,
        system_id=system.pk if system else None,
        subject=delegation,
        actor=actor,
        delegation_id=str(delegation.pk),
        delegator_id=str(delegation.delegator_id),
        delegate_id=str(delegation.delegate_id),
        role=str(delegation.role),
        scope=f"system {system.slug}" if system else f"organisation {delegation.organisation.slug}",
        delegator=delegation.delegator.display_name,
        delegate=delegation.delegate.display_name,
        **payload,
    )
