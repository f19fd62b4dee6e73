"""Approval requests and votes."""

import uuid
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from governance import selectors
from governance.api import approval_shapes as shapes
from governance.api.serializers import ReasonIn
from governance.models import ApprovalRequest, Condition, Delegation, RequestState, Vote, VoteVerdict
from governance.services import approvals, conditions
from registry import selectors as facts
from registry.api.base import Endpoint, WriteEndpoint
from registry.api.pagination import NewestFirst
from registry.errors import Invalid, NotFound
from registry.models import ModelVersion, System
from registry.stages import Role


class ByRequest(NewestFirst):
    """Pages of requests."""

    ordering = ("-requested_at", "pk")


class ApprovalRequests(Endpoint):
    """Approval requests over all systems."""

    pagination_class = ByRequest

    @extend_schema(
        operation_id="list_approval_requests",
        parameters=[OpenApiParameter("state", str, enum=RequestState.values)],
        responses=shapes.ApprovalOut(many=True),
    )
    def get(self, request: Request) -> Response:
        """Requests you can see, newest first."""
        rows = selectors.approval_requests(self.actor)
        if state := request.query_params.get("state"):
            if state not in RequestState.values:
                raise Invalid(
                    "There is no such state.", errors=[("state", f"one of {', '.join(RequestState.values)}")]
                )
            rows = rows.filter(state=state)
        return self.page(rows, shapes.ApprovalOut)


class RequestApproval(WriteEndpoint):
    """Approval for one version."""

    @extend_schema(
        operation_id="request_approval", request=shapes.ApprovalIn, responses={201: shapes.ApprovalDetailOut}
    )
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Ask for approval of the facts as they are now."""
        return super().post(request, **kwargs)

    def create(self, request: Request, **kwargs: Any) -> Response:
        """Ask for approval."""
        data = self.read(shapes.ApprovalIn)
        version = facts.get(ModelVersion.objects.all(), self.actor, pk=kwargs["version_id"])
        asked = approvals.request(actor=self.actor, version=version, **data)
        return Response(shapes.ApprovalDetailOut(asked).data, status=201)


class RequestSystemApproval(WriteEndpoint):
    """Approval for a step of a system itself."""

    @extend_schema(
        operation_id="request_system_approval",
        request=shapes.ApprovalIn,
        responses={201: shapes.ApprovalDetailOut},
    )
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Ask for approval of the system's facts as they are now."""
        return super().post(request, **kwargs)

    def create(self, request: Request, **kwargs: Any) -> Response:
        """Ask for approval."""
        data = self.read(shapes.ApprovalIn)
        system = facts.get(System.objects.all(), self.actor, pk=kwargs["system_id"])
        asked = approvals.request_system(actor=self.actor, system=system, **data)
        return Response(shapes.ApprovalDetailOut(asked).data, status=201)


class ApprovalRequestDetail(Endpoint):
    """One approval request."""

    @extend_schema(operation_id="get_approval_request", responses=shapes.ApprovalDetailOut)
    def get(self, request: Request, request_id: uuid.UUID) -> Response:
        """What is asked about, and what was said."""
        found = selectors.approval_requests(self.actor).filter(pk=request_id).first()
        if found is None:
            raise NotFound("There is no such approval request.")
        return Response(shapes.ApprovalDetailOut(found).data)


class OfRequest(WriteEndpoint):
    """Shared by what is done with a request."""

    def request_row(self, request_id: uuid.UUID) -> ApprovalRequest:
        """The request, if it exists for the caller."""
        rows = ApprovalRequest.objects.select_related("system__organisation")
        return facts.get(rows, self.actor, pk=request_id)


class CastVote(OfRequest):
    """Votes on a request."""

    @extend_schema(operation_id="vote", request=shapes.VoteIn, responses={201: shapes.VoteOut})
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Vote on the digest you have read; 409 when the facts have changed since."""
        return super().post(request, **kwargs)

    def create(self, request: Request, **kwargs: Any) -> Response:
        """Vote."""
        data, row = self.read(shapes.VoteIn), self.request_row(kwargs["request_id"])
        data["verdict"] = VoteVerdict(data["verdict"])
        data["role"] = Role(data["role"]) if data["role"] else None
        if lent := data["delegation"]:
            data["delegation"] = facts.get(Delegation.objects.all(), self.actor, pk=lent)
        organisation = row.system.organisation
        data["terms"] = [
            approvals.Term(one["text"], facts.member(organisation, one["owner"], "conditions"), one["due_on"])
            for one in data.pop("conditions")
        ]
        cast = approvals.vote(actor=self.actor, request=row, **data)
        return Response(shapes.VoteOut(cast).data, status=201)


class WithdrawRequest(OfRequest):
    """The end of a request without an answer."""

    @extend_schema(
        operation_id="withdraw_approval_request", request=ReasonIn, responses={200: shapes.ApprovalOut}
    )
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Take the question back; approvals given on it no longer count."""
        return super().post(request, **kwargs)

    def create(self, request: Request, **kwargs: Any) -> Response:
        """Take the question back."""
        data, row = self.read(ReasonIn), self.request_row(kwargs["request_id"])
        return Response(shapes.ApprovalOut(approvals.withdraw(actor=self.actor, request=row, **data)).data)


class WithdrawVote(WriteEndpoint):
    """One's own word, taken back."""

    @extend_schema(operation_id="withdraw_vote", request=ReasonIn, responses={200: shapes.VoteOut})
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Take your vote back, while the step it was for is not taken."""
        return super().post(request, **kwargs)

    def create(self, request: Request, **kwargs: Any) -> Response:
        """Take a vote back."""
        data = self.read(ReasonIn)
        row = facts.get(Vote.objects.select_related("request"), self.actor, pk=kwargs["vote_id"])
        return Response(shapes.VoteOut(approvals.withdraw_vote(actor=self.actor, vote=row, **data)).data)


class ByDueDate(NewestFirst):
    """Pages of conditions."""

    ordering = ("due_at", "pk")


class Conditions(Endpoint):
    """Open conditions over all systems."""

    pagination_class = ByDueDate

    @extend_schema(operation_id="list_open_conditions", responses=shapes.OpenConditionOut(many=True))
    def get(self, request: Request) -> Response:
        """Conditions you can see that nobody confirmed yet, the next due first."""
        return self.page(selectors.open_conditions(self.actor), shapes.OpenConditionOut)


class ConfirmCondition(WriteEndpoint):
    """A condition that is met."""

    @extend_schema(
        operation_id="confirm_condition", request=shapes.NoteIn, responses={200: shapes.OpenConditionOut}
    )
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Say what shows that it is met; its owner cannot."""
        return super().post(request, **kwargs)

    def create(self, request: Request, **kwargs: Any) -> Response:
        """Confirm a condition."""
        data = self.read(shapes.NoteIn)
        row = facts.get(Condition.objects.all(), self.actor, pk=kwargs["condition_id"])
        done = conditions.confirm(actor=self.actor, condition=row, **data)
        return Response(shapes.OpenConditionOut(done).data)
