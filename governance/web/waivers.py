"""Waivers: what is set aside now, what waits for somebody, the form to ask, and the page on which one is approved."""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from governance import selectors
from governance.dossier import gather_version
from governance.gates import decide, waiving
from governance.gates.outcome import Finding
from governance.gates.waiving import WaiverRules
from governance.models import Policy, PolicyState, Waiver, WaiverState
from governance.services import waiver_terms, waivers
from governance.web.forms import Why, carry_out
from governance.web.standing import ENVIRONMENT
from registry import selectors as facts
from registry.access import check
from registry.actors import Actor
from registry.models import ModelVersion
from registry.stages import Role, VersionStage
from registry.web.requests import acting

SHOWN = 100
TO = str(VersionStage.PRODUCTION)


class AskForm(forms.Form):
    """What is to be waived, where, why, and until when."""

    codes = forms.MultipleChoiceField(error_messages={"required": "Choose what is to be waived."})
    where = forms.ChoiceField(
        choices=[("step", "The step and every door it guards"), ("door", "One door only")]
    )
    reason = forms.CharField(max_length=5000, error_messages={"required": "Say why it cannot be met now."})
    compensating_control = forms.CharField(
        max_length=5000, error_messages={"required": "Say what is done instead to keep people safe."}
    )
    until = forms.DateField(error_messages={"required": "Say on which day it ends."})

    def __init__(self, *args: Any, codes: tuple[str, ...] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = self.fields["codes"]
        assert isinstance(choices, forms.MultipleChoiceField)  # noqa: S101 - tells the type checker
        choices.choices = [(code, code) for code in codes]


class ApproveForm(forms.Form):
    """The terms that were read, and the role to approve them in."""

    digest = forms.CharField(max_length=71)
    role = forms.ChoiceField(choices=Role.choices)


@dataclass(frozen=True)
class WaiverLine:
    """A waiver in a list."""

    waiver: Waiver
    findings: tuple[str, ...]
    state: str  # waiting, in force, not begun, over, refused, revoked


@dataclass(frozen=True)
class BudgetLine:
    """The waiver-days of one model."""

    model: str
    system: str
    budget: waiver_terms.Budget


@require_safe
def waivers_page(request: HttpRequest) -> HttpResponse:
    """What is waived now, what waits, and what is over; 3 queries and those of the frame."""
    actor, now = acting(request), timezone.now()
    rows = list(selectors.waivers(actor)[: SHOWN * 3])
    lines = [WaiverLine(row, _covers(row), _state(row, now)) for row in rows]
    context = {
        "waiting": [line for line in lines if line.state == "waiting"],
        "active": [line for line in lines if line.state in ("in force", "not begun")],
        "over": [line for line in lines if line.state in ("over", "refused", "revoked")][:SHOWN],
        "budgets": _budgets(rows, now),
    }
    return render(request, "governance/waivers.html", context)


@require_safe
def waiver_page(request: HttpRequest, waiver_id: uuid.UUID) -> HttpResponse:
    """One waiver: what exactly is set aside, why, by whom, and what may be done with it."""
    actor = acting(request)
    return _page(request, actor, _waiver(actor, waiver_id))


@require_safe
def ask_page(request: HttpRequest, version_id: uuid.UUID) -> HttpResponse:
    """The form to ask for a waiver; `code` is what is ticked already."""
    actor = acting(request)
    version = _version(actor, version_id)
    offer = _offer(version)
    initial = {"codes": request.GET.getlist("code"), "where": "step", "until": _last_day(offer)}
    form = AskForm(initial=initial, codes=tuple(f.code for f in offer.findings))
    return render(request, "governance/waive.html", {"version": version, "offer": offer, "form": form})


@require_POST
def ask(request: HttpRequest, version_id: uuid.UUID) -> HttpResponse:
    """Ask for a waiver; what was typed is never lost."""
    actor = acting(request)
    version = _version(actor, version_id)
    offer = _offer(version)
    form = AskForm(request.POST, codes=tuple(f.code for f in offer.findings))
    made: list[Waiver] = []
    status = carry_out(form, lambda data: made.append(_ask(actor, version, data)))
    if not status:
        messages.success(
            request, "The waiver is asked for. Nothing is waived until somebody independent approves it."
        )
        return redirect("waiver", made[0].pk)
    context = {"version": version, "offer": offer, "form": form}
    return render(request, "governance/waive.html", context, status=status)


def _ask(actor: Actor, version: ModelVersion, data: dict[str, Any]) -> Waiver:
    end = datetime.combine(data["until"] + timedelta(days=1), time(), UTC)
    at_door = data["where"] == "door"
    return waivers.ask(
        actor=actor,
        version=version,
        codes=data["codes"],
        reason=data["reason"],
        compensating_control=data["compensating_control"],
        expires_at=end,
        to="" if at_door else TO,
        environment=ENVIRONMENT if at_door else "",
    )


@require_POST
def approve(request: HttpRequest, waiver_id: uuid.UUID) -> HttpResponse:
    """Approve the terms that were read."""
    actor, form = acting(request), ApproveForm(request.POST)
    row = _waiver(actor, waiver_id)
    status = carry_out(
        form,
        lambda data: waivers.approve(actor=actor, waiver=row, digest=data["digest"], role=Role(data["role"])),
    )
    if status:
        return _page(request, actor, _waiver(actor, waiver_id), form, status)
    messages.success(request, "The waiver is approved. Votes that were given before it are stale now.")
    return redirect("waiver", row.pk)


@require_POST
def refuse(request: HttpRequest, waiver_id: uuid.UUID) -> HttpResponse:
    """Say no to it, or take it back."""
    actor, form = acting(request), Why(request.POST)
    row = _waiver(actor, waiver_id)
    status = carry_out(form, lambda data: waivers.refuse(actor=actor, waiver=row, reason=data["reason"]))
    return _closed(request, actor, waiver_id, form, status, "The waiver is refused.")


@require_POST
def revoke(request: HttpRequest, waiver_id: uuid.UUID) -> HttpResponse:
    """End it now."""
    actor, form = acting(request), Why(request.POST)
    row = _waiver(actor, waiver_id)
    status = carry_out(form, lambda data: waivers.revoke(actor=actor, waiver=row, reason=data["reason"]))
    return _closed(
        request, actor, waiver_id, form, status, "The waiver is revoked. The gate counts it no more."
    )


def _closed(
    request: HttpRequest, actor: Actor, waiver_id: uuid.UUID, form: forms.Form, status: int, done: str
) -> HttpResponse:
    if status:
        return _page(request, actor, _waiver(actor, waiver_id), form, status)
    messages.success(request, done)
    return redirect("waiver", waiver_id)


def _page(
    request: HttpRequest, actor: Actor, row: Waiver, form: forms.Form | None = None, status: int = 200
) -> HttpResponse:
    state = _state(row, timezone.now())
    held = check.held(actor, row)
    choice = waivers.choice(actor, row) if state == "waiting" else None
    context = {
        "waiver": row,
        "version": row.model_version,
        "state": state,
        "terms": waiver_terms.terms_of(row) if waiver_terms.intact(row) else None,
        "choice": choice,
        "who": waiving.roles_words(choice.approvers) if choice else "",
        "may_end": bool(held & {"vote", "request_approval"})
        and state in ("waiting", "in force", "not begun"),
        "form": form,
    }
    return render(request, "governance/waiver.html", context, status=status)


@dataclass(frozen=True)
class Offer:
    """What of a version could be waived now, and the policy's rules in words."""

    rules: WaiverRules | None
    findings: tuple[Finding, ...]
    approvers: str
    left: int
    given: int
    last_day: str


def _offer(version: ModelVersion) -> Offer:
    gathered = gather_version(version).at_door(ENVIRONMENT)
    policy = waiver_terms.policy_of(gathered)
    rules: WaiverRules | None = policy.part("waivers") if policy else None
    if policy is None or rules is None:
        return Offer(None, (), "", 0, 0, "")
    dossier = gathered.dossier
    lines = [line for line in decide.checklist(dossier, policy) if waiving.waivable(dossier, rules, line)]
    model = version.model_id
    budget = waiver_terms.budgets_now({model: rules}, dossier.now)[model]
    last = dossier.now + timedelta(days=rules.max_days - 1)
    return Offer(
        rules=rules,
        findings=tuple(line.finding for line in lines),
        approvers=waiving.roles_words(rules.roles_for(0)),
        left=budget.left_days,
        given=budget.given,
        last_day=last.date().isoformat(),
    )


def _last_day(offer: Offer) -> str:
    """A fortnight from now, or the last day the policy allows."""
    return min((timezone.now() + timedelta(days=14)).date().isoformat(), offer.last_day or "9999")


def _state(row: Waiver, now: datetime) -> str:
    if row.state != WaiverState.APPROVED:
        over = row.state == WaiverState.REQUESTED and row.expires_at <= now
        return "over" if over else {"requested": "waiting"}.get(row.state, row.state)
    if row.expires_at <= now:
        return "over"
    return "in force" if row.starts <= now else "not begun"


def _covers(row: Waiver) -> tuple[str, ...]:
    """What a waiver covers, by the names of the requirements."""
    return (
        tuple(one.requirement for one in waiver_terms.terms_of(row).findings)
        if waiver_terms.intact(row)
        else ()
    )


def _budgets(rows: list[Waiver], now: datetime) -> list[BudgetLine]:
    """The waiver-days of each model that ever had a waiver; 2 queries."""
    models = {row.model_version.model_id: row.model_version.model for row in rows if row.approved_at}
    organisations = {model.system.organisation_id for model in models.values()}
    policies = Policy.objects.filter(organisation_id__in=organisations, state=PolicyState.PUBLISHED)
    parts = {(row.organisation_id, row.tier): waiver_terms.rules_in(row.body) for row in policies}
    found = {
        key: rules
        for key, model in models.items()
        if (rules := parts.get((model.system.organisation_id, model.system.risk_tier))) is not None
    }
    budgets = waiver_terms.budgets_now(found, now)
    return [BudgetLine(models[key].slug, models[key].system.name, budgets[key]) for key in found]


def _waiver(actor: Actor, waiver_id: uuid.UUID) -> Waiver:
    rows = Waiver.objects.select_related(
        "model_version__model__system", "model_version__created_by", "system", "requested_by", "approved_by",
        "closed_by", "renews",
    )  # fmt: skip
    return facts.get(rows, actor, pk=waiver_id)


def _version(actor: Actor, version_id: uuid.UUID) -> ModelVersion:
    return facts.get(ModelVersion.objects.select_related("model__system"), actor, pk=version_id)
