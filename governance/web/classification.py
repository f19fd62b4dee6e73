"""The classification of a system: the tier and why, the questionnaire, what waits for a second person, its history."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from governance import selectors
from governance.classification import answers as given
from governance.classification.answers import Answers, Given
from governance.classification.questions import Answer, Question, Questionnaire, questionnaire
from governance.models import Classification, ClassificationState
from governance.services import classifications
from governance.web.errors import status_of
from registry import selectors as facts
from registry.access import check
from registry.actors import Actor
from registry.errors import AssayError, Conflict, Invalid
from registry.models import System
from registry.web.requests import acting

WORDS = {Answer.YES: "yes", Answer.NO: "no", Answer.UNSURE: "not sure"}
UNANSWERED = "Answer this, or choose “not sure”."
HISTORY = 50


class WordForm(forms.Form):
    """A second person's word on the classification with this number."""

    number = forms.IntegerField(min_value=1, max_value=10**8)
    reason = forms.CharField(required=False, max_length=classifications.MAX_REASON)


@dataclass(frozen=True)
class Field:
    """A question as the form shows it."""

    question: Question
    choices: list[tuple[str, str, bool]]
    reason: str
    claim: str
    error: str


@dataclass(frozen=True)
class Changed:
    """A question answered otherwise than before."""

    ref: str
    sentence: str
    before: str
    after: str


@dataclass(frozen=True)
class Line:
    """A classification in the history, with what changed since the one before it."""

    row: Classification
    reasons: list[str]
    waits_for: list[str]
    changes: list[Changed]


@dataclass
class Typed:
    """What was sent and not taken: shown again with what is wrong."""

    answers: dict[str, Given] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    error: str = ""
    reason: str = ""
    waiting_error: str = ""


@require_safe
def classification_page(request: HttpRequest, system_id: uuid.UUID) -> HttpResponse:
    """The tier, why, and the questionnaire."""
    actor = acting(request)
    return _page(request, actor, _system(actor, system_id))


@require_POST
def classify(request: HttpRequest, system_id: uuid.UUID) -> HttpResponse:
    """Answer the questionnaire; nothing that was typed is lost."""
    actor = acting(request)
    system = _system(actor, system_id)
    typed, raw = _read(request.POST)
    status = 400
    if not typed.errors:
        try:
            row = classifications.answer(actor=actor, system=system, answers=raw)
        except AssayError as error:
            typed.error, status = error.message, status_of(error)
            typed.errors = dict(error.errors) if isinstance(error, Invalid) else {}
        else:
            messages.success(request, _told(row))
            return redirect("classification", system.pk)
    return _page(request, actor, system, typed, status)


@require_POST
def confirm(request: HttpRequest, system_id: uuid.UUID) -> HttpResponse:
    """Agree with the classification that was read."""
    actor, form = acting(request), WordForm(request.POST)
    system = _system(actor, system_id)
    try:
        row = classifications.confirm(actor=actor, classification=_waiting(system, form))
    except AssayError as error:
        return _page(request, actor, system, Typed(waiting_error=error.message), status_of(error))
    messages.success(request, f"Classification {row.number} is in force.")
    return redirect("classification", system.pk)


@require_POST
def reject(request: HttpRequest, system_id: uuid.UUID) -> HttpResponse:
    """Refuse the classification that was read."""
    actor, form = acting(request), WordForm(request.POST)
    system = _system(actor, system_id)
    try:
        row = _waiting(system, form)
        reason = form.cleaned_data["reason"]
        classifications.reject(actor=actor, classification=row, reason=reason)
    except AssayError as error:
        typed = Typed(waiting_error=error.message, reason=request.POST.get("reason", ""))
        return _page(request, actor, system, typed, status_of(error))
    messages.success(request, f"Classification {row.number} is rejected. What was in force stays so.")
    return redirect("classification", system.pk)


def _told(row: Classification) -> str:
    if row.state == ClassificationState.PROPOSED:
        return f"Classification {row.number} waits for a risk reviewer or a compliance officer."
    return f"Classification {row.number} is in force: {row.get_tier_display().lower()} risk."


def _system(actor: Actor, system_id: uuid.UUID) -> System:
    return facts.get(System.objects.select_related("organisation"), actor, pk=system_id)


