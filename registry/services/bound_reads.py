"""Binding the readings into the log, so that none can be changed, added or taken away afterwards without a trace.

Once an hour, where there were any, an entry says: the readings numbered from … to … are so many, and the SHA-256 of
their lines is this. A line is the canonical JSON of a reading and a line break, so the exported file of a binding has
that very digest, and `sha256sum` verifies it.
"""

import hashlib
import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from django.db.models import Max
from django.utils import timezone

from registry.actors import Actor
from registry.errors import Unavailable
from registry.ledger import chain, halts, record
from registry.ledger.models import LedgerEntry
from registry.models import Organisation, Read

EVENT: Final = "reads.bound"
# A number is given before its row can be seen by others. Rows older than this are all there.
SETTLED: Final = timedelta(minutes=5)
PORTION: Final = 2000


@dataclass(frozen=True)
class Binding:
    """What one entry of the log says about the readings."""

    index: int  # of the entry
    first: int
    last: int
    count: int
    digest: str


def bind_all() -> None:
    """Bind what is new in every organisation; a log that is stopped waits until it is opened again."""
    for pk in Organisation.objects.order_by("pk").values_list("pk", flat=True):
        if not halts.reason(pk):
            try:
                bind(pk)
            except Unavailable:  # stopped meanwhile, or another writes for long; the next round comes
                continue


def bind(organisation_id: uuid.UUID) -> Binding | None:
    """Bind the readings since the last binding that are settled; None where there are none."""
    before = last(organisation_id)
    after = before.last if before else 0
    rows = Read.objects.filter(organisation_id=organisation_id, id__gt=after)
    until = rows.filter(at__lt=timezone.now() - SETTLED).aggregate(until=Max("id"))["until"]
    if until is None:
        return None
    made = _digested(organisation_id, after, until)  # before the log is held: there may be many
    with record.transaction():
        record.hold(organisation_id)
        if last(organisation_id) != before:  # another worker was here first
            return None
        record.event(
            EVENT,
            organisation_id=organisation_id,
            subject=Organisation.objects.get(pk=organisation_id),
            actor=Actor.system("binder"),
            first=made.first,
            last=made.last,
            count=made.count,
            digest=made.digest,
        )
    return last(organisation_id)


def last(organisation_id: uuid.UUID) -> Binding | None:
    """The newest binding."""
    return next(_bindings(organisation_id, newest_first=True), None)


def first_altered(organisation_id: uuid.UUID) -> Binding | None:
    """Recompute every binding from the readings; the first that is not what the log says, or None."""
    after = 0
    for said in _bindings(organisation_id):
        now = _digested(organisation_id, after, said.last)
        if (now.count, now.digest) != (said.count, said.digest):
            return said
        after = said.last
    return None


def files(organisation_id: uuid.UUID) -> Iterator[tuple[Binding, Iterator[bytes]]]:
    """Each binding with its lines, for an export."""
    after = 0
    for said in _bindings(organisation_id):
        yield said, _lines(organisation_id, after, said.last)
        after = said.last


def line(row: Read) -> bytes:
    """A reading as it is bound and exported: identifiers, no names."""
    return chain.canonical(
        {
            "number": row.pk,
            "at": row.at.isoformat(),
            "actor": {"kind": row.actor_kind, "id": row.actor_id},
            "way": row.way,
            "what": row.what,
            "object": {"kind": row.object_kind, "id": str(row.object_id)},
            "system": str(row.system_id) if row.system_id else None,
        }
    )


def _digested(organisation_id: uuid.UUID, after: int, until: int) -> Binding:
    digest, count, first = hashlib.sha256(), 0, after + 1
    for text in _lines(organisation_id, after, until):
        digest.update(text)
        count += 1
    return Binding(-1, first, until, count, digest.hexdigest())


def _lines(organisation_id: uuid.UUID, after: int, until: int) -> Iterator[bytes]:
    """The lines of the readings behind `after` up to `until`, a portion at a time."""
    rows = Read.objects.filter(organisation_id=organisation_id, id__lte=until).order_by("id")
    while found := list(rows.filter(id__gt=after)[:PORTION]):
        yield from (line(row) + b"\n" for row in found)
        after = found[-1].pk


def _bindings(organisation_id: uuid.UUID, *, newest_first: bool = False) -> Iterator[Binding]:
    rows = LedgerEntry.objects.filter(organisation_id=organisation_id, event=EVENT)
    ordered = rows.order_by("-index" if newest_first else "index")
    found = ordered[:1] if newest_first else ordered.iterator()
    for entry in found:
        try:
            said: dict[str, Any] = json.loads(bytes(entry.body))["data"]
            yield Binding(entry.index, said["first"], said["last"], said["count"], said["digest"])
        except (ValueError, KeyError, TypeError):
            continue  # somebody changed these bytes, which verifying the log says
