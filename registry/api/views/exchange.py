"""A job's signed identity for a bearer token."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import AnonRateThrottle

from registry.api import people_shapes as shapes
from registry.api.base import Endpoint
from registry.services import identities


class ExchangeThrottle(AnonRateThrottle):
    """So many exchanges a minute from one address: guesses cost signatures to check."""

    scope = "token-exchange"


class TokenExchange(Endpoint):
    """Tokens for jobs of a CI system; nobody signs in before."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes = (ExchangeThrottle,)

    @extend_schema(
        operation_id="exchange_token",
        request=shapes.ExchangeIn,
        responses={201: shapes.ExchangedOut},
        auth=[],
    )
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Exchange a job's identity token for a bearer token that lives a quarter of an hour. Each is good once."""
        token, text = identities.exchange(**self.read(shapes.ExchangeIn))
        response = Response(
            shapes.ExchangedOut({"token": text, "expires_at": token.expires_at, "scopes": token.scopes}).data,
            status=201,
        )
        response["Cache-Control"] = "no-store"
        return response
