"""The only writer of the ledger.

    with record.transaction():
        version.save()
        record.event("model_version.registered", organisation=…, subject=version, actor=actor, …)

Entries are collected while the transaction runs and written last, so that the head's lock is held for a moment
only. Should the log not be writable, the change is rolled back with it: no entry, no effect.
"""

import hashlib
import secrets
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection
from django.db import transaction as database

from registry.actors import Actor
from registry.errors import Unavailable
from registry.ledger import chain, events
from registry.ledger.models import LedgerEntry, LedgerHead, PersonalText

SCHEMA = "assay.entry/1"


@dataclass
class Entry:
    """An event waiting for its index; `index` is set when the transaction ends."""

    event: events.Event
    organisation_id: uuid.UUID
    system_id: uuid.UUID | None
    actor: Actor
    subject_kind: str
    subject_id: uuid.UUID
    payload: dict[str, Any]
    index: int | None = field(default=None)


_pending: ContextVar[list[Entry] | None] = ContextVar("assay_pending_entries", default=None)


@contextmanager
def transaction() -> Iterator[None]:
    """A database transaction whose recorded events are appended just before it commits."""
    pending = _pending.get()
    if pending is not None:
        with _nested(pending):
            yield
        return
    collected: list[Entry] = []
    token = _pending.set(collected)
    try:
        with database.atomic():
            yield
            _append(collected)
    finally:
        _pending.reset(token)


@contextmanager
def _nested(pending: list[Entry]) -> Iterator[None]:
    mark = len(pending)
    try:
        with database.atomic():
            yield
    except BaseException:
        del pending[mark:]  # what is rolled back did not happen
        raise


def event(
    code: str,
    *,
    organisation_id: uuid.UUID,
    subject: Any,
    actor: Actor,
    system_id: uuid.UUID | None = None,
    **payload: Any,
) -> Entry:
    """Record one catalogued event about `subject` (a model instance) in the running transaction."""
    pending = _pending.get()
    if pending is None:
        raise RuntimeError(
            f"{code} was recorded outside record.transaction(); the change would have no entry."
        )
    row = events.check(code, payload)
    chain.canonical({key: value for key, value in payload.items() if key not in row.personal})
    entry = Entry(row, organisation_id, system_id, actor, subject._meta.model_name, subject.pk, payload)
    pending.append(entry)
    return entry


def open_log(organisation_id: uuid.UUID) -> None:
    """Start the log of a new organisation."""
    origin = f"{settings.ASSAY_PUBLIC_URL.partition('://')[2]}/log/{organisation_id}"
    LedgerHead.objects.create(organisation_id=organisation_id, origin=origin, root=chain.EMPTY_ROOT)


def _append(pending: list[Entry]) -> None:
    by_log: dict[uuid.UUID, list[Entry]] = {}
    for entry in pending:
        by_log.setdefault(entry.organisation_id, []).append(entry)
    try:
        for organisation_id in sorted(by_log):  # one order for all writers, so two logs cannot deadlock
            _append_to(organisation_id, by_log[organisation_id])
    except DatabaseError as error:
        raise Unavailable("The ledger cannot be written, so nothing was changed. Try again.") from error


def _append_to(organisation_id: uuid.UUID, entries: list[Entry]) -> None:
    head = LedgerHead.objects.select_for_update().get(organisation_id=organisation_id)
    frontier = bytes(head.frontier)
    tree = chain.Tree(head.size, tuple(frontier[i : i + 32] for i in range(0, len(frontier), 32)))
    now, rows, texts = _database_now(), [], []
    for entry in entries:
        entry.index = tree.size
        data, personal = _split(entry)
        body = chain.canonical(_body(head.origin, entry, data, now))
        leaf = chain.leaf_hash(body)
        rows.append(_row(entry, tree.size, body, leaf, now))
        texts.extend(personal)
        tree = tree.append(leaf)
    LedgerEntry.objects.bulk_create(rows)
    if texts:
        PersonalText.objects.bulk_create(texts)
    head.size, head.frontier, head.root = tree.size, b"".join(tree.frontier), tree.root()
    head.save(update_fields=["size", "frontier", "root"])


def _split(entry: Entry) -> tuple[dict[str, Any], list[PersonalText]]:
    """The payload with personal texts replaced by commitments, and the rows that keep the texts."""
    data: dict[str, Any] = {}
    texts = []
    personal = {**{key: entry.payload[key] for key in entry.event.personal}, "actor.name": entry.actor.name}
    for key, text in personal.items():
        if text in (None, ""):
            data[key] = None
            continue
        salt = secrets.token_bytes(16)
        commitment = hashlib.sha256(salt + str(text).encode()).hexdigest()
        data[key] = {"commitment": f"sha256:{commitment}"}
        texts.append(
            PersonalText(
                organisation_id=entry.organisation_id,
                index=entry.index or 0,
                key=key,
                salt=salt,
                text=str(text),
            )
        )
    return {**{key: entry.payload[key] for key in entry.event.keys}, **data}, texts


def _body(origin: str, entry: Entry, data: dict[str, Any], now: datetime) -> dict[str, Any]:
    name = data.pop("actor.name")
    return {
        "schema": SCHEMA,
        "log": origin,
        "index": entry.index,
        "at": now.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z"),
        "event": entry.event.code,
        "version": entry.event.version,
        "actor": {"kind": entry.actor.kind, "id": entry.actor.id, "name": name},
        "subject": {"kind": entry.subject_kind, "id": str(entry.subject_id)},
        "system": str(entry.system_id) if entry.system_id else None,
        "data": data,
    }


def _row(entry: Entry, index: int, body: bytes, leaf: bytes, now: datetime) -> LedgerEntry:
    return LedgerEntry(
        organisation_id=entry.organisation_id,
        index=index,
        body=body,
        leaf_hash=leaf,
        event=entry.event.code,
        recorded_at=now,
        actor_kind=entry.actor.kind,
        actor_id=entry.actor.id,
        subject_kind=entry.subject_kind,
        subject_id=entry.subject_id,
        system_id=entry.system_id,
    )


def _database_now() -> datetime:
    """The database's clock, so that a wrong clock on a web machine cannot back-date an entry."""
    if connection.vendor != "postgresql":
        return datetime.now(UTC)  # embedded database: same machine, same clock
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (now,) = cursor.fetchone()
    return now  # type: ignore[no-any-return]
