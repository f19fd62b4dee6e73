"""Organisations, roles and tokens."""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.db import IntegrityError
from django.utils import timezone

from registry.access import check, grants
from registry.actors import Actor
from registry.errors import Conflict, Denied, Invalid
from registry.ledger import record
from registry.models import ApiToken, Membership, Organisation, RoleGrant, System, User
from registry.stages import Role

TOKEN_PREFIX = "assay_"  # noqa: S105 - a mark for secret scanners, not a secret
MAX_TOKEN_DAYS = 366


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
        _grant(actor=actor, organisation=organisation, user=owner, role=Role.OWNER, system=None)
    return organisation


def grant_role(
    *, actor: Actor, organisation: Organisation, user: User, role: Role, system: System | None = None
) -> RoleGrant:
    """Give a user a role in the organisation, or on one system of it."""
    with record.transaction():
        check.require(actor, "manage_people", organisation)
        if actor.user == user:
            raise Denied("You cannot change your own roles; another owner can.")
        if system is not None and system.organisation_id != organisation.pk:
            raise Invalid("The system belongs to another organisation.")
        return _grant(actor=actor, organisation=organisation, user=user, role=role, system=system)


def _grant(
    *, actor: Actor, organisation: Organisation, user: User, role: Role, system: System | None
) -> RoleGrant:
    membership, _ = Membership.objects.get_or_create(organisation=organisation, user=user)
    grant, created = RoleGrant.objects.get_or_create(membership=membership, system=system, role=role)
    if created:
        _sync(membership, system)
        _record_role("role.granted", actor, grant)
    return grant


def revoke_role(*, actor: Actor, grant: RoleGrant) -> None:
    """Take a role away; it counts from the next request on."""
    with record.transaction():
        membership = grant.membership
        check.require(actor, "manage_people", membership.organisation)
        if actor.user == membership.user:
            raise Denied("You cannot change your own roles; another owner can.")
        system = grant.system
        _record_role("role.revoked", actor, grant)
        grant.delete()
        _sync(membership, system)


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


def issue_token(
    *, actor: Actor, organisation: Organisation, user: User, name: str, days: int = 90
) -> tuple[ApiToken, str]:
    """A token for oneself or for a service account; its text is returned once and never kept."""
    if not 1 <= days <= MAX_TOKEN_DAYS:
        raise Invalid(
            f"A token lives between 1 and {MAX_TOKEN_DAYS} days.", errors=[("days", "out of range")]
        )
    with record.transaction():
        check.require(actor, "view" if actor.user == user else "manage_people", organisation)
        if actor.user != user and not user.is_service:
            raise Denied("Only the person can issue a token for themselves.")
        text = TOKEN_PREFIX + secrets.token_urlsafe(32)
        token = ApiToken.objects.create(
            user=user,
            organisation=organisation,
            name=name,
            hash=token_hash(text),
            expires_at=timezone.now() + timedelta(days=days),
        )
        record.event(
            "token.issued",
            organisation_id=organisation.pk,
            subject=token,
            actor=actor,
            token_id=str(token.pk),
            user_id=str(user.pk),
            user=user.display_name,
            name=name,
            expires_at=_text(token.expires_at),
        )
    return token, text


def revoke_token(*, actor: Actor, token: ApiToken) -> None:
    """Make a token useless at once."""
    with record.transaction():
        check.require(actor, "view" if actor.user == token.user else "manage_people", token.organisation)
        changed = ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now())
        if not changed:
            raise Conflict("This token is revoked already.")
        record.event(
            "token.revoked",
            organisation_id=token.organisation_id,
            subject=token,
            actor=actor,
            token_id=str(token.pk),
            user_id=str(token.user_id),
            user=token.user.display_name,
        )


def create_service_account(*, actor: Actor, organisation: Organisation, name: str, responsible: User) -> User:
    """A user for machines: no password, tokens only, and a person who answers for it."""
    with record.transaction():
        check.require(actor, "manage_people", organisation)
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
    return user


def token_hash(text: str) -> str:
    """How a token is stored; tokens are random and long, so a plain hash is enough."""
    return hashlib.sha256(text.encode()).hexdigest()


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
