"""The report archive."""

import uuid

from django.core.paginator import Paginator
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from governance.models import Report
from governance.services import reports
from governance.web.versions import REPORT_NAMES
from registry import selectors as facts
from registry.services import reads
from registry.web.requests import acting

PAGE = 50


@require_safe
def archive(request: HttpRequest) -> HttpResponse:
    """Every report you can see, newest first."""
    rows = Report.objects.visible_to(acting(request)).defer("document").order_by("-requested_at", "pk")
    rows = rows.select_related("model_version__model__system", "requested_by")
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    for report in page.object_list:
        report.kind_name = REPORT_NAMES.get(report.kind, report.kind)  # type: ignore[attr-defined]
    return render(request, "governance/reports.html", {"page": page})


@require_safe
def report_pdf(request: HttpRequest, report_id: uuid.UUID) -> FileResponse:
    """The PDF, byte for byte the one that was recorded; a changed file is refused."""
    rows = Report.objects.select_related("model_version__model__system")
    actor = acting(request)
    report = facts.get(rows, actor, pk=report_id)
    path = reports.pdf_path(report)
    reads.note(actor, "report.pdf", report)
    name = f"{report.kind.replace('_', '-')}-{report.model_version.version}.pdf"
    return FileResponse(path.open("rb"), content_type="application/pdf", as_attachment=True, filename=name)
