"""The run page: what was measured, whether it held, and from what."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from audits import selectors
from audits.models import AuditRun, DeviationState, RunState
from audits.services import reproductions
from audits.services.runs import FINAL
from audits.web import figures
from registry.actors import Actor
from registry.services import reads
from registry.web.requests import acting

SENTENCES: dict[str, str] = {
    RunState.QUEUED: "Waiting for a worker",
    RunState.RUNNING: "Being measured",
    RunState.PASSED: "Every check passed",
    RunState.FAILED: "A check failed",
    RunState.INSUFFICIENT: "The evidence does not suffice",
    RunState.ERRORED: "It could not be measured",
    RunState.CANCELLED: "Cancelled; nothing was measured",
}
ORDER = {"failed": 0, "errored": 1, "insufficient": 2, "passed": 3}


@require_safe
def run_page(request: HttpRequest, run_id: uuid.UUID) -> HttpResponse:
    """One run; while it works only its progress is asked for again."""
    actor = acting(request)
    run = selectors.run_of(actor, run_id)
    if getattr(request, "htmx", False) and run.state not in FINAL:
        return render(request, "audits/_progress.html", {"run": run, "sentence": SENTENCES[run.state]})
    response = render(request, "audits/run.html", _context(actor, run))
    if getattr(request, "htmx", False):
        response["HX-Refresh"] = "true"  # it ended: show the whole page
    return response


def _why_not(actor: Actor, run: AuditRun) -> str:
    """Why this person does not make this run again; empty when they may."""
    if run.state not in reproductions.MEASURED or run.reproduces_id is not None:
        return "there is no original result here"
    return reproductions.why_not(actor, run)


@require_POST
def reproduce_run(request: HttpRequest, run_id: uuid.UUID) -> HttpResponse:
    """Make a run again, as somebody who had no part in it."""
    actor = acting(request)
    rerun = reproductions.request(actor=actor, run=selectors.run_of(actor, run_id))
    messages.success(request, "The run is being made again from its stored inputs.")
    return redirect("run", rerun.pk)


def _context(actor: Actor, run: AuditRun) -> dict[str, Any]:
    checks = sorted(run.check_results.all(), key=lambda check: (ORDER.get(check.verdict, 9), check.name))
    context: dict[str, Any] = {
        "run": run,
        "version": run.plan.model_version,
        "sentence": SENTENCES[run.state],
        "final": run.state in FINAL,
        "checks": checks,
        "attempts": selectors.runs_for(run.plan.model_version).count(),
        "attempt": selectors.attempt_of(run),
        "sealed": selectors.sealed_in_log(run.plan),
        "deviation": run.plan.deviations.exclude(state=DeviationState.ASKED_AGAIN).first(),
        "why_not_reproduce": _why_not(actor, run),
    }
    evidence = selectors.evidence(run)
    if evidence is None:
        return context
    rows = list(selectors.measurements(run))
    attributes = list(evidence.plan.get("mapping", {}).get("sensitive", []))
    return context | {
        "evidence": evidence,
        "overall": [row for row in rows if not row.slice],
        "figures": figures.by_group(rows, attributes, checks),
        "importance": figures.importance(evidence.explanation) if evidence.explanation else None,
        "measured": len(rows),
    }


@require_safe
def run_result(request: HttpRequest, run_id: uuid.UUID) -> HttpResponse:
    """The sealed result as a file, exactly the bytes that were hashed."""
    run = selectors.run_of(acting(request), run_id)
    run.refresh_from_db(fields=["result"])
    if run.result:
        reads.note(acting(request), "run.result", run)
    response = HttpResponse(run.result, content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="run-{run.pk}.json"'
    return response if run.result else JsonResponse({"detail": "This run has no result."}, status=404)
