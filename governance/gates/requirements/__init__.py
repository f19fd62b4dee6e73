"""The kinds of demands a policy can make: one small class each, named in `REQUIREMENTS`.

To add a kind: write its class, add it to the table, write its test. The policy's schema grows by itself.
"""

from typing import Final

from governance.gates.requirements.approvals import Approvals
from governance.gates.requirements.base import Requirement
from governance.gates.requirements.checks import ChecksPassed
from governance.gates.requirements.documents import DocumentsPresent, TrainingRecorded
from governance.gates.requirements.measured import DatasetsRegistered, EvidencePresent
from governance.gates.requirements.reported import ReportCurrent

REQUIREMENTS: Final[dict[str, type[Requirement]]] = {
    kind.name: kind
    for kind in (
        DocumentsPresent,
        TrainingRecorded,
        DatasetsRegistered,
        EvidencePresent,
        ChecksPassed,
        ReportCurrent,
        Approvals,
    )
}

__all__ = ["REQUIREMENTS", "Requirement"]
