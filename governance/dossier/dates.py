"""Facts about dates: when a version is to be reviewed, and when the log was verified."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.db.models import Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from governance.dossier.columns import branch, moment, truth
from governance.gates.dates import AnchorFacts, ReviewFacts, VerificationFacts
from governance.gates.spec import LogFacts
from governance.models import ApprovalRequest, ReviewDue
from registry.ledger.checkpoint_models import LedgerAnchor, LedgerEpoch
from registry.ledger.models import LedgerEntry, LedgerHead, LedgerVerification
from registry.models import ModelVersion, System

Row = Sequence[str]


def verification(system: System) -> QuerySet[Any, Any]:
    """The newest verification of the organisation's log."""
    rows = LedgerVerification.objects.filter(organisation_id=system.organisation_id)
    newest = LedgerVerification.objects.filter(pk=rows.order_by("-verified_at", "-pk").values("pk")[:1])
    return branch(newest, "verification", "verified_at", "size", truth(Q(holds=True)))


def anchor(system: System) -> QuerySet[Any, Any]:
    """The longest checkpoint of the log in its present epoch that lies outside, and the first place that took it."""
    mine = {"organisation_id": system.organisation_id}
    epoch = LedgerEpoch.objects.filter(**mine).order_by("-number").values("origin")[:1]
    log = LedgerHead.objects.filter(**mine).values("origin")[:1]
    size = LedgerHead.objects.filter(**mine).values("size")[:1]  # an anchor of more than there is is not ours
    origin = Coalesce(Subquery(epoch), Subquery(log))
    rows = LedgerAnchor.objects.filter(**mine, origin=origin, size__lte=Subquery(size))
    longest = LedgerAnchor.objects.filter(pk=rows.order_by("-size", "anchored_at").values("pk")[:1])
    return branch(longest, "anchor", "anchored_at", "size")


def voted(requests: QuerySet[ApprovalRequest], system: System) -> QuerySet[Any, Any]:
    """Where the log holds the newest vote on these requests."""
    rows = LedgerEntry.objects.filter(
        organisation_id=system.organisation_id, subject_id__in=requests.values("pk"), event="approval.voted"
    )
    newest = LedgerEntry.objects.filter(pk=rows.order_by("-index").values("pk")[:1])
    return branch(newest, "voted", "index")


def review(version: ModelVersion) -> QuerySet[Any, Any]:
    """When the version is to be reviewed."""
    return branch(ReviewDue.objects.filter(model_version=version), "review", "since", "due_at")


def looked_at(log: LogFacts, rows: Mapping[str, list[Row]]) -> LogFacts:
    """The log with what its newest verification said, what lies outside, and where its votes end."""
    for at, size, holds, *_ in rows["verification"]:
        log = replace(log, verification=VerificationFacts(moment(at), int(size), bool(holds)))
    for at, size, *_ in rows["anchor"]:
        log = replace(log, anchor=AnchorFacts(moment(at), int(size)))
    for index, *_ in rows["voted"]:
        log = replace(log, voted=int(index) + 1)
    return log


def reviewed(rows: Iterable[Row]) -> ReviewFacts | None:
    """The day of the review, for a version that is in production."""
    for since, due_at, *_ in rows:
        return ReviewFacts(moment(since), moment(due_at) if due_at else None)
    return None
