"""The kinds of demands a policy can make: one small class each, named in `REQUIREMENTS`.

To add a kind: write its class, add it to the table, write its test. The policy's schema grows by itself; the client's
own coding of the decision does not, and its tests say so (CONTRIBUTING.md).
"""

from typing import Final

from governance.gates.requirements.approvals import Approvals
from governance.gates.requirements.base import Requirement
from governance.gates.requirements.champion import ChampionCompared
from governance.gates.requirements.checks import ChecksPassed
from governance.gates.requirements.classified import Classified
from governance.gates.requirements.conditions import ConditionsKept
from governance.gates.requirements.covered import FrameworkCovered
from governance.gates.requirements.documents import DocumentsPresent, TrainingRecorded
from governance.gates.requirements.features import FeaturesDocumented, ProxyReviewed, SchemaLocked
from governance.gates.requirements.issues import IssuesBelow
from governance.gates.requirements.measured import DatasetsRegistered, EvidencePresent
from governance.gates.requirements.quality import DataQuality
from governance.gates.requirements.recorded import LedgerVerified
from governance.gates.requirements.reported import ReportCurrent
from governance.gates.requirements.reviewed import ReviewCurrent

REQUIREMENTS: Final[dict[str, type[Requirement]]] = {
    kind.name: kind
    for kind in (
        DocumentsPresent,
        TrainingRecorded,
        DatasetsRegistered,
        DataQuality,
        SchemaLocked,
        FeaturesDocumented,
        ProxyReviewed,
        EvidencePresent,
        ChecksPassed,
        ChampionCompared,
        IssuesBelow,
        ReportCurrent,
        Classified,
        FrameworkCovered,
        Approvals,
        ReviewCurrent,
        LedgerVerified,
        ConditionsKept,
    )
}

__all__ = ["REQUIREMENTS", "Requirement"]
