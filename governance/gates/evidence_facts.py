"""The facts about evidence: plans, runs, and what people made of them. Told by `spec` with all others."""

from dataclasses import dataclass
from datetime import datetime

from governance.gates.levels import MEASURED


@dataclass(frozen=True)
class PlanFacts:
    """A check plan: what was to be measured, and when that was sealed.

    `deviation` is the state of what it loosens: open, accepted or refused, or nothing where it loosens nothing.
    """

    id: str
    digest: str
    dataset_version: str
    sealer: str
    sealed_at: datetime
    seed: int | None = None  # None: of the time before plans named one
    dataset: str = (
        ""  # the dataset that the version is of; plans on versions of one dataset replace each other
    )
    deviation: str = ""


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
    """An audit run. `intact` says that the stored result still has the digest it was recorded with.

    `attempt` counts the runs started on the same test set up to this one, over all versions; 0 is not known.
    """

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
    reproduces: str = ""  # the run that this one makes again
    attempt: int = 0
    level: str = MEASURED


@dataclass(frozen=True)
class DeviationFacts:
    """A plan that loosens an earlier one after results were there. `words` say what, one part of a sentence each."""

    id: str
    old_plan: str
    new_plan: str
    digest: str
    state: str
    sealer: str
    words: tuple[str, ...]


@dataclass(frozen=True)
class DeviationVoteFacts:
    """One person's word on a deviation's digest. `entitled`: still active, a person, and still in that role."""

    deviation: str
    voter: str
    role: str
    verdict: str
    digest: str
    voted_at: datetime
    entitled: bool


@dataclass(frozen=True)
class ReproductionFacts:
    """A run made again and held against the original, within the tolerance that was sealed."""

    original: str
    rerun: str
    matched: bool
    same_digest: bool
    by: str
    differences: int
    compared_at: datetime


@dataclass(frozen=True)
class ChampionFacts:
    """Another version of the same model that is in production, and its results that count."""

    version: str
    name: str
    stage: str
    results: tuple[str, ...]


@dataclass(frozen=True)
class AcknowledgementFacts:
    """Somebody has read the comparison that this digest is of. `entitled`: still active, a person, and still here."""

    id: str
    champion: str
    digest: str
    person: str
    at: datetime
    entitled: bool
