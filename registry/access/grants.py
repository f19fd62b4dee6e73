"""Writes object permissions so that they are exactly those of the roles a user holds on an object."""

from typing import Any

from guardian.shortcuts import assign_perm, get_user_perms, remove_perm

from registry.access.table import permissions_of
from registry.stages import Role


def sync(user: Any, scope: Any, roles: set[Role]) -> None:
    """Make the user's permissions on `scope` (an organisation or a system) those of `roles`, no more, no less."""
    wanted = permissions_of(roles)
    held = set(get_user_perms(user, scope))
    for permission in sorted(wanted - held):
        assign_perm(permission, user, scope)
    for permission in sorted(held - wanted):
        remove_perm(permission, user, scope)
