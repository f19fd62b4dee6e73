"""The inventory of AI systems, and the page of one."""

import uuid

from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from governance.web import lines
from registry import selectors as facts
from registry.models import System
from registry.stages import RiskTier, SystemStage
from registry.web.requests import acting

PAGE = 50
STEPS: list[SystemStage] = [stage for stage in SystemStage if stage != SystemStage.RETIRED]


@require_safe
def systems(request: HttpRequest) -> HttpResponse:
    """Every system you can see, with its tier, its stage and its newest version."""
    actor = acting(request)
    rows = System.objects.visible_to(actor).select_related("owner", "organisation")
    chosen = {name: request.GET.get(name, "") for name in ("q", "tier", "stage")}
    if chosen["q"]:
        rows = rows.filter(Q(name__icontains=chosen["q"]) | Q(slug__icontains=chosen["q"]))
    if chosen["tier"] in RiskTier.values:
        rows = rows.filter(risk_tier=chosen["tier"])
    if chosen["stage"] in SystemStage.values:
        rows = rows.filter(stage=chosen["stage"])
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "lines": lines.systems(list(page.object_list)),
        "chosen": chosen,
        "tiers": RiskTier,
        "stages": SystemStage,
    }
    return render(request, "governance/systems.html", context)


@require_safe
def system(request: HttpRequest, system_id: uuid.UUID) -> HttpResponse:
    """One system: what it is for, its versions, its documents, its data."""
    actor = acting(request)
    rows = System.objects.select_related("owner", "organisation")
    found = facts.get(rows, actor, pk=system_id)
    position = STEPS.index(SystemStage(found.stage)) if found.stage in STEPS else -1
    context = {
        "system": found,
        "steps": [(stage.label, index < position, index == position) for index, stage in enumerate(STEPS)],
        "versions": lines.versions(found),
        "documents": lines.documents(found),
        "snapshots": lines.snapshots(found),
    }
    return render(request, "governance/system.html", context)
