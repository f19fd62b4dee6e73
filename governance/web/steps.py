"""The next steps of a version or a system: every one that leaves its stage, what stands in its way, and its form."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

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


@dataclass(frozen=True)
class Kind:
    """What moves from stage to stage: its pages, its stages, and the verbs that find and move it."""

    name: str
    ask: str  # the route that asks for approval of a step
    stages: type[SystemStage] | type[VersionStage]
    find: Callable[[Actor, uuid.UUID], Any]
    options: Callable[[Actor, Any], list[Option]]
    move: Callable[[Actor, Any, dict[str, str]], Any]


def _version(actor: Actor, version_id: uuid.UUID) -> ModelVersion:
    return facts.get(ModelVersion.objects.select_related("model__system"), actor, pk=version_id)


def _system(actor: Actor, system_id: uuid.UUID) -> System:
    return facts.get(System.objects.all(), actor, pk=system_id)


VERSION: Final = Kind(
    name="version",
    ask="request-approval",
    stages=VersionStage,
    find=_version,
    options=transitions.options,
    move=lambda actor, version, step: transitions.request(actor=actor, version=version, **step),
)
SYSTEM: Final = Kind(
    name="system",
    ask="request-system-approval",
    stages=SystemStage,
    find=_system,
    options=transitions.options_system,
    move=lambda actor, system, step: transitions.request_system(actor=actor, system=system, **step),
)


@require_safe
def version_steps(request: HttpRequest, version_id: uuid.UUID) -> HttpResponse:
    """The next steps of a version."""
    return _page(request, VERSION, version_id)


@require_POST
def move_version(request: HttpRequest, version_id: uuid.UUID) -> HttpResponse:
    """Take a step of a version."""
    return _move(request, VERSION, version_id)


@require_safe
def system_steps(request: HttpRequest, system_id: uuid.UUID) -> HttpResponse:
    """The next steps of a system."""
    return _page(request, SYSTEM, system_id)


@require_POST
def move_system(request: HttpRequest, system_id: uuid.UUID) -> HttpResponse:
    """Take a step of a system."""
    return _move(request, SYSTEM, system_id)


def _move(request: HttpRequest, kind: Kind, pk: uuid.UUID) -> HttpResponse:
    """Take a step; one that is refused keeps what was typed and says why."""
    actor, form, error = acting(request), StepForm(request.POST), None
    subject = kind.find(actor, pk)
    if form.is_valid():
        try:
            moved = kind.move(actor, subject, form.cleaned_data)
        except AssayError as refused:
            error = refused
        else:
            messages.success(request, f"{moved} now stands at {kind.stages(moved.stage).label.lower()}.")
            return redirect(kind.name, pk)
    return _page(request, kind, pk, form, error)


def _page(
    request: HttpRequest,
    kind: Kind,
    pk: uuid.UUID,
    form: StepForm | None = None,
    error: AssayError | None = None,
) -> HttpResponse:
    actor = acting(request)
    subject = kind.find(actor, pk)
    to = str(form.data.get("to", "")) if form is not None else ""
    typed = str(form.data.get("reason", "")) if form is not None else ""
    said = _said(form, error)
    lines = [
        _line(option, kind.stages, *((typed, said) if option.transition.to_stage == to else ("", "")))
        for option in kind.options(actor, subject)
    ]
    context = {
        **_about(actor, kind, subject),
        "lines": lines,
        "lost": "" if any(line.error for line in lines) else said,  # the step itself is gone, or never was
    }
    status = 200 if form is None else status_of(error) if error is not None else 400
    return render(request, "governance/steps.html", context, status=status)


def _about(actor: Actor, kind: Kind, subject: ModelVersion | System) -> dict[str, Any]:
    may_ask = "request_approval" in check.held(actor, subject)
    about = {
        "subject": subject,
        "back": reverse(kind.name, args=[subject.pk]),
        "action": reverse(f"move-{kind.name}", args=[subject.pk]),
        "ask": reverse(kind.ask, args=[subject.pk]) if may_ask else "",
        "stage": kind.stages(subject.stage).label,
    }
    if isinstance(subject, System):
        return {**about, "system": subject}
    others = ModelVersion.objects.filter(model=subject.model_id, stage__in=lifecycle.DEPLOYED)
    others = others.exclude(pk=subject.pk).select_related("model")
    return {**about, "system": subject.model.system, "others": others}


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
