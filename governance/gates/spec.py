"""What a decision is made from, and what it says. Frozen plain data; times are facts like any other."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from governance.lifecycle import step_name

SCHEMA = "assay.dossier/1"


class State(StrEnum):
    """How one line of the checklist stands. Only `met` opens a gate."""

    MET = "met"
    OPEN = "open"
    INSUFFICIENT = "insufficient"
    STALE = "stale"


class Verdict(StrEnum):
    """The answers of a gate."""

    ALLOW = "allow"
    ALLOW_WITH_WAIVER = "allow_with_waiver"
    DENY = "deny"


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


@dataclass(frozen=True)
class DatasetFacts:
    """A dataset version that the model version was made from (`pinned`) or measured on."""

    id: str
    dataset: str
    version: str
    digest: str
    columns_digest: str
    pinned: bool
    author: str
    owner: str


@dataclass(frozen=True)
class DocumentFacts:
    """The newest version of a document of the system, or of this model version."""

    id: str
    kind: str
    number: int
    digest: str
    author: str
    of_version: bool
    added_at: datetime


@dataclass(frozen=True)
class PlanFacts:
    """A check plan: what was to be measured, and when that was sealed."""

    id: str
    digest: str
    dataset_version: str
    sealer: str
    sealed_at: datetime


@dataclass(frozen=True)
class CheckFacts:
    """One verdict of a run: passed, failed, insufficient or errored. The bar is decimal text.

    `blocking` says that the gate waits for it; of an advisory check people are only told.
    """

    name: str
    metric: str
    comparison: str
    threshold: str
    blocking: bool
    verdict: str
    sentence: str


@dataclass(frozen=True)
class RunFacts:
    """An audit run. `intact` says that the stored result still has the digest it was recorded with."""

    id: str
    plan: str
    state: str
    seed: int
    code_version: str
    starter: str
    requested_at: datetime
    finished_at: datetime | None
    result_digest: str
    intact: bool
    kinds: tuple[str, ...]  # performance, bias, explainability: what it has numbers for
    checks: tuple[CheckFacts, ...]


@dataclass(frozen=True)
class Subject:
    """What a vote signs: everything that, when it changes, makes it another question."""

    model_version: str
    step: str
    artifact: str
    datasets: tuple[str, ...]
    features: str
    intended_use: str
    policy: str
    evidence: tuple[str, ...]
    waivers: tuple[str, ...] = ()
    schema: str = "assay.subject/1"


@dataclass(frozen=True)
class RequestFacts:
    """An approval request: the question as it was put."""

    id: str
    state: str
    subject: Subject
    subject_digest: str
    requester: str
    requested_at: datetime


@dataclass(frozen=True)
class VoteFacts:
    """One person's word in one role on one digest. `entitled`: still active, a person, and still in that role."""

    request: str
    to_stage: str
    voter: str
    role: str
    verdict: str
    subject_digest: str
    voted_at: datetime
    entitled: bool


@dataclass(frozen=True)
class HolderFacts:
    """An active person in a role that votes."""

    person: str
    role: str


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
    """The published policy of the system's tier. `intact` says that its text still has the published digest."""

    id: str
    name: str
    number: int
    digest: str
    intact: bool


@dataclass(frozen=True)
class LogFacts:
    """Where the organisation's log stood when the facts were read."""

    origin: str
    size: int
    root: str


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
    schema: str = SCHEMA


@dataclass(frozen=True)
class Finding:
    """One line of the checklist: how it stands in a sentence, whose it is, and what clears it."""

    code: str
    state: State
    sentence: str
    requirement: str
    owner_role: str
    clears: str = ""

    @property
    def met(self) -> bool:
        """Whether this line stands in nobody's way."""
        return self.state is State.MET


@dataclass(frozen=True)
class PolicyReference:
    """Which policy was decided under."""

    name: str
    version: int
    digest: str


@dataclass(frozen=True)
class GateDecision:
    """The answer of a gate with every reason. `holds_until` is when time alone may change it."""

    verdict: Verdict
    transition: str
    subject_digest: str
    policy: PolicyReference | None
    findings: tuple[Finding, ...]
    unblock_plan: tuple[str, ...]
    holds_until: datetime | None
    waivers: tuple[str, ...] = ()
    schema: str = "assay.outcome/1"

    @property
    def allows(self) -> bool:
        """Whether the gate is open."""
        return self.verdict is not Verdict.DENY
