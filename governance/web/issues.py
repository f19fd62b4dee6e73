"""Findings and incidents: the list, the form to raise one, and the page of each."""

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Case, IntegerField, Value, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from governance import selectors
from governance.gates.requirements.issues import SEVERITIES
from governance.models import Issue, IssueKind, IssueState, Severity
from governance.services import issues
from governance.web.forms import Why, carry_out
from registry import selectors as facts
from registry.access import check
from registry.actors import Actor
from registry.errors import Invalid
from registry.models import ModelVersion, System, User
from registry.web.requests import acting

PAGE = 50


class IssueForm(forms.Form):
    """A finding or an incident."""

    kind = forms.ChoiceField(choices=IssueKind.choices)
    severity = forms.ChoiceField(choices=Severity.choices)
    title = forms.CharField(
        max_length=issues.MAX_TITLE, error_messages={"required": "Say in one line what is wrong."}
    )
    description = forms.CharField(required=False, max_length=issues.MAX_TEXT)
    version = forms.UUIDField(required=False)
    owner = forms.UUIDField(required=False)
    due = forms.DateField(required=False)


class AssignForm(forms.Form):
    """Whose the fix is, and by when."""

    owner = forms.UUIDField(error_messages={"required": "Choose whose the fix is."})
    due = forms.DateField(required=False)


class CloseForm(forms.Form):
    """How it was settled."""

    state = forms.ChoiceField(choices=[("resolved", "Resolved"), ("accepted", "Accepted")])
    resolution = forms.CharField(
        max_length=issues.MAX_TEXT, error_messages={"required": "Say how it was settled."}
    )


@require_safe
def issues_page(request: HttpRequest) -> HttpResponse:
    """Open ones first, the gravest of them first; filters stand in the address."""
    actor = acting(request)
    chosen = {name: request.GET.get(name, "") for name in ("state", "severity", "system")}
    chosen["state"] = chosen["state"] or IssueState.OPEN
    rows = selectors.issues(actor)
    standing = rows.filter(state=IssueState.OPEN)
    if chosen["state"] in IssueState.values:
        rows = rows.filter(state=chosen["state"])
    if chosen["severity"] in Severity.values:
        rows = rows.filter(severity=chosen["severity"])
    if chosen["system"]:
        rows = rows.filter(system__slug=chosen["system"])
    gravest = Case(*[When(severity=name, then=Value(-rank)) for rank, name in enumerate(SEVERITIES)],
                   output_field=IntegerField())  # fmt: skip
    page = Paginator(rows.order_by(gravest, "-raised_at", "pk"), PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "chosen": chosen,
        "states": IssueState,
        "severities": Severity,
        "systems": System.objects.visible_to(actor).only("slug", "name"),
        "today": timezone.now().date(),
        "open": standing.count(),
        "grave": standing.filter(severity__in=issues.GRAVE).count(),
    }
    return render(request, "governance/issues.html", context)


@require_safe
def raise_page(request: HttpRequest, system_id: uuid.UUID) -> HttpResponse:
    """The form to raise one; `version` is which version it is about."""
    system = _system(acting(request), system_id)
    form = IssueForm(initial={"version": request.GET.get("version", ""), "severity": "medium"})
    return render(request, "governance/raise_issue.html", _raising(system, form))


@require_POST
def raise_issue(request: HttpRequest, system_id: uuid.UUID) -> HttpResponse:
    """Raise one; what was typed is never lost."""
    actor, form = acting(request), IssueForm(request.POST)
    system = _system(actor, system_id)
    made: list[Issue] = []
    status = carry_out(form, lambda data: made.append(_raise(actor, system, data)))
    if status:
        return render(request, "governance/raise_issue.html", _raising(system, form), status=status)
    messages.success(request, "It is written down.")
    return redirect("issue", made[0].pk)


def _raise(actor: Actor, system: System, data: dict[str, Any]) -> Issue:
    versions = ModelVersion.objects.select_related("model").filter(model__system=system)
    return issues.raise_issue(
        actor=actor,
        system=system,
        kind=IssueKind(data["kind"]),
        severity=Severity(data["severity"]),
        title=data["title"],
        description=data["description"],
        model_version=facts.get(versions, actor, pk=data["version"]) if data["version"] else None,
        owner=_member(system, data["owner"]) if data["owner"] else None,
        due=data["due"],
    )


