"""Roles that are lent."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from governance import selectors
from governance.api import approval_shapes as shapes
from governance.models import Delegation
from governance.services import delegations
from registry import selectors as facts
from registry.api.base import WithoutBody, WriteEndpoint
from registry.api.pagination import NewestFirst
from registry.models import System
from registry.stages import Role


class ByCreation(NewestFirst):
    """Pages of delegations."""

    ordering = ("-created_at", "pk")


class Delegations(WriteEndpoint):
    """Roles lent by some to others."""

    pagination_class = ByCreation

    @extend_schema(operation_id="list_delegations", responses=shapes.DelegationOut(many=True))
    def get(self, request: Request) -> Response:
        """Delegations you can see, newest first."""
        return self.page(selectors.delegations(self.actor), shapes.DelegationOut)

    @extend_schema(
        operation_id="give_delegation", request=shapes.DelegationIn, responses={201: shapes.DelegationOut}
    )
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Lend a role you hold to a colleague."""
        return super().post(request, **kwargs)

    def create(self, request: Request, **kwargs: Any) -> Response:
        """Lend a role."""
        data = self.read(shapes.DelegationIn)
        organisation = facts.organisation_for(self.actor, data.pop("organisation", None))
        if system := data["system"]:
            data["system"] = facts.get(System.objects.all(), self.actor, pk=system)
        data["delegate"] = facts.member(organisation, data["delegate"], "delegate")
        data["role"] = Role(data["role"])
        given = delegations.give(actor=self.actor, organisation=organisation, **data)
        return Response(shapes.DelegationOut(given).data, status=201)


class RevokeDelegation(WithoutBody, WriteEndpoint):
    """A lent role, taken back."""

    @extend_schema(operation_id="revoke_delegation", request=None, responses={200: shapes.DelegationOut})
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Take it back at once; votes cast under it no longer count."""
        return super().post(request, **kwargs)

    def create(self, request: Request, **kwargs: Any) -> Response:
        """Take it back."""
        row = facts.get(Delegation.objects.all(), self.actor, pk=kwargs["delegation_id"])
        return Response(shapes.DelegationOut(delegations.revoke(actor=self.actor, delegation=row)).data)
