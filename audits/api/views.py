"""Endpoints of runs. Views parse, call one service or selector, and answer."""

import uuid
from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from audits import selectors
from audits.api import serializers as shapes
from audits.api.pagination import MeasurementPages, RunPages
from audits.models import AuditRun
from audits.services import plans, runs
from registry import selectors as facts
from registry.api.base import Endpoint, WriteEndpoint
from registry.errors import Invalid, NotFound
from registry.models import DatasetVersion, ModelVersion


class RequestRun(WriteEndpoint):
    """Audits of one model version."""

    @extend_schema(operation_id="request_run", request=shapes.RunIn, responses={202: shapes.RunOut})
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Seal a plan and ask for its execution; asking for the same again answers with the same run."""
        return super().post(request, **kwargs)

    def create(self, request: Request, **kwargs: Any) -> Response:
        """Seal a plan and ask for its execution."""
        actor, data = self.actor, self.read(shapes.RunIn)
        versions = ModelVersion.objects.select_related("model__system", "artifact")
        snapshots = DatasetVersion.objects.select_related("dataset__system", "artifact")
        plan = plans.seal(
            actor=actor,
            model_version=facts.get(versions, actor, pk=kwargs["version_id"]),
            dataset_version=facts.get(snapshots, actor, pk=data["dataset_version"]),
            mapping=data["mapping"],
            checks=data["checks"],
        )
        run = runs.request(actor=actor, plan=plan, seed=data["seed"])
        return Response(shapes.RunOut(selectors.run_of(actor, run.pk)).data, status=202)


class Runs(Endpoint):
    """Runs over all systems."""

    pagination_class = RunPages

    @extend_schema(
        operation_id="list_runs",
        parameters=[OpenApiParameter("model_version", uuid.UUID), OpenApiParameter("state", str)],
        responses=shapes.RunOut(many=True),
    )
    def get(self, request: Request) -> Response:
        """Runs you can see, newest first."""
        rows = selectors.visible_runs(self.actor)
        if version_id := request.query_params.get("model_version"):
            rows = rows.filter(plan__model_version=_uuid("model_version", version_id))
        if state := request.query_params.get("state"):
            rows = rows.filter(state=state)
        return self.page(rows, shapes.RunOut)


class RunDetail(Endpoint):
    """One run."""

    @extend_schema(operation_id="get_run", responses=shapes.RunOut)
    def get(self, request: Request, run_id: uuid.UUID) -> Response:
        """How far a run is, how it ended, and what each check says."""
        return Response(shapes.RunOut(selectors.run_of(self.actor, run_id)).data)


class Measurements(Endpoint):
    """What a run measured."""

    pagination_class = MeasurementPages

    @extend_schema(
        operation_id="list_measurements",
        parameters=[
            OpenApiParameter("code", str, description="One metric."),
            OpenApiParameter("attribute", str, description="Slices of one column."),
        ],
        responses=shapes.MeasurementOut(many=True),
    )
    def get(self, request: Request, run_id: uuid.UUID) -> Response:
        """Measurements of a run, in the order they were made."""
        run, wanted = facts.get(AuditRun.objects.all(), self.actor, pk=run_id), request.query_params
        rows = selectors.measurements(run, code=wanted.get("code"), attribute=wanted.get("attribute"))
        return self.page(rows, shapes.MeasurementOut)


class CancelRun(WriteEndpoint):
    """Stopping a run."""

    @extend_schema(operation_id="cancel_run", request=None, responses={200: shapes.RunOut})
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Cancel a run that has not ended; what it measured so far is thrown away."""
        return super().post(request, **kwargs)

    def create(self, request: Request, **kwargs: Any) -> Response:
        """Cancel a run."""
        actor = self.actor
        run = runs.cancel(actor=actor, run=selectors.run_of(actor, kwargs["run_id"]))
        return Response(shapes.RunOut(selectors.run_of(actor, run.pk)).data)


class RunResult(Endpoint):
    """The sealed result of a run."""

    @extend_schema(operation_id="get_run_result", responses=shapes.ResultOut)
    def get(self, request: Request, run_id: uuid.UUID) -> HttpResponse:
        """The exact bytes whose SHA-256 is the run's result digest."""
        run = facts.get(AuditRun.objects.all(), self.actor, pk=run_id)
        if not run.result:
            raise NotFound("This run has no result (yet).", code="run.no_result")
        return HttpResponse(run.result, content_type="application/json")


def _uuid(field: str, text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError as error:
        raise Invalid(f"“{text}” is not an id.", errors=[(field, "not an id")]) from error
