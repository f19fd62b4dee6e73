"""The first page: what waits for me, what is on its way, what is stuck."""

import json
from dataclasses import dataclass

from django.db.models import Count, Min
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from governance.models import Decision, GateVerdict
from governance.services import due
from governance.services.due import Scope
from governance.web import inbox, lines
from registry import selectors as facts
from registry.actors import Actor
from registry.models import ModelVersion
from registry.stages import VersionStage
from registry.web.requests import acting

ON_THE_WAY = (VersionStage.DEVELOPMENT, VersionStage.VALIDATION, VersionStage.COMPLIANCE)
BLOCKED_SHOWN = 20


@dataclass(frozen=True)
class StageLine:
    """How many versions stand at a stage, and the one that has stood there longest."""

    label: str
    count: int
    oldest: ModelVersion | None


@dataclass(frozen=True)
class BlockedLine:
    """A version that was denied when last asked, with the first thing that stands in its way."""

    version: ModelVersion
    decision: Decision
    first: str


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """The overview."""
    actor = acting(request)
    context = {
        "mine": [line for line in inbox.lines(actor) if not line.why_not],
        "stages": _stages(actor),
        "blocked": _blocked(actor),
        "due": _due(actor),
        "broken_logs": facts.broken_logs(actor),
    }
    return render(request, "governance/overview.html", context)


@dataclass(frozen=True)
class DueCounts:
    """How much has a date, how much of that has passed, and how much is the reader's."""

    count: int
    overdue: int
    mine: int


def _due(actor: Actor) -> DueCounts:
    found, now = due.items(Scope(actor=actor)), timezone.now()
    overdue, mine = (line.due_at <= now for line in found), (actor.user.pk in line.people for line in found)
    return DueCounts(len(found), sum(overdue), sum(mine))


def _stages(actor: Actor) -> list[StageLine]:
    rows = ModelVersion.objects.visible_to(actor)
    counts = rows.values("stage").order_by("stage").annotate(count=Count("pk"), since=Min("created_at"))
    oldest = {
        (version.stage, version.created_at): version
        for version in rows.filter(created_at__in=[row["since"] for row in counts]).select_related("model")
    }
    by_stage = {row["stage"]: row for row in counts}
    return [
        StageLine(stage.label, by_stage[stage]["count"], oldest.get((stage, by_stage[stage]["since"])))
        for stage in VersionStage
        if stage in by_stage
    ]


def _blocked(actor: Actor) -> list[BlockedLine]:
    rows = ModelVersion.objects.visible_to(actor).filter(stage__in=ON_THE_WAY).select_related("model__system")
    versions = {version.pk: version for version in rows.order_by("-created_at")[: lines.LIST_LIMIT]}
    decisions = lines.last_decisions(versions.values()).values()
    denied = [decision for decision in decisions if decision.verdict == GateVerdict.DENY][:BLOCKED_SHOWN]
    outcomes = dict(Decision.objects.filter(pk__in=[d.pk for d in denied]).values_list("pk", "outcome"))
    return [
        BlockedLine(versions[decision.model_version_id], decision, _first_open(outcomes[decision.pk]))
        for decision in denied
        if decision.model_version_id is not None
    ]


def _first_open(outcome: str) -> str:
    findings = [
        finding for finding in json.loads(outcome)["findings"] if finding["state"] not in ("met", "waived")
    ]
    # Where the version stands is a consequence; the cause is told first.
    findings.sort(key=lambda finding: finding["code"].startswith("version.stage"))
    return str(findings[0]["sentence"]) if findings else ""
