"""API tokens: issued, rotated, revoked. A token can never do more than its bearer, nor more than what issued it."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from django.db.models import QuerySet
from django.utils import timezone

from registry.access import check
from registry.access.table import PERMISSIONS
from registry.actors import Actor
from registry.errors import Conflict, Denied, Invalid, NotFound
from registry.ledger import record
from registry.models import ApiToken, Membership, Organisation, System, User

PREFIX = "assay_"  # a mark for secret scanners, not a secret
MAX_DAYS = 366
MAX_NAME = 100
NEEDED: Final = "view"  # without it nothing exists for the token, so every list of scopes has it


def issue(
    *,
    actor: Actor,
    organisation: Organisation,
    user: User,
    name: str,
    days: int = 90,
    scopes: Sequence[str] = (),
    system: System | None = None,
) -> tuple[ApiToken, str]:
    """A token for oneself or for a service account; its text is returned once and never kept."""
    wanted = _checked(name, days, scopes)
    with record.transaction():
        _member(actor, organisation, user)
        if system is not None and system.organisation_id != organisation.pk:
            raise Invalid("The system belongs to another organisation.", errors=[("system", "unknown")])
        token = ApiToken(
            user=user,
            organisation=organisation,
            name=name.strip(),
            scopes=wanted,
            system=system,
            expires_at=timezone.now() + timedelta(days=days),
            second_factor=actor.second_factor,
        )
        _no_more_than(actor, token)
        return token, keep(actor, token)


def rotate(*, actor: Actor, token: ApiToken) -> tuple[ApiToken, str]:
    """A new token in the place of another, as narrow and for as long; the old one is useless at once."""
    with record.transaction():
        _member(actor, token.organisation, token.user)
        if token.expires_at <= timezone.now():
            raise Conflict("This token has expired. Issue a new one.", code="token.expired")
        _end(actor, token)
        successor = ApiToken(
            user=token.user,
            organisation=token.organisation,
            name=token.name,
            scopes=token.scopes,
            system=token.system,
            expires_at=timezone.now() + (token.expires_at - token.created_at),
            second_factor=actor.second_factor,
        )
        _no_more_than(actor, successor)
        return successor, keep(actor, successor)


def revoke(*, actor: Actor, token: ApiToken) -> None:
    """Make a token useless at once."""
    with record.transaction():
        own = actor.user == token.user and (actor.limits is None or not actor.limits.narrow)
        if not own or actor.organisation_id not in (None, token.organisation_id):
            check.require(actor, "manage_people", token.organisation)
        _end(actor, token)


def revoke_all(actor: Actor, membership: Membership) -> int:
    """Every living token of a member, in the running transaction; how many there were."""
    rows = ApiToken.objects.filter(user=membership.user, organisation=membership.organisation)
    return revoke_living(actor, rows)


def revoke_living(actor: Actor, rows: QuerySet[ApiToken]) -> int:
    """Those of the tokens that still live, in the running transaction; how many there were."""
    living = rows.filter(revoked_at=None, expires_at__gt=timezone.now()).select_related("user")
    tokens = list(living.order_by("pk"))
    for token in tokens:
        _end(actor, token)
    return len(tokens)


def keep(actor: Actor, token: ApiToken) -> str:
    """Save a token that may be issued, in the running transaction, and return its text."""
    text = PREFIX + secrets.token_urlsafe(32)
    token.hash = digest(text)
    token.save()
    record.event(
        "token.issued",
        organisation_id=token.organisation_id,
        subject=token,
        actor=actor,
        token_id=str(token.pk),
        user_id=str(token.user_id),
        user=token.user.display_name,
        name=token.name,
        expires_at=_text(token.expires_at),
        scopes=list(token.scopes),
        system_id_of_token=str(token.system_id) if token.system_id else None,
    )
    return text


def digest(text: str) -> str:
    """How a token is stored; tokens are random and long, so a plain hash is enough."""
    return hashlib.sha256(text.encode()).hexdigest()


def scopes_of(names: Sequence[str]) -> list[str]:
    """A list of scopes as it is kept: known permissions, each once, and seeing with any of them."""
    if unknown := sorted(set(names) - set(PERMISSIONS)):
        raise Invalid(
            f"There is no permission {unknown[0]!r}. Known: {', '.join(PERMISSIONS)}.",
            errors=[("scopes", "unknown permission")],
        )
    return sorted({*names, NEEDED}) if names else []


def _checked(name: str, days: int, scopes: Sequence[str]) -> list[str]:
    if not 1 <= days <= MAX_DAYS:
        raise Invalid(f"A token lives between 1 and {MAX_DAYS} days.", errors=[("days", "out of range")])
    if not 1 <= len(name.strip()) <= MAX_NAME:
        raise Invalid(
            f"Say in 1 to {MAX_NAME} characters what the token is for.", errors=[("name", "required")]
        )
    return scopes_of(scopes)


def _member(actor: Actor, organisation: Organisation, user: User) -> Membership:
    """The bearer's place, locked so that nobody ends it meanwhile; the actor is the bearer, or may manage people."""
    places = Membership.objects.locked()
    if actor.user != user:
        check.require(actor, "manage_people", organisation)
    check.require_factor(actor, organisation)
    place = places.filter(organisation=organisation, user=user, ended_at=None).first()
    if place is None:
        raise NotFound("Only members of the organisation, and its service accounts, can have a token in it.")
    if actor.user != user and not user.is_service:
        raise Denied("Only the person can issue a token for themselves.", by=actor, on=organisation)
    return place


def _no_more_than(actor: Actor, token: ApiToken) -> None:
    """A token issued with another reaches no further and lives no longer than that one."""
    if actor.limits is None:
        return
    own, asked = actor.limits, token.limits
    if (
        actor.organisation_id != token.organisation_id
        or (own.scopes and not (asked.scopes and asked.scopes <= own.scopes))
        or (own.system_id and asked.system_id != own.system_id)
        or asked.expires_at > own.expires_at
    ):
        raise Denied(
            "A token issued with a token can neither do more nor live longer. Sign in, or ask for less.",
            code="token.wider",
            by=actor,
            on=token.organisation,
        )


def _end(actor: Actor, token: ApiToken) -> None:
    now = timezone.now()
    if not ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=now):
        raise Conflict("This token is revoked already.", code="token.revoked")
    token.revoked_at = now
    record.event(
        "token.revoked",
        organisation_id=token.organisation_id,
        subject=token,
        actor=actor,
        token_id=str(token.pk),
        user_id=str(token.user_id),
        user=token.user.display_name,
    )


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
