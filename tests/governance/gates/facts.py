"""Made-up facts. `allowing` has everything Assay's own high-risk policy asks for, and nothing more."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from audits.quality.bars import KINDS
from governance.gates import codec, decide, subject, waiving
from governance.gates.data import AssociationFacts, QualityCheckFacts, QualityFacts
from governance.gates.policy import parse
from governance.gates.spec import (
    BreakGlassFacts,
    CheckFacts,
    DatasetFacts,
    DocumentFacts,
    Dossier,
    HolderFacts,
    IssueFacts,
    LogFacts,
    PlanFacts,
    PolicyFacts,
    ReportFacts,
    RequestFacts,
    RunFacts,
    Step,
    SystemFacts,
    VersionFacts,
    VoteFacts,
    WaivedFinding,
    WaiverFacts,
)

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
# The lean edition that most tests stand on.
POLICIES = Path(__file__).parents[1] / "policies"
TO_PRODUCTION = Step("model_version", "compliance", "production")
VOTERS = {"vera": "validator", "cora": "compliance_officer", "adam": "approver"}


def digest(text: str) -> str:
    """A digest of its own for each text."""
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def body(tier: str = "high") -> str:
    """The text of a default policy."""
    return (POLICIES / f"{tier}.yaml").read_text(encoding="utf-8")


def ago(**how_long: float) -> datetime:
    """A moment before now."""
    return NOW - timedelta(**how_long)


def policy_facts(tier: str = "high") -> PolicyFacts:
    """The default policy, published."""
    text = body(tier)
    return PolicyFacts("policy-1", f"{tier.title()} risk", 1, digest(text), intact=True)


def document(kind: str, **changes: Any) -> DocumentFacts:
    """A document of the system."""
    row = DocumentFacts(f"doc-{kind}", kind, 1, digest(kind), "dev", False, ago(days=9))
    return replace(row, **changes)


def check(name: str = "Impact ratio by sex", **changes: Any) -> CheckFacts:
    """A check that passed."""
    row = CheckFacts(name, "favourable_impact_ratio", ">=", "0.8", True, "passed", f"{name} is 0.91.")
    return replace(row, **changes)


def run(**changes: Any) -> RunFacts:
    """A run that passed everything."""
    row = RunFacts(
        id="run-1",
        plan="plan-1",
        state="passed",
        seed=0,
        code_version="1",
        starter="vera",
        requested_at=ago(days=6),
        finished_at=ago(days=5),
        result_digest=digest("result"),
        intact=True,
        kinds=("bias", "explainability", "performance"),
        checks=(check(),),
    )
    return replace(row, **changes)


def bare() -> Dossier:
    """A version at compliance in a system that is ready, with everything but votes and report."""
    kinds = ("problem_definition", "intended_use_statement", "dataset_datasheet", "model_card")
    return Dossier(
        now=NOW,
        environment="",
        step=TO_PRODUCTION,
        system=SystemFacts("system-1", "org-1", "credit", "high", "development", "olga"),
        version=VersionFacts(
            id="version-1",
            model="scorecard",
            version="1",
            stage="compliance",
            artifact_digest=digest("model"),
            format="xgboost_json",
            author="dev",
            training_digest=digest("training"),
            recorded=("code_commit", "environment_digest", "parameters"),
            features_digest=digest("features"),
        ),
        policy=policy_facts(),
        log=LogFacts("acme/log", 10, "00" * 32),
        datasets=(
            DatasetFacts("data-1", "train", "1", digest("train"), digest("columns"), True, "stew", "stew"),
            DatasetFacts("data-2", "test", "1", digest("test"), digest("columns"), False, "stew", "stew"),
        ),
        documents=tuple(document(kind) for kind in kinds),
        plans=(PlanFacts("plan-1", digest("plan"), "data-2", "vera", ago(days=7)),),
        runs=(run(),),
        holders=tuple(HolderFacts(person, role) for person, role in VOTERS.items()),
    )


def asked(dossier: Dossier, **changes: Any) -> Dossier:
    """With an approval request about the facts as they are."""
    question = subject.subject_of(dossier)
    request = RequestFacts("request-1", "open", question, codec.digest(question), "dev", ago(days=3))
    return replace(dossier, requests=(*dossier.requests, replace(request, **changes)))


def vote(dossier: Dossier, voter: str, role: str, **changes: Any) -> VoteFacts:
    """An approval of the newest request."""
    request = dossier.requests[-1]
    row = VoteFacts(
        request.id, "production", voter, role, "approve", request.subject_digest, ago(days=2), entitled=True
    )
    return replace(row, **changes)


def voted(dossier: Dossier, **voters: str) -> Dossier:
    """With an approval by each of these people in their role."""
    votes = [vote(dossier, voter, role) for voter, role in (voters or VOTERS).items()]
    return replace(dossier, votes=(*dossier.votes, *votes))


def reported(dossier: Dossier, **changes: Any) -> Dossier:
    """With a report on the facts as they are."""
    report = ReportFacts(
        "report-1", "validation_report", subject.basis_digest(dossier), "ready", digest("pdf")
    )
    return replace(dossier, reports=(*dossier.reports, replace(report, **changes)))


def allowing() -> Dossier:
    """Everything that is asked for."""
    return reported(voted(asked(bare())))


WAIVERS = """
waivers:
  allowed: [checks., evidence., documents.model_card, issues., report.validation_report]
  approvers: [[validator, reviewer], [compliance_officer]]
  max_days: 30
  budget_days: 60
