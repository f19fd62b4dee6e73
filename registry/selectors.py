"""Reads of facts. Every one starts from `.visible_to(actor)`: what is not yours does not exist."""

import uuid
from typing import Any

from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.db.models import Model as DjangoModel
from django.db.models import OuterRef, Prefetch, Q, QuerySet

from registry.access import check
from registry.access.check import ScopedQuerySet
from registry.actors import Actor
from registry.errors import Invalid, NotFound
from registry.ledger import record
from registry.models import (
    ApiToken,
    Artifact,
    LedgerEntry,
    LedgerHalt,
    LedgerVerification,
    Membership,
    Organisation,
    RoleGrant,
    System,
    User,
    WorkloadIdentity,
)
from registry.stages import Role


def get[M: DjangoModel](queryset: ScopedQuerySet[M], actor: Actor, **lookup: Any) -> M:
    """The one row that exists for this actor, or NotFound in words."""
    try:
        return queryset.visible_to(actor).get(**lookup)
    except (ObjectDoesNotExist, ValidationError, ValueError) as error:
        raise NotFound(f"There is no such {queryset.model._meta.verbose_name}.") from error


def organisation_for(actor: Actor, slug: str | None) -> Organisation:
    """The organisation that is meant: the named one, or the only one the actor is in."""
    visible = Organisation.objects.visible_to(actor)
    if slug:
        return get(Organisation.objects.all(), actor, slug=slug)
    found = list(visible[:2])
    if len(found) == 1:
        return found[0]
    raise Invalid(
        "Say which organisation is meant: you are in none or in several.",
        errors=[("organisation", "required")],
    )


def person_of(user: User) -> Any:
    """Who somebody is as far as independence goes: whoever answers for a service account or a second account, or they
    themselves."""
    return user.responsible_id or user.pk


def member(organisation: Organisation, username: str, field: str) -> User:
    """The member of an organisation with this user name; `field` is what the caller named them in."""
    places = organisation.memberships.filter(user__username=username, ended_at=None).select_related("user")
    place = places.first()
    if place is None:
        raise Invalid(f"There is no member “{username}” here.", errors=[(field, "no such member")])
    return place.user


def account_in(actor: Actor, organisation: Organisation, name: str) -> User:
    """A member, or any person's open account, by user name or e-mail address; told to who manages people only."""
    with record.attempt():
        check.require(actor, "manage_people", organisation)
    mine = Q(memberships__organisation=organisation) | Q(is_service=False)
    named = Q(username=name) | Q(email__iexact=name)
    found = User.objects.filter(named, mine, is_active=True).exclude(username="").distinct().first()
    if not name or found is None:
        raise Invalid(
            "There is no such account. Whoever runs the service makes accounts (manage.py create_user).",
            errors=[("user", "no such account")],
        )
    return found


def members(actor: Actor, organisation: Organisation) -> QuerySet[Membership]:
    """Everybody in an organisation, former members and service accounts too, with their roles; by name."""
    check.require(actor, "view", organisation)
    grants = Prefetch("grants", RoleGrant.objects.select_related("system").order_by("role", "system__slug"))
    rows = Membership.objects.filter(organisation=organisation).select_related("user__responsible")
    return rows.prefetch_related(grants).order_by("user__is_service", "user__username", "pk")


def tokens(actor: Actor, organisation: Organisation) -> QuerySet[ApiToken]:
    """One's own tokens in an organisation; everybody's for who manages people. Newest first."""
    rows = ApiToken.objects.visible_to(actor).filter(organisation=organisation)
    if "manage_people" not in check.held(actor, organisation):
        rows = rows.filter(user=actor.user)
    return rows.select_related("user", "system", "identity", "organisation").order_by("-created_at", "pk")


def identities(actor: Actor, organisation: Organisation) -> QuerySet[WorkloadIdentity]:
    """The workload identities of an organisation, newest first."""
    rows = WorkloadIdentity.objects.visible_to(actor).filter(organisation=organisation)
    return rows.select_related("account", "system", "created_by").order_by("-created_at", "pk")


def roles_of(user_id: Any, system: System) -> set[Role]:
    """Every role a user holds on a system, by itself or through its organisation."""
    held = RoleGrant.objects.filter(
        Q(system=system) | Q(system=None),
        membership__user_id=user_id,
        membership__organisation_id=system.organisation_id,
    )
    return {Role(role) for role in held.values_list("role", flat=True)}


def log_of(actor: Actor, organisation: Organisation) -> QuerySet[LedgerEntry]:
    """The entries of an organisation's log, newest first, for someone who may read it."""
    check.require(actor, "view_log", organisation)
    return LedgerEntry.objects.filter(organisation_id=organisation.pk).order_by("-index")


def last_verification(organisation_id: uuid.UUID) -> LedgerVerification | None:
    """The newest verification of a log; for who may read that log."""
    rows = LedgerVerification.objects.filter(organisation_id=organisation_id)
    return rows.order_by("-verified_at", "-pk").first()


def broken_logs(actor: Actor) -> list[tuple[Organisation, LedgerVerification]]:
    """The organisations of the actor whose log did not hold when it was last verified; 1 query."""
    newest = LedgerVerification.objects.filter(organisation_id=OuterRef("organisation_id"))
    organisations = {row.pk: row for row in Organisation.objects.visible_to(actor)}
    rows = LedgerVerification.objects.filter(
        pk=newest.order_by("-verified_at", "-pk").values("pk")[:1],
        organisation_id__in=organisations,
        holds=False,
    )
    return [(organisations[row.organisation_id], row) for row in rows]


def stopped_logs(actor: Actor) -> list[tuple[Organisation, LedgerHalt]]:
    """The organisations of the actor whose log takes no entries, and why; 1 query while there are none."""
    halts = {row.organisation_id: row for row in LedgerHalt.objects.filter(lifted_at=None)}
    if not halts:
        return []
    rows = Organisation.objects.visible_to(actor).filter(pk__in=halts).order_by("slug")
    return [(row, halts[row.pk]) for row in rows]


def organisations_of(actor: Actor) -> QuerySet[Organisation]:
    """Organisations the actor can see something of."""
    return Organisation.objects.visible_to(actor).order_by("slug")


def artifact(actor: Actor, system: System, digest: str) -> Artifact:
    """The artifact with this digest in the system's organisation, for someone who may register things."""
    with record.attempt():  # it is asked for on the way to a change
        check.require(actor, "register", system)
    found = Artifact.objects.filter(organisation_id=system.organisation_id, digest=digest).first()
    if found is None:
        raise Invalid(
            f"There is no artifact {digest} in this organisation. Upload the bytes first.",
            errors=[("artifact_digest", "unknown")],
            code="artifact.unknown",
        )
    return found
