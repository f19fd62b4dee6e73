"""Reads of facts. Every one starts from `.visible_to(actor)`: what is not yours does not exist."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Model as DjangoModel
from django.db.models import Q, QuerySet

from registry.access import check
from registry.access.check import ScopedQuerySet
from registry.actors import Actor
from registry.errors import Invalid, NotFound
from registry.models import LedgerEntry, Organisation, RoleGrant, System
from registry.stages import Role


def get[M: DjangoModel](queryset: ScopedQuerySet[M], actor: Actor, **lookup: Any) -> M:
    """The one row that exists for this actor, or NotFound in words."""
    try:
        return queryset.visible_to(actor).get(**lookup)
    except (queryset.model.DoesNotExist, ValidationError, ValueError) as error:
        raise NotFound(f"There is no such {queryset.model._meta.verbose_name}.") from error


def organisation_for(actor: Actor, slug: str | None) -> Organisation:
    """The organisation that is meant: the named one, or the only one the actor is in."""
    visible = Organisation.objects.visible_to(actor)
    if slug:
        return get(Organisation.objects.all(), actor, slug=slug)  # type: ignore[arg-type]
    found = list(visible[:2])
    if len(found) == 1:
        return found[0]
    raise Invalid("Say which organisation is meant: you are in none or in several.", errors=[("organisation", "required")])


def roles_of(user_id: Any, system: System) -> set[Role]:
    """Every role a user holds on a system, by itself or through its organisation."""
    held = RoleGrant.objects.filter(
        Q(system=system) | Q(system=None), membership__user_id=user_id, membership__organisation_id=system.organisation_id
    )
    return {Role(role) for role in held.values_list("role", flat=True)}


def log_of(actor: Actor, organisation: Organisation) -> QuerySet[LedgerEntry]:
    """The entries of an organisation's log, newest first, for someone who may read it."""
    check.require(actor, "view_log", organisation)
    return LedgerEntry.objects.filter(organisation_id=organisation.pk).order_by("-index")
