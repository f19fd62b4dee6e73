"""Policies."""

import uuid
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from governance import selectors
from governance.api import serializers as shapes
from governance.models import Policy
from governance.services import policies
from registry import selectors as facts
from registry.api.base import Endpoint, WriteEndpoint
from registry.stages import RiskTier

ORGANISATION = OpenApiParameter(
    "organisation", str, description="Short name; may be left out when you are in one."
)


class Policies(WriteEndpoint):
    """The policies of an organisation."""

    @extend_schema(
        operation_id="list_policies", parameters=[ORGANISATION], responses=shapes.PolicyOut(many=True)
    )
    def get(self, request: Request) -> Response:
        """Drafts, the ones in force, and those before them."""
        organisation = facts.organisation_for(self.actor, request.query_params.get("organisation"))
        rows = selectors.policies(self.actor, organisation).select_related("organisation")
        return self.page(rows, shapes.PolicyOut)

    @extend_schema(operation_id="draft_policy", request=shapes.PolicyIn, responses={201: shapes.PolicyOut})
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Draft a policy; a text that is not one is refused with its lines."""
        return super().post(request, **kwargs)

    def create(self, request: Request, **kwargs: Any) -> Response:
        """Draft a policy."""
        data = self.read(shapes.PolicyIn)
        organisation = facts.organisation_for(self.actor, data.get("organisation"))
        drafted = policies.draft(
            actor=self.actor, organisation=organisation, tier=RiskTier(data["tier"]), body=data["body"]
        )
        return Response(shapes.PolicyOut(drafted).data, status=201)


class PolicyDetail(Endpoint):
    """One policy."""

    @extend_schema(operation_id="get_policy", responses=shapes.PolicyOut)
    def get(self, request: Request, policy_id: uuid.UUID) -> Response:
        """One policy with its text."""
        rows = Policy.objects.select_related("organisation")
        return Response(shapes.PolicyOut(facts.get(rows, self.actor, pk=policy_id)).data)


class PublishPolicy(WriteEndpoint):
    """A draft put into force."""

    @extend_schema(operation_id="publish_policy", request=None, responses={200: shapes.PolicyOut})
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Put a draft into force; from now on it never changes."""
        return super().post(request, **kwargs)

    def create(self, request: Request, **kwargs: Any) -> Response:
        """Put a draft into force."""
        draft = facts.get(Policy.objects.all(), self.actor, pk=kwargs["policy_id"])
        return Response(shapes.PolicyOut(policies.publish(actor=self.actor, policy=draft)).data)


class PublishDefaults(WriteEndpoint):
    """Assay's own policies."""

    @extend_schema(
        operation_id="publish_default_policies",
        request=shapes.OrganisationIn,
        responses={200: shapes.PolicyOut(many=True)},
    )
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Publish Assay's policy for every tier that has none in force."""
        return super().post(request, **kwargs)

    def create(self, request: Request, **kwargs: Any) -> Response:
        """Publish Assay's policies."""
        data = self.read(shapes.OrganisationIn)
        organisation = facts.organisation_for(self.actor, data.get("organisation"))
        published = policies.publish_defaults(actor=self.actor, organisation=organisation)
        return Response(shapes.PolicyOut(published, many=True).data)
