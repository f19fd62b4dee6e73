"""The forms of a vote: what, why, in which role or for whom, on which digest, on which conditions."""

import uuid
from collections.abc import Iterable
from typing import Any

from django import forms
from django.forms import formset_factory

from governance.models import ApprovalRequest, Delegation, VoteVerdict
from governance.services import approvals, conditions
from governance.services.approvals import Term
from governance.services.ballots import Way
from registry import selectors as facts
from registry.actors import Actor
from registry.errors import Invalid
from registry.models import Organisation
from registry.stages import Role

ROWS = 3  # of conditions, offered empty


class VoteForm(forms.Form):
    """A vote. `role` is a role, or a role with the delegation it is cast under."""

    verdict = forms.ChoiceField(choices=VoteVerdict.choices)
    comment = forms.CharField(required=False, max_length=approvals.MAX_COMMENT)
    role = forms.CharField(max_length=80)
    subject_digest = forms.CharField(max_length=71)

    def clean(self) -> dict[str, Any]:
        """A word against needs its reason."""
        cleaned = super().clean() or {}
        verdict, said = cleaned.get("verdict"), cleaned.get("comment", "").strip()
        if verdict == VoteVerdict.REJECT and not said:
            self.add_error("comment", "Say why you reject: it is what the others have to clear.")
        if verdict == VoteVerdict.REQUEST_CHANGES and not said:
            self.add_error("comment", "Say what has to change: it is what whoever asked will work on.")
        return cleaned


class ConditionForm(forms.Form):
    """A row of a condition."""

    text = forms.CharField(required=False, max_length=conditions.MAX_TEXT)
    owner = forms.CharField(required=False, max_length=150)
    due_on = forms.DateField(required=False)

    def clean(self) -> dict[str, Any]:
        """All of a row, or nothing."""
        cleaned = super().clean() or {}
        if cleaned.get("text"):
            for name, words in (("owner", "Say who sees to it."), ("due_on", "Say until when.")):
                if not cleaned.get(name) and name not in self.errors:
                    self.add_error(name, words)
        elif cleaned.get("due_on"):
            self.add_error("text", "Say what the condition is.")
        return cleaned


ConditionForms = formset_factory(ConditionForm, extra=ROWS, max_num=conditions.MAX_CONDITIONS)


def cast(actor: Actor, row: ApprovalRequest, data: dict[str, Any], rows: Iterable[Any]) -> None:
    """Cast the vote that the forms say."""
    role, delegation = _way(actor, data["role"])
    organisation = row.system.organisation
    approvals.vote(
        actor=actor,
        request=row,
        verdict=VoteVerdict(data["verdict"]),
        comment=data["comment"],
        subject_digest=data["subject_digest"],
        role=role,
        delegation=delegation,
        terms=[
            Term(one["text"], facts.member(organisation, one["owner"], "conditions"), one["due_on"])
            for one in (form.cleaned_data for form in rows)
            if one.get("text")
        ],
    )


def _way(actor: Actor, text: str) -> tuple[Role, Delegation | None]:
    role, _, lent = text.partition(":")
    if role not in Role.values:
        raise Invalid("There is no such role.", errors=[("role", "unknown")])
    if not lent:
        return Role(role), None
    return Role(role), facts.get(Delegation.objects.all(), actor, pk=_uuid(lent))


def _uuid(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError as error:
        raise Invalid("There is no such delegation.", errors=[("role", "unknown")]) from error


def ways(found: tuple[Way, ...]) -> list[tuple[str, str]]:
    """The ways to vote as a choice: value and words."""
    return [
        (f"{way.role.value}:{way.delegation.pk}", f"{way.role.label} for {way.delegation.delegator}")
        if way.delegation
        else (way.role.value, way.role.label)
        for way in found
    ]


def members(organisation: Organisation) -> list[tuple[str, str]]:
    """Who can own a condition or be a delegate: user name and name."""
    places = organisation.memberships.filter(ended_at=None, user__is_active=True, user__is_service=False)
    found = [(place.user.username, place.user.display_name) for place in places.select_related("user")]
    return sorted(found, key=lambda row: row[1].lower())
