"""Everything with a date: what is due, when, whose it is, and where it is done. Soonest first.

One source for each kind of thing, in `SOURCES`; the page, the API and the reminders read the same lines. A fixed number
of queries, however much there is.
"""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Final

from django.db.models import Prefetch
from django.urls import reverse
from django.utils import timezone

from governance import lifecycle
from governance.gates.dates import Reviewing
from governance.gates.requirements.approvals import Approvals
from governance.models import (
    ApprovalRequest,
    BreakGlass,
    BreakGlassState,
    Condition,
    Issue,
    IssueState,
    RequestState,
    ReviewDue,
    Vote,
    Waiver,
    WaiverState,
)
from governance.services.due_scope import KINDS, Due, Scope
from registry.models import System
from registry.stages import Role

__all__ = ["KINDS", "Due", "Scope", "items"]

SOON: Final = timedelta(days=14)  # people are told so long before, where no policy says how long
LIMIT: Final = 1000  # lines of one kind; the soonest


def items(scope: Scope) -> list[Due]:
    """Every line, soonest first."""
    return sorted((line for source in SOURCES for line in source(scope)), key=lambda line: line.order)


def _reviews(scope: Scope) -> Iterator[Due]:
    rows = scope.rows(ReviewDue).filter(due_at__isnull=False)
    rows = rows.select_related("model_version__model__system").order_by("due_at", "pk")
    for row in rows[:LIMIT]:
        version, system = row.model_version, row.model_version.model.system
        rules = scope.rules(system)
        asked: Reviewing | None = rules.part("review") if rules else None
        if asked is None:
            continue  # the policy in force asks for none, so nothing happens on that day
        due_at = min(row.due_at, row.since + timedelta(days=asked.every_days))
        yield Due(
            kind="review",
            subject_id=version.pk,
            system=system,
            what=str(version),
            todo="Complete the periodic review; after that day the version is suspended.",
            due_at=due_at,
            warn_at=due_at - timedelta(days=asked.warn_days),
            escalate_at=due_at,  # it is suspended on that day, so those above are told then
            people=frozenset({system.owner_id}),
            url=reverse("version-steps", args=[version.pk]),
        )


def _approvals(scope: Scope) -> Iterator[Due]:
    rows = scope.rows(ApprovalRequest).filter(state=RequestState.OPEN)
    rows = rows.select_related("system", "model_version__model").order_by("requested_at", "pk")
    votes = Prefetch("votes", Vote.objects.filter(withdrawn_at=None).only("request", "voter"))
    for request in rows.prefetch_related(votes)[:LIMIT]:
        version, system = request.model_version, request.system
        told = scope.reminding(system)
        able = {user for role in _asked(scope, request, system) for user in scope.holders(system, role)}
        done = {vote.voter_id for vote in request.votes.all()}
        answered_by = request.requested_at + timedelta(days=told.escalate_after_days)
        yield Due(
            kind="approval",
            subject_id=request.pk,
            system=system,
            what=f"{request.about} to {request.get_to_stage_display().lower()}",
            todo="Vote on it.",
            due_at=answered_by,
            warn_at=request.requested_at + timedelta(days=told.after_days),
            escalate_at=answered_by,
            people=frozenset(
                able - done - {request.requested_by_id, version.created_by_id if version else None}
            ),
            url=reverse("approval", args=[request.pk]),
        )


def _asked(scope: Scope, request: ApprovalRequest, system: System) -> list[Role]:
    """The roles that the policy in force asks for at the request's step."""
    rules = scope.rules(system)
    from_stage, _, to_stage = str(json.loads(request.subject).get("step", "")).partition("→")
    subject = lifecycle.MODEL_VERSION if request.model_version_id else lifecycle.SYSTEM
    section = rules.section(subject, from_stage, to_stage) if rules else None
    demands = [one for one in section.requirements if isinstance(one, Approvals)] if section else []
    return [Role(seat.role) for demand in demands for seat in demand.seats]


