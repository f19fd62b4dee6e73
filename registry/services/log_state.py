"""How a log stands: what of it is signed, with which keys, where it is kept outside, and whether it was stopped."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db.models import OuterRef
from django.utils import timezone

from registry.access import check
from registry.actors import Actor
from registry.ledger import anchors, notes
from registry.ledger.anchors.base import Recall
from registry.ledger.checkpoint_models import LedgerAnchor, LedgerCheckpoint
from registry.ledger.models import LedgerEntry, LedgerHalt, LedgerHead
from registry.ledger.place_models import LedgerPlace
from registry.models import Organisation
from registry.services import receipts

SHOWN: Final = 20  # checkpoints on a page
# What people call the kinds of places.
KINDS: Final = {
    "file": "Folder",
    "git": "Git repository",
    "s3": "Locked bucket",
    "timestamp": "Time stamp",
    "witness": "Witness",
}
MISSED: Final = 5  # rounds of the checkpointer that may be missed before the page warns


@dataclass(frozen=True)
class Signed:
    """A checkpoint as a page tells it."""

    size: int
    root: str
    keys: tuple[str, ...]
    signed_at: datetime


@dataclass(frozen=True)
class Outside:
    """A place outside as a page tells it: the newest checkpoint that it took, and what it last said."""

    place: str
    kind: str
    newest: LedgerAnchor | None
    said: LedgerPlace
    in_use: bool  # the settings still name it
    tells: bool  # it can be asked what it keeps

    @property
    def size(self) -> int:
        """How many entries it keeps the head of."""
        return self.newest.size if self.newest else 0


@dataclass(frozen=True)
class LogState:
    """Everything that the page of checkpoints says about one log."""

    head: LedgerHead
    checkpoints: list[Signed]
    total: int
    waiting_since: datetime | None  # since when the oldest entry waits that no checkpoint covers
    late: bool
    outside: list[Outside]
    keys: list[receipts.KeyRange]
    halt: LedgerHalt | None

    @property
    def signed(self) -> int:
        """How many entries are signed."""
        return self.checkpoints[0].size if self.checkpoints else 0


def state(actor: Actor, organisation: Organisation) -> LogState:
    """How a log stands, for who may read it."""
    check.require(actor, "view_log", organisation)
    key = organisation.pk
    head = LedgerHead.objects.get(organisation_id=key)
    rows = LedgerCheckpoint.objects.filter(organisation_id=key)
    found = [_signed(row) for row in rows.order_by("-signed_at", "-pk")[:SHOWN]]
    unsigned = LedgerEntry.objects.filter(organisation_id=key, index=found[0].size if found else 0)
    waiting = unsigned.values_list("recorded_at", flat=True).first()
    return LogState(
        head=head,
        checkpoints=found,
        total=rows.count(),
        waiting_since=waiting,
        late=is_late(waiting, timezone.now()),
        outside=_outside(organisation),
        keys=receipts.ranges(key),
        halt=LedgerHalt.objects.filter(organisation_id=key, lifted_at=None).first(),
    )


def is_late(waiting_since: datetime | None, now: datetime) -> bool:
    """Whether an entry has waited for its signature longer than the checkpointer may take."""
    limit = timedelta(seconds=MISSED * settings.ASSAY_CHECKPOINT_SECONDS)
    return waiting_since is not None and now - waiting_since > limit


def _signed(row: LedgerCheckpoint) -> Signed:
    try:
        signatures = notes.parse(row.note).signatures
    except notes.Malformed:  # somebody changed it; the page must still open
        signatures = ()
    keys = tuple(f"{name}+{key.hex()}" for name, key, _ in signatures)
    return Signed(row.size, bytes(row.root).hex(), keys, row.signed_at)


def _outside(organisation: Organisation) -> list[Outside]:
    """Every place that the settings name or that took something once, the one that is furthest behind last."""
    mine = {"organisation_id": organisation.pk}
    same = LedgerAnchor.objects.filter(**mine, place=OuterRef("place")).order_by("-anchored_at", "-size")
    rows = LedgerAnchor.objects.filter(**mine, pk=same.values("pk")[:1])
    newest = {row.place: row for row in rows}
    said = {row.place: row for row in LedgerPlace.objects.filter(**mine)}
    named = {one.place: one for one in anchors.configured()}
    found = [
        Outside(
            place,
            KINDS[anchor.kind if anchor else newest[place].kind],
            newest.get(place),
            said.get(place, LedgerPlace()),
            in_use=anchor is not None,
            tells=anchor is not None and anchor.recall is not Recall.NONE,
        )
        for place in {**named, **newest}
        for anchor in (named.get(place),)
    ]
    return sorted(found, key=lambda one: (not one.in_use, -one.size, one.place))
