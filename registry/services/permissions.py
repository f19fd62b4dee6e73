"""Existing grants follow the table of roles: what a role may do changes with the code, and must reach who holds it."""

import uuid
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from registry.access import grants
from registry.access.table import permissions_of
from registry.actors import Actor
from registry.ledger import record
from registry.models import (
    Organisation,
    OrganisationPermission,
    RoleGrant,
    System,
    SystemPermission,
    User,
)
from registry.stages import Role


@dataclass(frozen=True)
class Difference:
    """Where somebody's permissions on an object are not those of their roles on it."""

    user_id: uuid.UUID
    scope: type[Organisation] | type[System]
    scope_id: uuid.UUID
    missing: frozenset[str]
    excess: frozenset[str]


def differences() -> list[Difference]:
    """Every difference between the grants and the permissions; three queries, however many there are."""
    wanted, held = _wanted(), _held()
    return [
        Difference(*key, wanted[key] - held[key], held[key] - wanted[key])
        for key in sorted(wanted.keys() | held.keys(), key=str)
        if wanted[key] != held[key]
    ]


def synchronise(*, actor: Actor) -> list[Difference]:
    """Put every difference right and record it in each organisation's log. After migrations, or by an operator."""
    with record.transaction():
        found = differences()
        by_organisation: dict[Any, list[Difference]] = defaultdict(list)
        for difference in found:
            scope = difference.scope._default_manager.get(pk=difference.scope_id)
            user = User.objects.get(pk=difference.user_id)
            grants.sync(user, scope, _roles(difference))
            by_organisation[scope.pk if isinstance(scope, Organisation) else scope.organisation_id].append(
                difference
            )
        for organisation in Organisation.objects.filter(pk__in=by_organisation).order_by("pk"):
            changed = by_organisation[organisation.pk]
            record.event(
                "permissions.synchronised",
                organisation_id=organisation.pk,
                subject=organisation,
                actor=actor,
                added=sum(len(one.missing) for one in changed),
                removed=sum(len(one.excess) for one in changed),
            )
    return found


_Key = tuple[uuid.UUID, type[Organisation] | type[System], uuid.UUID]


def _wanted() -> dict[_Key, frozenset[str]]:
    roles: dict[_Key, set[Role]] = defaultdict(set)
    rows: Any = RoleGrant.objects.values_list(
        "membership__user_id", "membership__organisation_id", "system_id", "role"
    )
    for user, organisation, system, role in rows:
        roles[(user, System, system) if system else (user, Organisation, organisation)].add(Role(role))
    return defaultdict(frozenset, {key: permissions_of(held) for key, held in roles.items()})


def _held() -> dict[_Key, frozenset[str]]:
    found: dict[_Key, set[str]] = defaultdict(set)
    tables: tuple[tuple[Any, type[Organisation] | type[System]], ...] = (
        (OrganisationPermission, Organisation),
        (SystemPermission, System),
    )
    for table, scope in tables:
        rows = table.objects.values_list("user_id", "content_object_id", "permission__codename")
        for user, scope_id, name in rows:
            found[(user, scope, scope_id)].add(name)
    return defaultdict(frozenset, {key: frozenset(names) for key, names in found.items()})


def _roles(difference: Difference) -> set[Role]:
    rows = RoleGrant.objects.filter(membership__user_id=difference.user_id)
    if difference.scope is System:
        rows = rows.filter(system_id=difference.scope_id)
    else:
        rows = rows.filter(system=None, membership__organisation_id=difference.scope_id)
    return {Role(role) for role in rows.values_list("role", flat=True)}
