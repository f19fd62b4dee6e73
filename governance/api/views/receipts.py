"""Receipts of what was decided and voted: proofs that the log keeps it, to be kept by those who rely on it."""

import uuid

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from governance.models import Decision, Vote
from registry import selectors as facts
from registry.api.base import Endpoint
from registry.api.views.proofs import PART, TEXT, as_text
from registry.services import reads, receipts


class DecisionReceipt(Endpoint):
    """The receipt of a decision of the gate."""

    @extend_schema(operation_id="get_decision_receipt", parameters=[PART], responses={200: TEXT})
    def get(self, request: Request, decision_id: uuid.UUID) -> HttpResponse:
        """The decision's entry and its proof; 409 while no signed checkpoint covers it."""
        found = facts.get(Decision.objects.select_related("system"), self.actor, pk=decision_id)
        receipt = receipts.of_event(found.system.organisation_id, "decision.made", found.pk)
        reads.note(self.actor, "decision.receipt", found)
        return as_text(receipt, request)


class VoteReceipt(Endpoint):
    """The receipt of a vote."""

    @extend_schema(operation_id="get_vote_receipt", parameters=[PART], responses={200: TEXT})
    def get(self, request: Request, vote_id: uuid.UUID) -> HttpResponse:
        """The vote's entry and its proof; 409 while no signed checkpoint covers it."""
        found = facts.get(Vote.objects.select_related("request__system"), self.actor, pk=vote_id)
        organisation_id = found.request.system.organisation_id
        vote = {"vote_id": str(found.pk)}
        receipt = receipts.of_event(organisation_id, "approval.voted", found.request_id, **vote)
        reads.note(self.actor, "vote.receipt", found)
        return as_text(receipt, request)
