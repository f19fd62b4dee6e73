"""The question at the gate's door: which version is meant, may it be asked about, what was decided last; one query."""

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import BooleanField, ExpressionWrapper, Subquery

from governance import selectors
from governance.dossier.columns import Clock, moment
from registry.access import check
from registry.actors import Actor, Limits
from registry.models import ModelVersion, User


@dataclass(frozen=True)
class Asked:
    """A version that a question at the gate's door may mean, with what the door needs to know.

    `stored` is its newest decision for the environment as JSON, with `old` when a fact has changed since.
    """

    version_id: uuid.UUID
    system_id: uuid.UUID
    organisation_id: uuid.UUID
    artifact_digest: str
    may_ask: bool
    now: datetime
    stored: dict[str, Any] | None


# Stand in for what differs from one question to the next while the statement is written.
_USER, _ORGANISATION, _VERSION, _ONLY = (uuid.UUID(int=number) for number in (11, 12, 13, 14))
_NEVER = datetime.max.replace(tzinfo=UTC)
_DIGEST, _ENVIRONMENT, _SYSTEM = "asked-digest", "asked-environment", "asked-system"


def asked_about(
    actor: Actor, *, artifact_digest: str, environment: str, system: str = "", version_id: Any = None
) -> list[Asked]:
    """The first two versions with these bytes that exist for the actor; one query."""
    if actor.user is None or not actor.user.is_active:
        return []
    limits = actor.limits
    if limits is not None and not limits.cover("view"):
        return []
    stand_in = replace(
        actor,
        id="",
        name="",
        user=User(pk=_USER),
        person_id="",
        second_factor=True,  # asked below, so that one statement serves all
        organisation_id=_ORGANISATION if actor.organisation_id else None,
        limits=limits and Limits(_NEVER, limits.scopes, _ONLY if limits.system_id else None),
    )
    try:
        sql, parameters = _written(stand_in, bool(system), version_id is not None, connection.vendor)
    except EmptyResultSet:
        return []  # the token may not see anything
    real = {
        _USER: actor.user.pk,
        _ORGANISATION: actor.organisation_id,
        _VERSION: version_id,
        _ONLY: limits.system_id if limits else None,
        _DIGEST: artifact_digest,
        _ENVIRONMENT: environment,
        _SYSTEM: system,
    }
    # SQLite keeps identifiers as hexadecimal text.
    real |= {mark.hex: pk.hex for mark, pk in list(real.items()) if isinstance(mark, uuid.UUID) and pk}
    with connection.cursor() as cursor:
        cursor.execute(sql, [real.get(value, value) for value in parameters])
        lacking = check.lacks_factor(actor)
        return [_asked(row, lacking) for row in cursor.fetchall()]


@lru_cache(maxsize=64)
def _written(stand_in: Actor, system: bool, version: bool, vendor: str) -> tuple[str, tuple[Any, ...]]:
    """The statement as text, written once: to put it together costs several times what it costs to run."""
    allowed = check.condition(
        stand_in, "ask_gate", organisation=ModelVersion.organisation_path, system=ModelVersion.system_path
    )
    rows = ModelVersion.objects.visible_to(stand_in).filter(artifact__digest=_DIGEST).order_by("pk")
    rows = rows.filter(model__system__slug=_SYSTEM) if system else rows
    rows = rows.filter(pk=_VERSION) if version else rows
    asked = rows.annotate(
        may_ask=ExpressionWrapper(allowed, output_field=BooleanField()),
        now=Clock(),
        stored=Subquery(selectors.newest_decision(_ENVIRONMENT)),
    ).values_list(
        "pk",
        "model__system_id",
        "model__system__organisation_id",
        "artifact__digest",
        "may_ask",
        "now",
        "stored",
    )[:2]
    sql, parameters = asked.query.sql_with_params()
    return sql, tuple(parameters)


def _asked(row: Sequence[Any], lacking: bool) -> Asked:
    version, system, organisation, digest, may_ask, now, stored = row
    return Asked(
        version_id=uuid.UUID(str(version)),
        system_id=uuid.UUID(str(system)),
        organisation_id=uuid.UUID(str(organisation)),
        artifact_digest=digest,
        may_ask=bool(may_ask) and not lacking,
        now=moment(now) if now else datetime.now(UTC),  # SQLite: same machine, same clock
        stored=json.loads(stored) if isinstance(stored, str) else stored,
    )
