"""Turns domain errors into pages, the way registry.api.errors turns them into problem details."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from registry import errors

STATUS: dict[type[errors.AssayError], int] = {
    errors.NotFound: 404,
    errors.Denied: 403,
    errors.Conflict: 409,
    errors.Invalid: 400,
    errors.TooLarge: 413,
    errors.Unavailable: 503,
}


class DomainErrorMiddleware:
    """Answers a domain error that a page did not handle itself with a page in the same words."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """A page for a domain error; None (a crash, loudly) for anything else."""
        if not isinstance(exception, errors.AssayError):
            return None
        status = next((code for kind, code in STATUS.items() if isinstance(exception, kind)), 400)
        return render(request, "error.html", {"error": exception, "status": status}, status=status)
