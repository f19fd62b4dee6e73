"""Reads of facts. Every one starts from `.visible_to(actor)`: what is not yours does not exist."""

from typing import Any

from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.db.models import Model as DjangoModel
from django.db.models import Q, QuerySet

from registry.access import check
from registry.access.check import ScopedQuerySet
from registry.actors import Actor
from registry.errors import Invalid, NotFound
from registry.models import Artifact, LedgerEntry, Organisation, RoleGrant, System
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


def organisations_of(actor: Actor) -> QuerySet[Organisation]:
    """Organisations the actor can see something of."""
    return Organisation.objects.visible_to(actor).order_by("slug")


def artifact(actor: Actor, system: System, digest: str) -> Artifact:
    """The artifact with this digest in the system's organisation, for someone who may register things."""
    check.require(actor, "register", system)
    found = Artifact.objects.filter(organisation_id=system.organisation_id, digest=digest).first()
    if found is None:
        raise Invalid(
            f"There is no artifact {digest} in this organisation. Upload the bytes first.",
            errors=[("artifact_digest", "unknown")],
            code="artifact.unknown",
        )
    return found
