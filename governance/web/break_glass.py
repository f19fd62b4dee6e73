"""Break-glass: what runs, what waits for a second person, and the reviews that are owed."""

import uuid
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from governance import selectors
from governance.dossier import gather_version
from governance.models import BreakGlass, BreakGlassState, ReviewOutcome
from governance.services import break_glass, waiver_terms
from governance.web.forms import Why, carry_out
from governance.web.standing import ENVIRONMENT
from registry import selectors as facts
from registry.access import check
from registry.actors import Actor
from registry.models import ModelVersion
from registry.web.requests import acting

SHOWN = 200


class EmergencyForm(forms.Form):
    """Where the version must go, why, and for how long."""

    environment = forms.CharField(max_length=40)
    reason = forms.CharField(max_length=5000, error_messages={"required": "Say what the emergency is."})
    hours = forms.IntegerField(min_value=1, max_value=168)


class ReviewForm(forms.Form):
    """What the review found."""

    outcome = forms.ChoiceField(
        choices=ReviewOutcome.choices, error_messages={"required": "Say what you found."}
    )
    review = forms.CharField(max_length=5000, error_messages={"required": "Say what you looked at."})


@require_safe
def emergencies_page(request: HttpRequest) -> HttpResponse:
    """What is on, what waits, what is owed, and what was."""
    now = timezone.now()
    rows = [(row, state_of(row, now)) for row in selectors.emergencies(acting(request))[:SHOWN]]
    context = {
        "running": [row for row, state in rows if state == "running"],
        "waiting": [row for row, state in rows if state == "waiting"],
        "owed": [(row, state == "overdue") for row, state in rows if state in ("owed", "overdue")],
        "over": [(row, state) for row, state in rows if state in ("reviewed", "withdrawn")],
        "overdue": sum(state == "overdue" for _, state in rows),
    }
    return render(request, "governance/break_glass.html", context)


@require_safe
def emergency_page(request: HttpRequest, release_id: uuid.UUID) -> HttpResponse:
    """One emergency release, and what may be done with it."""
    actor = acting(request)
    return _page(request, actor, _release(actor, release_id))


@require_safe
def ask_page(request: HttpRequest, version_id: uuid.UUID) -> HttpResponse:
    """The form to ask for one."""
    version = _version(acting(request), version_id)
    form = EmergencyForm(initial={"environment": ENVIRONMENT, "hours": 2})
    return render(request, "governance/break_the_glass.html", _asking(version, form))


@require_POST
def ask(request: HttpRequest, version_id: uuid.UUID) -> HttpResponse:
    """Ask for one; nothing opens yet."""
    actor, form = acting(request), EmergencyForm(request.POST)
    version = _version(actor, version_id)
    made: list[BreakGlass] = []
    status = carry_out(form, lambda data: made.append(break_glass.ask(actor=actor, version=version, **data)))
    if status:
        return render(request, "governance/break_the_glass.html", _asking(version, form), status=status)
    messages.success(request, "It is asked for. Nothing is open until another person confirms it.")
    return redirect("emergency", made[0].pk)


@require_POST
def confirm(request: HttpRequest, release_id: uuid.UUID) -> HttpResponse:
    """Be the second person."""
    actor = acting(request)
    row = _release(actor, release_id)
    form = forms.Form(request.POST)
    status = carry_out(form, lambda data: break_glass.confirm(actor=actor, release=row))
    return _done(
        request, actor, release_id, form, status, "Confirmed. The door is open, and an incident stands."
    )


@require_POST
def withdraw(request: HttpRequest, release_id: uuid.UUID) -> HttpResponse:
    """Take it back before it runs."""
    actor, form = acting(request), Why(request.POST)
    row = _release(actor, release_id)
    status = carry_out(
        form, lambda data: break_glass.withdraw(actor=actor, release=row, reason=data["reason"])
    )
    return _done(request, actor, release_id, form, status, "It is withdrawn. Nothing was opened.")


@require_POST
def end(request: HttpRequest, release_id: uuid.UUID) -> HttpResponse:
    """Close the door now."""
    actor, form = acting(request), Why(request.POST)
    row = _release(actor, release_id)
    status = carry_out(form, lambda data: break_glass.end(actor=actor, release=row, reason=data["reason"]))
    return _done(request, actor, release_id, form, status, "It is ended. Its review is owed all the same.")


@require_POST
def review(request: HttpRequest, release_id: uuid.UUID) -> HttpResponse:
    """Judge it afterwards."""
    actor, form = acting(request), ReviewForm(request.POST)
    row = _release(actor, release_id)
    status = carry_out(
        form,
        lambda data: break_glass.review(
            actor=actor, release=row, outcome=ReviewOutcome(data["outcome"]), words=data["review"]
        ),
    )
    return _done(request, actor, release_id, form, status, "The review is recorded.")


def state_of(row: BreakGlass, now: datetime) -> str:
    """How an emergency release stands: waiting, running, owed, overdue, reviewed or withdrawn."""
    if row.state != BreakGlassState.CONFIRMED:
        return "waiting" if row.state == BreakGlassState.REQUESTED else "withdrawn"
    if row.reviewed_at is not None:
        return "reviewed"
    if row.ends is not None and row.ends > now:
        return "running"
    return "overdue" if row.review_due_at is not None and row.review_due_at <= now else "owed"


def _done(
    request: HttpRequest, actor: Actor, release_id: uuid.UUID, form: forms.Form, status: int, words: str
) -> HttpResponse:
    if status:
        return _page(request, actor, _release(actor, release_id), form, status)
    messages.success(request, words)
    return redirect("emergency", release_id)


def _page(
    request: HttpRequest, actor: Actor, row: BreakGlass, form: forms.Form | None = None, status: int = 200
) -> HttpResponse:
    state = state_of(row, timezone.now())
    context = {
        "release": row,
        "version": row.model_version,
        "state": state,
        "may": "break_glass" in check.held(actor, row),
        "not_second": break_glass.not_the_second(actor, row) if state == "waiting" else "",
        "not_reviewer": break_glass.not_the_reviewer(actor, row) if state in ("owed", "overdue") else "",
        "outcomes": ReviewOutcome.choices,
        "form": form,
    }
    return render(request, "governance/emergency.html", context, status=status)


def _asking(version: ModelVersion, form: forms.Form) -> dict[str, Any]:
    policy = waiver_terms.policy_of(gather_version(version))
    return {"version": version, "form": form, "rules": policy.part("break_glass") if policy else None}


def _release(actor: Actor, release_id: uuid.UUID) -> BreakGlass:
    rows = BreakGlass.objects.select_related(
        "model_version__model__system", "system", "requested_by", "confirmed_by", "reviewed_by", "incident"
    )
    return facts.get(rows, actor, pk=release_id)


def _version(actor: Actor, version_id: uuid.UUID) -> ModelVersion:
    return facts.get(ModelVersion.objects.select_related("model__system"), actor, pk=version_id)
