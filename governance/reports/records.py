"""What a report says about records: data, documents, findings, waivers, people, the log and the evidence itself."""

from dataclasses import dataclass
from datetime import date, datetime

from governance.reports.values import Cited, Fact, State, Statement, check_digest


@dataclass(frozen=True, slots=True)
class Narrative:
    """A part that people write. Without statements the report prints that it is missing and who supplies it."""

    title: str
    statements: tuple[Statement, ...]
    supplied_by: str


@dataclass(frozen=True, slots=True)
class Dropped:
    """Rows that were not used, with the reason."""

    reason: str
    rows: Cited


@dataclass(frozen=True, slots=True)
class ColumnRole:
    """What a column of a dataset is used for, such as label, score, sensitive attribute or feature."""

    name: str
    role: str
    type: str


@dataclass(frozen=True, slots=True)
class Dataset:
    """One dataset version: its bytes, its size, where it came from and what was left out."""

    name: str
    version: str
    used_for: str
    digest: str
    evidence_id: str
    rows: Cited
    columns: tuple[ColumnRole, ...]
    facts: tuple[Fact, ...] = ()
    dropped: tuple[Dropped, ...] = ()

    def __post_init__(self) -> None:
        check_digest(self.digest)


@dataclass(frozen=True, slots=True)
class LineageStep:
    """One thing that was made from others, by digest."""

    kind: str
    name: str
    digest: str
    made_from: tuple[str, ...]

    def __post_init__(self) -> None:
        check_digest(self.digest)


@dataclass(frozen=True, slots=True)
class DocumentLine:
    """A document the policy asks for: there with digest and time, stale, or missing (`note` says who owes it)."""

    kind: str
    title: str
    version: str
    state: State
    digest: str = ""
    evidence_id: str = ""
    at: datetime | None = None
    note: str = ""

    def __post_init__(self) -> None:
        if self.digest:
            check_digest(self.digest)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something open or settled that a reader must know: what it is, whose it is, and what clears it."""

    number: str
    severity: str
    state: State
    sentence: Statement
    owner: str
    clears: str
    due: date | None = None


@dataclass(frozen=True, slots=True)
class Untested:
    """Something that was not tested, and why."""

    subject: str
    reason: Statement


@dataclass(frozen=True, slots=True)
class Waiver:
    """A requirement set aside for a time, by whom and why; break-glass entries stand here too."""

    requirement: str
    reason: Statement
    requested_by: str
    granted_by: tuple[str, ...]
    valid_from: datetime
    valid_until: datetime
    emergency: bool = False


@dataclass(frozen=True, slots=True)
class LoosenedPlan:
    """A plan that was loosened after results were there: what became laxer, why, and who accepted or refused it."""

    rows: Statement
    reason: Statement
    sealed_by: str
    at: datetime
    state: State
    said: tuple[Statement, ...] = ()


@dataclass(frozen=True, slots=True)
class Challenge:
    """One question of the effective challenge: what was asked, answered, and changed because of it."""

    question: Statement
    asked_by: str
    answer: str
    change: str


@dataclass(frozen=True, slots=True)
class Opinion:
    """The validator's own judgement: approve, approve with conditions, or reject."""

    words: str
    state: State
    by: str
    at: datetime
    reasons: tuple[Statement, ...]
    conditions: tuple[Statement, ...] = ()


@dataclass(frozen=True, slots=True)
class Approval:
    """One signature the policy asks for: given, refused, gone stale, or still waited for.

    `notes` say on whose behalf it was given, on which conditions, and that it was taken back.
    """

    role: str
    state: State
    name: str = ""
    at: datetime | None = None
    subject_digest: str = ""
    evidence_id: str = ""
    comment: str = ""
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.subject_digest:
            check_digest(self.subject_digest)


@dataclass(frozen=True, slots=True)
class LedgerPosition:
    """Where the log stood when the facts were gathered."""

    origin: str
    size: Cited
    root_digest: str
    at: datetime
    anchored: Statement | None = None

    def __post_init__(self) -> None:
        check_digest(self.root_digest)


@dataclass(frozen=True, slots=True)
class Library:
    """A library that took part in a measurement."""

    name: str
    version: str


@dataclass(frozen=True, slots=True)
class Environment:
    """What is needed to measure again and get the same numbers."""

    seed: Cited
    facts: tuple[Fact, ...]
    libraries: tuple[Library, ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """One entry of the evidence list: what it is, the digest of its bytes, and how far it can be relied on."""

    id: str
    kind: str
    title: str
    digest: str
    level: str
    at: datetime

    def __post_init__(self) -> None:
        check_digest(self.digest)