def _conditions(scope: Scope) -> Iterator[Due]:
    rows = scope.rows(Condition).filter(met_at=None, vote__withdrawn_at=None)
    rows = rows.filter(vote__request__state__in=[RequestState.OPEN, RequestState.USED])
    related = rows.select_related("vote__request__system", "vote__request__model_version__model")
    for condition in related.order_by("due_at", "pk")[:LIMIT]:
        request = condition.vote.request
        told = scope.reminding(request.system)
        taken = request.state == RequestState.USED
        yield Due(
            kind="condition",
            subject_id=condition.pk,
            system=request.system,
            what=f"{request.about} to {request.get_to_stage_display().lower()}",
            todo="Do what the approval asked for and have it confirmed"
            + ("; else what runs is suspended." if taken else "; else the approval does not count."),
            due_at=condition.due_at,
            warn_at=condition.due_at - SOON,
            escalate_at=condition.due_at + timedelta(days=0 if taken else told.escalate_after_days),
            people=frozenset({condition.owner_id}),
            url=reverse("approval", args=[request.pk]),
        )


def _waivers(scope: Scope) -> Iterator[Due]:
    rows = scope.rows(Waiver).filter(state=WaiverState.APPROVED, expires_at__gt=timezone.now())
    rows = rows.exclude(renewals__state=WaiverState.APPROVED)
    for waiver in rows.select_related("system", "model_version__model").order_by("expires_at", "pk")[:LIMIT]:
        yield Due(
            kind="waiver",
            subject_id=waiver.pk,
            system=waiver.system,
            what=str(waiver.model_version),
            todo="Clear what is waived; after that day the gate is closed, and what runs is suspended.",
            due_at=waiver.expires_at,
            warn_at=waiver.expires_at - SOON,
            escalate_at=waiver.expires_at,
            people=frozenset({waiver.requested_by_id}),
            url=reverse("version", args=[waiver.model_version_id]),
        )


def _emergencies(scope: Scope) -> Iterator[Due]:
    rows = scope.rows(BreakGlass).filter(state=BreakGlassState.CONFIRMED, reviewed_at=None)
    rows = rows.select_related("system", "model_version__model").order_by("review_due_at", "pk")
    for release in rows[:LIMIT]:
        officers = scope.holders(release.system, Role.COMPLIANCE_OFFICER)
        yield Due(
            kind="break_glass",
            subject_id=release.pk,
            system=release.system,
            what=f"{release.model_version} to {release.environment}",
            todo="Review the emergency release; after that day nothing of the system is let through.",
            due_at=release.review_due_at,
            warn_at=release.ends,
            escalate_at=release.review_due_at,
            people=officers - {release.requested_by_id, release.confirmed_by_id},
            url=reverse("version", args=[release.model_version_id]),
        )


def _issues(scope: Scope) -> Iterator[Due]:
    rows = scope.rows(Issue).filter(state=IssueState.OPEN, due__isnull=False)
    rows = rows.select_related("system", "model_version__model").order_by("due", "pk")
    for issue in rows[:LIMIT]:
        # The whole of its day is there to do it, UTC.
        due_at = datetime.combine(issue.due + timedelta(days=1), time(), UTC)
        about = issue.model_version or issue.system
        place = ("version", issue.model_version_id) if issue.model_version_id else ("system", issue.system_id)
        yield Due(
            kind="issue",
            subject_id=issue.pk,
            system=issue.system,
            what=f"{issue.get_kind_display()} about {about}, {issue.get_severity_display().lower()}",
            todo="Clear it, and have it closed.",
            due_at=due_at,
            warn_at=due_at - SOON,
            escalate_at=due_at + timedelta(days=scope.reminding(issue.system).escalate_after_days),
            people=frozenset({issue.owner_id or issue.system.owner_id}),
            url=reverse(place[0], args=[place[1]]),
        )


SOURCES: Final[tuple[Callable[[Scope], Iterator[Due]], ...]] = (
    _reviews,
    _approvals,
    _conditions,
    _waivers,
    _emergencies,
    _issues,
)
