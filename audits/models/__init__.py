"""Tables of evidence."""

from audits.models.plans import CheckPlan
from audits.models.results import CheckResult, Measurement
from audits.models.runs import AuditRun, RunState

__all__ = ["AuditRun", "CheckPlan", "CheckResult", "Measurement", "RunState"]
