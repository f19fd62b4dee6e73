"""Policies: drafted by anyone who may publish, immutable once published."""

from pathlib import Path
from typing import Final

from django.db.models import Max
from django.utils import timezone

from governance.gates import policy as rules
from governance.models import Policy, PolicyState
from registry.access import check
from registry.actors import Actor
from registry.errors import Conflict, Invalid
from registry.ledger import chain, record
from registry.models import Organisation
from registry.stages import RiskTier

DEFAULTS: Final = Path(__file__).resolve().parent.parent / "policies"


def draft(*, actor: Actor, organisation: Organisation, tier: RiskTier, body: str) -> Policy:
    """Keep a policy's text as the next number of its tier; a text that is not a policy is refused with its lines."""
    parsed = rules.parse(body)
    if parsed.tier != tier:
        raise Invalid(
            f"The text is a policy for the tier “{parsed.tier}”, not for “{tier}”.",
            errors=[("tier", "does not agree with the text")],
        )
    with record.transaction():
        check.require(actor, "publish_policy", organisation)
        Organisation.objects.select_for_update(no_key=True).get(
            pk=organisation.pk
        )  # numbers are given one at a time
        newest = Policy.objects.filter(organisation=organisation, tier=tier).aggregate(n=Max("number"))["n"]
        policy = Policy.objects.create(
            organisation=organisation,
            tier=tier,
            name=parsed.name,
            number=(newest or 0) + 1,
            body=body,
            digest=chain.digest(body.encode()),
            created_by=actor.user,
        )
        _record("policy.drafted", actor, policy)
    return policy


def publish(*, actor: Actor, policy: Policy) -> Policy:
    """Put a draft into force; the one before it is superseded. From now on neither ever changes."""
    with record.transaction():
        check.require(actor, "publish_policy", policy)
        Organisation.objects.select_for_update(no_key=True).get(pk=policy.organisation_id)
        policy = Policy.objects.select_for_update(no_key=True).get(pk=policy.pk)
        if policy.state != PolicyState.DRAFT:
            raise Conflict(
                f"This policy is {policy.get_state_display().lower()} already. Draft a new number to change it.",
                code="policy.not_a_draft",
            )
        _as_drafted(policy)
        for before in Policy.objects.filter(
            organisation_id=policy.organisation_id, tier=policy.tier, state=PolicyState.PUBLISHED
        ):
            before.state = PolicyState.SUPERSEDED
            before.save(update_fields=["state"])
            _record("policy.superseded", actor, before)
        policy.state, policy.published_by, policy.published_at = (
            PolicyState.PUBLISHED,
            actor.user,
            timezone.now(),
        )
        policy.save(update_fields=["state", "published_by", "published_at"])
        _record("policy.published", actor, policy)
    return policy


def publish_defaults(*, actor: Actor, organisation: Organisation) -> list[Policy]:
    """Publish Assay's own policy for every tier that has none in force."""
    published = []
    with record.transaction():
        check.require(actor, "publish_policy", organisation)
        in_force = Policy.objects.filter(organisation=organisation, state=PolicyState.PUBLISHED)
        covered = set(in_force.values_list("tier", flat=True))
        for tier in RiskTier:
            if tier in covered:
                continue
            body = (DEFAULTS / f"{tier}.yaml").read_text(encoding="utf-8")
            published.append(
                publish(
                    actor=actor, policy=draft(actor=actor, organisation=organisation, tier=tier, body=body)
                )
            )
    return published


def _as_drafted(policy: Policy) -> None:
    """A draft lies in the table for days; what is put into force is what was drafted, and still is a policy."""
    if chain.digest(policy.body.encode()) != policy.digest:
        raise Conflict("The text was changed after it was drafted. Draft it again.", code="policy.tampered")
    rules.parse(policy.body)


def _record(code: str, actor: Actor, policy: Policy) -> None:
    record.event(
        code,
        organisation_id=policy.organisation_id,
        subject=policy,
        actor=actor,
        policy_id=str(policy.pk),
        name=policy.name,
        number=policy.number,
        digest=policy.digest,
    )
