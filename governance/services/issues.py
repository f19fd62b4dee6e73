"""Findings and incidents: raised by anybody who sees one, owned by who corrects it, closed by somebody else."""

from datetime import date
from typing import Final

from django.utils import timezone

from governance.models import Issue, IssueKind, IssueState, Severity
from registry import selectors as facts
from registry.access import check
from registry.actors import Actor
from registry.errors import Conflict, Denied, Invalid
from registry.ledger import record
from registry.models import ModelVersion, System, User

MAX_TITLE: Final = 120
MAX_TEXT: Final = 5000
# From here on nobody closes what they corrected themselves.
GRAVE: Final = (Severity.HIGH, Severity.CRITICAL)


def raise_issue(
    *,
    actor: Actor,
    system: System,
    kind: IssueKind,
    severity: Severity,
    title: str,
    description: str = "",
    model_version: ModelVersion | None = None,
    owner: User | None = None,
    due: date | None = None,
) -> Issue:
    """Write down that something is wrong with a system, or with one of its versions."""
    title, description = _words(title, description)
    if model_version is not None and model_version.model.system_id != system.pk:
        raise Invalid(
            "The version belongs to another system.", errors=[("model_version", "of another system")]
        )
    with record.transaction():
        check.require(actor, "raise_issue", system)
        issue = Issue.objects.create(
            system=system,
            model_version=model_version,
            kind=kind,
            severity=severity,
            title=title,
            description=description,
            raised_by=actor.user,
            owner=_member(system, owner),
            owned_by=[owner.person_id] if owner else [],
            due=due,
        )
        _record(
            "issue.raised",
            actor,
            issue,
            kind=str(kind),
            severity=str(severity),
            model_version_id=str(model_version.pk) if model_version else None,
            due=due.isoformat() if due else None,
            title=title,
            description=description,
        )
        if owner is not None:
            _record_owner(actor, issue)
    return issue


def _words(title: str, description: str) -> tuple[str, str]:
    title, description = title.strip(), description.strip()
    if not 0 < len(title) <= MAX_TITLE or "\n" in title:
        raise Invalid(
            f"A title is one line of at most {MAX_TITLE} characters.", errors=[("title", "one line")]
        )
    if len(description) > MAX_TEXT:
        raise Invalid(
            f"A description has at most {MAX_TEXT} characters.", errors=[("description", "too long")]
        )
    return title, description


def assign(*, actor: Actor, issue: Issue, owner: User, due: date | None = None) -> Issue:
    """Say whose the fix is, and by when; whoever owned it before stays known."""
    with record.transaction():
        check.require(actor, "raise_issue", issue)
        locked = _locked(issue, IssueState.OPEN)
        locked.owner, locked.due = _member(locked.system, owner), due or locked.due
        locked.owned_by = sorted({*locked.owned_by, owner.person_id})
        locked.save(update_fields=["owner", "due", "owned_by"])
        _record_owner(actor, locked)
    return locked


def close(*, actor: Actor, issue: Issue, state: IssueState, resolution: str) -> Issue:
    """Close it as resolved, or as accepted; what is grave is closed by somebody who never owned its fix."""
    resolution = resolution.strip()
    if state not in (IssueState.RESOLVED, IssueState.ACCEPTED):
        raise Invalid(
            "An issue is closed as resolved or as accepted.", errors=[("state", "resolved or accepted")]
        )
    if not 0 < len(resolution) <= MAX_TEXT:
        raise Invalid(
            f"Say how it was settled, in at most {MAX_TEXT} characters.", errors=[("resolution", "required")]
        )
    with record.transaction():
        check.require(actor, "close_issue", issue)
        locked = _locked(issue, IssueState.OPEN)
        refused = excluded(actor, locked)
        if not refused:
            return _close(actor, locked, state, resolution)
        _record("issue.excluded", actor, locked, why=refused)
    refusal = Denied(f"You cannot close this: you {refused}.", code="issue.excluded")
    refusal.recorded = True
    raise refusal


def excluded(actor: Actor, issue: Issue) -> str:
    """Why the actor cannot close a grave issue; empty when they can."""
    if issue.severity not in GRAVE:
        return ""
    if actor.kind != "person":
        return "are a service account, and what is grave is closed by people"
    if actor.person_id in issue.owned_by:
        return "own its fix, or did; of high severity and above somebody else closes it"
    return ""


def _close(actor: Actor, issue: Issue, state: IssueState, resolution: str) -> Issue:
    if issue.severity in GRAVE and not issue.owned_by:
        raise Conflict(
            "Say first whose the fix is, so that somebody else can close it.", code="issue.not_owned"
        )
    issue.state, issue.resolution = state, resolution
    issue.closed_by, issue.closed_at = actor.user, timezone.now()
    issue.save(update_fields=["state", "resolution", "closed_by", "closed_at"])
    _record("issue.closed", actor, issue, state=str(state), resolution=resolution)
    return issue


def reopen(*, actor: Actor, issue: Issue, reason: str) -> Issue:
    """Open it again: it was not settled after all."""
    if not 0 < len(reason.strip()) <= MAX_TEXT:
        raise Invalid(f"Say why, in at most {MAX_TEXT} characters.", errors=[("reason", "required")])
    with record.transaction():
        check.require(actor, "raise_issue", issue)
        locked = _locked(issue, IssueState.RESOLVED, IssueState.ACCEPTED)
        locked.state, locked.resolution, locked.closed_by, locked.closed_at = IssueState.OPEN, "", None, None
        locked.save(update_fields=["state", "resolution", "closed_by", "closed_at"])
        _record("issue.reopened", actor, locked, reason=reason.strip())
    return locked


def _locked(issue: Issue, *states: IssueState) -> Issue:
    rows = Issue.objects.locked().select_related("system", "owner")
    locked = rows.get(pk=issue.pk)
    if locked.state not in states:
        raise Conflict(f"This issue is {locked.get_state_display().lower()} already.", code="issue.state")
    return locked


def _member(system: System, owner: User | None) -> User | None:
    """The owner, if they are somebody of the organisation who can act."""
    if owner is None:
        return None
    if owner.is_service or not owner.is_active or not facts.roles_of(owner.pk, system):
        raise Invalid(
            "The owner of a fix is an active person with a role on this system.",
            errors=[("owner", "not a member")],
        )
    return owner


def _record_owner(actor: Actor, issue: Issue) -> None:
    owner = issue.owner
    _record(
        "issue.assigned",
        actor,
        issue,
        owner_id=str(owner.pk) if owner else None,
        due=issue.due.isoformat() if issue.due else None,
        owner=owner.display_name if owner else "",
    )


def _record(code: str, actor: Actor, issue: Issue, **payload: object) -> None:
    record.event(
        code,
        organisation_id=issue.system.organisation_id,
        system_id=issue.system_id,
        subject=issue,
        actor=actor,
        issue_id=str(issue.pk),
        **payload,
    )
