"""Facts about approvals: what a vote signs, what was asked, what was said on what condition, and who may vote."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass(frozen=True)
class Subject:
    """What a vote signs: everything that, when it changes, makes it another question.

    The step of a model version names the version, which names its system; the step of a system names the system,
    and signs its documents and classification in place of bytes and results.
    """

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
    system: str = ""
    classification: str = ""
    documents: tuple[str, ...] = ()
    quality: tuple[str, ...] = ()


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
    """One person's word in one role on one digest. `entitled`: still active, a person, and still in that role.

    A delegated vote names in `principal` whose role it is; it stays entitled while that person holds the role and has
    not taken it back. `withdrawn` says that the voter has taken the word back.
    """

    request: str
    to_stage: str
    voter: str
    role: str
    verdict: str
    subject_digest: str
    voted_at: datetime
    entitled: bool
    principal: str = ""
    withdrawn: bool = False


@dataclass(frozen=True)
class HolderFacts:
    """An active person in a role that votes; by `principal` whose delegate they are in it, when it is not their own."""

    person: str
    role: str
    principal: str = ""


@dataclass(frozen=True)
class ConditionFacts:
    """What an approval was given on condition of. It lapses at `due_at`, the midnight after its last
    day, unless somebody else says that it is met."""

    id: str
    request: str
    voter: str
    role: str
    owner: str
    due_at: datetime
    met_at: datetime | None

    def lapsed(self, now: datetime) -> bool:
        """Whether its time is over and it is not met."""
        return self.met_at is None and self.due_at <= now

    @property
    def due_on(self) -> str:
        """The last day it can be met on."""
        return f"{(self.due_at - timedelta(microseconds=1)).astimezone(UTC):%Y-%m-%d}"
