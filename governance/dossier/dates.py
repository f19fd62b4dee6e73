"""Facts about dates: when a version is to be reviewed, and when the log was verified."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from django.db.models import Q, QuerySet

from governance.dossier.columns import branch, moment, truth
from governance.gates.dates import ReviewFacts, VerificationFacts
from governance.gates.spec import LogFacts
from governance.models import ReviewDue
from registry.ledger.models import LedgerVerification
from registry.models import ModelVersion, System

Row = Sequence[str]


def verification(system: System) -> QuerySet[Any, Any]:
    """The newest verification of the organisation's log."""
    rows = LedgerVerification.objects.filter(organisation_id=system.organisation_id)
    newest = LedgerVerification.objects.filter(pk=rows.order_by("-verified_at", "-pk").values("pk")[:1])
    return branch(newest, "verification", "verified_at", "size", truth(Q(holds=True)))


def review(version: ModelVersion) -> QuerySet[Any, Any]:
    """When the version is to be reviewed."""
    return branch(ReviewDue.objects.filter(model_version=version), "review", "since", "due_at")


def verified(log: LogFacts, rows: Iterable[Row]) -> LogFacts:
    """The log with what its newest verification said."""
    for at, size, holds, *_ in rows:
        return replace(log, verification=VerificationFacts(moment(at), int(size), bool(holds)))
    return log


def reviewed(rows: Iterable[Row]) -> ReviewFacts | None:
    """The day of the review, for a version that is in production."""
    for since, due_at, *_ in rows:
        return ReviewFacts(moment(since), moment(due_at) if due_at else None)
    return None
