"""Tokens, service accounts and workload identities: what acts without anybody sitting there."""

import uuid
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from governance.web.errors import status_of
from governance.web.people import address, may_manage, organisation_of
from registry import selectors as facts
from registry.access.table import PERMISSIONS
from registry.actors import Actor
from registry.errors import AssayError
from registry.models import ApiToken, Membership, Organisation, System, WorkloadIdentity
from registry.services import identities, people, tokens
from registry.services.identities import Binding
from registry.web.requests import acting

SCOPES = sorted(PERMISSIONS.items(), key=lambda row: row[1])


class TokenForm(forms.Form):
    """A token to issue."""

    name = forms.CharField(
        max_length=tokens.MAX_NAME, error_messages={"required": "Say what the token is for."}
    )
    days = forms.IntegerField(min_value=1, max_value=tokens.MAX_DAYS, initial=90)
    account = forms.CharField(required=False, max_length=150)
    scopes = forms.MultipleChoiceField(required=False, choices=SCOPES)
    system = forms.UUIDField(required=False)


class AccountForm(forms.Form):
    """A service account to make."""

    name = forms.SlugField(
        max_length=60, error_messages={"required": "Give it a short name, such as release."}
    )
    responsible = forms.CharField(max_length=150, error_messages={"required": "Say who answers for it."})


class IdentityForm(forms.Form):
    """Which jobs may act as which service account."""

    account = forms.CharField(max_length=150, error_messages={"required": "Choose a service account."})
    name = forms.SlugField(
        max_length=100, error_messages={"required": "Give it a short name, such as deploy."}
    )
    issuer = forms.CharField(max_length=300, error_messages={"required": "Choose the CI system."})
    repository = forms.CharField(max_length=300, error_messages={"required": "Name the repository."})
    repository_id = forms.CharField(
        max_length=40, error_messages={"required": "Give the repository's number."}
    )
    ref = forms.CharField(
        max_length=300, initial="refs/heads/main", error_messages={"required": "Name a branch or tag."}
    )
    environment = forms.CharField(required=False, max_length=255)
    workflow = forms.CharField(required=False, max_length=500)
    scopes = forms.MultipleChoiceField(
        choices=SCOPES, error_messages={"required": "Choose what its tokens may do."}
    )
    system = forms.UUIDField(required=False)


@require_safe
def tokens_page(request: HttpRequest) -> HttpResponse:
    """One's own tokens; everybody's for who manages people."""
    actor = acting(request)
    return _tokens(request, actor, organisation_of(request, actor), TokenForm())


@require_POST
def issue(request: HttpRequest) -> HttpResponse:
    """Issue a token and show it, this once."""
    actor, form = acting(request), TokenForm(request.POST)
    organisation = organisation_of(request, actor)
    if not form.is_valid():
        return _tokens(request, actor, organisation, form, status=400)
    data = form.cleaned_data
    try:
        data["system"] = _system(actor, data["system"])
        name = data.pop("account")
        user = facts.member(organisation, name, "account") if name else actor.user
        token, text = tokens.issue(actor=actor, organisation=organisation, user=user, **data)
    except AssayError as error:
        form.add_error(None, error.message)
        return _tokens(request, actor, organisation, form, status=status_of(error))
    return _tokens(request, actor, organisation, TokenForm(), shown=(token, text))


@require_POST
def rotate(request: HttpRequest, token_id: uuid.UUID) -> HttpResponse:
    """Replace a token, and show the new one this once."""
    actor = acting(request)
    old = _token(actor, token_id)
    token, text = tokens.rotate(actor=actor, token=old)
    return _tokens(request, actor, old.organisation, TokenForm(), shown=(token, text))


@require_POST
def revoke(request: HttpRequest, token_id: uuid.UUID) -> HttpResponse:
    """Make a token useless at once."""
    actor = acting(request)
    token = _token(actor, token_id)
    tokens.revoke(actor=actor, token=token)
    messages.success(request, f"The token “{token.name}” of {token.user.display_name} is revoked.")
    return redirect(address("tokens", token.organisation))


@require_safe
def machines_page(request: HttpRequest) -> HttpResponse:
    """Service accounts, and the jobs that may act as one."""
    actor = acting(request)
    return _machines(request, actor, organisation_of(request, actor))


