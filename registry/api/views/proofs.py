"""Endpoints that let others check the log without trusting it: checkpoints, proofs, receipts."""

from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from registry import selectors
from registry.access import check
from registry.api.base import Endpoint
from registry.api.views.log import ORGANISATION
from registry.errors import Invalid
from registry.ledger import chain
from registry.models import LedgerAnchor, LedgerCheckpoint, Organisation
from registry.services import anchors, reads, receipts

SIZES = [OpenApiParameter(name, int, required=True) for name in ("old", "new")]
INDEX = OpenApiParameter("index", int, required=True, description="The entry's place, from 0.")
TEXT = OpenApiResponse(
    OpenApiTypes.STR,
    description="A C2SP tlog-proof; the entry's bytes are its extra data, up to 49,000 of them.",
)
PART = OpenApiParameter(
    "part",
    str,
    enum=["entry"],
    description="Only the entry's bytes: for entries that are too large for a receipt.",
)


class LogEndpoint(Endpoint):
    """An endpoint about the log that the query names."""

    def organisation(self) -> Organisation:
        """Whose log, for somebody who may read it; that is asked before what else the query says."""
        found = selectors.organisation_for(self.actor, self.request.query_params.get("organisation"))
        check.require(self.actor, "view_log", found)
        return found

    def number(self, name: str) -> int:
        """A size or an index in the query."""
        text = self.request.query_params.get(name, "")
        if not text.isascii() or not text.isdigit() or len(text) > 18:
            raise Invalid(f"Say which {name}: a whole number.", errors=[(name, "a whole number")])
        return int(text)


class Checkpoint(LogEndpoint):
    """The signed head of the log."""

    @extend_schema(
        operation_id="get_ledger_checkpoint",
        parameters=[ORGANISATION, OpenApiParameter("size", int)],
        responses=OpenApiTypes.OBJECT,
    )
    def get(self, request: Request) -> Response:
        """The newest signed checkpoint, or the one of a size, the keys it may be signed with, and where it is kept."""
        organisation = self.organisation()
        size = self.number("size") if "size" in request.query_params else None
        found = receipts.newest_checkpoint(self.actor, organisation, size)
        keys = receipts.key_ranges(self.actor, organisation)
        kept = anchors.standing(self.actor, organisation)
        outside = {"anchors": [anchored(row) for row in kept.places], "anchors_overdue": kept.overdue}
        return Response({**told(found), "keys": [vars(key) for key in keys], **outside})


class Inclusion(LogEndpoint):
    """The proof that an entry stands in the log."""

    @extend_schema(
        operation_id="get_ledger_inclusion_proof",
        parameters=[ORGANISATION, INDEX],
        responses=OpenApiTypes.OBJECT,
    )
    def get(self, request: Request) -> Response:
        """The audit path of an entry up to the newest checkpoint (RFC 6962, 2.1.1), hexadecimal."""
        shown = receipts.show(self.actor, self.organisation(), self.number("index"))
        return Response(
            {
                "index": shown.index,
                "leaf_hash": chain.leaf_hash(shown.body).hex(),
                "proof": [node.hex() for node in shown.path],
                "checkpoint": told(shown.checkpoint),
            }
        )


class Consistency(LogEndpoint):
    """The proof that a log only grew."""

    @extend_schema(
        operation_id="get_ledger_consistency_proof",
        parameters=[ORGANISATION, *SIZES],
        responses=OpenApiTypes.OBJECT,
    )
    def get(self, request: Request) -> Response:
        """Hashes from one checkpoint to a later one (RFC 6962, 2.1.2), hexadecimal."""
        organisation = self.organisation()
        old, new = self.number("old"), self.number("new")
        first, second, path = receipts.consistency(self.actor, organisation, old, new)
        return Response({"old": told(first), "new": told(second), "proof": [node.hex() for node in path]})


class Receipt(LogEndpoint):
    """An entry and its proof as one text, to be kept elsewhere."""

    @extend_schema(
        operation_id="get_ledger_receipt", parameters=[ORGANISATION, INDEX, PART], responses={200: TEXT}
    )
    def get(self, request: Request) -> HttpResponse:
        """The receipt of an entry; 409 while no checkpoint covers it."""
        organisation = self.organisation()
        receipt = receipts.show(self.actor, organisation, self.number("index"))
        reads.note(self.actor, "log.receipt", organisation)
        return as_text(receipt, request)


def told(row: LedgerCheckpoint) -> dict[str, Any]:
    """A checkpoint as the API tells it."""
    return {
        "origin": row.origin,
        "size": row.size,
        "root": bytes(row.root).hex(),
        "note": row.note,
        "signed_at": row.signed_at,
    }


def anchored(row: LedgerAnchor) -> dict[str, Any]:
    """The newest anchor in a place as the API tells it."""
    return {
        "kind": row.kind,
        "place": row.place,
        "size": row.size,
        "reference": row.reference,
        "evidence": row.evidence,
        "anchored_at": row.anchored_at,
    }


def as_text(shown: receipts.Shown, request: Request) -> HttpResponse:
    """A receipt over the wire, or the bytes of its entry where those are asked for."""
    if request.query_params.get("part") == "entry":
        answer = HttpResponse(shown.body, content_type="application/json")
        answer["Content-Disposition"] = f'attachment; filename="entry-{shown.index}.json"'
        return answer
    answer = HttpResponse(shown.receipt, content_type="text/plain; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="entry-{shown.index}.tlog-proof"'
    return answer
