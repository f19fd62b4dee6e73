"""Policies."""

import uuid
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from governance import selectors
from governance.api import policy_shapes as shapes
from governance.gates import strictness, text_diff
from governance.gates.policy import json_schema
from governance.models import BackTest, Policy
from governance.services import backtests, policies, staffing
from registry import selectors as facts
from registry.api.base import Endpoint, WithoutBody, WriteEndpoint
from registry.api.pagination import NewestFirst
from registry.errors import Invalid
from registry.stages import RiskTier

AGAINST = OpenApiParameter(
    "against", OpenApiTypes.UUID, description="Another policy; left out: the one it follows."
)
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
        rows = selectors.policies(self.actor, organisation).select_related(
            "organisation", "created_by", "published_by"
        )
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
        rows = Policy.objects.select_related("organisation", "created_by", "published_by")
        return Response(shapes.PolicyOut(facts.get(rows, self.actor, pk=policy_id)).data)


class PolicySchema(Endpoint):
    """What a policy may say."""

    @extend_schema(operation_id="get_policy_schema", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        """The JSON Schema of a policy's text, for editors that check while one types."""
        return Response(json_schema())


class PolicyDifference(Endpoint):
    """Two policies compared."""

    @extend_schema(operation_id="compare_policy", parameters=[AGAINST], responses=shapes.DifferenceOut)
    def get(self, request: Request, policy_id: uuid.UUID) -> Response:
        """What changed, row by row and line by line, against another policy or the one it follows."""
        policy = facts.get(Policy.objects.all(), self.actor, pk=policy_id)
        wanted = request.query_params.get("against")
        against = self._other(policy, wanted) if wanted else selectors.policy_before(policy)
        rows = strictness.compare(against.body if against else None, policy.body)
        told = {
            "policy": policy.pk,
            "against": against.pk if against else None,
            "loosens": strictness.loosens(rows),
            "changes": rows,
            "lines": text_diff.lines(against.body if against else "", policy.body),
        }
        return Response(shapes.DifferenceOut(told).data)

    def _other(self, policy: Policy, wanted: str) -> Policy:
        try:
            other = uuid.UUID(wanted)
        except ValueError as error:
            raise Invalid("“against” is the id of a policy.", errors=[("against", "not an id")]) from error
        rows = Policy.objects.filter(organisation_id=policy.organisation_id)
        return facts.get(rows, self.actor, pk=other)


class ByRequest(NewestFirst):
    """Back-tests, newest first."""

    ordering = ("-requested_at", "pk")


class PolicyBackTests(WithoutBody, WriteEndpoint):
    """A policy over past decisions."""

    pagination_class = ByRequest

    @extend_schema(operation_id="list_back_tests", responses=shapes.BackTestOut(many=True))
    def get(self, request: Request, policy_id: uuid.UUID) -> Response:
        """The back-tests of a policy."""
        policy = facts.get(Policy.objects.all(), self.actor, pk=policy_id)
        rows = BackTest.objects.visible_to(self.actor).filter(policy=policy).select_related("requested_by")
        return self.page(rows, shapes.BackTestOut)

    @extend_schema(operation_id="request_back_test", request=None, responses={202: shapes.BackTestOut})
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Ask what a policy would have made of past decisions."""
        return super().post(request, **kwargs)

    def create(self, request: Request, **kwargs: Any) -> Response:
        """Ask."""
        policy = facts.get(Policy.objects.all(), self.actor, pk=kwargs["policy_id"])
        asked = backtests.request(actor=self.actor, policy=policy)
        return Response(shapes.BackTestOut(asked).data, status=202)


class BackTestDetail(Endpoint):
    """One back-test."""

    @extend_schema(operation_id="get_back_test", responses=shapes.BackTestOut)
    def get(self, request: Request, backtest_id: uuid.UUID) -> Response:
        """How far a back-test is, and its result when it is done."""
        rows = BackTest.objects.select_related("requested_by")
        return Response(shapes.BackTestOut(facts.get(rows, self.actor, pk=backtest_id)).data)


class PublishPolicy(WithoutBody, WriteEndpoint):
    """A draft put into force."""

    @extend_schema(operation_id="publish_policy", request=None, responses={200: shapes.PublishedOut})
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Put a draft into force; from now on it never changes."""
        return super().post(request, **kwargs)

    def create(self, request: Request, **kwargs: Any) -> Response:
        """Put a draft into force."""
        draft = facts.get(Policy.objects.all(), self.actor, pk=kwargs["policy_id"])
        published = policies.publish(actor=self.actor, policy=draft)
        gaps = [gap for gap in staffing.gaps(published.organisation) if gap.policy_id == published.pk]
        told = {**shapes.PolicyOut(published).data, "staffing_gaps": shapes.GapOut(gaps, many=True).data}
        return Response(told)


class Staffing(Endpoint):
    """Gates that nobody could lawfully open."""

    @extend_schema(
        operation_id="list_staffing_gaps", parameters=[ORGANISATION], responses=shapes.GapOut(many=True)
    )
    def get(self, request: Request) -> Response:
        """Every gate of the policies in force for which there are too few people."""
        organisation = facts.organisation_for(self.actor, request.query_params.get("organisation"))
        return Response(shapes.GapOut(staffing.gaps(organisation), many=True).data)


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