def _waiting(system: System, form: WordForm) -> Classification:
    """The classification with the number that the page showed."""
    if "reason" in form.errors:
        raise Invalid(str(form.errors["reason"][0]))
    number = form.cleaned_data.get("number") if form.is_bound else None
    found = selectors.classifications(system).filter(number=number).first() if number else None
    if found is None:
        raise Conflict("This page is too old: what it showed is not there any more.")
    return found


def _read(posted: QueryDict) -> tuple[Typed, dict[str, Any]]:
    """The form's answers, and which questions that matter have none."""
    raw: dict[str, dict[str, str]] = {
        key: {"answer": str(posted[f"q-{key}"]), "reason": str(posted.get(f"r-{key}", ""))}
        for key in questionnaire().questions
        if posted.get(f"q-{key}") in list(Answer)
    }
    answers = {key: Given(Answer(row["answer"]), row["reason"].strip()) for key, row in raw.items()}
    missing = {key: UNANSWERED for key in given.asked(answers) if key not in answers}
    error = f"{len(missing)} questions are not answered." if missing else ""
    reasons = {key: str(posted.get(f"r-{key}", "")) for key in questionnaire().questions}
    return Typed(answers=answers, reasons=reasons, errors=missing, error=error), raw


def _page(
    request: HttpRequest, actor: Actor, system: System, typed: Typed | None = None, status: int = 200
) -> HttpResponse:
    system.refresh_from_db(fields=["risk_tier"])
    rows = list(selectors.classifications(system)[:HISTORY])
    lines = _lines(rows)
    in_force = next((line for line in lines if line.row.state == ClassificationState.IN_FORCE), None)
    waiting = next((line for line in lines if line.row.state == ClassificationState.PROPOSED), None)
    asked, typed = questionnaire(), typed or Typed()
    earlier = given.read(rows[0].answers) if rows else {}
    context = {
        "system": system,
        "in_force": in_force,
        "waiting": waiting,
        "other_rules": in_force is not None and in_force.row.rules_digest != asked.digest,
        "why_not": classifications.why_not_confirm(actor, waiting.row) if waiting else "",
        "may_classify": "classify" in check.held(actor, system),
        "questionnaire": asked,
        "sections": _sections(asked, earlier, typed),
        "mistakes": [(key, message) for key, message in typed.errors.items()],
        "prefilled": bool(rows) and not typed.reasons,
        "typed": typed,
        "lines": lines,
    }
    return render(request, "governance/classification.html", context, status=status)


def _sections(
    asked: Questionnaire, earlier: Answers, typed: Typed
) -> list[tuple[str, str, str, list[Field]]]:
    return [
        (section.id, section.title, section.help, [_field(one, earlier, typed) for one in section.questions])
        for section in asked.sections
    ]


def _field(one: Question, earlier: Answers, typed: Typed) -> Field:
    """What was typed just now, or else the answer of the last time."""
    found = (typed.answers if typed.reasons else earlier).get(one.id)
    return Field(
        question=one,
        choices=[
            (str(value), word, found is not None and found.answer is value) for value, word in WORDS.items()
        ],
        reason=typed.reasons.get(one.id, found.reason if found else ""),
        claim=WORDS[one.claim] if one.claim else "",
        error=typed.errors.get(one.id, ""),
    )


def _lines(rows: list[Classification]) -> list[Line]:
    """Newest first; each with what changed since the next older one."""
    answered = [given.read(row.answers) for row in rows]
    return [
        Line(
            row=row,
            reasons=json.loads(row.result)["reasons"],
            waits_for=row.waits_for.splitlines(),
            changes=_changes(before, answers) if before is not None else [],
        )
        for row, answers, before in zip(rows, answered, [*answered[1:], None], strict=False)
    ]


def _changes(before: Answers, after: Answers) -> list[Changed]:
    known = questionnaire().questions
    return [
        Changed(known[one.id].ref, known[one.id].sentence, _said(one.before), _said(one.after))
        for one in given.changes(before, after)
    ]


def _said(one: Given | None) -> str:
    if one is None:
        return "not answered"
    return f"{WORDS[one.answer]}: {one.reason}" if one.reason else WORDS[one.answer]