@require_POST
def make_account(request: HttpRequest) -> HttpResponse:
    """Make a service account."""
    actor, form = acting(request), AccountForm(request.POST)
    organisation = organisation_of(request, actor)
    if not form.is_valid():
        return _machines(request, actor, organisation, account=form, status=400)
    data = form.cleaned_data
    try:
        responsible = facts.member(organisation, data["responsible"], "responsible")
        made = people.create_service_account(
            actor=actor, organisation=organisation, name=data["name"], responsible=responsible
        )
    except AssayError as error:
        form.add_error(None, error.message)
        return _machines(request, actor, organisation, account=form, status=status_of(error))
    messages.success(request, f"{made.username} is there. Give it a role: without one it may do nothing.")
    return redirect("member", made.memberships.get(organisation=organisation).pk)


@require_POST
def make_identity(request: HttpRequest) -> HttpResponse:
    """Let jobs of a repository act as a service account."""
    actor, form = acting(request), IdentityForm(request.POST)
    organisation = organisation_of(request, actor)
    if not form.is_valid():
        return _machines(request, actor, organisation, identity=form, status=400)
    data = form.cleaned_data
    try:
        system = _system(actor, data.pop("system"))
        account = facts.member(organisation, data.pop("account"), "account")
        bound = {name: data.pop(name) for name in Binding.__dataclass_fields__ if name in data}
        made = identities.create(
            actor=actor,
            organisation=organisation,
            account=account,
            binding=Binding(**bound),
            system=system,
            **data,
        )
    except AssayError as error:
        form.add_error(None, error.message)
        return _machines(request, actor, organisation, identity=form, status=status_of(error))
    messages.success(request, f"Jobs of {made.repository} on {made.ref} may act as {account.username}.")
    return redirect(address("machines", organisation))


@require_POST
def end_identity(request: HttpRequest, identity_id: uuid.UUID) -> HttpResponse:
    """End an identity and its tokens."""
    actor = acting(request)
    rows = WorkloadIdentity.objects.select_related("organisation", "account")
    identity = facts.get(rows, actor, pk=identity_id)
    identities.deactivate(actor=actor, identity=identity)
    messages.success(request, f"The identity “{identity.name}” has ended, and its tokens with it.")
    return redirect(address("machines", identity.organisation))


def _system(actor: Actor, key: uuid.UUID | None) -> System | None:
    return facts.get(System.objects.all(), actor, pk=key) if key else None


def _token(actor: Actor, token_id: uuid.UUID) -> ApiToken:
    rows = ApiToken.objects.select_related("user", "organisation", "system")
    return facts.get(rows, actor, pk=token_id)


def _shared(actor: Actor, organisation: Organisation) -> dict[str, Any]:
    accounts = Membership.objects.filter(organisation=organisation, user__is_service=True, ended_at=None)
    manages = may_manage(actor, organisation)
    return {
        "organisation": organisation,
        "manages": manages,
        "accounts": list(accounts.select_related("user__responsible").order_by("user__username"))
        if manages
        else [],
        "systems": list(System.objects.visible_to(actor).filter(organisation=organisation)),
        "scopes": SCOPES,
        "now": timezone.now(),
    }


def _tokens(
    request: HttpRequest,
    actor: Actor,
    organisation: Organisation,
    form: TokenForm,
    *,
    shown: tuple[ApiToken, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    rows = list(facts.tokens(actor, organisation)[:200])
    now = timezone.now()
    context = {
        **_shared(actor, organisation),
        "living": [row for row in rows if row.revoked_at is None and row.expires_at > now],
        "over": [row for row in rows if row.revoked_at is not None or row.expires_at <= now][:20],
        "form": form,
        "shown": shown,
        "here": "tokens",
    }
    response = render(request, "governance/tokens.html", context, status=status)
    if shown is not None:
        response["Cache-Control"] = "no-store"
    return response


def _machines(
    request: HttpRequest,
    actor: Actor,
    organisation: Organisation,
    *,
    account: AccountForm | None = None,
    identity: IdentityForm | None = None,
    status: int = 200,
) -> HttpResponse:
    rows = Membership.objects.visible_to(actor).filter(organisation=organisation, user__is_service=True)
    context = {
        **_shared(actor, organisation),
        "members": rows.select_related("user__responsible")
        .prefetch_related("grants")
        .order_by("user__username"),
        "identities": facts.identities(actor, organisation)[:200],
        "account_form": account or AccountForm(),
        "identity_form": identity or IdentityForm(),
        "issuers": list(settings.ASSAY_WORKLOAD_ISSUERS),
        "here": "machines",
    }
    return render(request, "governance/machines.html", context, status=status)
