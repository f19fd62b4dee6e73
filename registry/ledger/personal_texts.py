"""Erasing texts that entries only commit to; the tree holds without them."""

import json
import uuid
from collections.abc import Collection, Iterator
from functools import reduce
from itertools import batched
from operator import or_
from typing import Any, Final

from django.db import connection
from django.db.models import Q

from registry.ledger.events import EVENTS
from registry.ledger.models import LedgerEntry, PersonalText

# Which key says whose name stands under a personal key.
NAMES: Final = {
    "user": "user_id",
    "owner": "owner_id",
    "delegator": "delegator_id",
    "delegate": "delegate_id",
}
# Names of things. They are about nobody, and the tables need them.
THINGS: Final = frozenset(
    {
        ("organisation.created", "name"),
        ("system.registered", "name"),
        ("document.added", "title"),
        ("workload_identity.created", "repository"),
        ("waiver.requested", "findings"),
    }
)
_ABOUT_PEOPLE: Final = tuple(
    row.code for row in EVENTS.values() if {*NAMES.values()} & {*row.keys} or {*NAMES} & {*row.personal}
)
_TOGETHER: Final = 500


def erase(organisation_id: uuid.UUID, texts: Collection[uuid.UUID]) -> int:
    """Delete these texts and their salts; how many were there. To be told in an entry `….erased` of the transaction.

    The role of the service may delete no text by itself: on PostgreSQL a function of the owner does it, and refuses to
    commit without such an entry.
    """
    if connection.vendor != "postgresql":
        return PersonalText.objects.filter(organisation_id=organisation_id, pk__in=texts).delete()[0]
    with connection.cursor() as cursor:
        cursor.execute("SELECT ledger_erase(%s, %s)", [organisation_id, list(texts)])
        return int(cursor.fetchone()[0])


def about(
    organisation_id: uuid.UUID, people: Collection[str], called: Collection[str], *, written: bool
) -> list[uuid.UUID]:
    """The texts about these people: their names, and what was noted about them.

    With `written`, also what they wrote themselves and every text that has one of the words they are called by.
    """
    keys = dict(_keys(organisation_id, people, written=written))
    found: list[uuid.UUID] = []
    for indices in batched(keys, _TOGETHER):
        rows = PersonalText.objects.filter(organisation_id=organisation_id, index__in=indices)
        found += [pk for pk, index, key in rows.values_list("pk", "index", "key") if key in keys[index]]
    if written and called:
        named = reduce(or_, (Q(text__icontains=word) for word in called))
        rows = PersonalText.objects.filter(named, organisation_id=organisation_id)
        known = set(found)
        found += [pk for pk in rows.values_list("pk", flat=True) if pk not in known]
    return found


def notice(day: str, under: str) -> str:
    """What stands in the place of a text that was erased."""
    return f"(erased on {day} under {under})"


def erasures(organisation_id: uuid.UUID) -> dict[str, str]:
    """Who was erased, by the number they go by, and the notice that tells when and under which law."""
    rows = LedgerEntry.objects.filter(organisation_id=organisation_id, event="person.erased").order_by(
        "index"
    )
    return {
        str(_data(body).get("user_id")): notice(str(at.date()), _data(body).get("under", "an unknown law"))
        for at, body in rows.values_list("recorded_at", "body")
    }


def _keys(
    organisation_id: uuid.UUID, people: Collection[str], *, written: bool
) -> Iterator[tuple[int, set[str]]]:
    """The entries that tell of these people, each with the personal keys that do."""
    rows = LedgerEntry.objects.filter(
        Q(actor_id__in=people) | Q(event__in=_ABOUT_PEOPLE), organisation_id=organisation_id
    ).order_by("index")
    for index, event, actor, body in rows.values_list("index", "event", "actor_id", "body").iterator(2000):
        data = _data(body)
        keys = {key for key, whose in NAMES.items() if data.get(whose) in people}
        known = EVENTS[event].personal if event in EVENTS else ()
        free = {key for key in known if key not in NAMES and (event, key) not in THINGS}
        if data.get("user_id") in people or (written and actor in people):
            keys |= free
        if actor in people:
            keys.add("actor.name")
        if keys:
            yield index, keys


def _data(body: bytes | memoryview) -> dict[str, Any]:
    """What an entry says; nothing where somebody changed its bytes into no entry: that is told elsewhere."""
    try:
        told = json.loads(bytes(body))
    except ValueError:
        return {}
    data = told.get("data") if isinstance(told, dict) else None
    return data if isinstance(data, dict) else {}
