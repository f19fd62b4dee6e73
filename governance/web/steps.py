"""The next steps of a version or a system: every one that leaves its stage, what stands in its way, and its form."""

import uuid
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from governance import lifecycle
from governance.gates.spec import Finding
from governance.services import transitions
from governance.services.transitions import Option
from governance.web.errors import status_of
from registry import selectors as facts
from registry.access import check
from registry.access.table import PERMISSIONS
from registry.actors import Actor
from registry.errors import AssayError
from registry.models import ModelVersion, System
from registry.stages import SystemStage, VersionStage
from registry.web.requests import acting


class StepForm(forms.Form):
    """A step and why it is taken."""

    to = forms.CharField(max_length=30)
    reason = forms.CharField(required=False, max_length=transitions.MAX_REASON)


@dataclass(frozen=True)
class StepLine:
    """One step as the page offers it. `typed` is what was entered when it was refused just now, for `error`."""

    to: str
    label: str
    gate: str
    possible: bool
    may: str  # the permission it needs, in words, when the reader has none; else empty
    open: tuple[Finding, ...]
    plan: tuple[str, ...]
    stops: bool
    asks: bool = False  # whether votes are missing that can be asked for
    typed: str = ""
    error: str = ""


@require_safe
def version_steps(request: HttpRequest, version_id: uuid.UUID) -> HttpResponse:
    """The next steps of a version."""
    actor = acting(request)
    return _version_page(request, actor, _version(actor, version_id))


@require_POST
def move_version(request: HttpRequest, version_id: uuid.UUID) -> HttpResponse:
    """Take a step; one that is refused keeps what was typed and says why."""
    actor, form = acting(request), StepForm(request.POST)
    version = _version(actor, version_id)
    error = None
    if form.is_valid():
        try:
            moved = transitions.request(actor=actor, version=version, **form.cleaned_data)
        except AssayError as refused:
            error = refused
        else:
            messages.success(request, f"{moved} now stands at {VersionStage(moved.stage).label.lower()}.")
            return redirect("version", version.pk)
    return _version_page(request, actor, _version(actor, version_id), form, error)


@require_safe
def system_steps(request: HttpRequest, system_id: uuid.UUID) -> HttpResponse:
    """The next steps of a system."""
    actor = acting(request)
    return _system_page(request, actor, _system(actor, system_id))


@require_POST
def move_system(request: HttpRequest, system_id: uuid.UUID) -> HttpResponse:
    """Take a step of a system."""
    actor, form = acting(request), StepForm(request.POST)
    system = _system(actor, system_id)
    error = None
    if form.is_valid():
        try:
            moved = transitions.request_system(actor=actor, system=system, **form.cleaned_data)
        except AssayError as refused:
            error = refused
        else:
            messages.success(request, f"{moved} now stands at {SystemStage(moved.stage).label.lower()}.")
            return redirect("system", system.pk)
    return _system_page(request, actor, _system(actor, system_id), form, error)


def _version_page(
    request: HttpRequest,
    actor: Actor,
    version: ModelVersion,
    form: StepForm | None = None,
    error: AssayError | None = None,
) -> HttpResponse:
    others = ModelVersion.objects.filter(model=version.model_id, stage__in=lifecycle.DEPLOYED)
    context = {
        "subject": version,
        "system": version.model.system,
        "back": reverse("version", args=[version.pk]),
        "action": reverse("move-version", args=[version.pk]),
        "ask": reverse("request-approval", args=[version.pk]) if _may_ask(actor, version) else "",
        "stage": VersionStage(version.stage).label,
        "others": others.exclude(pk=version.pk).select_related("model"),
    }
    return _page(request, context, transitions.options(actor, version), VersionStage, form, error)


def _system_page(
    request: HttpRequest,
    actor: Actor,
    system: System,
    form: StepForm | None = None,
    error: AssayError | None = None,
) -> HttpResponse:
    context = {
        "subject": system,
        "system": system,
        "back": reverse("system", args=[system.pk]),
        "action": reverse("move-system", args=[system.pk]),
        "ask": reverse("request-system-approval", args=[system.pk]) if _may_ask(actor, system) else "",
        "stage": SystemStage(system.stage).label,
    }
    return _page(request, context, transitions.options_system(actor, system), SystemStage, form, error)


def _page(
    request: HttpRequest,
    context: dict[str, Any],
    options: list[Option],
    stages: type[SystemStage] | type[VersionStage],
    form: StepForm | None,
    error: AssayError | None,
) -> HttpResponse:
    to = str(form.data.get("to", "")) if form is not None else ""
    typed = str(form.data.get("reason", "")) if form is not None else ""
    said = _said(form, error)
    lines = [
        _line(option, stages, *((typed, said) if option.transition.to_stage == to else ("", "")))
        for option in options
    ]
    lost = "" if any(line.error for line in lines) else said  # the step itself is gone, or never was
    status = 200 if form is None else status_of(error) if error is not None else 400
    return render(request, "governance/steps.html", {**context, "lines": lines, "lost": lost}, status=status)


def _said(form: StepForm | None, error: AssayError | None) -> str:
    if error is not None:
        return error.message
    wrong = [text for texts in form.errors.values() for text in texts] if form is not None else []
    return str(wrong[0]) if wrong else ""


def _line(option: Option, stages: type[SystemStage] | type[VersionStage], typed: str, error: str) -> StepLine:
    row, decided = option.transition, option.decided
    needed = " or ".join(f"“{PERMISSIONS[name].lower()}”" for name in row.permissions)
    return StepLine(
        to=str(row.to_stage),
        label=str(stages(row.to_stage).label),
        gate=f"{row.gate}, {lifecycle.GATES[row.gate].lower()}" if row.gate else "",
        possible=option.possible,
        may="" if option.permitted else needed,
        open=tuple(finding for finding in decided.findings if finding.blocks) if decided else (),
        plan=decided.unblock_plan if decided else (),
        stops=row.gate is None,
        asks=any(f.code.startswith("approvals.") and not f.met for f in decided.findings)
        if decided
        else False,
        typed=typed,
        error=error,
    )


def _may_ask(actor: Actor, subject: ModelVersion | System) -> bool:
    return "request_approval" in check.held(actor, subject)


def _version(actor: Actor, version_id: uuid.UUID) -> ModelVersion:
    return facts.get(ModelVersion.objects.select_related("model__system"), actor, pk=version_id)


def _system(actor: Actor, system_id: uuid.UUID) -> System:
    return facts.get(System.objects.all(), actor, pk=system_id)
