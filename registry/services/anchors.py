"""Keeping checkpoints in places outside the database, and asking those places whether the log is still theirs."""

import logging
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.db import DatabaseError

from registry.access import check
from registry.actors import Actor
from registry.errors import AssayError
from registry.ledger import anchors, epochs, halts, notes, proofs, record
from registry.ledger.anchors.base import Anchor, Disagrees, NotAnchored, Sent
from registry.ledger.checkpoint_models import LedgerAnchor, LedgerCheckpoint
from registry.ledger.notes import Checkpoint
from registry.ledger.record import Head
from registry.models import Organisation

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Told:
    """How far a place is: up to which size it keeps the log since when; and why not further, where that is so."""

    place: str
    size: int = 0
    reference: str = ""
    failed: str = ""
    anchored_at: datetime | None = None


@dataclass(frozen=True)
class Standing:
    """Where the log is kept outside, newest first, and whether the newest of all is too old."""

    places: list[LedgerAnchor]
    newest: LedgerAnchor | None
    overdue: bool


def anchor_all() -> int:
    """Take the newest checkpoint of every log to every place that lacks it; how many places took one."""
    done = 0
    for organisation_id in LedgerCheckpoint.objects.values_list("organisation_id", flat=True).distinct():
        try:
            done += sum(bool(told.reference) for told in anchor(organisation_id))
        except (AssayError, DatabaseError):
            logger.exception("anchoring_failed", extra={"organisation_id": str(organisation_id)})
    return done


def anchor(organisation_id: uuid.UUID) -> list[Told]:
    """Take the newest checkpoint of a log to every place that lacks it. A place that fails stops no other."""
    rows = LedgerCheckpoint.objects.filter(
        organisation_id=organisation_id, origin=epochs.current(organisation_id)
    )
    newest = rows.order_by("-size").first()
    if newest is None:
        return []
    return [_anchored(newest, place) for place in anchors.configured()]


def agree(known: Head) -> None:
    """Disagrees where a place keeps a longer log than the database, or another.

    A place that does not answer is passed over. Who signed what it keeps is not asked: whoever rewrites a log can
    also replace the keys in the database.
    """
    kept = [(place, told) for place in anchors.configured() if (told := _kept(known.origin, place))]
    head = record.head(known.organisation_id)  # read last, for it only grows
    for place, told in kept:
        if told.size > head.size:
            raise Disagrees(
                f"The log has {head.size} entries now; {place.place} keeps a checkpoint of {told.size}. It was cut, or"
                " restored from a copy."
            )
        if _root(head, told) != told.root:
            raise Disagrees(
                f"The first {told.size} entries are not those of the checkpoint that {place.place} keeps."
            )


def standing(actor: Actor, organisation: Organisation) -> Standing:
    """The newest anchor of each configured place, and whether the newest of all is too old."""
    check.require(actor, "view_log", organisation)
    rows = LedgerAnchor.objects.filter(
        organisation_id=organisation.pk, origin=epochs.current(organisation.pk)
    )
    found = [rows.filter(place=anchor.place).order_by("-size").first() for anchor in anchors.configured()]
    places = sorted((row for row in found if row), key=lambda row: (row.size, row.anchored_at))
    newest = places[-1] if places else None
    head = record.head(organisation.pk)
    limit = head.now - timedelta(hours=settings.ASSAY_LOG_ANCHOR_HOURS)
    old = newest is None or (newest.size < head.size and newest.anchored_at < limit)
    return Standing(places[::-1], newest, bool(found) and old)


def _anchored(row: LedgerCheckpoint, place: Anchor) -> Told:
    mine = LedgerAnchor.objects.filter(
        organisation_id=row.organisation_id, origin=row.origin, place=place.place
    )
    last = mine.order_by("-size").first()
    told = Told(place.place, last.size if last else 0, anchored_at=last.anchored_at if last else None)
    if told.size >= row.size:
        return told
    try:
        kept = place.put(_sent(row, told.size))
    except AssayError as error:
        if isinstance(error, Disagrees):
            halts.halt(row.organisation_id, error.message)
        logger.error("anchor_failed", extra={"place": place.place, "sentence": error.message})  # noqa: TRY400
        return Told(place.place, told.size, failed=error.message, anchored_at=told.anchored_at)
    made, _ = LedgerAnchor.objects.get_or_create(
        organisation_id=row.organisation_id,
        origin=row.origin,
        size=row.size,
        place=place.place,
        defaults={
            "kind": place.kind,
            "reference": kept.reference[:300],
            "evidence": kept.evidence,
            "anchored_at": record.head(row.organisation_id).now,
        },
    )
    return Told(made.place, made.size, made.reference, anchored_at=made.anchored_at)


def _sent(row: LedgerCheckpoint, known: int) -> Sent:
    checkpoint = Checkpoint(row.origin, row.size, bytes(row.root))
    path = partial(_path, row.organisation_id, checkpoint)
    return Sent(row.note, checkpoint, known, path, lambda: record.head(row.organisation_id).size)


def _path(organisation_id: uuid.UUID, checkpoint: Checkpoint, old: int) -> list[bytes]:
    epoch = epochs.number_of(checkpoint.origin)
    tree = proofs.tiled(organisation_id, checkpoint.size, epoch)
    heads = ((old, tree.root(old)), (checkpoint.size, checkpoint.root))
    return proofs.consistency(organisation_id, *heads, epoch)


def _kept(origin: str, place: Anchor) -> Checkpoint | None:
    """The newest checkpoint that can be read back from a place."""
    try:
        text = place.newest(origin)
        told = Checkpoint.read(notes.parse(text).text) if text else None
    except (NotAnchored, notes.Malformed) as error:
        logger.error("anchor_unreadable", extra={"place": place.place, "sentence": str(error)})  # noqa: TRY400
        return None
    return told if told and told.origin == origin else None


def _root(head: Head, told: Checkpoint) -> bytes:
    epoch = epochs.number_of(told.origin)
    try:
        return proofs.tiled(head.organisation_id, head.size, epoch).root(told.size)
    except ValueError:
        return b""
