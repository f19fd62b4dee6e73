"""Routes of governance, under /api/v1/."""

from django.urls import path

from governance.api.views import approvals, gate, policies, reports, transitions

urlpatterns = [
    path("gate/decisions", gate.AskGate.as_view()),
    path("gate/decisions/<uuid:decision_id>", gate.DecisionDetail.as_view()),
    path("gate/key", gate.VerdictKey.as_view()),
    path("systems/<uuid:system_id>/transitions", transitions.SystemTransitions.as_view()),
    path("model-versions/<uuid:version_id>/transitions", transitions.VersionTransitions.as_view()),
    path("model-versions/<uuid:version_id>/approval-requests", approvals.RequestApproval.as_view()),
    path("approval-requests", approvals.ApprovalRequests.as_view()),
    path("approval-requests/<uuid:request_id>", approvals.ApprovalRequestDetail.as_view()),
    path("approval-requests/<uuid:request_id>/votes", approvals.CastVote.as_view()),
    path("approval-requests/<uuid:request_id>/withdrawal", approvals.WithdrawRequest.as_view()),
    path("policies", policies.Policies.as_view()),
    path("policies/defaults", policies.PublishDefaults.as_view()),
    path("policies/<uuid:policy_id>", policies.PolicyDetail.as_view()),
    path("policies/<uuid:policy_id>/publication", policies.PublishPolicy.as_view()),
    path("model-versions/<uuid:version_id>/reports", reports.RequestReport.as_view()),
    path("reports/<uuid:report_id>", reports.ReportDetail.as_view()),
    path("reports/<uuid:report_id>/pdf", reports.ReportPdf.as_view()),
]
