"""Who is in an organisation and may do what; where roles are given and taken, and members come and go."""

import uuid
from dataclasses import dataclass

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from governance.services import staffing
from governance.web.errors import status_of
from registry import selectors as facts
from registry.access import check
from registry.access.table import PERMISSIONS, ROLE_PERMISSIONS
from registry.actors import Actor
from registry.errors import AssayError
from registry.ledger import record
from registry.models import Membership, Organisation, RoleGrant, System
from registry.services import members, people, reads
from registry.stages import Role
from registry.web.requests import acting

PAGE = 100


class GrantForm(forms.Form):
    """A role for somebody."""

    user = forms.CharField(
        max_length=254, error_messages={"required": "Say who: a user name or an e-mail address."}
    )
    role = forms.ChoiceField(choices=Role.choices)
    system = forms.UUIDField(required=False)


class LeaveForm(forms.Form):
    """Why somebody leaves."""

    reason = forms.CharField(required=False, max_length=members.MAX_REASON)


@dataclass(frozen=True)
class RoleLine:
    """A role of the table, and what it may do in words."""

    value: str
    label: str
    may: tuple[str, ...]


@require_safe
def people_page(request: HttpRequest) -> HttpResponse:
    """Everybody in the organisation, with their roles."""
    actor = acting(request)
    organisation = organisation_of(request, actor)
    reads.note(actor, "people.page", organisation)
    return _people(request, actor, organisation, GrantForm())


@require_POST
def grant(request: HttpRequest) -> HttpResponse:
    """Give a role; what was typed is never lost."""
    actor, form = acting(request), GrantForm(request.POST)
    organisation = organisation_of(request, actor)
    if not form.is_valid():
        check_may(actor, organisation)
        return _people(request, actor, organisation, form, status=400)
    data = form.cleaned_data
    try:
        user = facts.account_in(actor, organisation, data["user"])
        system = facts.get(System.objects.all(), actor, pk=data["system"]) if data["system"] else None
        people.grant_role(
            actor=actor, organisation=organisation, user=user, role=Role(data["role"]), system=system
        )
    except AssayError as error:
        form.add_error("user" if error.code == "invalid" else None, error.message)
        return _people(request, actor, organisation, form, status=status_of(error))
    where = f"on {system}" if system else "in the whole organisation"
    messages.success(request, f"{user.display_name} is {Role(data['role']).label.lower()} {where} now.")
    return redirect(address("people", organisation))


@require_safe
def member_page(request: HttpRequest, membership_id: uuid.UUID) -> HttpResponse:
    """One member: their roles, what these let them do, and how they leave."""
    actor = acting(request)
    membership = _membership(actor, membership_id)
    reads.note(actor, "people.person", membership)
    return _member(request, actor, membership, LeaveForm())


@require_POST
def revoke(request: HttpRequest, grant_id: uuid.UUID) -> HttpResponse:
    """Take a role away."""
    actor = acting(request)
    rows = RoleGrant.objects.select_related("membership__user", "membership__organisation", "system")
    row = facts.get(rows, actor, pk=grant_id)
    people.revoke_role(actor=actor, grant=row)
    messages.success(
        request, f"{row.membership.user.display_name} is no longer {row.get_role_display().lower()}."
    )
    warn_of_gaps(request, row.membership.organisation)
    return redirect("member", row.membership_id)


@require_POST
def deactivate(request: HttpRequest, membership_id: uuid.UUID) -> HttpResponse:
    """End a membership; what was typed is never lost."""
    actor, form = acting(request), LeaveForm(request.POST)
    membership = _membership(actor, membership_id)
    if form.is_valid():
        try:
            members.deactivate(actor=actor, membership=membership, reason=form.cleaned_data["reason"])
        except AssayError as error:
            form.add_error(None, error.message)
            return _member(request, actor, membership, form, status=status_of(error))
        messages.success(
            request, f"{membership.user.display_name} is a former member; every role and token has ended."
        )
        warn_of_gaps(request, membership.organisation)
        return redirect("member", membership.pk)
    return _member(request, actor, membership, form, status=400)


@require_POST
def reactivate(request: HttpRequest, membership_id: uuid.UUID) -> HttpResponse:
    """Make a former member a member again."""
    actor = acting(request)
    membership = members.reactivate(actor=actor, membership=_membership(actor, membership_id))
    messages.success(request, f"{membership.user.display_name} is a member again. Give them a role.")
    return redirect("member", membership.pk)


def organisation_of(request: HttpRequest, actor: Actor) -> Organisation:
    """The organisation that the address or the form names, or the first the reader is in."""
    slug = request.POST.get("organisation") or request.GET.get("organisation")
    if not slug and (first := facts.organisations_of(actor).first()) is not None:
        return first
    return facts.organisation_for(actor, slug)


def address(name: str, organisation: Organisation) -> str:
    """The address of a page about one organisation."""
    return f"{reverse(name)}?organisation={organisation.slug}"


def may_manage(actor: Actor, organisation: Organisation) -> bool:
    """Whether the reader may change something on these pages."""
    return "manage_people" in check.held(actor, organisation)


def check_may(actor: Actor, organisation: Organisation) -> None:
    """Refuse whoever may not, before anything is said about what they typed."""
    with record.attempt():
        check.require(actor, "manage_people", organisation)


def warn_of_gaps(request: HttpRequest, organisation: Organisation) -> None:
    """Say at once which gates nobody could open any more."""
    for gap in staffing.gaps(organisation):
        messages.warning(request, f"{gap.sentence} {gap.clears}")


def _people(
    request: HttpRequest, actor: Actor, organisation: Organisation, form: GrantForm, status: int = 200
) -> HttpResponse:
    rows = facts.members(actor, organisation)
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    manages = may_manage(actor, organisation)
    context = {
        "organisation": organisation,
        "others": facts.organisations_of(actor).exclude(pk=organisation.pk),
        "page": page,
        "form": form,
        "manages": manages,
        "gaps": staffing.gaps(organisation),
        "roles": _roles(),
        "systems": System.objects.visible_to(actor).filter(organisation=organisation) if manages else [],
        "here": "people",
    }
    return render(request, "governance/people.html", context, status=status)


def _member(
    request: HttpRequest, actor: Actor, membership: Membership, form: LeaveForm, status: int = 200
) -> HttpResponse:
    organisation = membership.organisation
    own = actor.person_id == membership.user.person_id
    grants = membership.grants.select_related("system").order_by("role", "system__slug")
    context = {
        "membership": membership,
        "organisation": organisation,
        "grants": [(row, _may(Role(row.role))) for row in grants],
        "manages": may_manage(actor, organisation) and not own,
        "own": own,
        "tokens": facts.tokens(actor, organisation).filter(user=membership.user),
        "answers_for": Membership.objects.filter(
            organisation=organisation, user__responsible=membership.user, ended_at=None
        ).select_related("user"),
        "form": form,
    }
    return render(request, "governance/member.html", context, status=status)


def _membership(actor: Actor, membership_id: uuid.UUID) -> Membership:
    rows = Membership.objects.select_related("user__responsible", "organisation")
    return facts.get(rows, actor, pk=membership_id)


def _roles() -> list[RoleLine]:
    return [RoleLine(role.value, role.label, _may(role)) for role in Role]


def _may(role: Role) -> tuple[str, ...]:
    return tuple(words for name, words in PERMISSIONS.items() if name in ROLE_PERMISSIONS[role])
