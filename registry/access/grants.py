"""Writes object permissions so that they are exactly those of the roles a user holds on an object."""

from typing import Any

from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from guardian.utils import get_user_obj_perms_model

from registry.access.table import permissions_of
from registry.stages import Role


def sync(user: Any, scope: Any, roles: set[Role]) -> None:
    """Make the user's permissions on `scope` (an organisation or a system) those of `roles`, no more, no less.

    All rows in one statement each way: guardian's own `assign_perm` takes four for each permission.
    """
    rows = get_user_obj_perms_model(scope)._default_manager
    kind = ContentType.objects.get_for_model(scope)
    held = dict(rows.filter(user=user, content_object=scope).values_list("permission_id", "pk"))
    wanted = dict(
        Permission.objects.filter(content_type=kind, codename__in=permissions_of(roles)).values_list(
            "pk", "codename"
        )
    )
    if missing := permissions_of(roles) - set(wanted.values()):
        raise LookupError(f"The database does not know {sorted(missing)}. Run: manage.py migrate")
    new = [rows.model(user=user, content_object=scope, permission_id=pk) for pk in wanted if pk not in held]
    if new:
        rows.bulk_create(new, ignore_conflicts=True)
    if gone := [row for permission, row in held.items() if permission not in wanted]:
        rows.filter(pk__in=gone).delete()
