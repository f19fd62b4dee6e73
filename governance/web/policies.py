"""Pages of policies: what is in force, what a draft would change, and the editor."""

import json
import uuid
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from governance import selectors
from governance.gates import strictness, text_diff, wording
from governance.gates.yaml_text import load
from governance.models import BackTest, Policy, PolicyState
from governance.services import backtests, policies, staffing
from governance.services.staffing import Gap
from registry import selectors as facts
from registry.access import check
from registry.actors import Actor
from registry.errors import Invalid
from registry.models import Organisation
from registry.stages import RiskTier, Role
from registry.web.requests import acting


@dataclass(frozen=True)
class TierLine:
    """The policies of one risk tier."""

    label: str
    in_force: Policy | None
    drafts: list[Policy]
    earlier: list[Policy]


@dataclass(frozen=True)
class House:
    """One organisation's policies, and the gates that nobody there could open."""

    organisation: Organisation
    may_publish: bool
    tiers: list[TierLine]
    gaps: tuple[Gap, ...]

    @property
    def bare(self) -> list[str]:
        """The tiers without a policy in force."""
        return [line.label.lower() for line in self.tiers if line.in_force is None]

    @property
    def waiting(self) -> int:
        """How many drafts there are."""
        return sum(len(line.drafts) for line in self.tiers)


@require_safe
def policy_list(request: HttpRequest) -> HttpResponse:
    """What is in force for each risk tier, which drafts wait, and what was before."""
    actor = acting(request)
    mine = list(Organisation.objects.visible_to(actor).order_by("name"))
    publishing = set(Organisation.objects.allowing(actor, "publish_policy").values_list("pk", flat=True))
    rows = Policy.objects.visible_to(actor).select_related("created_by", "published_by").defer("body")
    by_house: dict[tuple[uuid.UUID, str], list[Policy]] = defaultdict(list)
    for policy in rows.order_by("-number"):
        by_house[policy.organisation_id, policy.tier].append(policy)
    houses = [
        House(
            organisation,
            organisation.pk in publishing,
            [_line(tier, by_house[organisation.pk, tier]) for tier in RiskTier],
            staffing.gaps(organisation),
        )
        for organisation in mine
    ]
    return render(request, "governance/policies.html", {"houses": houses})


def _line(tier: RiskTier, rows: Iterable[Policy]) -> TierLine:
    by_state: dict[str, list[Policy]] = defaultdict(list)
    for policy in rows:
        by_state[policy.state].append(policy)
    in_force = by_state[PolicyState.PUBLISHED]
    return TierLine(
        tier.label,
        in_force[0] if in_force else None,
        by_state[PolicyState.DRAFT],
        by_state[PolicyState.SUPERSEDED],
    )


@require_safe
def policy_page(request: HttpRequest, policy_id: uuid.UUID) -> HttpResponse:
    """One policy: what it changes, what it asks for, who is missing, and what it would have done."""
    actor = acting(request)
    return render(request, "governance/policy.html", _context(request, actor, _policy(actor, policy_id)))


@require_POST
def publish(request: HttpRequest, policy_id: uuid.UUID) -> HttpResponse:
    """Put a draft into force."""
    actor = acting(request)
    published = policies.publish(actor=actor, policy=_policy(actor, policy_id))
    messages.success(request, f"{published.name} {published.number} is in force.")
    return redirect("policy", published.pk)


@require_POST
def run_back_test(request: HttpRequest, policy_id: uuid.UUID) -> HttpResponse:
    """Run a policy over past decisions."""
    actor = acting(request)
    policy = _policy(actor, policy_id)
    backtests.request(actor=actor, policy=policy)
    return redirect(f"/policies/{policy.pk}#back-test")


@require_safe
def back_test(request: HttpRequest, policy_id: uuid.UUID) -> HttpResponse:
    """How far the newest back-test is: the part of the page that is asked for again while it runs."""
    policy = _policy(acting(request), policy_id)
    if not getattr(request, "htmx", False):
        return redirect(f"/policies/{policy.pk}#back-test")
    return render(request, "governance/_back_test.html", {"policy": policy, **_back_test(policy)})


def _policy(actor: Actor, policy_id: uuid.UUID) -> Policy:
    rows = Policy.objects.select_related("organisation", "created_by", "published_by")
    return facts.get(rows, actor, pk=policy_id)


def _context(request: HttpRequest, actor: Actor, policy: Policy) -> dict[str, Any]:
    others = Policy.objects.filter(organisation_id=policy.organisation_id, tier=policy.tier)
    others = others.exclude(pk=policy.pk).order_by("-number")
    chosen = request.GET.get("against", "")
    against = next((other for other in others if str(other.pk) == chosen), None)
    against = against or selectors.policy_before(policy)
    rows = strictness.compare(against.body if against else None, policy.body)
    draft = policy.state == PolicyState.DRAFT
    return {
        "policy": policy,
        "others": others,
        "against": against,
        "rows": rows,
        "lines": text_diff.lines(against.body, policy.body) if against else (),
        "publication": policies.publication(actor=actor, policy=policy) if draft else None,
        "may_publish": "publish_policy" in check.held(actor, policy),
        "gaps": staffing.of_draft(policy) if policy.state != PolicyState.SUPERSEDED else (),
        "text": policy.body.splitlines(),
        **_told(policy),
        **_back_test(policy),
    }


def _told(policy: Policy) -> dict[str, Any]:
    try:
        data = load(policy.body)[0]
    except Invalid:
        return {"steps": (), "parts": (), "prohibited": ""}
    return {
        "steps": wording.steps(data),
        "parts": list(wording.parts(data)),
        "prohibited": data.get("prohibited", ""),
    }


def _back_test(policy: Policy) -> dict[str, Any]:
    test = BackTest.objects.filter(policy=policy).select_related("requested_by", "in_force").first()
    result = json.loads(test.result) if test and test.result else None
    if result:
        result["load"] = [{**row, "label": Role(row["role"]).label} for row in result["load"]]
    return {"test": test, "result": result}
