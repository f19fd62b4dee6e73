"""Pages of decisions."""

from django.urls import path

from governance.web import approvals, decisions, inventory, overview, reports, versions

urlpatterns = [
    path("", overview.overview, name="overview"),
    path("systems", inventory.systems, name="systems"),
    path("systems/<uuid:system_id>", inventory.system, name="system"),
    path("versions/<uuid:version_id>", versions.version_page, name="version"),
    path("versions/<uuid:version_id>/request-approval", versions.request_approval, name="request-approval"),
    path("versions/<uuid:version_id>/request-report", versions.request_report, name="request-report"),
    path("versions/<uuid:version_id>/ask-gate", versions.ask_gate, name="ask-gate"),
    path("inbox", approvals.inbox, name="inbox"),
    path("approvals/<uuid:request_id>", approvals.approval_page, name="approval"),
    path("approvals/<uuid:request_id>/vote", approvals.vote, name="vote"),
    path("decisions/<uuid:decision_id>", decisions.decision_page, name="decision"),
    path("decisions/<uuid:decision_id>.json", decisions.decision_json, name="decision-json"),
    path("reports", reports.archive, name="reports"),
    path("reports/<uuid:report_id>.pdf", reports.report_pdf, name="report-pdf"),
]
