"""Findings and incidents."""

import uuid
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from governance import selectors
from governance.api import exception_shapes as shapes
from governance.models import Issue, IssueKind, IssueState, Severity
from governance.services import issues
from registry import selectors as facts
from registry.api.base import Endpoint, WriteEndpoint
from registry.api.pagination import NewestFirst
from registry.errors import Invalid
from registry.models import ModelVersion, System, User

FILTERS = {"state": IssueState.values, "severity": Severity.values, "kind": IssueKind.values}


class ByRaising(NewestFirst):
    """Pages of issues."""

    ordering = ("-raised_at", "pk")


class Issues(Endpoint):
    """Findings and incidents over all systems."""

    pagination_class = ByRaising

    @extend_schema(
        operation_id="list_issues",
        parameters=[OpenApiParameter(name, str, enum=values) for name, values in FILTERS.items()],
        responses=shapes.IssueOut(many=True),
    )
    def get(self, request: Request) -> Response:
        """Issues you can see, newest first."""
        rows = selectors.issues(self.actor)
        for name, values in FILTERS.items():
            if chosen := request.query_params.get(name):
                if chosen not in values:
                    raise Invalid(f"There is no such {name}.", errors=[(name, f"one of {', '.join(values)}")])
                rows = rows.filter(**{name: chosen})
        return self.page(rows, shapes.IssueOut)


class RaiseIssue(WriteEndpoint):
    """Findings and incidents of one system."""

    @extend_schema(operation_id="raise_issue", request=shapes.IssueIn, responses={201: shapes.IssueOut})
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Write down that something is wrong with a system, or with one of its versions."""
        return super().post(request, **kwargs)

    def create(self, request: Request, **kwargs: Any) -> Response:
        """Raise."""
        data = self.read(shapes.IssueIn)
        system = facts.get(System.objects.all(), self.actor, pk=kwargs["system_id"])
        versions = ModelVersion.objects.select_related("model")
        version_id, owner = data.pop("model_version"), data.pop("owner")
        raised = issues.raise_issue(
            actor=self.actor,
            system=system,
            model_version=facts.get(versions, self.actor, pk=version_id) if version_id else None,
            owner=_member(system, owner) if owner else None,
            **{**data, "kind": IssueKind(data["kind"]), "severity": Severity(data["severity"])},
        )
        return Response(shapes.IssueOut(raised).data, status=201)


class IssueDetail(Endpoint):
    """One issue."""

    @extend_schema(operation_id="get_issue", responses=shapes.IssueOut)
    def get(self, request: Request, issue_id: uuid.UUID) -> Response:
        """One finding or incident."""
        return Response(shapes.IssueOut(_issue(self, issue_id)).data)


class AssignIssue(WriteEndpoint):
    """Whose the fix is."""

    @extend_schema(operation_id="assign_issue", request=shapes.AssignIn, responses={200: shapes.IssueOut})
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Say whose the fix is, and by when."""
        return super().post(request, **kwargs)

    def create(self, request: Request, **kwargs: Any) -> Response:
        """Assign."""
        data, row = self.read(shapes.AssignIn), _issue(self, kwargs["issue_id"])
        owner = _member(row.system, data["owner"])
        done = issues.assign(actor=self.actor, issue=row, owner=owner, due=data["due"])
        return Response(shapes.IssueOut(done).data)


class CloseIssue(WriteEndpoint):
    """The end of an issue."""

    @extend_schema(operation_id="close_issue", request=shapes.CloseIn, responses={200: shapes.IssueOut})
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Close it; of high severity and above somebody who never owned the fix does."""
        return super().post(request, **kwargs)

    def create(self, request: Request, **kwargs: Any) -> Response:
        """Close."""
        data, row = self.read(shapes.CloseIn), _issue(self, kwargs["issue_id"])
        done = issues.close(
            actor=self.actor, issue=row, state=IssueState(data["state"]), resolution=data["resolution"]
        )
        return Response(shapes.IssueOut(done).data)


class ReopenIssue(WriteEndpoint):
    """An issue that was not settled."""

    @extend_schema(operation_id="reopen_issue", request=shapes.WhyIn, responses={200: shapes.IssueOut})
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Open it again."""
        return super().post(request, **kwargs)

    def create(self, request: Request, **kwargs: Any) -> Response:
        """Open again."""
        data, row = self.read(shapes.WhyIn), _issue(self, kwargs["issue_id"])
        return Response(shapes.IssueOut(issues.reopen(actor=self.actor, issue=row, **data)).data)


def _issue(endpoint: Endpoint, issue_id: uuid.UUID) -> Issue:
    return facts.get(Issue.objects.select_related("system"), endpoint.actor, pk=issue_id)


def _member(system: System, username: str) -> User:
    """A person of the organisation by name; of others nothing is told."""
    member = User.objects.filter(username=username, memberships__organisation_id=system.organisation_id)
    found = member.first()
    if found is None:
        raise Invalid("There is no such person here.", errors=[("owner", "nobody of the organisation")])
    return found
