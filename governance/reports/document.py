"""What a validation report is: frozen plain data, no HTML, every number and sentence bound to evidence.

The governance builder maps a Dossier to a `ReportDocument`; nothing else feeds a report. Every time in it is the
dossier's, so that the same dossier gives the same bytes. Building one checks that everything it cites is in its own
evidence list; what is missing is printed as missing, never left out.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime

from governance.reports.errors import Unbound
from governance.reports.measured import CheckLine, Comparison, Explanation, MeasurementTable
from governance.reports.records import (
    Approval,
    Challenge,
    Dataset,
    DocumentLine,
    Environment,
    Evidence,
    Finding,
    LedgerPosition,
    LineageStep,
    LoosenedPlan,
    Narrative,
    Opinion,
    Untested,
    Waiver,
)
from governance.reports.values import Cited, Fact, State, Statement, check_digest

SCHEMA = "assay.validation-report/1"


@dataclass(frozen=True, slots=True)
class Subject:
    """What the report is about, by name and by the digest of its bytes."""

    organisation: str
    system: str
    risk_tier: str
    model: str
    version: str
    stage: str
    artifact_digest: str
    artifact_format: str

    def __post_init__(self) -> None:
        check_digest(self.artifact_digest)


@dataclass(frozen=True, slots=True)
class Binding:
    """The digests that tie the report to one decision: gate and approvers compare exactly these."""

    subject_digest: str
    dossier_digest: str
    dossier_at: datetime
    policy_name: str
    policy_version: str
    policy_digest: str

    def __post_init__(self) -> None:
        for digest in (self.subject_digest, self.dossier_digest, self.policy_digest):
            check_digest(digest)


@dataclass(frozen=True, slots=True)
class Framework:
    """The guidance a report follows, with the version of our data about it."""

    name: str
    provision: str
    data_version: str
    checked_on: str


@dataclass(frozen=True, slots=True)
class Summary:
    """The answer first: one state, one headline, then the sentences that carry it."""

    state: State
    headline: Statement
    points: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class ReportDocument:
    """An independent validation report (SR 26-2 style), complete and ready to print.

    Parts that may be empty say so in print. `narratives` that people write: model, scope, soundness, implementation,
    monitoring and limits; `independence` states who validated and how they stand to the developers.
    """

    title: str
    subject: Subject
    binding: Binding
    framework: Framework
    summary: Summary
    scope: tuple[Narrative, ...]
    independence: tuple[Fact, ...]
    model: tuple[Narrative, ...]
    training: tuple[Fact, ...]
    soundness: tuple[Narrative, ...]
    datasets: tuple[Dataset, ...]
    lineage: tuple[LineageStep, ...]
    implementation: tuple[Narrative, ...]
    interval_note: Statement
    performance: tuple[MeasurementTable, ...]
    comparisons: tuple[Comparison, ...]
    explanation: Explanation | None
    monitoring: tuple[Narrative, ...]
    checks: tuple[CheckLine, ...]
    limits: tuple[Statement, ...]
    findings: tuple[Finding, ...]
    untested: tuple[Untested, ...]
    waivers: tuple[Waiver, ...]
    challenges: tuple[Challenge, ...]
    documents: tuple[DocumentLine, ...]
    next_review: tuple[Fact, ...]
    opinion: Opinion | None
    approvals: tuple[Approval, ...]
    ledger: LedgerPosition
    environment: Environment
    evidence: tuple[Evidence, ...]
    loosened: tuple[LoosenedPlan, ...] = ()
    language: str = "en"
    schema: str = SCHEMA

    def __post_init__(self) -> None:
        known = [entry.id for entry in self.evidence]
        if len(known) != len(set(known)):
            raise Unbound("Two entries of the evidence list have the same id.")
        for cited in _citations(self):
            if cited not in known:
                raise Unbound(f"The report cites {cited!r}, which is not in its evidence list.")
        for table in self.performance + (self.explanation.by_group if self.explanation else ()):
            if any(len(row.cells) != len(table.columns) for row in table.rows):
                raise Unbound(f"A row of the table {table.title!r} has another number of cells than columns.")

    @property
    def signed(self) -> bool:
        """Whether every signature the policy asks for has been given on this subject."""
        digest = self.binding.subject_digest
        # What was taken back or is about earlier facts is history; a role that owes one has a line that waits.
        standing = [one for one in self.approvals if one.state not in (State.STALE, State.ERRORED)]
        given = [
            one.state in (State.PASSED, State.WAIVED) and one.subject_digest == digest for one in standing
        ]
        return bool(given) and all(given)


def _citations(part: object) -> Iterator[str]:
    """Every evidence id that a part of the report cites, however deep."""
    if isinstance(part, Evidence):
        return
    if isinstance(part, Statement):
        yield from part.evidence
    elif isinstance(part, tuple):
        for one in part:
            yield from _citations(one)
    elif is_dataclass(part):
        for field in fields(part):
            value = getattr(part, field.name)
            if field.name == "evidence_id" and (value or isinstance(part, Cited)):
                yield value
            else:
                yield from _citations(value)
