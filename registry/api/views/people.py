"""Members, roles, service accounts."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from registry import selectors
from registry.api import people_shapes as shapes
from registry.api.base import Endpoint, WithoutBody, WriteEndpoint
from registry.api.pagination import NewestFirst
from registry.models import Membership, Organisation, RoleGrant, System
from registry.services import members, people, reads
from registry.stages import Role

ORGANISATION = OpenApiParameter("organisation", str, description=shapes.ORGANISATION)


class ByJoining(NewestFirst):
    """Pages of members."""

    ordering = ("-created_at", "pk")


class OfPeople(WriteEndpoint):
    """Shared by what is about an organisation or one of its systems."""

    def organisation(self, data: dict[str, Any]) -> Organisation:
        """The organisation that is meant."""
        return selectors.organisation_for(self.actor, data.pop("organisation", None))

    def system(self, data: dict[str, Any]) -> System | None:
        """The system that is named, if one is."""
        key = data.pop("system", None)
        return selectors.get(System.objects.all(), self.actor, pk=key) if key else None


class Members(Endpoint):
    """The members of an organisation."""

    pagination_class = ByJoining

    @extend_schema(
        operation_id="list_members", parameters=[ORGANISATION], responses=shapes.MemberOut(many=True)
    )
    def get(self, request: Request) -> Response:
        """Members, former members and service accounts, with their roles."""
        organisation = selectors.organisation_for(self.actor, request.query_params.get("organisation"))
        answer = self.page(selectors.members(self.actor, organisation), shapes.MemberOut)
        reads.note(self.actor, "people.list", organisation)
        return answer


class OfMember(WriteEndpoint):
    """Shared by what is done to a membership."""

    def told(self, membership: Membership) -> Response:
        """The membership as it is now."""
        found = selectors.members(self.actor, membership.organisation).get(pk=membership.pk)
        return Response(shapes.MemberOut(found).data)

    def membership(self, key: Any) -> Membership:
        """The membership, if it exists for the caller."""
        rows = Membership.objects.select_related("user", "organisation")
        return selectors.get(rows, self.actor, pk=key)


class DeactivateMember(OfMember):
    """The end of a membership."""

    @extend_schema(
        operation_id="deactivate_member", request=shapes.LeavingIn, responses={200: shapes.MemberOut}
    )
    def post(self, request: Request, **kwargs: Any) -> Response:
        """End a membership with every role and token, on every account of the person."""
        return super().post(request, **kwargs)

    def create(self, request: Request, **kwargs: Any) -> Response:
        """End a membership."""
        membership, data = self.membership(kwargs["membership_id"]), self.read(shapes.LeavingIn)
        return self.told(members.deactivate(actor=self.actor, membership=membership, **data))


class ReactivateMember(WithoutBody, OfMember):
    """A former member, again a member."""

    @extend_schema(operation_id="reactivate_member", request=None, responses={200: shapes.MemberOut})
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Make a former member a member again, without a role."""
        return super().post(request, **kwargs)

    def create(self, request: Request, **kwargs: Any) -> Response:
        """Make them a member again."""
        membership = self.membership(kwargs["membership_id"])
        return self.told(members.reactivate(actor=self.actor, membership=membership))


class Roles(OfPeople):
    """Roles of people."""

    @extend_schema(operation_id="grant_role", request=shapes.GrantIn, responses={201: shapes.RoleOut})
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Give an account a role; with the first one it becomes a member."""
        return super().post(request, **kwargs)

    def create(self, request: Request, **kwargs: Any) -> Response:
        """Give a role."""
        data = self.read(shapes.GrantIn)
        organisation, system = self.organisation(data), self.system(data)
        grant = people.grant_role(
            actor=self.actor,
            organisation=organisation,
            user=selectors.account_in(self.actor, organisation, data["user"]),
            role=Role(data["role"]),
            system=system,
        )
        return Response(shapes.RoleOut(grant).data, status=201)


class RevokeRole(WithoutBody, WriteEndpoint):
    """The end of a role."""

    @extend_schema(operation_id="revoke_role", request=None, responses={200: shapes.RoleOut})
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Take a role away; it counts from the next request on. The last owner's stays."""
        return super().post(request, **kwargs)

    def create(self, request: Request, **kwargs: Any) -> Response:
        """Take a role away."""
        rows = RoleGrant.objects.select_related("membership__user", "membership__organisation", "system")
        grant = selectors.get(rows, self.actor, pk=kwargs["grant_id"])
        told = shapes.RoleOut(grant).data
        people.revoke_role(actor=self.actor, grant=grant)
        return Response(told)


class ServiceAccounts(OfPeople):
    """Accounts of machines."""

    @extend_schema(
        operation_id="create_service_account", request=shapes.AccountIn, responses={201: shapes.AccountOut}
    )
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Make a service account, which somebody answers for."""
        return super().post(request, **kwargs)

    def create(self, request: Request, **kwargs: Any) -> Response:
        """Make a service account."""
        data = self.read(shapes.AccountIn)
        organisation = self.organisation(data)
        account = people.create_service_account(
            actor=self.actor,
            organisation=organisation,
            name=data["name"],
            responsible=selectors.member(organisation, data["responsible"], "responsible"),
        )
        return Response(shapes.AccountOut(account).data, status=201)
