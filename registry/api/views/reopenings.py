"""Opening a stopped log again."""

import uuid
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from registry import selectors
from registry.api.base import Endpoint, StrictSerializer, WithoutBody
from registry.api.views.log import ORGANISATION
from registry.models import Reopening
from registry.services import reopenings


class ReopeningIn(StrictSerializer):
    """Why the log may go on."""

    reason = serializers.CharField(max_length=reopenings.MAX_REASON)


class ReopeningOut(serializers.ModelSerializer[Reopening]):
    """Who asked, who agreed, and whether it is done."""

    proposed_by = serializers.CharField(source="proposed_by.display_name")
    confirmed_by = serializers.CharField(source="confirmed_by.display_name", allow_null=True, default=None)

    class Meta:
        model = Reopening
        fields = read_only_fields = [
            "id",
            "reason",
            "proposed_by",
            "proposed_at",
            "confirmed_by",
            "confirmed_at",
            "done_at",
        ]


class Reopenings(Endpoint):
    """Stopped logs."""

    @extend_schema(
        operation_id="propose_reopening",
        parameters=[ORGANISATION],
        request=ReopeningIn,
        responses={201: ReopeningOut},
    )
    def post(self, request: Request) -> Response:
        """Ask for a stopped log to be opened again."""
        organisation = selectors.organisation_for(self.actor, request.query_params.get("organisation"))
        data: dict[str, Any] = self.read(ReopeningIn)
        made = reopenings.propose(actor=self.actor, organisation=organisation, **data)
        return Response(ReopeningOut(made).data, status=201)


class ConfirmReopening(WithoutBody):
    """The second person."""

    @extend_schema(operation_id="confirm_reopening", request=None, responses={202: ReopeningOut})
    def post(self, request: Request, reopening_id: uuid.UUID) -> Response:
        """Agree, as another person; the worker then opens the log."""
        found = selectors.get(Reopening.objects.all(), self.actor, pk=reopening_id)
        made = reopenings.confirm(actor=self.actor, reopening=found)
        return Response(ReopeningOut(made).data, status=202)
