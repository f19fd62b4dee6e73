"""The inbox, and the page on which somebody votes on exactly one thing."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from django.contrib import messages
from django.db.models import Prefetch, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from audits import selectors as evidence
from governance import selectors
from governance.gates import codec, subject
from governance.gates.spec import Dossier, Subject
from governance.models import ApprovalRequest, Condition, RequestState, Vote
from governance.services import approvals, asking, conditions, questions
from governance.web import changes, voting
from governance.web import inbox as waiting
from governance.web.errors import status_of
from governance.web.seats import seats
from governance.web.voting import ConditionForms, VoteForm
from registry import selectors as facts
from registry.access import check
from registry.actors import Actor
from registry.errors import AssayError
from registry.models import System
from registry.web.requests import acting

SHOWN_RUNS = 5


@dataclass(frozen=True)
class Refused:
    """A small form of the page that was refused: which one, why, and what was typed."""

    kind: str
    pk: uuid.UUID
    typed: str
    error: str = ""


@require_safe
def inbox(request: HttpRequest) -> HttpResponse:
    """What waits for my vote, what is mine to fix, what waits for others."""
    actor = acting(request)
    found = waiting.lines(actor)
    context = {
        "mine": [line for line in found if not line.why_not],
        "others": [line for line in found if line.why_not and not line.expired],
        "to_fix": waiting.to_fix(actor, found),
        "conditions": waiting.conditions(actor),
    }
    return render(request, "governance/inbox.html", context)


@require_safe
def approval_page(request: HttpRequest, request_id: uuid.UUID) -> HttpResponse:
    """What is signed, what changed, what stands behind it, and the vote."""
    actor = acting(request)
    row = _request(actor, request_id)
    return render(request, "governance/approval.html", _context(actor, row))


@require_POST
def vote(request: HttpRequest, request_id: uuid.UUID) -> HttpResponse:
    """Cast a vote; what was typed is never lost."""
    actor = acting(request)
    row, form = _request(actor, request_id), VoteForm(request.POST)
    rows, status = (
        ConditionForms(request.POST) if "form-TOTAL_FORMS" in request.POST else ConditionForms(),
        400,
    )
    if form.is_valid() and (not rows.is_bound or rows.is_valid()):
        try:
            voting.cast(actor, row, form.cleaned_data, rows if rows.is_bound else ())
        except AssayError as error:
            form.add_error(None, error.message)
            status = status_of(error)
        else:
            messages.success(request, "Your vote is recorded.")
            return redirect("approval", row.pk)
    return render(request, "governance/approval.html", _context(actor, row, form, rows), status=status)


@require_POST
def withdraw_request(request: HttpRequest, request_id: uuid.UUID) -> HttpResponse:
    """Take the question back."""
    actor, reason = acting(request), request.POST.get("reason", "")
    row = _request(actor, request_id)
    return _small(
        request,
        actor,
        row,
        Refused("request", row.pk, reason),
        lambda: approvals.withdraw(actor=actor, request=row, reason=reason),
        "The request is withdrawn.",
    )


@require_POST
def withdraw_vote(request: HttpRequest, vote_id: uuid.UUID) -> HttpResponse:
    """Take one's vote back."""
    actor, reason = acting(request), request.POST.get("reason", "")
    mine = facts.get(Vote.objects.all(), actor, pk=vote_id)
    return _small(
        request,
        actor,
        _request(actor, mine.request_id),
        Refused("vote", vote_id, reason),
        lambda: approvals.withdraw_vote(actor=actor, vote=mine, reason=reason),
        "Your vote is taken back.",
    )


@require_POST
def confirm_condition(request: HttpRequest, condition_id: uuid.UUID) -> HttpResponse:
    """Say that a condition is met."""
    actor, note = acting(request), request.POST.get("note", "")
    row = facts.get(Condition.objects.select_related("vote"), actor, pk=condition_id)
    return _small(
        request,
        actor,
        _request(actor, row.vote.request_id),
        Refused("condition", condition_id, note),
        lambda: conditions.confirm(actor=actor, condition=row, note=note),
        "The condition is confirmed as met.",
    )


@require_POST
def request_system_approval(request: HttpRequest, system_id: uuid.UUID) -> HttpResponse:
    """Put the question about a step of a system to the approvers."""
    actor = acting(request)
    system = facts.get(System.objects.all(), actor, pk=system_id)
    made = approvals.request_system(actor=actor, system=system, to=request.POST.get("to", ""))
    messages.success(request, "Approval is asked for. The approvers find it in their inbox.")
    return redirect("approval", made.pk)


