"""The policy editor: a text, checked on the server, kept as a draft. Nothing that was typed is lost."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from governance.gates import strictness
from governance.gates.yaml_text import MAX_SIZE
from governance.models import Policy
from governance.services import policies
from registry import selectors as facts
from registry.actors import Actor
from registry.errors import AssayError, Denied, Invalid
from registry.models import Organisation
from registry.stages import RiskTier
from registry.web.requests import acting


class PolicyForm(forms.Form):
    """A policy's text, for which tier of which organisation."""

    organisation = forms.SlugField(max_length=60)
    tier = forms.ChoiceField(choices=RiskTier.choices)
    body = forms.CharField(strip=False, max_length=MAX_SIZE, widget=forms.Textarea)

    def clean_body(self) -> str:
        """The text with the line ends that it had: browsers send two characters for each."""
        body: str = self.cleaned_data["body"]
        return body.replace("\r\n", "\n")


@dataclass(frozen=True)
class Mistake:
    """A mistake with the line of the text that it stands in."""

    place: str
    says: str
    text: str


@require_safe
def editor(request: HttpRequest) -> HttpResponse:
    """A new draft: from another policy, or from the one that comes with Assay."""
    actor = acting(request)
    start = _start(request, actor)
    return render(request, "governance/policy_editor.html", _context(actor, PolicyForm(initial=start)))


@require_POST
def check(request: HttpRequest) -> HttpResponse:
    """Look at the text and say what is wrong with it, or what it would change; nothing is kept."""
    actor, form = acting(request), PolicyForm(request.POST)
    context = _context(actor, form)
    if form.is_valid():
        context |= _checked(actor, form.cleaned_data)
    status = 200 if "checked" in context else 400
    return render(request, "governance/policy_editor.html", context, status=status)


@require_POST
def draft(request: HttpRequest) -> HttpResponse:
    """Keep the text as a draft, or say what is wrong with it."""
    actor, form = acting(request), PolicyForm(request.POST)
    context = _context(actor, form)
    if form.is_valid():
        data = form.cleaned_data
        try:
            kept = policies.draft(
                actor=actor,
                organisation=_organisation(actor, data),
                tier=RiskTier(data["tier"]),
                body=data["body"],
            )
        except (Invalid, Denied) as error:
            context |= _refused(error, data["body"])
        else:
            messages.success(
                request, f"The draft is kept as {kept.name} {kept.number}. It is not in force yet."
            )
            return redirect("policy", kept.pk)
    return render(request, "governance/policy_editor.html", context, status=400)


def _start(request: HttpRequest, actor: Actor) -> dict[str, Any]:
    if source := request.GET.get("from"):
        policy = facts.get(Policy.objects.select_related("organisation"), actor, pk=source)
        return {"organisation": policy.organisation.slug, "tier": policy.tier, "body": policy.body}
    wanted = request.GET.get("tier", "")
    tier = RiskTier(wanted) if wanted in RiskTier.values else RiskTier.HIGH
    return {
        "organisation": request.GET.get("organisation", ""),
        "tier": tier.value,
        "body": policies.default_body(tier),
    }


def _context(actor: Actor, form: PolicyForm) -> dict[str, Any]:
    mine = Organisation.objects.allowing(actor, "publish_policy").order_by("name")
    return {"form": form, "organisations": list(mine)}


def _organisation(actor: Actor, data: dict[str, Any]) -> Organisation:
    return facts.get(Organisation.objects.all(), actor, slug=data["organisation"])


def _checked(actor: Actor, data: dict[str, Any]) -> dict[str, Any]:
    """What is wrong with the text; or what it would change of what is in force."""
    try:
        before, rows = policies.compared(
            actor=actor,
            organisation=_organisation(actor, data),
            tier=RiskTier(data["tier"]),
            body=data["body"],
        )
    except (Invalid, Denied) as error:
        return _refused(error, data["body"])
    return {"checked": True, "rows": rows, "before": before, "loosens": strictness.loosens(rows)}


def _refused(error: AssayError, body: str) -> dict[str, Any]:
    by_line = isinstance(error, Invalid) and error.code == "policy.invalid"
    errors: Sequence[tuple[str, str]] = error.errors if by_line else ()  # type: ignore[attr-defined]
    return {"refused": error.message, "mistakes": [_mistake(place, says, body) for place, says in errors]}


def _mistake(place: str, says: str, body: str) -> Mistake:
    number = place.removeprefix("line ").partition(",")[0]
    lines = body.splitlines()
    found = lines[int(number) - 1] if number.isdigit() and 0 < int(number) <= len(lines) else ""
    return Mistake(place, says, found[:200])
