"""Is the process alive; can it do its work?"""

from celery import current_app
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe
from kombu.exceptions import OperationalError


@login_not_required
@require_safe
def live(request: HttpRequest) -> JsonResponse:
    """The process answers."""
    return JsonResponse({"status": "ok"})


@login_not_required
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """The database answers, and the broker takes tasks; 503 names what does not."""
    parts = {"database": _database(), "broker": _broker()}
    well = all(state == "ok" for state in parts.values())
    return JsonResponse({"status": "ok" if well else "unavailable", **parts}, status=200 if well else 503)


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT size FROM registry_ledgerhead LIMIT 1")
    except DatabaseError:
        return "does not answer, or is not migrated"
    return "ok"


def _broker() -> str:
    try:
        with current_app.connection_for_write(connect_timeout=2) as broker:
            broker.ensure_connection(max_retries=1, interval_start=0, timeout=2)
    except (OSError, OperationalError):
        return "does not answer"
    return "ok"
