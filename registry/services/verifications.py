"""Verifying logs by themselves, so that a break is found while people can still do something about it."""

import logging
import uuid
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import DatabaseError

from registry.actors import Actor
from registry.errors import AssayError
from registry.ledger import record
from registry.ledger.models import LedgerHead, LedgerVerification
from registry.ledger.verify import Verification, verify_log
from registry.models import Organisation

logger = logging.getLogger(__name__)
VERIFIER: Final = Actor.system("verifier")
HOLDS, BROKEN = "it holds", "it does not hold"


def verify_due() -> int:
    """Verify every log that has not been for the set hours; how many were."""
    done = 0
    for organisation in Organisation.objects.order_by("pk"):
        try:
            done += verify(organisation) is not None
        except (AssayError, DatabaseError):
            # One log cannot be read or written; the others must not wait for it.
            logger.exception("verification_failed", extra={"organisation_id": str(organisation.pk)})
    return done


def verify(organisation: Organisation) -> LedgerVerification | None:
    """Recompute a log from its first entry, keep what was found, and tell it in the log; None if it is too early."""
    head = LedgerHead.objects.annotate(now=record.DatabaseClock()).get(organisation_id=organisation.pk)
    early = head.now - timedelta(hours=settings.ASSAY_LOG_VERIFY_HOURS)
    if _since(organisation.pk, early):
        return None
    found = verify_log(organisation.pk)
    with record.transaction():
        record.hold(organisation.pk)
        if _since(organisation.pk, early):
            return None  # another worker was faster
        kept = _kept(found, head.now)
        record.event(
            "log.verified",
            organisation_id=organisation.pk,
            subject=organisation,
            actor=VERIFIER,
            size=found.size,
            root=found.root,
            outcome=HOLDS if found.holds else BROKEN,
            broken_at=kept.broken_at,
        )
    if not found.holds:
        logger.error("log_broken", extra={"organisation_id": str(organisation.pk), "sentence": kept.sentence})
    return kept


def _since(organisation_id: uuid.UUID, early: datetime) -> bool:
    rows = LedgerVerification.objects.filter(organisation_id=organisation_id, verified_at__gt=early)
    return rows.exists()


def _kept(found: Verification, verified_at: datetime) -> LedgerVerification:
    broken = found.broken
    return LedgerVerification.objects.create(
        organisation_id=found.organisation_id,
        size=found.size,
        root=found.root,
        holds=found.holds,
        broken_at=broken.index if broken else None,
        sentence=broken.sentence[:300] if broken else "",
        verified_at=verified_at,
    )
