"""What drf-spectacular is told about the API's description; plain data, so that the settings can name it."""

from typing import Any

# States and roles that several serializers use, under the name of their class, wherever they appear.
_SHARED_CHOICES = [
    "registry.stages.Role",
    "registry.stages.RiskTier",
    "audits.models.RunState",
    "audits.models.deviations.DeviationState",
    "governance.models.approvals.RequestState",
    "governance.models.backtests.BackTestState",
    "governance.models.break_glass.BreakGlassState",
    "governance.models.classifications.ClassificationState",
    "governance.models.classifications.ObligationState",
    "governance.models.issues.IssueKind",
    "governance.models.issues.IssueState",
    "governance.models.policies.PolicyState",
    "governance.models.reports.ReportState",
    "governance.models.waivers.WaiverState",
]

SETTINGS: dict[str, Any] = {
    "TITLE": "Assay",
    "DESCRIPTION": "Governance and compliance audit service for AI models.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        **{f"{path.rpartition('.')[2]}Enum": f"{path}.choices" for path in _SHARED_CHOICES},
        "VoteVerdictEnum": "governance.models.VoteVerdict.choices",
        "GateVerdictEnum": "governance.models.GateVerdict.choices",
        "OutcomeEnum": ["allow", "allow_with_waiver", "deny"],
        "CheckVerdictEnum": ["passed", "failed", "insufficient", "errored"],
    },
}
