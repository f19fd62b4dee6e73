"""What a report tells besides the dossier: the texts, numbers and names behind the dossier's digests."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from audits import selectors as evidence
from audits.models import AuditRun, Measurement
from audits.selectors import Evidence as RunEvidence
from governance.gates import decide
from governance.gates.evidence import counted
from governance.gates.spec import Dossier, GateDecision, RunFacts
from governance.models import BreakGlass, Issue, Policy, Vote, Waiver
from registry.models import DatasetVersion, Document, ModelVersion, User


@dataclass(frozen=True)
class RunMaterial:
    """One run that counts as evidence, with its numbers."""

    facts: RunFacts
    run: AuditRun
    measurements: tuple[Measurement, ...]
    checks: tuple[Mapping[str, Any], ...]
    evidence: RunEvidence


@dataclass(frozen=True)
class Material:
    """Everything a report is written from."""

    dossier: Dossier
    decision: GateDecision
    version: ModelVersion
    runs: tuple[RunMaterial, ...]
    documents: tuple[Document, ...]
    snapshots: tuple[DatasetVersion, ...]
    votes: tuple[Vote, ...]
    waivers: tuple[Waiver, ...]
    emergencies: tuple[BreakGlass, ...]
    issues: tuple[Issue, ...]
    names: Mapping[str, str]

    def name(self, person: str) -> str:
        """A person's name by identifier."""
        return self.names.get(person, person)


def gather(dossier: Dossier) -> Material:
    """Read what the dossier's digests stand for."""
    facts = dossier.version
    if facts is None:
        raise ValueError("A validation report is about a model version.")
    version = ModelVersion.objects.select_related(
        "artifact", "created_by", "model__system__organisation", "model__system__owner"
    ).get(pk=facts.id)
    policy = Policy.objects.filter(pk=dossier.policy.id).first() if dossier.policy else None
    votes = (
        Vote.objects.filter(request__model_version=version)
        .select_related("voter", "request", "delegation__delegator")
        .prefetch_related("conditions__owner")
    )
    documents = Document.objects.filter(pk__in=[document.id for document in dossier.documents])
    snapshots = DatasetVersion.objects.filter(pk__in=[dataset.id for dataset in dossier.datasets])
    return Material(
        dossier=dossier,
        decision=decide.judge(dossier, policy.body if policy else ""),
        version=version,
        # A run that could not be measured has nothing to tell; the findings say that it is missing.
        runs=tuple(_run(run) for run in counted(dossier) if run.result_digest),
        documents=tuple(documents.select_related("author").order_by("kind", "pk")),
        snapshots=tuple(snapshots.select_related("dataset", "artifact").order_by("created_at", "pk")),
        votes=tuple(votes.order_by("voted_at", "pk")),
        waivers=tuple(_waivers(dossier)),
        emergencies=tuple(_emergencies(dossier)),
        issues=tuple(_issues(dossier)),
        names=_names(dossier),
    )


def _waivers(dossier: Dossier) -> QuerySet[Waiver]:
    """The waivers of the dossier whose terms are still those that were approved."""
    rows = Waiver.objects.filter(pk__in=[one.id for one in dossier.waivers if one.intact])
    return rows.select_related("requested_by", "approved_by").order_by("starts", "pk")


def _emergencies(dossier: Dossier) -> QuerySet[BreakGlass]:
    rows = BreakGlass.objects.filter(pk__in=[one.id for one in dossier.break_glass])
    rows = rows.select_related("model_version__model", "requested_by", "confirmed_by", "reviewed_by")
    return rows.order_by("starts", "pk")


def _issues(dossier: Dossier) -> QuerySet[Issue]:
    rows = Issue.objects.filter(pk__in=[one.id for one in dossier.issues])
    return rows.select_related("owner").order_by("raised_at", "pk")


def _run(facts: RunFacts) -> RunMaterial:
    run = AuditRun.objects.select_related("plan__dataset_version__dataset").get(pk=facts.id)
    found = evidence.evidence(run)
    if found is None:
        raise ValueError(f"Run {facts.id} counts as evidence and has no result.")
    result = json.loads(run.result)
    return RunMaterial(
        facts=facts,
        run=run,
        measurements=tuple(evidence.measurements(run)),
        checks=tuple(result["checks"]),
        evidence=found,
    )


def _names(dossier: Dossier) -> dict[str, str]:
    people = {run.starter for run in dossier.runs} | {document.author for document in dossier.documents}
    people |= {vote.voter for vote in dossier.votes} | {dossier.system.owner}
    people |= {dossier.version.author} if dossier.version else set()
    people |= {row.by for row in dossier.reproductions}
    return {str(user.pk): user.display_name for user in User.objects.filter(pk__in=people)}