break_glass: {max_hours: 8, review_days: 5}
"""


def body_with_waivers(tier: str = "high") -> str:
    """The text of a default policy that lets some things be waived, and glass be broken."""
    return body(tier) + WAIVERS


def covering(dossier: Dossier, *codes: str, under: str = "", **changes: Any) -> WaiverFacts:
    """A waiver of these findings as they stand, approved by the validator for a month."""
    policy = parse(under or body_with_waivers())
    lines = {line.finding.code: line for line in decide.checklist(dossier, policy)}
    row = WaiverFacts(
        id="waiver-1",
        state="approved",
        model_version="version-1",
        step=TO_PRODUCTION.name,
        environment="",
        findings=tuple(WaivedFinding(code, waiving.standing(dossier, lines[code])) for code in codes),
        starts=ago(days=1),
        expires_at=NOW + timedelta(days=29),
        requester="dev",
        approver="vera",
        approved_role="validator",
        approved_at=ago(days=1),
        renews="",
        renewal=0,
        digest=digest("waiver"),
        intact=True,
        entitled=True,
    )
    return replace(row, **changes)


def emergency(**changes: Any) -> BreakGlassFacts:
    """An emergency release of the version to production that runs now."""
    row = BreakGlassFacts(
        id="emergency-1",
        model_version="version-1",
        environment="production",
        requester="olga",
        confirmer="adam",
        starts=ago(hours=1),
        ends=NOW + timedelta(hours=7),
        review_due_at=NOW + timedelta(days=5),
        reviewed_at=None,
        incident="issue-1",
    )
    return replace(row, **changes)


def issue(severity: str = "high", **changes: Any) -> IssueFacts:
    """An open finding."""
    row = IssueFacts(f"issue-{severity}", "finding", severity, f"A {severity} one", False, "dev", None)
    return replace(row, **changes)


def checked(**verdicts: str) -> tuple[QualityCheckFacts, ...]:
    """Every check by its default bar; passed where nothing else is said."""
    return tuple(
        QualityCheckFacts(code, kind.default, verdicts.get(code, "passed"), f"{code} was looked at.")
        for code, kind in KINDS.items()
    )


def quality(**changes: Any) -> QualityFacts:
    """A run that passed everything; the postcode tells something of the sex."""
    row = QualityFacts(
        id="quality-1",
        dataset_version="data-1",
        state="passed",
        code_version="1",
        starter="stew",
        requested_at=ago(days=4),
        finished_at=ago(days=4),
        result_digest=digest("quality"),
        intact=True,
        checks=checked(),
        associations=(AssociationFacts("income", "sex", "0.12"), AssociationFacts("zip", "sex", "0.45")),
    )
    return replace(row, **changes)
