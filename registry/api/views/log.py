"""Endpoints of the log."""

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from registry import selectors
from registry.api import serializers as shapes
from registry.api.base import Endpoint
from registry.api.pagination import NewestFirst
from registry.models import LedgerHead
from registry.services import reads

ORGANISATION = OpenApiParameter(
    "organisation", str, description="Short name; may be left out when you are in one."
)


class ByIndex(NewestFirst):
    """Pages of the log."""

    ordering = ("-index",)


class LedgerEntries(Endpoint):
    """The log."""

    pagination_class = ByIndex

    @extend_schema(
        operation_id="list_ledger_entries",
        parameters=[ORGANISATION],
        responses=shapes.LedgerEntryOut(many=True),
    )
    def get(self, request: Request) -> Response:
        """Entries, newest first, each as the exact bytes that were hashed."""
        organisation = selectors.organisation_for(self.actor, request.query_params.get("organisation"))
        answer = self.page(selectors.log_of(self.actor, organisation), shapes.LedgerEntryOut)
        reads.note(self.actor, "log.entries", organisation)
        return answer


class LedgerHeadView(Endpoint):
    """The head of the log."""

    @extend_schema(operation_id="get_ledger_head", parameters=[ORGANISATION], responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        """Origin, size and root of the log's tree (RFC 6962)."""
        organisation = selectors.organisation_for(self.actor, request.query_params.get("organisation"))
        selectors.log_of(self.actor, organisation)
        head = LedgerHead.objects.get(organisation_id=organisation.pk)
        return Response({"origin": head.origin, "size": head.size, "root": bytes(head.root).hex()})
