"""Signed histories of a log. A log that was stopped goes on under another origin, so that nothing contradicts what was
signed before; what was lost stays shown by the receipts of the earlier one."""

import uuid

from registry.ledger.checkpoint_models import LedgerEpoch
from registry.ledger.models import LedgerHead

MARK = "/epoch/"


def named(log: str, number: int) -> str:
    """The origin of an epoch of a log."""
    return f"{log}{MARK}{number}" if number else log


def number_of(origin: str) -> int:
    """Which epoch an origin is of; the first has no number."""
    _, marked, number = origin.rpartition(MARK)
    return int(number) if marked and number.isascii() and number.isdigit() else 0


def belongs(origin: str, log: str) -> bool:
    """Whether an origin is of this log, in whatever epoch."""
    return origin == named(log, number_of(origin))


def current(organisation_id: uuid.UUID) -> str:
    """The origin that a log is signed under now."""
    rows = LedgerEpoch.objects.filter(organisation_id=organisation_id)
    newest = rows.order_by("-number").values_list("origin", flat=True).first()
    return newest or LedgerHead.objects.values_list("origin", flat=True).get(pk=organisation_id)
