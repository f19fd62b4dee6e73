"""Waivers."""

import uuid
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from governance import selectors
from governance.api import exception_shapes as shapes
from governance.api.views.approvals import ByRequest
from governance.models import Waiver, WaiverState
from governance.services import waivers
from registry import selectors as facts
from registry.api.base import Endpoint, WriteEndpoint
from registry.errors import Invalid
from registry.models import ModelVersion
from registry.stages import Role


class Waivers(Endpoint):
    """Waivers over all systems."""

    pagination_class = ByRequest

    @extend_schema(
        operation_id="list_waivers",
        parameters=[OpenApiParameter("state", str, enum=WaiverState.values)],
        responses=shapes.WaiverOut(many=True),
    )
    def get(self, request: Request) -> Response:
        """Waivers you can see, newest first."""
        rows = selectors.waivers(self.actor)
        if state := request.query_params.get("state"):
            if state not in WaiverState.values:
                known = ", ".join(WaiverState.values)
                raise Invalid("There is no such state.", errors=[("state", f"one of {known}")])
            rows = rows.filter(state=state)
        return self.page(rows, shapes.WaiverOut)


class AskForWaiver(WriteEndpoint):
    """Waivers of one version."""

    @extend_schema(operation_id="ask_for_waiver", request=shapes.WaiverIn, responses={201: shapes.WaiverOut})
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Ask that open findings, exactly as they stand, be set aside for a time."""
        return super().post(request, **kwargs)

    def create(self, request: Request, **kwargs: Any) -> Response:
        """Ask for a waiver."""
        data = self.read(shapes.WaiverIn)
        version = facts.get(ModelVersion.objects.all(), self.actor, pk=kwargs["version_id"])
        asked = waivers.ask(actor=self.actor, version=version, **data)
        return Response(shapes.WaiverOut(asked).data, status=201)


class WaiverDetail(Endpoint):
    """One waiver."""

    @extend_schema(operation_id="get_waiver", responses=shapes.WaiverOut)
    def get(self, request: Request, waiver_id: uuid.UUID) -> Response:
        """One waiver with its terms."""
        return Response(shapes.WaiverOut(_waiver(self, waiver_id)).data)


class ApproveWaiver(WriteEndpoint):
    """The approval of a waiver."""

    @extend_schema(
        operation_id="approve_waiver", request=shapes.ApproveWaiverIn, responses={200: shapes.WaiverOut}
    )
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Approve the terms you have read; 403 `waiver.excluded` says why you may not."""
        return super().post(request, **kwargs)

    def create(self, request: Request, **kwargs: Any) -> Response:
        """Approve."""
        data, row = self.read(shapes.ApproveWaiverIn), _waiver(self, kwargs["waiver_id"])
        role = Role(data["role"]) if data["role"] else None
        approved = waivers.approve(actor=self.actor, waiver=row, digest=data["digest"], role=role)
        return Response(shapes.WaiverOut(approved).data)


class RefuseWaiver(WriteEndpoint):
    """The refusal of a waiver."""

    @extend_schema(operation_id="refuse_waiver", request=shapes.WhyIn, responses={200: shapes.WaiverOut})
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Say no to a waiver, or take your own question back."""
        return super().post(request, **kwargs)

    def create(self, request: Request, **kwargs: Any) -> Response:
        """Refuse."""
        data, row = self.read(shapes.WhyIn), _waiver(self, kwargs["waiver_id"])
        return Response(shapes.WaiverOut(waivers.refuse(actor=self.actor, waiver=row, **data)).data)


class RevokeWaiver(WriteEndpoint):
    """The end of a waiver before its time."""

    @extend_schema(operation_id="revoke_waiver", request=shapes.WhyIn, responses={200: shapes.WaiverOut})
    def post(self, request: Request, **kwargs: Any) -> Response:
        """End an approved waiver now; its days stay used."""
        return super().post(request, **kwargs)

    def create(self, request: Request, **kwargs: Any) -> Response:
        """Revoke."""
        data, row = self.read(shapes.WhyIn), _waiver(self, kwargs["waiver_id"])
        return Response(shapes.WaiverOut(waivers.revoke(actor=self.actor, waiver=row, **data)).data)


def _waiver(endpoint: Endpoint, waiver_id: uuid.UUID) -> Waiver:
    return facts.get(Waiver.objects.all(), endpoint.actor, pk=waiver_id)
