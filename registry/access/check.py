"""May this actor? Which rows may this actor see? Answered in the database, one EXISTS each."""

from typing import Any

from django.db.models import Exists, Model, OuterRef, Q, QuerySet

from registry.access.models import OrganisationPermission, SystemPermission
from registry.access.table import PERMISSIONS
from registry.actors import Actor
from registry.errors import Denied, NotFound


def _granted(model: type[Model], actor: Actor, permission: str, path: str) -> Exists:
    return Exists(
        model._default_manager.filter(
            user_id=actor.user.pk,
            permission__codename=permission,
            permission__content_type__app_label="registry",
            content_object_id=OuterRef(path),
        )
    )


def condition(actor: Actor, permission: str, *, organisation: str, system: str | None) -> Q:
    """Rows whose organisation or system (given by their lookup paths) grants the permission to the actor."""
    if permission not in PERMISSIONS:
        raise KeyError(f"{permission!r} is not a permission; see registry/access/table.py.")
    if actor.user is None or not actor.user.is_active:
        return Q(pk__in=[])
    if actor.limits is not None and not actor.limits.cover(permission):
        return Q(pk__in=[])
    granted = Q(_granted(OrganisationPermission, actor, permission, organisation))
    if system is not None:
        granted |= Q(_granted(SystemPermission, actor, permission, system))
    return granted & _reach(actor, organisation, system)


def _reach(actor: Actor, organisation: str, system: str | None) -> Q:
    """Where the actor's token works at all; everywhere in a session."""
    reach = Q(**{organisation: actor.organisation_id}) if actor.organisation_id else Q()
    if actor.limits is None or actor.limits.system_id is None:
        return reach
    return reach & Q(**{system: actor.limits.system_id}) if system is not None else Q(pk__in=[])


class ScopedQuerySet[M: Model](QuerySet[M]):
    """A queryset that every read starts from: `.visible_to(actor)`.

    Models say where their organisation and system are with `organisation_path` and `system_path`.
    """

    def visible_to(self, actor: Actor) -> "ScopedQuerySet[M]":
        """The rows that exist for this actor; an outsider's are none."""
        return self.allowing(actor, "view")

    def allowing(self, actor: Actor, permission: str) -> "ScopedQuerySet[M]":
        """The rows on which the actor holds the permission."""
        model: Any = self.model
        return self.filter(
            condition(actor, permission, organisation=model.organisation_path, system=model.system_path)
        )


def require(actor: Actor, permission: str, obj: Any) -> None:
    """Pass if the actor holds the permission on the object; NotFound for outsiders, Denied for insiders without it."""
    rows = type(obj)._default_manager.filter(pk=obj.pk)
    if rows.allowing(actor, permission).exists():
        return
    if rows.visible_to(actor).exists():
        raise Denied(
            f"You may not do this here: it needs the permission “{PERMISSIONS[permission].lower()}”.",
            by=actor,
            on=obj,
            permission=permission,
        )
    raise NotFound(f"There is no such {obj._meta.verbose_name}.")


def held(actor: Actor, obj: Any) -> frozenset[str]:
    """Every permission the actor holds on an object: what a page offers, from where the services ask."""
    if actor.user is None or not actor.user.is_active:
        return frozenset()
    row = type(obj)._default_manager.filter(_reach(actor, obj.organisation_path, obj.system_path), pk=obj.pk)
    found: set[str] = set()
    for model, path in ((OrganisationPermission, obj.organisation_path), (SystemPermission, obj.system_path)):
        if path is not None:
            granted = model._default_manager.filter(
                user_id=actor.user.pk, content_object_id__in=row.values(path)
            )
            found.update(granted.values_list("permission__codename", flat=True))
    return frozenset(
        permission
        for permission in found & set(PERMISSIONS)
        if actor.limits is None or actor.limits.cover(permission)
    )
