"""The page that says how far a log is signed and kept outside, and why it is stopped when it is; and the way back."""

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from registry import selectors
from registry.access import check
from registry.actors import Actor
from registry.models import Organisation, Reopening
from registry.services import log_state, reads, reopenings
from registry.web.forms import carry_out
from registry.web.requests import acting


class ReasonForm(forms.Form):
    """Why the log may go on."""

    reason = forms.CharField(
        max_length=reopenings.MAX_REASON,
        error_messages={"required": "Say what happened, and why the log may go on."},
    )


@require_safe
def checkpoints(request: HttpRequest) -> HttpResponse:
    """The newest checkpoints of a log, its keys and its anchors."""
    actor = acting(request)
    organisation = selectors.organisation_for(actor, request.GET.get("organisation"))
    return _page(request, actor, organisation)


@require_POST
def ask_reopening(request: HttpRequest) -> HttpResponse:
    """Ask for a stopped log to be opened again; what was typed is never lost."""
    actor, form = acting(request), ReasonForm(request.POST)
    organisation = selectors.organisation_for(actor, request.POST.get("organisation"))
    status = carry_out(
        form, lambda data: reopenings.propose(actor=actor, organisation=organisation, reason=data["reason"])
    )
    if status:
        return _page(request, actor, organisation, form, status)
    messages.success(request, "Asked for. The log stays stopped until another person agrees on this page.")
    return redirect(_address(organisation))


@require_POST
def confirm_reopening(request: HttpRequest, reopening_id: uuid.UUID) -> HttpResponse:
    """Agree, as another person."""
    actor, form = acting(request), forms.Form(request.POST)
    found = selectors.get(Reopening.objects.select_related("organisation"), actor, pk=reopening_id)
    status = carry_out(form, lambda data: reopenings.confirm(actor=actor, reopening=found))
    if status:
        return _page(request, actor, found.organisation, form, status)
    messages.success(request, "Confirmed. The worker opens the log now; load this page again in a moment.")
    return redirect(_address(found.organisation))


def _address(organisation: Organisation) -> str:
    return f"{reverse('log-checkpoints')}?organisation={organisation.slug}"


def _page(
    request: HttpRequest,
    actor: Actor,
    organisation: Organisation,
    form: forms.Form | None = None,
    status: int = 200,
) -> HttpResponse:
    state = log_state.state(actor, organisation)
    context: dict[str, Any] = {"organisation": organisation, "state": state, "form": form}
    context["auditing"] = reads.PERMISSION in check.held(actor, organisation)
    if state.halt:
        context["ceremony"] = reopenings.ceremony(actor, organisation)
    return render(request, "registry/checkpoints.html", context, status=status)
