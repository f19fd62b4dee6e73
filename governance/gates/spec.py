"""What a decision is made from, and what it says. Frozen plain data; times are facts like any other."""

from dataclasses import dataclass
from datetime import datetime

from governance.gates.data import DatasetFacts as DatasetFacts
from governance.gates.data import DocumentFacts as DocumentFacts
from governance.gates.data import QualityFacts
from governance.gates.dates import AnchorFacts, ReviewFacts, VerificationFacts
from governance.gates.duties import ClassificationFacts, FrameworkFacts, SignedFacts
from governance.gates.evidence_facts import AcknowledgementFacts as AcknowledgementFacts
from governance.gates.evidence_facts import ChampionFacts as ChampionFacts
from governance.gates.evidence_facts import CheckFacts as CheckFacts
from governance.gates.evidence_facts import DeviationFacts as DeviationFacts
from governance.gates.evidence_facts import DeviationVoteFacts as DeviationVoteFacts
from governance.gates.evidence_facts import PlanFacts as PlanFacts
from governance.gates.evidence_facts import ReproductionFacts as ReproductionFacts
from governance.gates.evidence_facts import RunFacts as RunFacts
from governance.gates.exceptional import BreakGlassFacts as BreakGlassFacts
from governance.gates.exceptional import IssueFacts as IssueFacts
from governance.gates.exceptional import WaivedFinding as WaivedFinding
from governance.gates.exceptional import WaiverFacts as WaiverFacts
from governance.gates.outcome import Finding as Finding
from governance.gates.outcome import GateDecision as GateDecision
from governance.gates.outcome import PolicyReference as PolicyReference
from governance.gates.outcome import State as State
from governance.gates.outcome import Verdict as Verdict
from governance.gates.voted import ConditionFacts as ConditionFacts
from governance.gates.voted import HolderFacts as HolderFacts
from governance.gates.voted import RequestFacts as RequestFacts
from governance.gates.voted import Subject as Subject
from governance.gates.voted import VoteFacts as VoteFacts
from governance.lifecycle import step_name

SCHEMA = "assay.dossier/2"


@dataclass(frozen=True)
class Step:
    """The step that is asked about."""

    subject: str
    from_stage: str
    to_stage: str

    @property
    def name(self) -> str:
        """`compliance→production`."""
        return step_name(self.from_stage, self.to_stage)


@dataclass(frozen=True)
class SystemFacts:
    """The AI system."""

    id: str
    organisation_id: str
    slug: str
    tier: str
    stage: str
    owner: str


@dataclass(frozen=True)
class VersionFacts:
    """The model version: its bytes, its stage, and the record of how it came to be."""

    id: str
    model: str
    version: str
    stage: str
    artifact_digest: str
    format: str
    author: str
    training_digest: str
    recorded: tuple[str, ...]  # the parts of the training record that say something
    features_digest: str
    committers: tuple[str, ...] = ()  # who wrote the code it was made with
    features: tuple[str, ...] = ()  # by the training record


@dataclass(frozen=True)
class ReportFacts:
    """A report and what it was made from."""

    id: str
    kind: str
    basis_digest: str
    state: str
    pdf_digest: str


@dataclass(frozen=True)
class PolicyFacts:
    """The published policy of the system's tier. `intact` says that its text still has the published digest.

    `editors` are the people who wrote it and put it into force.
    """

    id: str
    name: str
    number: int
    digest: str
    intact: bool
    editors: tuple[str, ...] = ()


@dataclass(frozen=True)
class LogFacts:
    """Where the organisation's log stood when the facts were read, what its verification said, what lies outside.

    `voted` is how long the log must be to hold every vote on what is asked about.
    """

    origin: str
    size: int
    root: str
    verification: VerificationFacts | None = None
    anchor: AnchorFacts | None = None
    voted: int = 0


@dataclass(frozen=True)
class Dossier:
    """Everything one decision is made from, read at one moment."""

    now: datetime
    environment: str
    step: Step | None
    system: SystemFacts
    version: VersionFacts | None
    policy: PolicyFacts | None
    log: LogFacts
    datasets: tuple[DatasetFacts, ...] = ()
    documents: tuple[DocumentFacts, ...] = ()
    plans: tuple[PlanFacts, ...] = ()
    runs: tuple[RunFacts, ...] = ()
    requests: tuple[RequestFacts, ...] = ()
    votes: tuple[VoteFacts, ...] = ()
    holders: tuple[HolderFacts, ...] = ()
    reports: tuple[ReportFacts, ...] = ()
    classifications: tuple[ClassificationFacts, ...] = ()
    frameworks: tuple[FrameworkFacts, ...] = ()
    signed: tuple[SignedFacts, ...] = ()
    review: ReviewFacts | None = None
    conditions: tuple[ConditionFacts, ...] = ()
    deviations: tuple[DeviationFacts, ...] = ()
    deviation_votes: tuple[DeviationVoteFacts, ...] = ()
    reproductions: tuple[ReproductionFacts, ...] = ()
    champions: tuple[ChampionFacts, ...] = ()
    acknowledgements: tuple[AcknowledgementFacts, ...] = ()
    waivers: tuple[WaiverFacts, ...] = ()
    break_glass: tuple[BreakGlassFacts, ...] = ()
    issues: tuple[IssueFacts, ...] = ()
    quality: tuple[QualityFacts, ...] = ()
    schema: str = SCHEMA
