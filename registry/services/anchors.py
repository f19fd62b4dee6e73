"""Keeping checkpoints in places outside the database."""

import logging
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import DatabaseError
from django.utils import timezone

from registry.access import check
from registry.actors import Actor
from registry.errors import AssayError
from registry.ledger import anchors, epochs, halts, record
from registry.ledger.anchors.base import Anchor, Disagrees
from registry.ledger.checkpoint_models import LedgerAnchor, LedgerCheckpoint
from registry.ledger.notes import Checkpoint
from registry.ledger.place_models import LedgerPlace
from registry.ledger.remembered import Memories
from registry.models import Organisation
from registry.services import agreement

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
        except (AssayError, DatabaseError, OSError):
            logger.exception("anchoring_failed", extra={"organisation_id": str(organisation_id)})
    return done


def anchor(organisation_id: uuid.UUID) -> list[Told]:
    """Take the newest checkpoint of a log to every place that lacks it. A place that fails stops no other.

    It is the one that the checkpointer remembers, not the newest in the database: what a place has taken stays there,
    so nobody who can add a row may choose it.
    """
    memory = Memories(settings.ASSAY_LOG_STATE_DIR).read(organisation_id)
    if memory is None or not memory.note:
        return []
    newest = LedgerCheckpoint(
        organisation_id=organisation_id,
        origin=memory.origin,
        size=memory.size,
        root=bytes.fromhex(memory.root),
        note=memory.note,
    )
    return [_anchored(newest, place) for place in anchors.configured()]


def standing(actor: Actor, organisation: Organisation) -> Standing:
    """The newest anchor of each configured place, and whether the newest of all is too old."""
    check.require(actor, "view_log", organisation)
    rows = LedgerAnchor.objects.filter(
        organisation_id=organisation.pk, origin=epochs.current(organisation.pk)
    )
    head = record.head(organisation.pk)
    rows = rows.filter(size__lte=head.size)
    found = [rows.filter(place=anchor.place).order_by("-size").first() for anchor in anchors.configured()]
    places = sorted((row for row in found if row), key=lambda row: (row.size, row.anchored_at))
    newest = places[-1] if places else None
    limit = head.now - timedelta(hours=settings.ASSAY_LOG_ANCHOR_HOURS)
    old = newest is None or (newest.size < head.size and newest.anchored_at < limit)
    return Standing(places[::-1], newest, bool(found) and old)


def _anchored(row: LedgerCheckpoint, place: Anchor) -> Told:
    mine = LedgerAnchor.objects.filter(
        organisation_id=row.organisation_id, origin=row.origin, place=place.place
    )
    last = mine.filter(size__lte=row.size).order_by("-size").first()  # a longer one is not ours
    told = Told(place.place, last.size if last else 0, anchored_at=last.anchored_at if last else None)
    if told.size >= row.size:
        return told
    try:
        checkpoint = Checkpoint(row.origin, row.size, bytes(row.root))
        kept = place.put(agreement.sent(row.organisation_id, row.note, checkpoint, told.size))
    except AssayError as error:
        _noted(row, place, error.message)
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
    _noted(row, place)
    return Told(made.place, made.size, made.reference, anchored_at=made.anchored_at)


def _noted(row: LedgerCheckpoint, place: Anchor, refusal: str = "") -> None:
    """For the page: when the place was given something, and why it did not take it."""
    LedgerPlace.objects.update_or_create(
        organisation_id=row.organisation_id,
        place=place.place,
        defaults={"given_at": timezone.now(), "refusal": refusal[:300]},
    )
