"""Endpoints of data-quality runs."""

import json
import uuid
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from audits import selectors
from audits.api.pagination import RunPages
from audits.models import DataQualityRun
from audits.quality.bars import KINDS
from audits.services import quality
from registry import selectors as facts
from registry.api.base import Endpoint, StrictSerializer, WriteEndpoint
from registry.errors import NotFound
from registry.models import DatasetVersion
from registry.services import reads


class BarIn(StrictSerializer):
    """A check with another bar than the default one, on the side that belongs to it."""

    check = serializers.ChoiceField(sorted(KINDS))
    at_least = serializers.CharField(max_length=20, required=False)
    at_most = serializers.CharField(max_length=20, required=False)


class QualityRunIn(StrictSerializer):
    """What asking for a data-quality run takes; checks without a bar here have the default one."""

    bars = serializers.ListField(child=BarIn(), required=False, default=list, max_length=len(KINDS))


class QualityCheckOut(serializers.Serializer[Any]):
    """One verdict with its sentence."""

    name = serializers.CharField()
    verdict = serializers.ChoiceField(["passed", "failed", "insufficient", "errored"])
    sentence = serializers.CharField()


class QualityRunOut(serializers.ModelSerializer[DataQualityRun]):
    """A data-quality run: how far it is, how it ended, and what each check says."""

    requested_by = serializers.CharField(source="requested_by.display_name")
    checks = serializers.SerializerMethodField()
    url = serializers.SerializerMethodField()

    class Meta:
        model = DataQualityRun
        fields = read_only_fields = [
            "id",
            "dataset_version",
            "state",
            "progress",
            "step",
            "error",
            "checks",
            "bars_digest",
            "code_version",
            "attempts",
            "requested_by",
            "requested_at",
            "started_at",
            "finished_at",
            "result_digest",
            "url",
        ]

    @extend_schema_field(QualityCheckOut(many=True))
    def get_checks(self, run: DataQualityRun) -> list[dict[str, Any]]:
        """The verdicts, once there are any."""
        rows = json.loads(run.result)["checks"] if run.result else []
        return [{key: row[key] for key in ("name", "verdict", "sentence")} for row in rows]

    @extend_schema_field(OpenApiTypes.URI)
    def get_url(self, run: DataQualityRun) -> str:
        """Where a person reads the profile."""
        return settings.ASSAY_PUBLIC_URL + reverse("dataset-version", args=[run.dataset_version_id])


class QualityResultOut(serializers.Serializer[Any]):
    """The sealed outcome: the canonical JSON text whose SHA-256 is the run's result digest."""

    checks = serializers.ListField(child=serializers.DictField())
    profile = serializers.DictField(allow_null=True)
    associations = serializers.ListField(child=serializers.DictField())
    inputs = serializers.DictField()
    versions = serializers.DictField()
    read = serializers.DictField(allow_null=True)
    refused = serializers.DictField(allow_null=True)
    schema = serializers.CharField()


class QualityRuns(WriteEndpoint):
    """Data-quality runs of one dataset version."""

    pagination_class = RunPages

    @extend_schema(operation_id="list_quality_runs", responses=QualityRunOut(many=True))
    def get(self, request: Request, snapshot_id: uuid.UUID) -> Response:
        """Runs, newest first."""
        snapshot = facts.get(DatasetVersion.objects.all(), self.actor, pk=snapshot_id)
        return self.page(selectors.quality_runs(snapshot), QualityRunOut)

    @extend_schema(operation_id="request_quality_run", request=QualityRunIn, responses={202: QualityRunOut})
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Ask for a profile; while one with the same bars is under way it answers with that one."""
        return super().post(request, **kwargs)

    def create(self, request: Request, **kwargs: Any) -> Response:
        """Seal the bars and ask for a profile."""
        rows = DatasetVersion.objects.select_related("dataset__system", "artifact")
        snapshot = facts.get(rows, self.actor, pk=kwargs["snapshot_id"])
        data = self.read(QualityRunIn)
        run = quality.request(actor=self.actor, dataset_version=snapshot, bars=data["bars"])
        return Response(QualityRunOut(selectors.quality_run_of(self.actor, run.pk)).data, status=202)


class QualityRunDetail(Endpoint):
    """One data-quality run."""

    @extend_schema(operation_id="get_quality_run", responses=QualityRunOut)
    def get(self, request: Request, quality_run_id: uuid.UUID) -> Response:
        """How far a run is, how it ended, and what each check says."""
        return Response(QualityRunOut(selectors.quality_run_of(self.actor, quality_run_id)).data)


class QualityResult(Endpoint):
    """The sealed result of a data-quality run."""

    @extend_schema(operation_id="get_quality_run_result", responses=QualityResultOut)
    def get(self, request: Request, quality_run_id: uuid.UUID) -> HttpResponse:
        """The exact bytes whose SHA-256 is the run's result digest."""
        run = selectors.quality_run_of(self.actor, quality_run_id)
        if not run.result:
            raise NotFound("This run has no result (yet).", code="run.no_result")
        reads.note(self.actor, "quality_run.result", run)
        return HttpResponse(run.result, content_type="application/json")
