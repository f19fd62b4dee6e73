"""Who is calling: a bearer token, or the portal's session."""

import logging
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from django.db import DatabaseError, connection, transaction
from django.db.models import F
from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, SessionAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request

from registry.access import sessions
from registry.models import ApiToken, User
from registry.services import tokens

logger = logging.getLogger(__name__)

# How exactly a token's last use is known: a write for each request would cost more than it tells.
COARSE = timedelta(hours=1)
REFUSAL = "The token is unknown, expired or revoked. Issue a new one in Assay under Settings."


class BearerToken(BaseAuthentication):
    """`Authorization: Bearer assay_…`; one query, and a revoked token is refused from the next request on."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        """The token's user, or None when the request carries no bearer token."""
        scheme, _, text = get_authorization_header(request).partition(b" ")
        if scheme.lower() != b"bearer":
            return None
        token = _valid(tokens.digest(text.strip().decode("latin-1")))
        if token is None:
            raise AuthenticationFailed(REFUSAL)
        _note_use(token)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        """What a 401 asks for."""
        return 'Bearer realm="assay"'


# What is read of the bearer; the rest is fetched when somebody asks for it.
_OF_BEARER = ("username", "first_name", "last_name", "email", "is_active", "is_service", "responsible_id")
_DIGEST = "digest-of-the-token"
_NOW = datetime(9999, 1, 1, tzinfo=UTC)


def _valid(digest: str) -> ApiToken | None:
    """The token with this digest and its bearer, if it may be used now; one query."""
    sql, parameters = _written(connection.vendor)
    adapt = connection.ops.adapt_datetimefield_value
    real = {_DIGEST: digest, adapt(_NOW): adapt(timezone.now())}
    found = list(ApiToken.objects.raw(sql, [real.get(value, value) for value in parameters]))
    if not found:
        return None
    [token] = found
    known = {"id": token.user_id, **{name: getattr(token, f"bearer_{name}") for name in _OF_BEARER}}
    fields = [field for field in User._meta.concrete_fields if field.attname in known]  # in from_db's order
    values = [field.to_python(known[field.attname]) for field in fields]
    token.user = User.from_db(connection.alias, [field.attname for field in fields], values)
    return token


@cache
def _written(vendor: str) -> tuple[str, tuple[Any, ...]]:
    """The statement as text, written once: to put it together costs more than to run it."""
    rows = ApiToken.objects.filter(
        hash=_DIGEST,
        revoked_at=None,
        expires_at__gt=_NOW,
        user__is_active=True,
        # Whose membership ended is out, whatever was issued while it ended.
        user__memberships__organisation=F("organisation"),
        user__memberships__ended_at=None,
    ).annotate(**{f"bearer_{name}": F(f"user__{name}") for name in _OF_BEARER})
    sql, parameters = rows.query.sql_with_params()
    return sql, tuple(parameters)


def _note_use(token: ApiToken) -> None:
    now = timezone.now()
    if token.last_used_at is not None and now - token.last_used_at <= COARSE:
        return
    try:
        with transaction.atomic():
            ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
    except DatabaseError:  # who reads goes on reading when nothing can be written
        logger.warning("token_use_not_noted", extra={"token_id": str(token.pk)})


class Session(SessionAuthentication):
    """The portal's own calls, with CSRF protection.

    Who has yet to show a second factor reads nothing. What they try to change is refused by the service, which logs it.
    """

    def authenticate(self, request: Request) -> tuple[User, None] | None:
        """The session's user, if there is one."""
        found = super().authenticate(request)
        if found is not None and request.method in SAFE_METHODS and sessions.lacking(request._request):
            raise PermissionDenied("Sign in to the portal and show a second factor first.")
        return found


class BearerTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the OpenAPI document names the token."""

    target_class = "registry.api.authentication.BearerToken"
    name = "bearerToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """An HTTP bearer scheme."""
        return {"type": "http", "scheme": "bearer"}


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the OpenAPI document names the session."""

    target_class = "registry.api.authentication.Session"
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """The session cookie."""
        return {"type": "apiKey", "in": "cookie", "name": "sessionid"}