def _small(
    request: HttpRequest,
    actor: Actor,
    row: ApprovalRequest,
    form: Refused,
    act: Callable[[], object],
    done: str,
) -> HttpResponse:
    """Do what a small form of the page asks for; refused, the page comes back with what was typed."""
    try:
        act()
    except AssayError as error:
        context = {**_context(actor, row), "refused": replace(form, error=error.message)}
        return render(request, "governance/approval.html", context, status=status_of(error))
    messages.success(request, done)
    return redirect("approval", row.pk)


def _request(actor: Actor, request_id: uuid.UUID) -> ApprovalRequest:
    votes = Vote.objects.select_related("voter", "delegation__delegator")
    rows = ApprovalRequest.objects.select_related(
        "system__organisation", "model_version__model__system", "model_version__artifact", "requested_by"
    ).prefetch_related(Prefetch("votes", votes.prefetch_related("conditions__owner", "conditions__met_by")))
    return facts.get(rows, actor, pk=request_id)


def _context(
    actor: Actor, row: ApprovalRequest, form: VoteForm | None = None, rows: Any = None
) -> dict[str, Any]:
    version = row.model_version
    gathered = questions.facts_of(row)
    decided = asking.made(gathered)
    question = codec.read(Subject, row.subject)
    mine = approvals.ballot(actor, row, gathered)
    demands = questions.asked_by(gathered.policy_body, gathered.dossier.step)
    votes = list(row.votes.all())
    return {
        "approval": row,
        "about": row.about,
        "system": row.system,
        "version": version,
        "form": form or VoteForm(),
        "condition_forms": rows if rows is not None else ConditionForms(),
        "members": voting.members(row.system.organisation) if mine.ways else [],
        "expired": questions.expired(row, demands, gathered.dossier.now),
        "changed": mine.changed,
        "why_not": mine.why_not,
        "may_vote": row.state == RequestState.OPEN and not mine.why_not,
        "ways": voting.ways(mine.ways),
        "effect": _effect(decided.unblock_plan),
        "subject": _told(question),
        "since": _since(actor, row, gathered.dossier),
        "seats": seats(gathered, row.system),
        "asked_changes": selectors.asked_changes(row),
        "runs": evidence.runs_for(version)[:SHOWN_RUNS] if version else [],
        "open_findings": [f for f in decided.findings if not f.met and not f.code.startswith("approvals")],
        "votes": votes,
        "conditions": [one for vote in votes if vote.withdrawn_at is None for one in vote.conditions.all()],
        "may_confirm": "vote" in (held := check.held(actor, row)),
        "may_withdraw": row.state == RequestState.OPEN and "request_approval" in held,
        "me": actor.user,
        "moment": gathered.dossier.now,
    }


@dataclass(frozen=True)
class Since:
    """What changed since the reader last voted on this step, and since this was asked."""

    voted: Vote | None
    vote: list[changes.Change]
    request: list[changes.Change]


def _since(actor: Actor, row: ApprovalRequest, dossier: Dossier) -> Since:
    now = subject.now(dossier)
    rows = Vote.objects.filter(request__in=questions.of_step(row.about, row.to_stage), withdrawn_at=None)
    mine = rows.filter(Q(voter=actor.user) | Q(voter__responsible=actor.user)).select_related("request")
    last = mine.order_by("-voted_at").first()
    before = codec.read(Subject, last.request.subject) if last else None
    return Since(
        voted=last,
        vote=changes.changes(row.about, before, now) if before else [],
        request=changes.changes(row.about, codec.read(Subject, row.subject), now),
    )


def _effect(left: tuple[str, ...]) -> str:
    """What the vote does for the gate."""
    if len(left) <= 1:
        return "Yours is the last thing that is missing; with your approval the gate opens."
    return f"{len(left)} things are open at the gate, votes included; they are listed below and on its page."


def _told(asked: Subject) -> list[tuple[str, list[str]]]:
    names = (
        ("Artifact", asked.artifact),
        ("Dataset versions", asked.datasets),
        ("Features and columns", asked.features),
        ("Intended use", asked.intended_use),
        ("Documents", asked.documents),
        ("Policy", asked.policy),
        ("Audit results", asked.evidence),
        ("Waivers", asked.waivers),
    )
    told = [
        (name, [v for v in ((value,) if isinstance(value, str) else value) if v]) for name, value in names
    ]
    # A system has no bytes and a version no documents of its own in what is signed: an empty line would only puzzle.
    return [(name, values) for name, values in told if values]
