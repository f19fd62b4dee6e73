"""Policies: drafted by anyone who may publish, immutable once published."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from django.db.models import Max
from django.utils import timezone

from governance.gates import policy as rules
from governance.gates import strictness
from governance.gates.strictness import Direction, Row
from governance.models import Policy, PolicyState
from governance.services import reviews, staffing
from registry.access import check
from registry.actors import Actor
from registry.errors import Conflict, Denied, Invalid
from registry.ledger import chain, record
from registry.models import Organisation
from registry.stages import RiskTier

DEFAULTS: Final = Path(__file__).resolve().parent.parent / "policies"
_SECOND = "This draft loosens what is in force, so a second person has to publish it: "
WHY_NOT: Final[dict[str, str]] = {
    "drafted_it": f"{_SECOND}you have drafted it yourself.",
    "answers_for_it": f"{_SECOND}an account that you answer for has drafted it.",
    "not_a_person": f"{_SECOND}a service account cannot be that person.",
}


def draft(*, actor: Actor, organisation: Organisation, tier: RiskTier, body: str) -> Policy:
    """Keep a policy's text as the next number of its tier; a text that is not a policy is refused with its lines."""
    parsed = _readable(body, tier)
    with record.transaction():
        check.require(actor, "publish_policy", organisation)
        Organisation.objects.locked().get(pk=organisation.pk)  # numbers are given one at a time
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


@dataclass(frozen=True)
class Publication:
    """What publishing a draft would change, and what keeps this actor from doing it: a key of `WHY_NOT`, or nothing."""

    rows: tuple[Row, ...]
    loosens: bool
    refused: str

    @property
    def why_not(self) -> str:
        """The refusal as a sentence."""
        return WHY_NOT[self.refused] if self.refused else ""


def publication(*, actor: Actor, policy: Policy) -> Publication:
    """What `publish` would meet now, found by the same look that guards it.

    A first policy opens gates that were closed, so it loosens; unless it is word for word one that comes with Assay.
    """
    before = Policy.objects.filter(
        organisation_id=policy.organisation_id, tier=policy.tier, state=PolicyState.PUBLISHED
    ).first()
    rows = strictness.compare(before.body if before else None, policy.body)
    loosens = strictness.loosens(rows) and not (before is None and _comes_with_assay(policy))
    return Publication(rows, loosens, _refused(actor, policy) if loosens else "")


def _comes_with_assay(policy: Policy) -> bool:
    return policy.body == default_body(RiskTier(policy.tier))


def _refused(actor: Actor, policy: Policy) -> str:
    """What keeps this actor from publishing a loosening. Whoever answers for a service account is the same person."""
    if actor.kind != "person":
        return "not_a_person"
    if actor.user == policy.created_by:
        return "drafted_it"
    return "answers_for_it" if policy.created_by.person_id == actor.person_id else ""


def compared(
    *, actor: Actor, organisation: Organisation, tier: RiskTier, body: str
) -> tuple[Policy | None, tuple[Row, ...]]:
    """What a text would change of what is in force, and what that is; nothing is kept."""
    with record.transaction():  # so that a refusal is in the log
        check.require(actor, "publish_policy", organisation)
    _readable(body, tier)
    before = Policy.objects.filter(organisation=organisation, tier=tier, state=PolicyState.PUBLISHED).first()
    return before, strictness.compare(before.body if before else None, body)


def _readable(body: str, tier: RiskTier) -> rules.Policy:
    """The policy in a text; a text that is not one, or is one for another tier, is refused."""
    parsed = rules.parse(body)
    if parsed.tier != tier:
        raise Invalid(
            f"The text is a policy for the tier “{parsed.tier}”, not for “{tier}”.",
            errors=[("tier", "does not agree with the text")],
        )
    return parsed


def publish(*, actor: Actor, policy: Policy) -> Policy:
    """Put a draft into force; the one before it is superseded. From now on neither ever changes.

    A draft that loosens what is in force is published by a second person, who has not written it.
    """
    with record.transaction():
        # Locked first: a role may be taken away while this waits.
        Organisation.objects.locked().get(pk=policy.organisation_id)
        check.require(actor, "publish_policy", policy)
        policy = Policy.objects.locked().select_related("created_by", "organisation").get(pk=policy.pk)
        if policy.state != PolicyState.DRAFT:
            raise Conflict(
                f"This policy is {policy.get_state_display().lower()} already. Draft a new number to change it.",
                code="policy.not_a_draft",
            )
        _as_drafted(policy)
        found = publication(actor=actor, policy=policy)
        if not found.refused:
            return _put_into_force(actor, policy, found)
        _record("policy.publication_refused", actor, policy, why=found.refused)
    # Raised after the attempt is committed: to try to loosen alone is something a log should tell.
    refusal = Denied(found.why_not, code="policy.needs_second_person")
    refusal.recorded = True
    raise refusal


def _put_into_force(actor: Actor, policy: Policy, found: Publication) -> Policy:
    for before in Policy.objects.filter(
        organisation_id=policy.organisation_id, tier=policy.tier, state=PolicyState.PUBLISHED
    ):
        before.state = PolicyState.SUPERSEDED
        before.save(update_fields=["state"])
        _record("policy.superseded", actor, before)
    policy.state = PolicyState.PUBLISHED
    policy.published_by, policy.published_at = actor.user, timezone.now()
    policy.save(update_fields=["state", "published_by", "published_at"])
    _record("policy.published", actor, policy)
    if found.loosens:
        places = [row.place for row in found.rows if row.direction is Direction.LOOSENS]
        _record("policy.loosened", actor, policy, drafted_by=str(policy.created_by_id), places=places)
    reviews.tighten(actor=actor, organisation=policy.organisation, tier=policy.tier, policy_body=policy.body)
    staffing.report(actor=actor, organisation=policy.organisation)
    return policy


def default_body(tier: RiskTier) -> str:
    """The text of the policy that comes with Assay."""
    return (DEFAULTS / f"{tier}.yaml").read_text(encoding="utf-8")


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
            drafted = draft(actor=actor, organisation=organisation, tier=tier, body=default_body(tier))
            published.append(publish(actor=actor, policy=drafted))
    return published


def _as_drafted(policy: Policy) -> None:
    """A draft lies in the table for days; what is put into force is what was drafted, and still is a policy."""
    if chain.digest(policy.body.encode()) != policy.digest:
        raise Conflict("The text was changed after it was drafted. Draft it again.", code="policy.tampered")
    rules.parse(policy.body)


def _record(code: str, actor: Actor, policy: Policy, **payload: Any) -> None:
    record.event(
        code,
        organisation_id=policy.organisation_id,
        subject=policy,
        actor=actor,
        policy_id=str(policy.pk),
        name=policy.name,
        number=policy.number,
        digest=policy.digest,
        **payload,
    )
