"""The page of a loosened plan: what it loosens, why, and the vote of people who had no part in it."""

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from audits.models import Deviation, DeviationState
from governance import selectors
from governance.models import VoteVerdict
from governance.services import deviations
from governance.web.errors import status_of
from registry.actors import Actor
from registry.errors import AssayError
from registry.stages import Role
from registry.web.requests import acting


class DeviationForm(forms.Form):
    """A vote: what, why, in which role, and on which digest."""

    verdict = forms.ChoiceField(choices=VoteVerdict.choices)
    comment = forms.CharField(required=False, max_length=deviations.MAX_COMMENT)
    role = forms.ChoiceField(choices=Role.choices)
    digest = forms.CharField(max_length=71)

    def clean(self) -> dict[str, Any]:
        """A refusal needs its reason."""
        cleaned = super().clean() or {}
        if cleaned.get("verdict") == VoteVerdict.REJECT and not cleaned.get("comment", "").strip():
            self.add_error("comment", "Say why you refuse it.")
        return cleaned


@require_safe
def deviation_page(request: HttpRequest, deviation_id: uuid.UUID) -> HttpResponse:
    """What is loosened, and the vote."""
    actor = acting(request)
    row = selectors.deviation_of(actor, deviation_id)
    return render(request, "governance/deviation.html", _context(actor, row, DeviationForm()))


@require_POST
def vote_on_deviation(request: HttpRequest, deviation_id: uuid.UUID) -> HttpResponse:
    """Cast a vote; what was typed is never lost."""
    actor = acting(request)
    row, form, status = selectors.deviation_of(actor, deviation_id), DeviationForm(request.POST), 400
    if form.is_valid():
        data = form.cleaned_data
        try:
            deviations.vote(
                actor=actor,
                deviation=row,
                verdict=VoteVerdict(data["verdict"]),
                digest=data["digest"],
                comment=data["comment"],
                role=Role(data["role"]),
            )
        except AssayError as error:
            form.add_error(None, error.message)
            status = status_of(error)
        else:
            messages.success(request, "Your vote is recorded.")
            return redirect("deviation", row.pk)
    return render(request, "governance/deviation.html", _context(actor, row, form), status=status)


def _context(actor: Actor, row: Deviation, form: DeviationForm) -> dict[str, Any]:
    ballot = deviations.ballot(actor, row)
    missing = ballot.standing.missing if ballot.standing else ()
    waits = " and ".join(f"{count} {Role(role).label.lower()}" for role, count in missing)
    return {
        "deviation": row,
        "version": row.new_plan.model_version,
        "form": form,
        "why_not": ballot.why_not,
        "may_vote": row.state == DeviationState.OPEN and not ballot.why_not,
        "roles": [(role.value, role.label) for role in ballot.roles],
        "waits": waits,
        "other_version": row.old_plan.model_version_id != row.new_plan.model_version_id,
        "votes": row.votes.all(),
    }
