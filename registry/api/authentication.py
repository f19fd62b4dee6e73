"""Who is calling: a bearer token, or the portal's session."""

from typing import Any

from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, SessionAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from registry.models import ApiToken, User
from registry.services.people import token_hash

REFUSAL = "The token is unknown, expired or revoked. Issue a new one in Assay under Settings."


class BearerToken(BaseAuthentication):
    """`Authorization: Bearer assay_…`; one query, and a revoked token is refused from the next request on."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        """The token's user, or None when the request carries no bearer token."""
        scheme, _, text = get_authorization_header(request).partition(b" ")
        if scheme.lower() != b"bearer":
            return None
        token = (
            ApiToken.objects.select_related("user")
            .filter(
                hash=token_hash(text.strip().decode("latin-1")),
                revoked_at=None,
                expires_at__gt=timezone.now(),
                user__is_active=True,
            )
            .first()
        )
        if token is None:
            raise AuthenticationFailed(REFUSAL)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        """What a 401 asks for."""
        return 'Bearer realm="assay"'


class Session(SessionAuthentication):
    """The portal's own calls, with CSRF protection."""


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
