"""Turns domain errors into pages, the way registry.api.errors turns them into problem details."""

import logging
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from registry import errors
from registry.ledger import outage
from registry.web.forms import status_of

__all__ = ["DomainErrorMiddleware", "crashed", "not_found", "stale_form", "status_of"]
logger = logging.getLogger(__name__)

API = "/api/"


class DomainErrorMiddleware:
    """Answers a domain error that a page did not handle itself with a page in the same words."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "%00" in request.META.get("QUERY_STRING", "") or "\x00" in request.path:
            # No database can look for a NUL; the forms and the API refuse it in bodies.
            return _answer(request, 400, "invalid", "The address holds a NUL character.")
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """A page for a domain error; None (a crash, loudly) for anything else."""
        if (unavailable := outage.of(exception)) is not None:
            logger.error("database_refused", exc_info=exception)
            exception = unavailable
        if not isinstance(exception, errors.AssayError):
            return None
        status = status_of(exception)
        return render(request, "error.html", {"error": exception, "status": status}, status=status)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Nothing at this address: a page for people, problem details for machines."""
    if request.path.startswith(API):
        return _problem(404, "not_found", "Not found", "There is nothing at this address.")
    return render(request, "404.html", status=404)


def _answer(request: HttpRequest, status: int, code: str, words: str) -> HttpResponse:
    if request.path.startswith(API):
        return _problem(status, code, "The request is not valid", words)
    return HttpResponse(words, status=status, content_type="text/plain; charset=utf-8")


def stale_form(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without the token of this browser's session."""
    words = "This form is too old, or was not opened in this browser. Nothing was changed. Go back and load it again."
    refused = errors.Denied(words, code="form.stale")
    return render(request, "error.html", {"error": refused, "status": 403}, status=403)


def crashed(request: HttpRequest) -> HttpResponse:
    """A bug: its traceback is in the log, never in the answer. No template and no database are needed to say so."""
    words = "Assay failed while answering. Nothing was changed. Whoever runs it finds the cause in the log."
    if request.path.startswith(API):
        return _problem(500, "crashed", "Internal error", words)
    return HttpResponse(words, status=500, content_type="text/plain; charset=utf-8")


def _problem(status: int, code: str, title: str, detail: str) -> JsonResponse:
    body = {
        "type": f"urn:assay:problem:{code}",
        "title": title,
        "status": status,
        "detail": detail,
        "code": code,
    }
    return JsonResponse(body, status=status, content_type="application/problem+json")
