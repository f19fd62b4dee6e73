"""How a log stands: what of it is signed, with which keys, where it is kept outside, and whether it was stopped."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db.models import OuterRef
from django.utils import timezone

from registry.access import check
from registry.actors import Actor
from registry.ledger import notes
from registry.ledger.checkpoint_models import LedgerAnchor, LedgerCheckpoint
from registry.ledger.models import LedgerEntry, LedgerHalt, LedgerHead
from registry.models import Organisation
from registry.services import receipts

SHOWN: Final = 20  # checkpoints on a page
MISSED: Final = 5  # rounds of the checkpointer that may be missed before the page warns


@dataclass(frozen=True)
class Signed:
    """A checkpoint as a page tells it."""

    size: int
    root: str
    keys: tuple[str, ...]
    signed_at: datetime


@dataclass(frozen=True)
class LogState:
    """Everything that the page of checkpoints says about one log."""

    head: LedgerHead
    checkpoints: list[Signed]
    total: int
    waiting_since: datetime | None  # since when the oldest entry waits that no checkpoint covers
    late: bool
    anchors: list[LedgerAnchor]
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
        anchors=_anchors(organisation),
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


def _anchors(organisation: Organisation) -> list[LedgerAnchor]:
    """The newest of each place, the place that is furthest behind last."""
    same = LedgerAnchor.objects.filter(organisation_id=organisation.pk, place=OuterRef("place"))
    newest = LedgerAnchor.objects.filter(
        organisation_id=organisation.pk, pk=same.order_by("-anchored_at", "-size").values("pk")[:1]
    )
    return list(newest.order_by("-size", "place"))
