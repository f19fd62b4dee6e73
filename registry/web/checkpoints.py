"""The page that says how far a log is signed and kept outside, and why it is stopped when it is."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from registry import selectors
from registry.access import check
from registry.services import log_state
from registry.web.requests import acting


@require_safe
def checkpoints(request: HttpRequest) -> HttpResponse:
    """The newest checkpoints of a log, its keys and its anchors."""
    actor = acting(request)
    organisation = selectors.organisation_for(actor, request.GET.get("organisation"))
    context = {
        "organisation": organisation,
        "state": log_state.state(actor, organisation),
        "operates": "operate_log" in check.held(actor, organisation),
    }
    return render(request, "registry/checkpoints.html", context)
