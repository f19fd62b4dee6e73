"""Loosened plans and comparisons with the version in production."""

import uuid
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from audits.api.serializers import DeviationOut
from audits.models import Deviation, DeviationState
from governance import selectors
from governance.api.serializers_assurance import (
    AcknowledgeIn,
    AcknowledgementOut,
    ComparisonOut,
    DeviationDetailOut,
    DeviationVoteIn,
    DeviationVoteOut,
)
from governance.models import VoteVerdict
from governance.services import comparisons, deviations
from registry import selectors as facts
from registry.api.base import Endpoint, WriteEndpoint
from registry.api.pagination import NewestFirst
from registry.errors import Invalid
from registry.models import ModelVersion
from registry.stages import Role


class ByOpening(NewestFirst):
    """Pages of deviations."""

    ordering = ("-opened_at", "pk")


class Deviations(Endpoint):
    """Loosened plans over all systems."""

    pagination_class = ByOpening

    @extend_schema(
        operation_id="list_deviations",
        parameters=[OpenApiParameter("state", str, enum=DeviationState.values)],
        responses=DeviationOut(many=True),
    )
    def get(self, request: Request) -> Response:
        """Loosened plans you can see, newest first."""
        rows = Deviation.objects.visible_to(self.actor).select_related("opened_by")
        if state := request.query_params.get("state"):
            if state not in DeviationState.values:
                known = ", ".join(DeviationState.values)
                raise Invalid("There is no such state.", errors=[("state", f"one of {known}")])
            rows = rows.filter(state=state)
        return self.page(rows, DeviationOut)


class DeviationDetail(Endpoint):
    """One loosened plan."""

    @extend_schema(operation_id="get_deviation", responses=DeviationDetailOut)
    def get(self, request: Request, deviation_id: uuid.UUID) -> Response:
        """What is loosened, why, and what was said about it."""
        return Response(DeviationDetailOut(selectors.deviation_of(self.actor, deviation_id)).data)


class VoteOnDeviation(WriteEndpoint):
    """Votes on a loosened plan."""

    @extend_schema(
        operation_id="vote_on_deviation", request=DeviationVoteIn, responses={201: DeviationVoteOut}
    )
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Accept or refuse exactly these two plans and rows, as somebody who had no part in either."""
        return super().post(request, **kwargs)

    def create(self, request: Request, **kwargs: Any) -> Response:
        """Vote."""
        data = self.read(DeviationVoteIn)
        row = selectors.deviation_of(self.actor, kwargs["deviation_id"])
        data["verdict"] = VoteVerdict(data["verdict"])
        data["role"] = Role(data["role"]) if data["role"] else None
        cast = deviations.vote(actor=self.actor, deviation=row, **data)
        return Response(DeviationVoteOut(cast).data, status=201)


class CompareVersion(WriteEndpoint):
    """The comparison of a version with those in production."""

    @extend_schema(operation_id="get_comparison", responses=ComparisonOut(many=True))
    def get(self, request: Request, version_id: uuid.UUID) -> Response:
        """Each version in production beside this one; slices that got worse behind a better average come first."""
        found = comparisons.of_version(self.actor, self.version(version_id))
        return Response(ComparisonOut(found, many=True).data)

    @extend_schema(
        operation_id="acknowledge_comparison",
        request=AcknowledgeIn,
        responses={201: AcknowledgementOut},
    )
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Say that you have read how exactly these results compare; 409 when one of them changed since."""
        return super().post(request, **kwargs)

    def create(self, request: Request, **kwargs: Any) -> Response:
        """Acknowledge."""
        data = self.read(AcknowledgeIn)
        champion_id = data.pop("champion")
        version = self.version(kwargs["version_id"])
        made = comparisons.acknowledge(actor=self.actor, version=version, champion_id=champion_id, **data)
        return Response(AcknowledgementOut(made).data, status=201)

    def version(self, version_id: uuid.UUID) -> ModelVersion:
        """The version, if it exists for the caller."""
        return facts.get(ModelVersion.objects.select_related("model__system"), self.actor, pk=version_id)