@require_safe
def issue_page(request: HttpRequest, issue_id: uuid.UUID) -> HttpResponse:
    """One finding or incident."""
    actor = acting(request)
    return _page(request, actor, _issue(actor, issue_id))


@require_POST
def assign(request: HttpRequest, issue_id: uuid.UUID) -> HttpResponse:
    """Say whose the fix is."""
    actor, form = acting(request), AssignForm(request.POST)
    row = _issue(actor, issue_id)
    status = carry_out(
        form,
        lambda data: issues.assign(
            actor=actor, issue=row, owner=_member(row.system, data["owner"]), due=data["due"]
        ),
    )
    return _done(request, actor, issue_id, form, status, "The owner of the fix is recorded.")


@require_POST
def close(request: HttpRequest, issue_id: uuid.UUID) -> HttpResponse:
    """Close it."""
    actor, form = acting(request), CloseForm(request.POST)
    row = _issue(actor, issue_id)
    status = carry_out(
        form,
        lambda data: issues.close(
            actor=actor, issue=row, state=IssueState(data["state"]), resolution=data["resolution"]
        ),
    )
    return _done(request, actor, issue_id, form, status, "It is closed.")


@require_POST
def reopen(request: HttpRequest, issue_id: uuid.UUID) -> HttpResponse:
    """Open it again."""
    actor, form = acting(request), Why(request.POST)
    row = _issue(actor, issue_id)
    status = carry_out(form, lambda data: issues.reopen(actor=actor, issue=row, reason=data["reason"]))
    return _done(request, actor, issue_id, form, status, "It is open again.")


def _done(
    request: HttpRequest, actor: Actor, issue_id: uuid.UUID, form: forms.Form, status: int, words: str
) -> HttpResponse:
    if status:
        return _page(request, actor, _issue(actor, issue_id), form, status)
    messages.success(request, words)
    return redirect("issue", issue_id)


def _page(
    request: HttpRequest, actor: Actor, row: Issue, form: forms.Form | None = None, status: int = 200
) -> HttpResponse:
    held = check.held(actor, row)
    context = {
        "issue": row,
        "overdue": row.state == IssueState.OPEN and row.due is not None and row.due < timezone.now().date(),
        "grave": row.severity in issues.GRAVE,
        "may_raise": "raise_issue" in held,
        "may_close": "close_issue" in held,
        "excluded": issues.excluded(actor, row),
        "people": _people(row.system),
        "form": form or AssignForm(initial={"owner": row.owner_id, "due": row.due and row.due.isoformat()}),
    }
    return render(request, "governance/issue.html", context, status=status)


def _raising(system: System, form: forms.Form) -> dict[str, Any]:
    versions = ModelVersion.objects.filter(model__system=system).select_related("model")
    return {
        "system": system,
        "form": form,
        "kinds": IssueKind,
        "severities": Severity,
        "versions": versions.order_by("-created_at")[:PAGE],
        "people": _people(system),
    }


def _people(system: System) -> list[User]:
    """Who could own a fix: active people of the organisation."""
    members = User.objects.filter(
        memberships__organisation_id=system.organisation_id, is_active=True, is_service=False
    )
    return list(members.distinct().order_by("first_name", "username"))


def _member(system: System, user_id: uuid.UUID) -> User:
    found = next((user for user in _people(system) if user.pk == user_id), None)
    if found is None:
        raise Invalid("There is no such person here.", errors=[("owner", "nobody of the organisation")])
    return found


def _issue(actor: Actor, issue_id: uuid.UUID) -> Issue:
    rows = Issue.objects.select_related("system", "model_version__model", "raised_by", "owner", "closed_by")
    return facts.get(rows, actor, pk=issue_id)


def _system(actor: Actor, system_id: uuid.UUID) -> System:
    return facts.get(System.objects.all(), actor, pk=system_id)
