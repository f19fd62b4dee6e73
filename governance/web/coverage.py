"""How the obligations of a framework stand for a system, and a person's signed word on one."""

import uuid
from collections import Counter
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from governance.frameworks import EU_AI_ACT, FILES
from governance.frameworks.catalogue import framework
from governance.gates.spec import Dossier
from governance.models import ObligationState
from governance.services import coverage, obligations
from governance.services.coverage import Coverage, Row
from governance.web.errors import status_of
from registry import selectors as facts
from registry.access import check
from registry.actors import Actor
from registry.errors import AssayError
from registry.models import System
from registry.web.requests import acting

STATES = (("open", "Open"), ("stale", "To be signed again"), ("met", "Covered"), ("later", "Not yet begun"))

FOLDED = {"met", "later"}  # what needs nobody today


class SignForm(forms.Form):
    """A signed word."""

    framework = forms.ChoiceField(choices=[(name, name) for name in FILES])
    obligation = forms.CharField(max_length=121)
    state = forms.ChoiceField(choices=ObligationState.choices)
    reason = forms.CharField(required=False, max_length=obligations.MAX_REASON)


@dataclass(frozen=True)
class Line:
    """An obligation as the page shows it; `typed` and `error` are those of a word that was refused just now."""

    row: Row
    evidence: list[tuple[Any, str]]
    states: list[tuple[str, str]]
    typed: str
    error: str


@require_safe
def coverage_page(request: HttpRequest, system_id: uuid.UUID) -> HttpResponse:
    """The obligations of one framework."""
    actor = acting(request)
    chosen = request.GET.get("framework", "")
    return _page(
        request, actor, _system(actor, system_id), chosen if chosen in FILES else EU_AI_ACT, SignForm()
    )


@require_POST
def sign(request: HttpRequest, system_id: uuid.UUID) -> HttpResponse:
    """Sign how an obligation stands; what was typed is never lost."""
    actor, form = acting(request), SignForm(request.POST)
    system, status = _system(actor, system_id), 400
    if form.is_valid():
        data = form.cleaned_data
        try:
            obligations.decide(
                actor=actor,
                system=system,
                obligation=data["obligation"],
                state=ObligationState(data["state"]),
                reason=data["reason"],
            )
        except AssayError as error:
            form.add_error(None, error.message)
            status = status_of(error)
        else:
            messages.success(request, f"Your word on {data['obligation']} is recorded.")
            page = reverse("coverage", args=[system.pk])
            return redirect(f"{page}?framework={data['framework']}#{data['obligation']}")
    asked = request.POST.get("framework", "")
    return _page(request, actor, system, asked if asked in FILES else EU_AI_ACT, form, status)


def obligations_page(dossier: Dossier, code: str) -> str:
    """The page where the obligation, or the framework, behind a finding of this code stands."""
    name = code.partition(".")[2]
    for found in dossier.frameworks:
        page = f"{reverse('coverage', args=[dossier.system.id])}?framework={found.id}"
        if any(one.id == name for one in found.obligations):
            return f"{page}#{name}"
        if name.startswith(found.id):
            return page
    return reverse("coverage", args=[dossier.system.id])


def _system(actor: Actor, system_id: uuid.UUID) -> System:
    return facts.get(System.objects.select_related("organisation"), actor, pk=system_id)


def _page(
    request: HttpRequest, actor: Actor, system: System, chosen: str, form: SignForm, status: int = 200
) -> HttpResponse:
    found = coverage.of(actor, system, chosen)
    may_sign = "vote" in check.held(actor, system) and actor.kind == "person"
    lines = [_line(system, found, row, form, may_sign) for row in found.rows]
    shown = [line for line in lines if line.error]
    context = {
        "system": system,
        "found": found,
        "frameworks": [framework(name) for name in FILES],
        "groups": [
            (name, [line for line in lines if line.row.state == state], state in FOLDED)
            for state, name in STATES
        ],
        "missing": _missing(lines),
        "opened": dict(STATES)[shown[0].row.state] if shown else "",  # where a word was refused just now
        "open": found.count("open") + found.count("stale"),
        "begun": len(found.rows) - found.count("later"),
        "lost": [*form.non_field_errors()] if form.is_bound and not shown else [],
        "may_sign": may_sign,
    }
    return render(request, "governance/coverage.html", context, status=status)


def _missing(lines: list[Line]) -> list[tuple[str, str, int]]:
    """What evidence is missing, where it belongs, and for how many open obligations; what helps most first."""
    absent = Counter(
        (one.words, url)
        for line in lines
        if line.row.state in ("open", "stale")
        for one, url in line.evidence
        if not one.there
    )
    return [(words, url, count) for (words, url), count in absent.most_common()]


def _line(system: System, found: Coverage, row: Row, form: SignForm, may_sign: bool) -> Line:
    mine = form.is_bound and form.data.get("obligation") == row.obligation.id
    errors = [message for messages_ in form.errors.values() for message in messages_] if mine else []
    return Line(
        row=row,
        evidence=[(one, _address(system, found, one.link)) for one in row.evidence],
        states=_sayable(row) if may_sign and not row.why_not_sign else [],
        typed=form.data.get("reason", "") if mine else "",
        error=" ".join(map(str, errors)),
    )


def _sayable(row: Row) -> list[tuple[str, str]]:
    """What can be signed about it: nobody signs that evidence is there."""
    able = []
    if row.obligation.level == obligations.HUMAN:
        able.append((ObligationState.MET.value, "It is met"))
    able.append((ObligationState.NOT_APPLICABLE.value, "It does not apply"))
    if row.word is not None and row.word.state != ObligationState.OPEN:
        able.append((ObligationState.OPEN.value, "Open again"))
    return able


def _address(system: System, found: Coverage, link: str) -> str:
    """Where a kind of evidence stands."""
    if link == "classification":
        return reverse("classification", args=[system.pk])
    if link == "log":
        return reverse("log")
    if link == "documents" or (link and found.version is None):
        return reverse("system", args=[system.pk]) + "#documents"
    return f"{reverse('version', args=[found.version.pk])}#{link}" if link and found.version else ""
