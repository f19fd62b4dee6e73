"""Tables of decisions."""

from governance.models.approvals import (
    ApprovalRequest,
    Condition,
    Delegation,
    RequestState,
    Vote,
    VoteVerdict,
)
from governance.models.assurance import ComparisonAcknowledgement, DeviationVote
from governance.models.backtests import BackTest, BackTestState
from governance.models.break_glass import BreakGlass, BreakGlassState, ReviewOutcome
from governance.models.classifications import (
    Classification,
    ClassificationState,
    ObligationDecision,
    ObligationState,
)
from governance.models.decisions import Decision, GateVerdict
from governance.models.issues import Issue, IssueKind, IssueState, Severity
from governance.models.policies import Policy, PolicyState
from governance.models.reminders import Digest, Reminder
from governance.models.reports import Report, ReportState
from governance.models.reviews import ReviewDue
from governance.models.waivers import Waiver, WaiverState

__all__ = [
    "ApprovalRequest",
    "BackTest",
    "BackTestState",
    "BreakGlass",
    "BreakGlassState",
    "Classification",
    "ClassificationState",
    "ComparisonAcknowledgement",
    "Condition",
    "Decision",
    "Delegation",
    "DeviationVote",
    "Digest",
    "GateVerdict",
    "Issue",
    "IssueKind",
    "IssueState",
    "ObligationDecision",
    "ObligationState",
    "Policy",
    "PolicyState",
    "Reminder",
    "Report",
    "ReportState",
    "RequestState",
    "ReviewDue",
    "ReviewOutcome",
    "Severity",
    "Vote",
    "VoteVerdict",
    "Waiver",
    "WaiverState",
]
