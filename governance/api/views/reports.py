"""Reports."""

import uuid
from typing import Any

from django.http import FileResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from governance.api import serializers as shapes
from governance.api.views.files import AnyType
from governance.models import Report
from governance.services import reports
from registry import selectors as facts
from registry.api.base import Endpoint, WriteEndpoint
from registry.models import ModelVersion
from registry.services import reads


class RequestReport(WriteEndpoint):
    """Reports about one version."""

    @extend_schema(operation_id="request_report", request=shapes.ReportIn, responses={202: shapes.ReportOut})
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Ask for a report on the facts as they are now."""
        return super().post(request, **kwargs)

    def create(self, request: Request, **kwargs: Any) -> Response:
        """Ask for a report."""
        data = self.read(shapes.ReportIn)
        version = facts.get(ModelVersion.objects.all(), self.actor, pk=kwargs["version_id"])
        report = reports.request(actor=self.actor, version=version, **data)
        return Response(shapes.ReportOut(report).data, status=202)


class ReportDetail(Endpoint):
    """One report."""

    @extend_schema(operation_id="get_report", responses=shapes.ReportOut)
    def get(self, request: Request, report_id: uuid.UUID) -> Response:
        """How far a report is."""
        return Response(shapes.ReportOut(_report(self, report_id)).data)


class ReportPdf(Endpoint):
    """The printed report."""

    renderer_classes = (JSONRenderer,)
    content_negotiation_class = AnyType

    @extend_schema(operation_id="get_report_pdf", responses={(200, "application/pdf"): OpenApiTypes.BINARY})
    def get(self, request: Request, report_id: uuid.UUID) -> FileResponse:
        """The PDF, byte for byte the one that was recorded; as a file to keep, never shown in the browser."""
        report = _report(self, report_id)
        path = reports.pdf_path(report)
        reads.note(self.actor, "report.pdf", report)
        name = f"{report.kind.replace('_', '-')}-{report.model_version.version}.pdf"
        response = FileResponse(
            path.open("rb"), content_type="application/pdf", as_attachment=True, filename=name
        )
        response["X-Content-Type-Options"] = "nosniff"
        response["X-Assay-Digest"] = report.pdf_digest
        return response


def _report(endpoint: Endpoint, report_id: uuid.UUID) -> Report:
    rows = Report.objects.select_related("model_version__model__system", "requested_by").defer("document")
    return facts.get(rows, endpoint.actor, pk=report_id)
