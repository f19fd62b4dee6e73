"""The page of a model version: is it blocked, why, and who can unblock it."""

import uuid
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from audits import selectors as evidence
from governance.gates.spec import Finding
from governance.models import ApprovalRequest, Report, Vote
from governance.services import approvals, decisions, reports
from governance.web import exceptional, lines, who
from governance.web.assurance import assurance_of
from governance.web.coverage import obligations_page
from governance.web.standing import ENVIRONMENT, Standing, in_order, standing
from registry import selectors as facts
from registry.access import check
from registry.actors import Actor
from registry.models import ModelVersion
from registry.stages import Role, VersionStage
from registry.web.requests import acting

STEPS = (VersionStage.DEVELOPMENT, VersionStage.VALIDATION, VersionStage.COMPLIANCE, VersionStage.PRODUCTION)
REPORT_KIND = "validation_report"
REPORT_NAMES = {REPORT_KIND: "Independent validation report"}


@dataclass(frozen=True)
class ChecklistLine:
    """One requirement with the way to its evidence."""

    finding: Finding
    owner: str
    who: str
    url: str
    link: str


@require_safe
def version_page(request: HttpRequest, version_id: uuid.UUID) -> HttpResponse:
    """One version: the answer, the checklist, and everything behind it."""
    actor = acting(request)
    version = _version(actor, version_id)
    now = standing(version)
    return render(request, "governance/version.html", _context(actor, version, now))


@require_POST
def request_approval(request: HttpRequest, version_id: uuid.UUID) -> HttpResponse:
    """Put the question to the approvers."""
    actor = acting(request)
    made = approvals.request(
        actor=actor, version=_version(actor, version_id), to=request.POST.get("to", VersionStage.PRODUCTION)
    )
    messages.success(request, "Approval is asked for. The approvers find it in their inbox.")
    return redirect("approval", made.pk)


@require_POST
def request_report(request: HttpRequest, version_id: uuid.UUID) -> HttpResponse:
    """Have the validation report written about the present facts."""
    actor = acting(request)
    reports.request(actor=actor, version=_version(actor, version_id), kind=REPORT_KIND)
    messages.success(request, "The report is being written. It appears below when it is ready.")
    return redirect(reverse("version", args=[version_id]) + "#reports")


@require_POST
def ask_gate(request: HttpRequest, version_id: uuid.UUID) -> HttpResponse:
    """Ask the gate, as the pipeline does."""
    actor = acting(request)
    version = _version(actor, version_id)
    answer = decisions.ask(
        actor=actor,
        artifact_digest=version.artifact.digest,
        environment=ENVIRONMENT,
        model_version=version.pk,
    )
    return redirect("decision", answer.decision_id)


def _version(actor: Actor, version_id: uuid.UUID) -> ModelVersion:
    rows = ModelVersion.objects.select_related("artifact", "model__system__organisation", "created_by")
    return facts.get(rows, actor, pk=version_id)


def _context(actor: Actor, version: ModelVersion, now: Standing) -> dict[str, Any]:
    system = version.model.system
    runs = list(evidence.runs_for(version)[: lines.LIST_LIMIT])
    for run in runs:
        run.passed = sum(c.verdict == "passed" for c in run.check_results.all())  # type: ignore[attr-defined]
    requests, held = _requests(version), check.held(actor, version)
    findings = in_order(now.decision.findings)
    able = who.reach(system, now.dossier, now.policy_body)
    return {
        "version": version,
        "system": system,
        "environment": ENVIRONMENT,
        "answer": now.decision,
        "findings": [_line(finding, now, requests, able) for finding in findings],
        "open_count": sum(finding.blocks for finding in findings),
        "steps": _steps(version),
        "can": {name: name in held for name in ("request_approval", "generate_report", "ask_gate")},
        "runs": runs,
        "snapshots": version.dataset_versions.select_related("dataset", "artifact"),
        "parents": version.parents.select_related("model"),
        "documents": lines.documents(system, version),
        "requests": requests,
        "reports": _reports(version, now),
        "decisions": lines.decisions_of(version),
        "assurance": assurance_of(now.dossier),
        "exceptional": exceptional.section(version, now.dossier, held),
        "waived_count": sum(finding.state == "waived" for finding in findings),
    }


def _requests(version: ModelVersion) -> list[ApprovalRequest]:
    votes = Prefetch("votes", Vote.objects.select_related("voter"))
    rows = ApprovalRequest.objects.filter(model_version=version).select_related("requested_by")
    return list(rows.prefetch_related(votes))


def _steps(version: ModelVersion) -> list[tuple[str, bool, bool]]:
    at = VersionStage(version.stage)
    if at not in STEPS:
        return [(at.label, False, True)]
    return [(stage.label, STEPS.index(stage) < STEPS.index(at), stage == at) for stage in STEPS]


def _line(finding: Finding, now: Standing, requests: list[ApprovalRequest], able: who.Reach) -> ChecklistLine:
    url, link = _evidence(finding.code, now, requests)
    owner = Role(finding.owner_role).label if finding.owner_role in Role.values else finding.owner_role
    return ChecklistLine(finding, owner, able.names(finding), url, link)


def _evidence(code: str, now: Standing, requests: list[ApprovalRequest]) -> tuple[str, str]:
    """Where the evidence behind a finding stands: address and words."""
    kind = code.partition(".")[0]
    if kind in {"checks", "evidence"} and now.runs:
        return reverse("run", args=[now.runs[-1].id]) + "#checks", "See the run"
    if kind == "approvals" and requests:
        return reverse("approval", args=[requests[0].pk]), "See the votes"
    if kind == "classification":
        return reverse("classification", args=[now.dossier.system.id]), "See the answers"
    if kind == "framework":
        return obligations_page(now.dossier, code), "See the obligations"
    anchors = {
        "documents": "documents",
        "report": "reports",
        "training_record": "lineage",
        "datasets": "lineage",
    }
    return (f"#{anchors[kind]}", "See it") if kind in anchors else ("", "")


@dataclass(frozen=True)
class ReportLine:
    """A report and whether it tells of the present facts."""

    report: Report
    name: str
    current: bool


def _reports(version: ModelVersion, now: Standing) -> list[ReportLine]:
    rows = Report.objects.filter(model_version=version).select_related("requested_by").defer("document")
    return [
        ReportLine(
            report, REPORT_NAMES.get(report.kind, report.kind), report.basis_digest == now.basis_digest
        )
        for report in rows
    ]
