"""Tokens and workload identities. A token's text is answered once and kept nowhere: no Idempotency-Key repeats it."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from registry import selectors
from registry.api import people_shapes as shapes
from registry.api.base import Endpoint, WithoutBody, WriteEndpoint
from registry.api.pagination import NewestFirst
from registry.api.views.people import ORGANISATION, ByJoining, OfPeople
from registry.models import ApiToken, WorkloadIdentity
from registry.services import identities, tokens
from registry.services.identities import Binding


def shown_once(token: ApiToken, text: str) -> Response:
    """A token with its text; nothing on the way may keep it."""
    token.token = text  # type: ignore[attr-defined]
    response = Response(shapes.NewTokenOut(token).data, status=201)
    response["Cache-Control"] = "no-store"
    return response


class Tokens(OfPeople):
    """Tokens of an organisation."""

    pagination_class = ByJoining

    @extend_schema(
        operation_id="list_tokens", parameters=[ORGANISATION], responses=shapes.TokenOut(many=True)
    )
    def get(self, request: Request) -> Response:
        """Your own tokens; everybody's if you manage people. Never their text."""
        organisation = selectors.organisation_for(self.actor, request.query_params.get("organisation"))
        return self.page(selectors.tokens(self.actor, organisation), shapes.TokenOut)

    @extend_schema(operation_id="issue_token", request=shapes.TokenIn, responses={201: shapes.NewTokenOut})
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Issue a token for yourself or for a service account; its text is answered this once."""
        data = self.read(shapes.TokenIn)
        organisation, system = self.organisation(data), self.system(data)
        name = data.pop("account")
        user = selectors.member(organisation, name, "account") if name else self.actor.user
        return shown_once(
            *tokens.issue(actor=self.actor, organisation=organisation, user=user, system=system, **data)
        )


class OfToken(Endpoint):
    """Shared by what is done with a token."""

    def token(self, key: Any) -> ApiToken:
        """The token, if it exists for the caller."""
        rows = ApiToken.objects.select_related("user", "organisation", "system")
        return selectors.get(rows, self.actor, pk=key)


class RevokeToken(WithoutBody, OfToken):
    """The end of a token."""

    @extend_schema(operation_id="revoke_token", request=None, responses={200: shapes.TokenOut})
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Make a token useless at once."""
        token = self.token(kwargs["token_id"])
        tokens.revoke(actor=self.actor, token=token)
        return Response(shapes.TokenOut(token).data)


class RotateToken(WithoutBody, OfToken):
    """A new token in the place of another."""

    @extend_schema(operation_id="rotate_token", request=None, responses={201: shapes.NewTokenOut})
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Replace a token by one as narrow and for as long; the old one is useless at once."""
        return shown_once(*tokens.rotate(actor=self.actor, token=self.token(kwargs["token_id"])))


class WorkloadIdentities(OfPeople):
    """Workload identities of an organisation."""

    pagination_class = NewestFirst

    @extend_schema(
        operation_id="list_workload_identities",
        parameters=[ORGANISATION],
        responses=shapes.IdentityOut(many=True),
    )
    def get(self, request: Request) -> Response:
        """Which jobs may act as which service accounts."""
        organisation = selectors.organisation_for(self.actor, request.query_params.get("organisation"))
        return self.page(selectors.identities(self.actor, organisation), shapes.IdentityOut)

    @extend_schema(
        operation_id="create_workload_identity",
        request=shapes.IdentityIn,
        responses={201: shapes.IdentityOut},
    )
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Let jobs of a repository act as a service account without a stored secret."""
        return super().post(request, **kwargs)

    def create(self, request: Request, **kwargs: Any) -> Response:
        """Make a workload identity."""
        data = self.read(shapes.IdentityIn)
        organisation, system = self.organisation(data), self.system(data)
        account = selectors.member(organisation, data.pop("account"), "account")
        binding = Binding(**{field: data.pop(field) for field in Binding.__dataclass_fields__})
        made = identities.create(
            actor=self.actor,
            organisation=organisation,
            account=account,
            binding=binding,
            system=system,
            **data,
        )
        return Response(shapes.IdentityOut(made).data, status=201)


class EndIdentity(WithoutBody, WriteEndpoint):
    """The end of a workload identity."""

    @extend_schema(operation_id="end_workload_identity", request=None, responses={200: shapes.IdentityOut})
    def post(self, request: Request, **kwargs: Any) -> Response:
        """End an identity, and every token that was exchanged for it."""
        return super().post(request, **kwargs)

    def create(self, request: Request, **kwargs: Any) -> Response:
        """End an identity."""
        rows = WorkloadIdentity.objects.select_related("organisation", "account", "system")
        identity = selectors.get(rows, self.actor, pk=kwargs["identity_id"])
        return Response(shapes.IdentityOut(identities.deactivate(actor=self.actor, identity=identity)).data)
