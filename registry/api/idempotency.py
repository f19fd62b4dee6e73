"""`Idempotency-Key`: a repeated write changes nothing and hears the first answer again.

The key is scoped to caller and route. The stored answer and the effect commit together, so there is never one
without the other; a second request with the same key waits for the first on the unique row.
"""

import hashlib
import json
from collections.abc import Callable

from django.db import IntegrityError
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from registry.api.errors import domain_problem
from registry.errors import AssayError, Conflict, Invalid
from registry.ledger import record
from registry.models import IdempotentAnswer

MAX_KEY = 100


def answered_once(request: Request, handle: Callable[[], Response]) -> Response:
    """Run a write once per key; without a key just run it."""
    key = request.headers.get("Idempotency-Key", "")
    if not key:
        return handle()
    if len(key) > MAX_KEY:
        raise Invalid(
            f"The Idempotency-Key is longer than {MAX_KEY} characters.", code="idempotency.key_too_long"
        )
    route = f"{request.method} {request.path}"[:200]
    body_hash = hashlib.sha256(json.dumps(request.data, sort_keys=True).encode()).hexdigest()
    scope = {"user": request.user, "route": route, "key": key}
    if (stored := IdempotentAnswer.objects.filter(**scope).first()) is not None:
        return _again(stored, body_hash)
    try:
        with record.transaction():
            row = IdempotentAnswer.objects.create(**scope, body_hash=body_hash)
            response = _handled(handle)
            row.status, row.answer = response.status_code, json.loads(JSONRenderer().render(response.data))
            row.save(update_fields=["status", "answer"])
            return response
    except IntegrityError:
        if (stored := IdempotentAnswer.objects.filter(**scope).first()) is None:
            raise
        return _again(stored, body_hash)


def _handled(handle: Callable[[], Response]) -> Response:
    try:
        return handle()
    except AssayError as refusal:
        if refusal.recorded:  # the refusal is evidence and must not be rolled back with the key
            return domain_problem(refusal)
        raise


def _again(stored: IdempotentAnswer, body_hash: str) -> Response:
    if stored.body_hash != body_hash:
        raise Conflict(
            "This Idempotency-Key was used for another request. Use a new key for a new request.",
            code="idempotency.key_reused",
        )
    shape = "application/problem+json" if (stored.status or 0) >= 400 else None
    response = Response(stored.answer, status=stored.status, content_type=shape)
    response["Idempotency-Replayed"] = "true"
    return response
