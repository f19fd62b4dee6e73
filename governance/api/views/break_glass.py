"""Emergency releases."""

import uuid
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from governance import selectors
from governance.api import exception_shapes as shapes
from governance.api.views.approvals import ByRequest
from governance.models import BreakGlass, ReviewOutcome
from governance.services import break_glass
from registry import selectors as facts
from registry.api.base import Endpoint, WithoutBody, WriteEndpoint
from registry.models import ModelVersion


class Emergencies(Endpoint):
    """Emergency releases over all systems."""

    pagination_class = ByRequest

    @extend_schema(operation_id="list_emergency_releases", responses=shapes.BreakGlassOut(many=True))
    def get(self, request: Request) -> Response:
        """Emergency releases you can see, newest first."""
        return self.page(selectors.emergencies(self.actor), shapes.BreakGlassOut)


class AskForEmergency(WriteEndpoint):
    """Emergency releases of one version."""

    @extend_schema(
        operation_id="ask_for_emergency_release",
        request=shapes.BreakGlassIn,
        responses={201: shapes.BreakGlassOut},
    )
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Ask for an emergency release; nothing opens until another person confirms."""
        return super().post(request, **kwargs)

    def create(self, request: Request, **kwargs: Any) -> Response:
        """Ask."""
        data = self.read(shapes.BreakGlassIn)
        version = facts.get(ModelVersion.objects.all(), self.actor, pk=kwargs["version_id"])
        asked = break_glass.ask(actor=self.actor, version=version, **data)
        return Response(shapes.BreakGlassOut(asked).data, status=201)


class EmergencyDetail(Endpoint):
    """One emergency release."""

    @extend_schema(operation_id="get_emergency_release", responses=shapes.BreakGlassOut)
    def get(self, request: Request, release_id: uuid.UUID) -> Response:
        """One emergency release."""
        return Response(shapes.BreakGlassOut(_release(self, release_id)).data)


class ConfirmEmergency(WithoutBody, WriteEndpoint):
    """The second person."""

    @extend_schema(
        operation_id="confirm_emergency_release", request=None, responses={200: shapes.BreakGlassOut}
    )
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Confirm as another person; the door is open from now on, and an incident stands."""
        return super().post(request, **kwargs)

    def create(self, request: Request, **kwargs: Any) -> Response:
        """Confirm."""
        row = _release(self, kwargs["release_id"])
        return Response(shapes.BreakGlassOut(break_glass.confirm(actor=self.actor, release=row)).data)


class WithdrawEmergency(WriteEndpoint):
    """A question taken back."""

    @extend_schema(
        operation_id="withdraw_emergency_release", request=shapes.WhyIn, responses={200: shapes.BreakGlassOut}
    )
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Take it back before it runs."""
        return super().post(request, **kwargs)

    def create(self, request: Request, **kwargs: Any) -> Response:
        """Withdraw."""
        data, row = self.read(shapes.WhyIn), _release(self, kwargs["release_id"])
        done = break_glass.withdraw(actor=self.actor, release=row, **data)
        return Response(shapes.BreakGlassOut(done).data)


class EndEmergency(WriteEndpoint):
    """The end before its time."""

    @extend_schema(
        operation_id="end_emergency_release", request=shapes.WhyIn, responses={200: shapes.BreakGlassOut}
    )
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Close the door now; the review is owed all the same."""
        return super().post(request, **kwargs)

    def create(self, request: Request, **kwargs: Any) -> Response:
        """End."""
        data, row = self.read(shapes.WhyIn), _release(self, kwargs["release_id"])
        return Response(shapes.BreakGlassOut(break_glass.end(actor=self.actor, release=row, **data)).data)


class ReviewEmergency(WriteEndpoint):
    """The review afterwards."""

    @extend_schema(
        operation_id="review_emergency_release",
        request=shapes.ReviewIn,
        responses={200: shapes.BreakGlassOut},
    )
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Review it as a compliance officer who took no part in it."""
        return super().post(request, **kwargs)

    def create(self, request: Request, **kwargs: Any) -> Response:
        """Review."""
        data, row = self.read(shapes.ReviewIn), _release(self, kwargs["release_id"])
        done = break_glass.review(
            actor=self.actor, release=row, outcome=ReviewOutcome(data["outcome"]), words=data["review"]
        )
        return Response(shapes.BreakGlassOut(done).data)


def _release(endpoint: Endpoint, release_id: uuid.UUID) -> BreakGlass:
    return facts.get(BreakGlass.objects.all(), endpoint.actor, pk=release_id)
