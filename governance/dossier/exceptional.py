"""Facts about what is not as it should be: which rows of waivers, emergencies and issues are read, and how."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from governance.dossier.columns import branch, identifier, moment, person_text, truth
from governance.gates import codec
from governance.gates.exceptional import BreakGlassFacts, IssueFacts, WaivedFinding, WaiverFacts
from governance.gates.waiving import WaiverTerms
from governance.models import BreakGlass, BreakGlassState, Issue, IssueState, Waiver, WaiverState
from registry.ledger import chain
from registry.models import ModelVersion, RoleGrant, System

Row = Sequence[str]


def branches(
    version: ModelVersion, system: System, grants: QuerySet[RoleGrant]
) -> Iterator[QuerySet[Any, Any]]:
    """The branches about a version; `grants` are the roles of active people on the system."""
    yield _waivers(version, grants)
    yield _break_glass(system)


def _waivers(version: ModelVersion, grants: QuerySet[RoleGrant]) -> QuerySet[Any, Any]:
    still = grants.filter(membership__user_id=OuterRef("approved_by_id"), role=OuterRef("approved_role"))
    return branch(
        Waiver.objects.filter(model_version=version, state__in=(WaiverState.APPROVED, WaiverState.REVOKED)),
        "waiver",
        "pk",
        "state",
        "terms",
        "digest",
        person_text("requested_by"),
        person_text("approved_by"),
        "approved_role",
        "approved_at",
        "renews_id",
        truth(Exists(still)),
    )


def _break_glass(system: System) -> QuerySet[Any, Any]:
    """Of the whole system: a review that one version owes closes the door for all."""
    return branch(
        BreakGlass.objects.filter(system=system, state=BreakGlassState.CONFIRMED),
        "break_glass",
        "pk",
        "model_version_id",
        "environment",
        person_text("requested_by"),
        person_text("confirmed_by"),
        "starts",
        "ends",
        "review_due_at",
        "reviewed_at",
        "incident_id",
    )


def issues(system: System, which: Q) -> QuerySet[Any, Any]:
    """The branch of open findings and incidents of the system itself, or of this version too."""
    return branch(
        Issue.objects.filter(which, system=system, state=IssueState.OPEN),
        "issue",
        "pk",
        "kind",
        "severity",
        "title",
        truth(Q(model_version__isnull=False)),
        person_text("owner"),
        "due",
    )


def _waiver(row: Row) -> WaiverFacts:
    """A waiver; its scope is what its terms say, and the terms are believed while they have their digest."""
    pk, state, terms, digest, requester, approver, role, approved_at, renews, entitled, *_ = row
    told = codec.read(WaiverTerms, terms)
    return WaiverFacts(
        id=identifier(pk),
        state=state,
        model_version=told.model_version,
        step=told.step,
        environment=told.environment,
        findings=tuple(WaivedFinding(one.code, one.standing) for one in told.findings),
        starts=told.starts,
        expires_at=told.expires_at,
        requester=identifier(requester),
        approver=identifier(approver),
        approved_role=role,
        approved_at=moment(approved_at),
        renews=identifier(renews),
        renewal=told.renewal,
        digest=digest,
        intact=chain.digest(terms.encode()) == digest,
        entitled=bool(entitled),
    )


def waivers(rows: Iterable[Row]) -> tuple[WaiverFacts, ...]:
    """The waivers whose terms can be read; what cannot be read covers nothing."""
    found = []
    for row in rows:
        try:
            found.append(_waiver(row))
        except codec.Unreadable:
            continue
    return tuple(sorted(found, key=lambda one: one.id))


def break_glass_of(row: Row) -> BreakGlassFacts:
    """A confirmed emergency release."""
    pk, version_, environment, requester, confirmer, starts, ends, due, reviewed_at, incident, *_ = row
    return BreakGlassFacts(
        id=identifier(pk),
        model_version=identifier(version_),
        environment=environment,
        requester=identifier(requester),
        confirmer=identifier(confirmer),
        starts=moment(starts),
        ends=moment(ends),
        review_due_at=moment(due),
        reviewed_at=moment(reviewed_at) if reviewed_at else None,
        incident=identifier(incident),
    )


def issue_of(row: Row) -> IssueFacts:
    """An open finding or incident; the day on which it is due is still in time."""
    pk, kind, severity, title, of_version, owner, due, *_ = row
    overdue_from = moment(due) + timedelta(days=1) if due else None
    return IssueFacts(
        identifier(pk), kind, severity, title, bool(of_version), identifier(owner), overdue_from
    )
