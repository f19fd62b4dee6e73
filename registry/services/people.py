"""Organisations, roles and service accounts."""

import uuid

from django.db import IntegrityError

from registry import queue
from registry.access import check, grants
from registry.actors import Actor
from registry.errors import Conflict, Denied, Invalid
from registry.ledger import record
from registry.models import Membership, Organisation, RoleGrant, System, User
from registry.stages import Role


def create_organisation(*, actor: Actor, slug: str, name: str, owner: User) -> Organisation:
    """A new tenant with its own log and its first owner. Called by the operator's command line only."""
    with record.transaction():
        if Organisation.objects.filter(slug=slug).exists():
            raise Conflict(f"There is an organisation “{slug}” already. Choose another short name.")
        organisation = Organisation.objects.create(slug=slug, name=name)
        record.open_log(organisation.pk)
        record.event(
            "organisation.created",
            organisation_id=organisation.pk,
            subject=organisation,
            actor=actor,
            slug=slug,
            name=name,
        )
        give(actor=actor, organisation=organisation, user=owner, role=Role.OWNER)
    return organisation


def grant_role(
    *, actor: Actor, organisation: Organisation, user: User, role: Role, system: System | None = None
) -> RoleGrant:
    """Give a user a role in the organisation, or on one system of it."""
    with record.transaction():
        locked(organisation.pk)
        check.require(actor, "manage_people", organisation)
        _not_ones_own(actor, user, organisation, role)
        if system is not None and system.organisation_id != organisation.pk:
            raise Invalid("The system belongs to another organisation.", errors=[("system", "unknown")])
        if not user.is_active:
            raise Conflict("This account is closed.", code="account.closed")
        return give(actor=actor, organisation=organisation, user=user, role=role, system=system)


def revoke_role(*, actor: Actor, grant: RoleGrant) -> None:
    """Take a role away; it counts from the next request on. The last owner's stays."""
    with record.transaction():
        organisation = locked(grant.membership.organisation_id)
        check.require(actor, "manage_people", organisation)
        _not_ones_own(actor, grant.membership.user, organisation, Role(grant.role))
        if not RoleGrant.objects.filter(pk=grant.pk).exists():
            raise Conflict("This role is taken away already.", code="role.gone")
        take_away(actor, grant)
        keep_an_owner(organisation)
        queue.enqueue(queue.CHECK_STAFFING, organisation_id=str(organisation.pk))


def locked(organisation_id: uuid.UUID) -> Organisation:
    """The organisation's row, locked: changes of its people happen one after the other."""
    return Organisation.objects.locked().get(pk=organisation_id)


def give(
    *, actor: Actor, organisation: Organisation, user: User, role: Role, system: System | None = None
) -> RoleGrant:
    """Write a role that may be given, in the running transaction."""
    membership, _ = Membership.objects.get_or_create(organisation=organisation, user=user)
    if membership.ended_at is not None:
        raise Conflict(
            f"{user.display_name} is a former member. Make them a member again first.", code="member.former"
        )
    given, created = RoleGrant.objects.get_or_create(membership=membership, system=system, role=role)
    if created:
        _sync(membership, system)
        _record_role("role.granted", actor, given)
        queue.enqueue(queue.CHECK_STAFFING, organisation_id=str(organisation.pk))
    return given


def take_away(actor: Actor, grant: RoleGrant) -> None:
    """Delete a role and its permissions, in the running transaction."""
    membership, system = grant.membership, grant.system
    _record_role("role.revoked", actor, grant)
    RoleGrant.objects.filter(pk=grant.pk).delete()
    _sync(membership, system)


def keep_an_owner(organisation: Organisation) -> None:
    """Refuse a change, by undoing it, that leaves nobody who can manage people."""
    owners = RoleGrant.objects.filter(
        membership__organisation=organisation,
        membership__ended_at=None,
        membership__user__is_active=True,
        membership__user__is_service=False,
        system=None,
        role=Role.OWNER,
    )
    if not owners.exists():
        raise Conflict(
            "An organisation keeps at least one owner. Make somebody else an owner first.", code="owner.last"
        )


def create_service_account(*, actor: Actor, organisation: Organisation, name: str, responsible: User) -> User:
    """A user for machines: no password, tokens only, and a person who answers for it."""
    with record.transaction():
        check.require(actor, "manage_people", organisation)
        _can_answer(organisation, responsible)
        try:
            user = User(username=f"{organisation.slug}-{name}", is_service=True, responsible=responsible)
            user.set_unusable_password()
            user.save()
        except IntegrityError as error:
            raise Conflict(f"There is a service account “{name}” already.") from error
        record.event(
            "service_account.created",
            organisation_id=organisation.pk,
            subject=user,
            actor=actor,
            user_id=str(user.pk),
            username=user.username,
            responsible_id=str(responsible.pk),
        )
        Membership.objects.create(organisation=organisation, user=user)
    return user


def _not_ones_own(actor: Actor, user: User, organisation: Organisation, role: Role) -> None:
    """Nobody changes their own roles, on no account of theirs; a pipeline one answers for may be just that."""
    if actor.person_id == user.person_id and not (user.is_service and role == Role.CI):
        raise Denied(
            "You cannot change your own roles; another owner can.",
            code="people.own_roles",
            by=actor,
            on=organisation,
        )


def _sync(membership: Membership, system: System | None) -> None:
    held = RoleGrant.objects.filter(membership=membership, system=system).values_list("role", flat=True)
    grants.sync(membership.user, system or membership.organisation, {Role(role) for role in held})


def _record_role(code: str, actor: Actor, grant: RoleGrant) -> None:
    membership, system = grant.membership, grant.system
    record.event(
        code,
        organisation_id=membership.organisation_id,
        system_id=system.pk if system else None,
        subject=grant,
        actor=actor,
        user_id=str(membership.user_id),
        user=membership.user.display_name,
        role=str(grant.role),
        scope=f"system {system.slug}" if system else f"organisation {membership.organisation.slug}",
    )


def _can_answer(organisation: Organisation, responsible: User) -> None:
    places = Membership.objects.locked()
    place = places.filter(organisation=organisation, user=responsible, ended_at=None).first()
    if place is None or responsible.is_service:
        raise Invalid(
            "Somebody who is a member of the organisation has to answer for a service account.",
            errors=[("responsible", "not a member")],
        )
    if responsible.responsible_id is not None:
        # Who somebody is, is one step away; at the end of two the same human would count as somebody else.
        raise Invalid(
            f"This is a further account of {responsible.responsible}. Name that one.",
            errors=[("responsible", "a further account")],
        )
