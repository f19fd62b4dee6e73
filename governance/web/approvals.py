"""The inbox, and the page on which somebody approves or rejects exactly one thing."""

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from audits import selectors as evidence
from governance.gates import codec
from governance.gates.spec import Subject
from governance.models import ApprovalRequest, RequestState, Vote, VoteVerdict
from governance.services import approvals
from governance.web import inbox as open_requests
from governance.web.standing import standing
from registry import selectors as facts
from registry.actors import Actor
from registry.errors import AssayError
from registry.stages import Role
from registry.web.requests import acting


class VoteForm(forms.Form):
    """A vote: what, why, in which role, and on which digest."""

    verdict = forms.ChoiceField(choices=VoteVerdict.choices)
    comment = forms.CharField(required=False, max_length=5000)
    role = forms.ChoiceField(choices=Role.choices)
    subject_digest = forms.CharField(max_length=71)

    def clean(self) -> dict[str, Any]:
        """A rejection needs its reason."""
        cleaned = super().clean() or {}
        if cleaned.get("verdict") == VoteVerdict.REJECT and not cleaned.get("comment", "").strip():
            self.add_error("comment", "Say why you reject: it is what the others have to clear.")
        return cleaned


@require_safe
def inbox(request: HttpRequest) -> HttpResponse:
    """What waits for me, then what waits for others."""
    found = open_requests.lines(acting(request))
    mine = [line for line in found if not line.why_not]
    others = [line for line in found if line.why_not]
    return render(request, "governance/inbox.html", {"mine": mine, "others": others})


@require_safe
def approval_page(request: HttpRequest, request_id: uuid.UUID) -> HttpResponse:
    """What is signed, what stands behind it, and the vote."""
    actor = acting(request)
    row = _request(actor, request_id)
    return render(request, "governance/approval.html", _context(actor, row, VoteForm()))


@require_POST
def vote(request: HttpRequest, request_id: uuid.UUID) -> HttpResponse:
    """Cast a vote; what was typed is never lost."""
    actor = acting(request)
    row, form = _request(actor, request_id), VoteForm(request.POST)
    if form.is_valid():
        try:
            _cast(actor, row, form.cleaned_data)
        except AssayError as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, "Your vote is recorded.")
            return redirect("approval", row.pk)
    return render(request, "governance/approval.html", _context(actor, row, form), status=400)


def _cast(actor: Actor, row: ApprovalRequest, data: dict[str, Any]) -> None:
    approvals.vote(
        actor=actor,
        request=row,
        verdict=VoteVerdict(data["verdict"]),
        comment=data["comment"],
        subject_digest=data["subject_digest"],
        role=Role(data["role"]),
    )


def _request(actor: Actor, request_id: uuid.UUID) -> ApprovalRequest:
    votes = Prefetch("votes", Vote.objects.select_related("voter"))
    rows = ApprovalRequest.objects.select_related(
        "model_version__model__system", "model_version__artifact", "requested_by"
    ).prefetch_related(votes)
    return facts.get(rows, actor, pk=request_id)


def _context(actor: Actor, row: ApprovalRequest, form: VoteForm) -> dict[str, Any]:
    version = row.model_version
    now = standing(version)
    question = codec.read(Subject, row.subject)
    mine = approvals.ballot(actor, row)
    return {
        "approval": row,
        "version": version,
        "form": form,
        "changed": mine.changed,
        "why_not": mine.why_not,
        "may_vote": row.state == RequestState.OPEN and not mine.why_not,
        "roles": [(role.value, role.label) for role in mine.roles],
        "effect": _effect(now.decision.unblock_plan),
        "subject": _told(question),
        "runs": evidence.runs_for(version)[:5],
        "open_findings": [
            f for f in now.decision.findings if not f.met and not f.code.startswith("approvals")
        ],
        "votes": row.votes.all(),
    }


def _effect(left: tuple[str, ...]) -> str:
    """What the vote does for the gate."""
    if len(left) <= 1:
        return "Yours is the last thing that is missing; with your approval the gate opens."
    return f"{len(left)} things are open at the gate, votes included; they are listed on the version's page."


def _told(asked: Subject) -> list[tuple[str, list[str]]]:
    names = (
        ("Artifact", asked.artifact),
        ("Dataset versions", asked.datasets),
        ("Features and columns", asked.features),
        ("Intended use", asked.intended_use),
        ("Policy", asked.policy),
        ("Audit results", asked.evidence),
    )
    return [
        (name, [v for v in ((value,) if isinstance(value, str) else value) if v]) for name, value in names
    ]
