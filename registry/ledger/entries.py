"""One entry of the log: what it says, as bytes, and the personal texts it only commits to."""

import hashlib
import secrets
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from registry.actors import Actor
from registry.ledger import chain, events
from registry.ledger.models import LedgerEntry, PersonalText

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


def moment(at: datetime) -> str:
    """A time as entries tell it: in UTC, with microseconds."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def written(entry: Entry, origin: str, now: datetime) -> tuple[LedgerEntry, list[PersonalText]]:
    """The row of an entry whose index is given, and the rows that keep its personal texts."""
    data, personal = _split(entry)
    body = chain.canonical(_body(origin, entry, data, now))
    return _row(entry, body, chain.leaf_hash(body), now), personal


def _split(entry: Entry) -> tuple[dict[str, Any], list[PersonalText]]:
    """The payload with personal texts replaced by commitments, and the rows that keep the texts.

    A person's name is personal; a service account's or Assay's own is not, and stands in the entry as it is.
    """
    data: dict[str, Any] = {}
    texts = []
    personal = {key: entry.payload[key] for key in entry.event.personal}
    if entry.actor.kind == "person":
        personal["actor.name"] = entry.actor.name
    else:
        data["actor.name"] = entry.actor.name
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
        "at": moment(now),
        "event": entry.event.code,
        "version": entry.event.version,
        "actor": {"kind": entry.actor.kind, "id": entry.actor.id, "name": name},
        "subject": {"kind": entry.subject_kind, "id": str(entry.subject_id)},
        "system": str(entry.system_id) if entry.system_id else None,
        "data": data,
    }


def _row(entry: Entry, body: bytes, leaf: bytes, now: datetime) -> LedgerEntry:
    return LedgerEntry(
        organisation_id=entry.organisation_id,
        index=entry.index or 0,
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
