"""The page of a dataset version: are its data good enough, what stands in them, and are its columns locked."""

import json
import uuid
from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_POST, require_safe

from audits import selectors
from audits.charts import Bar, bar_chart
from audits.models import DataQualityRun, RunState
from audits.services import quality
from audits.services.runs import FINAL
from registry import selectors as facts
from registry.access import check
from registry.actors import Actor
from registry.errors import AssayError
from registry.models import DatasetVersion
from registry.services import schemas
from registry.web.requests import acting

SENTENCES: dict[str, str] = {
    RunState.QUEUED: "Waiting for a worker",
    RunState.RUNNING: "Being profiled",
    RunState.PASSED: "The data meet every bar",
    RunState.FAILED: "The data miss a bar",
    RunState.INSUFFICIENT: "There are too few data to judge by",
    RunState.ERRORED: "The data could not be profiled",
    RunState.CANCELLED: "Cancelled; nothing was measured",
}
ORDER = {"failed": 0, "errored": 1, "insufficient": 2, "passed": 3}
SHOWN = 100
RUNS_SHOWN = 20


class ReleaseForm(forms.Form):
    """Why the columns are released."""

    reason = forms.CharField(
        max_length=schemas.MAX_REASON, error_messages={"required": "Say why the columns are released."}
    )


@require_safe
def dataset_page(request: HttpRequest, snapshot_id: uuid.UUID) -> HttpResponse:
    """One snapshot; while it is profiled only the progress is asked for again."""
    actor = acting(request)
    snapshot = _snapshot(actor, snapshot_id)
    runs = list(selectors.quality_runs(snapshot)[:RUNS_SHOWN])
    current = next((run for run in runs if run.state not in FINAL), None)
    if getattr(request, "htmx", False):
        if current is not None:
            context = {"run": current, "sentence": SENTENCES[current.state], "snapshot": snapshot}
            return render(request, "audits/_quality_progress.html", context)
        response = render(request, "audits/dataset_version.html", _context(actor, snapshot, runs))
        response["HX-Refresh"] = "true"  # it ended: show the whole page
        return response
    return render(request, "audits/dataset_version.html", _context(actor, snapshot, runs))


@require_POST
def start_profile(request: HttpRequest, snapshot_id: uuid.UUID) -> HttpResponse:
    """Run the data-quality checks by the default bars."""
    actor = acting(request)
    quality.request(actor=actor, dataset_version=_snapshot(actor, snapshot_id))
    messages.success(request, "The data are being profiled. You can leave this page.")
    return redirect("dataset-version", snapshot_id)


@require_POST
def lock_schema(request: HttpRequest, snapshot_id: uuid.UUID) -> HttpResponse:
    """Lock the columns of the newest version of the dataset."""
    actor = acting(request)
    schemas.lock(actor=actor, dataset=_snapshot(actor, snapshot_id).dataset)
    messages.success(request, "The columns are locked. A version with others is refused from now on.")
    return redirect("dataset-version", snapshot_id)


@require_POST
def release_schema(request: HttpRequest, snapshot_id: uuid.UUID) -> HttpResponse:
    """Release the columns; what was typed is never lost."""
    actor = acting(request)
    snapshot, form = _snapshot(actor, snapshot_id), ReleaseForm(request.POST)
    if form.is_valid():
        try:
            schemas.release(actor=actor, dataset=snapshot.dataset, reason=form.cleaned_data["reason"])
        except AssayError as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, "The columns are released. Lock them again once the new ones stand.")
            return redirect("dataset-version", snapshot_id)
    runs = list(selectors.quality_runs(snapshot)[:RUNS_SHOWN])
    return render(request, "audits/dataset_version.html", _context(actor, snapshot, runs, form), status=400)


def _snapshot(actor: Actor, snapshot_id: uuid.UUID) -> DatasetVersion:
    rows = DatasetVersion.objects.select_related("dataset__system__organisation", "artifact", "created_by")
    return facts.get(rows, actor, pk=snapshot_id)


def _context(
    actor: Actor, snapshot: DatasetVersion, runs: list[DataQualityRun], form: ReleaseForm | None = None
) -> dict[str, Any]:
    held, dataset = check.held(actor, snapshot), snapshot.dataset
    lock = schemas.active(dataset)
    current = next((run for run in runs if run.state not in FINAL), None)
    ended = next((run for run in runs if run.state in selectors.ENDED), None)
    context: dict[str, Any] = {
        "snapshot": snapshot,
        "system": dataset.system,
        "runs": runs,
        "current": current,
        "current_sentence": SENTENCES[current.state] if current else "",
        "run": ended,
        "sentence": SENTENCES[ended.state] if ended else "",
        "lock": lock,
        "lock_fits": lock is not None
        and lock.columns_digest == schemas.digest(snapshot.columns, snapshot.contract),
        "may_profile": bool({"run_audit", "register"} & held),
        "may_lock": "lock_schema" in held,
        "why_no_release": schemas.refused(actor, dataset) if lock and "lock_schema" in held else "",
        "form": form or ReleaseForm(),
    }
    return context | (_found(json.loads(ended.result)) if ended and ended.result else {})


def _found(result: Mapping[str, Any]) -> dict[str, Any]:
    """What the sealed result says, numbers as numbers again."""
    profile = result["profile"]
    found: dict[str, Any] = {
        "checks": sorted(
            map(_check, result["checks"]), key=lambda row: (ORDER[row["verdict"]], row["title"])
        ),
        "refused": result["refused"],
        "notes": (result["read"] or {}).get("notes", ()),
    }
    if profile is None:
        return found
    associations = sorted(
        (
            {**row, "value": None if row["value"] is None else float(row["value"])}
            for row in result["associations"]
        ),
        key=lambda row: (row["value"] is None, -(row["value"] or 0.0), row["feature"]),
    )
    columns = [_column(row) for row in profile["columns"]]
    return found | {
        "profile": profile,
        "duplicate_rows": profile["duplicates"]["rows"],
        "columns": columns[:SHOWN],
        "more_columns": max(0, len(columns) - SHOWN),
        "groups": [_group(row) for row in profile["groups"]],
        "associations": associations[:SHOWN],
        "more_associations": max(0, len(associations) - SHOWN),
        "chart": _chart(associations),
    }


def _check(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**row, "title": row["name"].replace("_", " ").capitalize()}


def _column(row: Mapping[str, Any]) -> dict[str, Any]:
    numbers = {key: _number(row[key]) for key in ("low", "high", "mean")}
    return {**row, **numbers, "missing_percent": float(row["missing_share"]) * 100}


def _number(sealed: Any) -> Any:
    """A sealed number; dates stay as they are written."""
    try:
        return None if sealed is None else float(sealed)
    except ValueError:
        return sealed


def _group(row: Mapping[str, Any]) -> dict[str, Any]:
    groups = [
        {**group, "rate": 100 * group["positive"] / group["labelled"] if group.get("labelled") else None}
        for group in row["groups"] or ()
    ]
    return {**row, "groups": groups[:SHOWN], "more": max(0, len(groups) - SHOWN)}


def _chart(associations: list[dict[str, Any]]) -> str:
    bars = [
        Bar(
            f"{row['feature']} → {row['sensitive']}",
            row["value"],
            None,
            None,
            row["rows"],
            None,
            row["reason"],
        )
        for row in associations
    ]
    if not bars:
        return ""
    title = "How much features tell of sensitive columns"
    # audits.charts escapes every text it is given; nothing else of the string comes from outside.
    return mark_safe(bar_chart(bars, title, "0 nothing, 1 everything", max_rows=12, noun="pairs"))  # noqa: S308
