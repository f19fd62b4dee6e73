"""One shape for every error on the wire: RFC 9457 problem details."""

import logging
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response

from registry import errors
from registry.ledger import outage

logger = logging.getLogger(__name__)

STATUS: tuple[tuple[type[errors.AssayError], int, str], ...] = (
    (errors.Invalid, 400, "The request is not valid"),
    (errors.NotFound, 404, "Not found"),
    (errors.Denied, 403, "Not allowed"),
    (errors.GateRefused, 409, "The gate is closed"),
    (errors.Conflict, 409, "This contradicts what is recorded"),
    (errors.TooLarge, 413, "Too large"),
    (errors.Unavailable, 503, "Temporarily unavailable"),
    (errors.AssayError, 400, "The request cannot be carried out"),
)


def problem(error: Exception, context: dict[str, Any]) -> Response | None:
    """The answer for an error; None for a bug, which then is a 500 and reaches the log with its traceback."""
    if isinstance(error, errors.AssayError):
        return domain_problem(error)
    if (unavailable := outage.of(error)) is not None:
        logger.error("database_refused", exc_info=error)
        return domain_problem(unavailable)
    if isinstance(error, Http404):
        return _response(404, "not_found", "Not found", "There is nothing at this address.")
    if isinstance(error, PermissionDenied):
        return _response(403, "denied", "Not allowed", str(error) or "You may not do this.")
    if isinstance(error, exceptions.APIException):
        return _framework_problem(error)
    return None


def domain_problem(error: errors.AssayError) -> Response:
    """The answer for a domain error."""
    status, title = next((status, title) for kind, status, title in STATUS if isinstance(error, kind))
    extra: dict[str, Any] = {}
    if isinstance(error, errors.Invalid) and error.errors:
        extra["errors"] = [{"field": field, "message": message} for field, message in error.errors]
    if isinstance(error, errors.GateRefused):
        extra |= {"findings": list(error.findings), "decision_id": error.decision_id}
    return _response(status, error.code, title, error.message, **extra)


def _framework_problem(error: exceptions.APIException) -> Response:
    if isinstance(error, exceptions.ValidationError):
        fields = [{"field": field, "message": text} for field, text in _flat(error.detail)]
        detail = "; ".join(f"{f['field']}: {f['message']}" if f["field"] else f["message"] for f in fields)
        return _response(400, "invalid", "The request is not valid", detail, errors=fields)
    answer = _response(
        error.status_code, str(error.default_code), str(error.default_detail), str(error.detail)
    )
    if header := getattr(error, "auth_header", None):
        answer["WWW-Authenticate"] = header
    if wait := getattr(error, "wait", None):
        answer["Retry-After"] = f"{wait:.0f}"
    return answer


def _response(status: int, code: str, title: str, detail: str, **extra: Any) -> Response:
    body = {
        "type": f"urn:assay:problem:{code}",
        "title": title,
        "status": status,
        "detail": detail,
        "code": code,
    }
    return Response({**body, **extra}, status=status, content_type="application/problem+json")


def _flat(detail: Any, path: str = "") -> list[tuple[str, str]]:
    if isinstance(detail, dict):
        return [row for key, value in detail.items() for row in _flat(value, _join(path, key))]
    if isinstance(detail, list):
        return [
            row
            for position, value in enumerate(detail)
            for row in _flat(value, _join(path, str(position)) if isinstance(value, dict) else path)
        ]
    return [(path, str(detail))]


def _join(path: str, key: str) -> str:
    if key == "non_field_errors":
        return path
    return f"{path}.{key}" if path else str(key)
