"""Endpoints of runs. Views parse, call one service or selector, and answer."""

import uuid
from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from audits import selectors
from audits.api import serializers as shapes
from audits.api.pagination import MeasurementPages, PlanPages, RunPages
from audits.models import AuditRun, CheckPlan
from audits.services import plans, reproductions, runs
from registry import selectors as facts
from registry.api.base import Endpoint, WithoutBody, WriteEndpoint
from registry.errors import Invalid, NotFound
from registry.ledger import record
from registry.models import DatasetVersion, ModelVersion
from registry.services import reads


class RequestRun(WriteEndpoint):
    """Audits of one model version."""

    @extend_schema(operation_id="request_run", request=shapes.PlanIn, responses={202: shapes.RunOut})
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Seal a plan and ask for its execution; asking for the same again answers with the same run."""
        return super().post(request, **kwargs)

    def create(self, request: Request, **kwargs: Any) -> Response:
        """Seal a plan and ask for its execution."""
        actor = self.actor
        with record.transaction():
            run = runs.request(actor=actor, plan=_sealed(self, kwargs["version_id"]))
        return Response(shapes.RunOut(selectors.run_of(actor, run.pk)).data, status=202)


class Plans(WriteEndpoint):
    """Sealed plans of one model version."""

    pagination_class = PlanPages

    @extend_schema(operation_id="list_plans", responses=shapes.PlanOut(many=True))
    def get(self, request: Request, version_id: uuid.UUID) -> Response:
        """Plans of a version, newest first, with what they loosen."""
        version = facts.get(ModelVersion.objects.all(), self.actor, pk=version_id)
        rows = selectors.plans_for(version).prefetch_related("deviations__opened_by")
        return self.page(rows, shapes.PlanOut)

    @extend_schema(operation_id="seal_plan", request=shapes.PlanIn, responses={201: shapes.PlanOut})
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Seal what will be measured. Loosening what has results needs a reason, and people who accept it."""
        return super().post(request, **kwargs)

    def create(self, request: Request, **kwargs: Any) -> Response:
        """Seal a plan."""
        return Response(shapes.PlanOut(_sealed(self, kwargs["version_id"])).data, status=201)


class ExecutePlan(WriteEndpoint):
    """Executions of a sealed plan."""

    @extend_schema(operation_id="run_plan", request=shapes.ExecutionIn, responses={202: shapes.RunOut})
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Ask for one execution, with the plan's seed; with another one it is exploratory and opens nothing."""
        return super().post(request, **kwargs)

    def create(self, request: Request, **kwargs: Any) -> Response:
        """Ask for one execution."""
        actor, data = self.actor, self.read(shapes.ExecutionIn)
        rows = CheckPlan.objects.select_related("model_version__model__system")
        run = runs.request(actor=actor, plan=facts.get(rows, actor, pk=kwargs["plan_id"]), seed=data["seed"])
        return Response(shapes.RunOut(selectors.run_of(actor, run.pk)).data, status=202)


class ReproduceRun(WithoutBody, WriteEndpoint):
    """Making a run again."""

    @extend_schema(operation_id="reproduce_run", request=None, responses={202: shapes.RunOut})
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Make a finished run again from its stored inputs, as a validator who had no part in it."""
        return super().post(request, **kwargs)

    def create(self, request: Request, **kwargs: Any) -> Response:
        """Ask for a run to be made again."""
        actor = self.actor
        rerun = reproductions.request(actor=actor, run=selectors.run_of(actor, kwargs["run_id"]))
        return Response(shapes.RunOut(selectors.run_of(actor, rerun.pk)).data, status=202)


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


class CancelRun(WithoutBody, WriteEndpoint):
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
        reads.note(self.actor, "run.result", run)
        return HttpResponse(run.result, content_type="application/json")


def _sealed(endpoint: WriteEndpoint, version_id: uuid.UUID) -> CheckPlan:
    """The plan that the request describes, sealed."""
    actor, data = endpoint.actor, endpoint.read(shapes.PlanIn)
    versions = ModelVersion.objects.select_related("model__system", "artifact")
    snapshots = DatasetVersion.objects.select_related("dataset__system", "artifact")
    return plans.seal(
        actor=actor,
        model_version=facts.get(versions, actor, pk=version_id),
        dataset_version=facts.get(snapshots, actor, pk=data.pop("dataset_version")),
        **data,
    )


def _uuid(field: str, text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError as error:
        raise Invalid(f"“{text}” is not an id.", errors=[(field, "not an id")]) from error
