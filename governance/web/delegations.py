"""The page of delegations: who speaks for whom, until when; give one, take one back."""

import uuid
from datetime import UTC, datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from governance import selectors
from governance.gates.requirements.approvals import VOTING_ROLES
from governance.models import Delegation
from governance.services import delegations
from governance.web import voting
from governance.web.errors import status_of
from registry import selectors as facts
from registry.access import check
from registry.actors import Actor
from registry.errors import AssayError
from registry.models import Organisation, RoleGrant, System
from registry.stages import Role
from registry.web.requests import acting

LIMIT = 200


class DelegationForm(forms.Form):
    """A role to lend. `scope` names one's role with the organisation or the system it is lent for."""

    scope = forms.CharField(max_length=200)
    delegate = forms.CharField(max_length=150)
    starts_on = forms.DateField()
    ends_on = forms.DateField()
    reason = forms.CharField(max_length=delegations.MAX_REASON)


@require_safe
def delegations_page(request: HttpRequest) -> HttpResponse:
    """Who speaks for whom."""
    actor = acting(request)
    today = datetime.now(UTC).date()
    form = DelegationForm(initial={"starts_on": today, "ends_on": today})
    return render(request, "governance/delegations.html", _context(actor, form))


@require_POST
def give(request: HttpRequest) -> HttpResponse:
    """Lend a role; what was typed is never lost."""
    actor, form, status = acting(request), DelegationForm(request.POST), 400
    if form.is_valid():
        try:
            given = _give(actor, form.cleaned_data)
        except AssayError as error:
            _told(form, error)
            status = status_of(error)
        else:
            messages.success(
                request,
                f"{given.delegate.display_name} may vote for you as {given.get_role_display().lower()}.",
            )
            return redirect("delegations")
    return render(request, "governance/delegations.html", _context(actor, form), status=status)


@require_POST
def revoke(request: HttpRequest, delegation_id: uuid.UUID) -> HttpResponse:
    """Take a role back."""
    actor = acting(request)
    row = facts.get(Delegation.objects.all(), actor, pk=delegation_id)
    delegations.revoke(actor=actor, delegation=row)
    messages.success(request, "The delegation is taken back. Votes cast under it no longer count.")
    return redirect("delegations")


def _give(actor: Actor, data: dict[str, Any]) -> Delegation:
    role, _, scope = data["scope"].partition(":")
    kind, _, pk = scope.partition(":")
    system = facts.get(System.objects.all(), actor, pk=pk) if kind == "system" else None
    organisation = system.organisation if system else facts.get(Organisation.objects.all(), actor, pk=pk)
    return delegations.give(
        actor=actor,
        organisation=organisation,
        system=system,
        delegate=facts.member(organisation, data["delegate"], "delegate"),
        role=Role(role) if role in Role.values else Role.AUDITOR,
        starts_on=data["starts_on"],
        ends_on=data["ends_on"],
        reason=data["reason"],
    )


def _told(form: DelegationForm, error: AssayError) -> None:
    """The error beside the field it is about, else above the form."""
    named = [field for field, _ in getattr(error, "errors", ())]
    form.add_error(named[0] if named and named[0] in form.fields else None, error.message)


def _context(actor: Actor, form: DelegationForm) -> dict[str, Any]:
    now = datetime.now(UTC)
    rows = list(selectors.delegations(actor)[:LIMIT])
    standing = [row for row in rows if row.revoked_at is None and row.ends_at > now]
    owned = {pk for pk in {row.organisation_id for row in standing} if _manages(actor, pk)}
    scopes, people = _scopes(actor)
    return {
        "form": form,
        "scopes": scopes,
        "people": people,
        "given": [row for row in standing if row.delegator_id == actor.user.pk],
        "held": [row for row in standing if row.delegate_id == actor.user.pk],
        "others": [row for row in standing if actor.user.pk not in (row.delegator_id, row.delegate_id)],
        "past": [row for row in rows if row not in standing],
        "owned": owned,
        "now": now,
        "max_days": delegations.MAX_DAYS,
    }


def _manages(actor: Actor, organisation_id: uuid.UUID) -> bool:
    return "manage_people" in check.held(actor, Organisation(pk=organisation_id))


def _scopes(actor: Actor) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """What the reader could lend, and to whom."""
    grants = RoleGrant.objects.filter(membership__user=actor.user, role__in=VOTING_ROLES)
    grants = grants.select_related("membership__organisation", "system")
    found: dict[str, str] = {}
    organisations: dict[uuid.UUID, Organisation] = {}
    for grant in grants:
        organisation = grant.membership.organisation
        organisations[organisation.pk] = organisation
        label, role = grant.get_role_display(), grant.role
        if grant.system is not None:
            found[f"{role}:system:{grant.system.pk}"] = f"{label} of {grant.system.name}"
            continue
        found[f"{role}:organisation:{organisation.pk}"] = f"{label} of every system of {organisation.name}"
        for system in (
            System.objects.visible_to(actor).filter(organisation=organisation).order_by("slug")[:LIMIT]
        ):
            found[f"{role}:system:{system.pk}"] = f"{label} of {system.name}"
    people = [
        one
        for organisation in organisations.values()
        for one in voting.members(organisation)
        if one[0] != actor.user.username
    ]
    return list(found.items()), list(dict.fromkeys(people))
