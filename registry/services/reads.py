"""Who has read what: noting it when it happens, and telling it to who may know.

Noting a read takes one INSERT and waits for nobody: it is not an entry of the log, whose lock every change needs. What
was noted is bound into the log afterwards, `registry.services.bound_reads`.
"""

import logging
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from django.db import DatabaseError, transaction
from django.db.models import QuerySet

from registry.access import check
from registry.actors import Actor
from registry.ledger import places
from registry.ledger.record import DatabaseClock
from registry.models import Organisation, Read, User

PERMISSION: Final = "view_reads"
FIELDS: Final = ("person", "object", "what", "since", "until")
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Kind:
    """Something whose reading is noted."""

    code: str
    told: str  # what was read, in words


_ROWS: Final = (
    Kind("report.pdf", "a report as PDF"),
    Kind("run.result", "the result file of an audit run"),
    Kind("quality_run.result", "the result file of a data-quality run"),
    Kind("decision.page", "a decision, on its page"),
    Kind("decision.file", "a decision with everything it was made from"),
    Kind("decision.bundle", "the verification bundle of a decision"),
    Kind("decision.receipt", "the receipt of a decision"),
    Kind("vote.receipt", "the receipt of a vote"),
    Kind("vote.attestation", "a vote as a signed statement"),
    Kind("documents.list", "the documents of a system"),
    Kind("log.page", "entries of the log, on its pages"),
    Kind("log.entries", "entries of the log"),
    Kind("log.receipt", "the receipt of an entry of the log"),
    Kind("log.export", "the log, written to a folder or a file"),
    Kind("people.page", "who the members are and what they may do"),
    Kind("people.list", "the list of members"),
    Kind("people.person", "the page of a member"),
    Kind("reads.page", "who has read what, on its page"),
    Kind("reads.list", "who has read what"),
)
KINDS: Final[dict[str, Kind]] = {row.code: row for row in _ROWS}


@dataclass(frozen=True)
class Wanted:
    """What of the readings somebody looks for; empty for all."""

    actors: Collection[str] | None = None
    object_id: uuid.UUID | None = None
    what: str = ""
    times: dict[str, datetime] = field(default_factory=dict)  # at__gte, at__lt


def note(actor: Actor, what: str, obj: Any) -> None:
    """Note that somebody reads `obj` now.

    To be called when it is certain that they may and that it is there, before the answer is made. Where the database
    takes no note, reading goes on, as it does in every outage, and the server's own log keeps the note instead.
    """
    if what not in KINDS:
        raise KeyError(f"{what!r} is no kind of reading; see KINDS.")
    organisation_id, system_id = places.of(obj)
    row = Read(
        organisation_id=organisation_id,
        system_id=system_id,
        at=DatabaseClock(),
        actor_kind=actor.kind,
        actor_id=actor.id,
        way=_way(actor),
        what=what,
        object_kind=obj._meta.model_name,
        object_id=obj.pk,
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except DatabaseError as error:
        told = {"what": what, "object_id": str(obj.pk), "actor_id": actor.id, "way": row.way}
        # Without the traceback, for in an outage there may be many.
        logger.error("read_not_noted", extra={**told, "why": str(error)})  # noqa: TRY400


def told(actor: Actor, organisation: Organisation, wanted: Wanted) -> QuerySet[Read]:
    """The readings that match, newest first, for who may know."""
    check.require(actor, PERMISSION, organisation)
    rows = Read.objects.filter(organisation_id=organisation.pk, **wanted.times).order_by("-id")
    if wanted.actors is not None:
        rows = rows.filter(actor_id__in=wanted.actors)
    if wanted.object_id:
        rows = rows.filter(object_id=wanted.object_id)
    return rows.filter(what=wanted.what) if wanted.what else rows


def wanted(organisation: Organisation, asked: Mapping[str, str]) -> tuple[Wanted, dict[str, str]]:
    """What an address asks for, and a sentence for each part of it that cannot be understood."""
    text = {key: asked.get(key, "").strip().replace("\x00", "") for key in FIELDS}
    wrong: dict[str, str] = {}
    actors = _identifiers(organisation, text["person"]) if text["person"] else None
    found = Wanted(actors, _uuid(text["object"], wrong), text["what"], _times(text, wrong))
    if found.what and found.what not in KINDS:
        wrong["what"] = "There is no such kind of reading."
    return found, wrong


def names(rows: Collection[Read]) -> dict[str, str]:
    """Who they are called today, by identifier; 1 query. Of whom was erased only the identifier is left."""
    people = {row.actor_id for row in rows if row.actor_kind != "system"}
    found = User.objects.filter(pk__in=people)
    return {str(user.pk): user.display_name for user in found if user.display_name} if people else {}


def _identifiers(organisation: Organisation, text: str) -> list[str]:
    """The identifier of the member who is called so, or what was written as it stands."""
    named = User.objects.filter(memberships__organisation=organisation, username=text)
    key = named.values_list("pk", flat=True).first()
    return [text] if key is None else [str(key)]


def _uuid(text: str, wrong: dict[str, str]) -> uuid.UUID | None:
    try:
        return uuid.UUID(text) if text else None
    except ValueError:
        wrong["object"] = "This is no identifier. Copy it from an address."
        return None


def _times(text: dict[str, str], wrong: dict[str, str]) -> dict[str, datetime]:
    """From the first moment of a day up to the last of another."""
    found = {}
    for name, lookup, later in (("since", "at__gte", 0), ("until", "at__lt", 1)):
        try:
            if text[name]:
                day = date.fromisoformat(text[name]) + timedelta(days=later)
                found[lookup] = datetime.combine(day, time(), UTC)
        except (ValueError, OverflowError):
            wrong[name] = "Write the day as 2026-11-21."
    return found


def _way(actor: Actor) -> str:
    if actor.kind == "system":
        return "command"
    return "token" if actor.organisation_id is not None else "session"
