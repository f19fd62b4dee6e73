"""Tables of evidence."""

from audits.models.deviations import Deviation, DeviationState
from audits.models.leased import LeasedRun, RunState
from audits.models.plans import CheckPlan
from audits.models.quality import DataQualityRun
from audits.models.reproductions import Reproduction
from audits.models.results import CheckResult, Measurement
from audits.models.runs import AuditRun

__all__ = [
    "AuditRun",
    "CheckPlan",
    "CheckResult",
    "DataQualityRun",
    "Deviation",
    "DeviationState",
    "LeasedRun",
    "Measurement",
    "Reproduction",
    "RunState",
]
