"""May this actor? Which rows may this actor see? Answered in the database, one EXISTS each."""

from typing import Any

from django.conf import settings
from django.db.models import Exists, Model, OuterRef, Q, QuerySet

from registry.access.models import OrganisationPermission, SystemPermission
from registry.access.table import PERMISSIONS, WITHOUT_SECOND_FACTOR
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
    if lacks_factor(actor) and permission not in WITHOUT_SECOND_FACTOR:
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

    def locked(self) -> "ScopedQuerySet[M]":
        """The rows, kept from every other change until the transaction ends; everybody takes them in one order.

        Others may still refer to them: the database checks that when it commits, see registry.ledger.record.hold.
        """
        return self.order_by("pk").select_for_update(of=("self",), no_key=True)


def lacks_factor(actor: Actor) -> bool:
    """Whether a second factor is asked of this person and they have not shown it."""
    return settings.ASSAY_REQUIRE_MFA and not actor.second_factor


def require_factor(actor: Actor, obj: Any) -> None:
    """Refuse a change by somebody who has not shown the second factor that is asked for, whatever they may do."""
    if lacks_factor(actor):
        raise Denied(
            "You have not shown a second factor. Set one up or show it under “Your sign-in”, or use a token that was"
            " issued after doing so.",
            code="second_factor.required",
            by=actor,
            on=obj,
        )


def require(actor: Actor, permission: str, obj: Any) -> None:
    """Pass if the actor holds the permission on the object; NotFound for outsiders, Denied for insiders without it.

    Services ask it before a change, so without a second factor it refuses every permission, that of seeing too.
    """
    rows = type(obj)._default_manager.filter(pk=obj.pk)
    if not lacks_factor(actor) and rows.allowing(actor, permission).exists():
        return
    if rows.visible_to(actor).exists():
        require_factor(actor, obj)
        raise Denied(
            f"You may not do this here: it needs the permission “{PERMISSIONS[permission].lower()}”.",
            by=actor,
            on=obj,
            permission=permission,
        )
    raise NotFound(f"There is no such {obj._meta.verbose_name}.")


def require_scope(actor: Actor, permission: str, obj: Any) -> None:
    """Refuse a token that was not issued for this, where the right to it comes from something else than a role."""
    if actor.limits is not None and not actor.limits.cover(permission):
        raise Denied(
            f"Your token may not be used for this: it needs the permission “{PERMISSIONS[permission].lower()}”.",
            by=actor,
            on=obj,
            permission=permission,
        )


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
        if (actor.limits is None or actor.limits.cover(permission))
        and (permission in WITHOUT_SECOND_FACTOR or not lacks_factor(actor))
    )
