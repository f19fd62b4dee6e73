"""The log for a SIEM."""

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request

from registry.api.views.log import ORGANISATION
from registry.api.views.proofs import LogEndpoint
from registry.services import feed, reads

AFTER = OpenApiParameter(
    "after", int, description="The index of the last entry that is known; left out, from the first on."
)
LINES = OpenApiResponse(
    OpenApiTypes.STR, description="JSON lines, OCSF; the header Assay-Next-After says where to go on."
)


class Feed(LogEndpoint):
    """New entries of the log, in their order."""

    @extend_schema(operation_id="feed_ledger", parameters=[ORGANISATION, AFTER], responses={200: LINES})
    def get(self, request: Request) -> HttpResponse:
        """At most 1000 entries behind an index as OCSF events, a line each; none when there are no new ones."""
        organisation = self.organisation()
        after = self.number("after") if "after" in request.query_params else -1
        lines, reached = feed.page(self.actor, organisation, after)
        reads.note(self.actor, "log.entries", organisation)
        answer = HttpResponse(lines, content_type="application/x-ndjson; charset=utf-8")
        if reached >= 0:
            answer["Assay-Next-After"] = str(reached)
        return answer
