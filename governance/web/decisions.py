"""The decision page: the verdict, every finding, and what it was decided from."""

import json
import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from governance.models import Decision
from governance.services import bundles
from governance.web.standing import standing
from registry import selectors as facts
from registry.actors import Actor
from registry.services import reads
from registry.web.requests import acting


@require_safe
def decision_page(request: HttpRequest, decision_id: uuid.UUID) -> HttpResponse:
    """One decision as it was made."""
    decision = _decision(acting(request), decision_id)
    reads.note(acting(request), "decision.page", decision)
    context = {
        "decision": decision,
        "version": decision.model_version,
        "outcome": _open_first(json.loads(decision.outcome)),
        "current": _holds(decision),
    }
    return render(request, "governance/decision.html", context)


@require_safe
def decision_json(request: HttpRequest, decision_id: uuid.UUID) -> HttpResponse:
    """Everything that was stored with it, as a file."""
    decision = _decision(acting(request), decision_id)
    reads.note(acting(request), "decision.file", decision)
    bundle = {
        "decision": str(decision.pk),
        "artifact_digest": decision.artifact_digest,
        "environment": decision.environment,
        "decided_at": decision.decided_at.isoformat(),
        "expires_at": decision.expires_at.isoformat(),
        "dossier": json.loads(decision.dossier),
        "dossier_digest": decision.dossier_digest,
        "policy": {
            "name": decision.policy_name,
            "digest": decision.policy_digest,
            "body": decision.policy_body,
        },
        "outcome": json.loads(decision.outcome),
    }
    response = HttpResponse(json.dumps(bundle, indent=2, ensure_ascii=False), content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="decision-{decision.pk}.json"'
    return response


@require_safe
def decision_bundle(request: HttpRequest, decision_id: uuid.UUID) -> HttpResponse:
    """Everything that it can be checked by without Assay, as a file for `assay verify bundle`."""
    decision = _decision(acting(request), decision_id)
    packed = bundles.of_decision(decision)
    reads.note(acting(request), "decision.bundle", decision)
    response = HttpResponse(packed, content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="{bundles.name_of(decision)}"'
    response["Cache-Control"] = "no-store"
    return response


def _open_first(outcome: dict[str, Any]) -> dict[str, Any]:
    """What stands in the way before what is met; within both the order of the policy."""
    return {**outcome, "findings": sorted(outcome["findings"], key=lambda one: one["state"] == "met")}


def _holds(decision: Decision) -> bool:
    """Whether the gate would still say the same about the same subject, and the decision's time is not over."""
    if decision.model_version is None or decision.expires_at <= timezone.now():
        return False
    now = standing(decision.model_version, decision.environment).decision
    return now.verdict == decision.verdict and now.subject_digest == decision.subject_digest


def _decision(actor: Actor, decision_id: uuid.UUID) -> Decision:
    rows = Decision.objects.select_related(
        "system", "model_version__model__system", "model_version__artifact", "asked_by"
    )
    return facts.get(rows, actor, pk=decision_id)
