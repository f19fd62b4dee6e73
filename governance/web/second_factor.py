"""Keeps who has yet to show a second factor on the pages where they can."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django_htmx.http import HttpResponseClientRedirect

from registry.access import sessions
from registry.errors import Denied

# The API asks for itself: it must let callers with a token through, whoever is signed in beside it.
ELSEWHERE = ("/accounts/", "/api/", "/static/", "/livez", "/readyz")
SAFE = {"GET", "HEAD", "OPTIONS"}
REFUSAL = "Assay asks for a second factor. Set one up or show it under “Your sign-in”, then try again."


class SecondFactorMiddleware:
    """Turns pages away. A change goes on to its service, which refuses it and logs who tried what."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(ELSEWHERE) or not sessions.lacking(request):
            return self.get_response(request)
        if request.method in SAFE:
            htmx = getattr(request, "htmx", False)
            return HttpResponseClientRedirect("/accounts/2fa/") if htmx else redirect("mfa_index")
        answer = self.get_response(request)
        if 300 <= answer.status_code < 400:
            return answer
        # Forms come back with the page they stand on, and nothing of it is to be seen.
        return render(request, "error.html", {"error": Denied(REFUSAL), "status": 403}, status=403)
