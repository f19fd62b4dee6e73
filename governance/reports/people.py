"""What people wrote and signed, as parts of a report."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from governance.gates.spec import Finding as GateFinding
from governance.gates.spec import State as GateState
from governance.models import Condition, Vote, VoteVerdict
from governance.reports.material import Material
from governance.reports.records import Approval, Challenge, DocumentLine, Finding, Narrative, Opinion
from governance.reports.values import Cited, Fact, State, Statement
from registry.models import Document
from registry.services.documents import KINDS
from registry.stages import Role

STATES = {
    GateState.MET: State.PASSED,
    GateState.WAIVED: State.WAIVED,
    GateState.OPEN: State.FAILED,
    GateState.INSUFFICIENT: State.INSUFFICIENT,
    GateState.STALE: State.STALE,
}
_OPINIONS = {
    "approve": "Approve.",
    "conditions": "Approve with conditions.",
    "request_changes": "Change something first.",
    "reject": "Reject.",
}
# part of the report → documents whose sections tell it, and who supplies them
SOURCES: dict[str, tuple[tuple[str, tuple[str, ...], str], ...]] = {
    "scope": (("Purpose", ("problem_definition",), "developer"),),
    "model": (
        ("Description", ("model_card",), "developer"),
        ("Intended use and users", ("intended_use_statement",), "business owner"),
        ("Risk classification", ("risk_classification_record", "risk_assessment"), "compliance officer"),
    ),
    "soundness": (("Features, assumptions and proxies", ("feature_documentation",), "developer"),),
    "implementation": (("Human oversight", ("human_oversight_plan",), "developer"),),
    "monitoring": (("Monitoring plan", ("monitoring_plan",), "operator"),),
}


def narratives(material: Material, part: str, cites: dict[str, str]) -> tuple[Narrative, ...]:
    """The texts of a part; without a document the report prints who owes it."""
    return tuple(
        Narrative(title, _statements(material.documents, kinds, cites), supplier)
        for title, kinds, supplier in SOURCES[part]
    )


def _statements(
    documents: Sequence[Document], kinds: Sequence[str], cites: dict[str, str]
) -> tuple[Statement, ...]:
    return tuple(
        Statement(f"{section}: {text}" if section != "text" else text, (cites[str(document.pk)],))
        for kind in kinds
        for document in documents
        if document.kind == kind
        for section, text in document.told()
        if text.strip()
    )


def document_lines(material: Material, cites: dict[str, str]) -> tuple[DocumentLine, ...]:
    """Every document that is there, and the ones the policy asks for that are not."""
    there = [
        DocumentLine(
            kind=document.kind,
            title=document.title,
            version=str(document.number),
            state=State.PASSED,
            digest=document.digest,
            evidence_id=cites[str(document.pk)],
            at=document.created_at,
        )
        for document in material.documents
    ]
    missing = [
        DocumentLine(
            kind, KINDS.get(kind, kind), "", _paper(finding), note=finding.clears or finding.sentence
        )
        for finding in material.decision.findings
        if finding.code.startswith("documents.") and not finding.met
        for kind in [finding.code.partition(".")[2].partition("#")[0]]
        if kind not in {document.kind for document in material.documents}
    ]
    return (*there, *missing)


def _paper(finding: GateFinding) -> State:
    return State.WAIVED if finding.state is GateState.WAIVED else State.FAILED


def findings(material: Material, log: str) -> tuple[Finding, ...]:
    """What stands open at the gate or is waived for a time, save the report itself."""
    open_ = [f for f in material.decision.findings if not f.met and not f.code.startswith("report")]
    return tuple(
        Finding(
            number=f"F-{number}",
            severity="blocks the step" if finding.blocks else "waived for a time",
            state=STATES[finding.state],
            sentence=Statement(finding.sentence, (log,)),
            owner=Role(finding.owner_role).label if finding.owner_role in Role.values else finding.owner_role,
            clears=finding.clears or "see the sentence",
        )
        for number, finding in enumerate(open_, start=1)
    )


def approvals(material: Material, vote_id: dict[str, str]) -> tuple[Approval, ...]:
    """A line for each vote on the present question, and one for each role that still owes one."""
    digest = material.decision.subject_digest
    lines = [
        Approval(
            role=vote.get_role_display(),
            state=_signature(vote, digest, material.dossier.now),
            name=vote.voter.display_name,
            at=vote.voted_at,
            subject_digest=vote.subject_digest,
            evidence_id=vote_id[str(vote.pk)],
            comment=vote.comment,
            notes=tuple(_notes(vote, material.dossier.now)),
        )
        for vote in material.votes
    ]
    owed = [
        Approval(role=Role(finding.owner_role).label, state=State.WAITING)
        for finding in material.decision.findings
        if finding.code.startswith("approvals.") and not finding.met and finding.owner_role in Role.values
    ]
    return (*lines, *dict.fromkeys(owed))


def _signature(vote: Vote, digest: str, now: datetime) -> State:
    """How a vote stands in the report of a subject, at a moment."""
    if vote.withdrawn_at is not None:
        return State.ERRORED
    if vote.subject_digest != digest:
        return State.STALE
    if vote.verdict != VoteVerdict.APPROVE:
        return State.FAILED
    conditions = vote.conditions.all()
    if any(_lapsed(one, now) for one in conditions):
        return State.ERRORED
    return State.WAIVED if conditions else State.PASSED


def _notes(vote: Vote, now: datetime) -> Iterator[str]:
    if vote.delegation is not None:
        yield f"On behalf of {vote.delegation.delegator.display_name}."
    if vote.verdict == VoteVerdict.REQUEST_CHANGES:
        yield "Asked for changes."
    for one in vote.conditions.all():
        due = f"{one.owner.display_name} by {one.due_on.isoformat()}"
        yield f"Condition for {due}, {_met(one, now)}: {one.text}"
    if vote.withdrawn_at is not None:
        yield f"Taken back on {vote.withdrawn_at.date().isoformat()}: {vote.withdrawn_why}"


def _met(condition: Condition, now: datetime) -> str:
    if condition.met_at is not None:
        return f"met on {condition.met_at.date().isoformat()}"
    return "lapsed, so the approval does not count" if _lapsed(condition, now) else "open"


def _lapsed(condition: Condition, now: datetime) -> bool:
    return condition.met_at is None and condition.due_at <= now


def opinion(material: Material, vote_id: dict[str, str]) -> Opinion | None:
    """The validator's own judgement, where one has voted on the present question."""
    digest = material.decision.subject_digest
    words = [
        v
        for v in material.votes
        if v.role == Role.VALIDATOR and v.subject_digest == digest and v.withdrawn_at is None
    ]
    if not words:
        return None
    vote = words[-1]
    state = _signature(vote, digest, material.dossier.now)
    told = _OPINIONS["conditions" if vote.conditions.all() else vote.verdict]
    reasons = (Statement(vote.comment, (vote_id[str(vote.pk)],)),) if vote.comment.strip() else ()
    return Opinion(
        told,
        state,
        f"{vote.voter.display_name} (validator)",
        vote.voted_at,
        reasons,
    )


def challenges(material: Material, vote_id: dict[str, str]) -> tuple[Challenge, ...]:
    """Rejections and what became of them; empty when nobody rejected."""
    return tuple(
        Challenge(
            Statement(vote.comment or "Rejected without a comment.", (vote_id[str(vote.pk)],)),
            vote.voter.display_name,
            "The request was closed.",
            "See the later votes and versions.",
        )
        for vote in material.votes
        if vote.verdict == "reject"
    )


def independence(material: Material, log: str) -> tuple[Fact, ...]:
    """Who made the version, who measured it, and how often it was tried."""
    dossier, version = material.dossier, material.dossier.version
    starters = ", ".join(sorted({material.name(run.facts.starter) for run in material.runs})) or "nobody yet"
    ended = [run for run in dossier.runs if run.finished_at and not run.reproduces]
    return (
        Fact("Author of the version", text=material.name(version.author) if version else "–"),
        Fact("Audit runs started by", text=starters),
        Fact("Runs of this version", number=Cited(len(ended), log, "runs")),
        Fact("Of these, not passed", number=Cited(sum(run.state != "passed" for run in ended), log, "runs")),
    )
