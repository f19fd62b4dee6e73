"""Stopping a log. A log that is not the one that was signed takes no more entries, so nothing changes until people
have looked; reading goes on."""

import logging
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from django.utils import timezone

from registry.errors import AssayError
from registry.ledger.models import LedgerHalt

logger = logging.getLogger(__name__)


def halt(organisation_id: uuid.UUID, why: str) -> None:
    """Take no more entries; the first reason stays."""
    _, first = LedgerHalt.objects.get_or_create(
        organisation_id=organisation_id,
        lifted_at=None,
        defaults={"sentence": why[:300], "halted_at": timezone.now()},
    )
    if first:
        logger.error("log_halted", extra={"organisation_id": str(organisation_id), "sentence": why})


@contextmanager
def halting(organisation_id: uuid.UUID, *causes: type[AssayError]) -> Iterator[None]:
    """Stop the log when one of these errors leaves the block."""
    try:
        yield
    except causes as error:
        halt(organisation_id, error.message)
        raise


def lift(organisation_id: uuid.UUID) -> None:
    """Take entries again, in the running transaction."""
    rows = LedgerHalt.objects.filter(organisation_id=organisation_id, lifted_at=None)
    rows.update(lifted_at=timezone.now())


def reason(organisation_id: uuid.UUID) -> str:
    """Why the log takes no entries; empty while it does."""
    rows = LedgerHalt.objects.filter(organisation_id=organisation_id, lifted_at=None)
    return rows.values_list("sentence", flat=True).first() or ""
