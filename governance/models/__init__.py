"""Tables of decisions."""

from governance.models.approvals import ApprovalRequest, RequestState, Vote, VoteVerdict
from governance.models.decisions import Decision, GateVerdict
from governance.models.policies import Policy, PolicyState
from governance.models.reports import Report, ReportState

__all__ = [
    "ApprovalRequest",
    "Decision",
    "GateVerdict",
    "Policy",
    "PolicyState",
    "Report",
    "ReportState",
    "RequestState",
    "Vote",
    "VoteVerdict",
]
