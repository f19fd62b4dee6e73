"""Systems."""

from collections.abc import Sequence

from registry.access import check
from registry.actors import Actor
from registry.errors import Conflict
from registry.ledger import chain, record
from registry.models import Organisation, System
from registry.stages import RiskTier


def register(
    *,
    actor: Actor,
    organisation: Organisation,
    slug: str,
    name: str,
    purpose: str,
    risk_tier: RiskTier,
    jurisdictions: Sequence[str] = (),
    provider_role: str = "provider",
) -> System:
    """Put an AI system into the inventory; whoever registers it owns it at first."""
    with record.transaction():
        check.require(actor, "register", organisation)
        if System.objects.filter(organisation=organisation, slug=slug).exists():
            raise Conflict(
                f"There is a system “{slug}” already. Open it, or choose another short name.",
                code="system.exists",
            )
        system = System(
            organisation=organisation,
            slug=slug,
            name=name,
            purpose=purpose,
            risk_tier=risk_tier,
            jurisdictions=list(jurisdictions),
            provider_role=provider_role,
            owner=actor.user,
            created_by=actor.user,
        )
        system.save()
        record.event(
            "system.registered",
            organisation_id=organisation.pk,
            system_id=system.pk,
            subject=system,
            actor=actor,
            slug=slug,
            name=name,
            risk_tier=str(risk_tier),
            digest=chain.digest_of(
                {"purpose": purpose, "jurisdictions": list(jurisdictions), "role": provider_role}
            ),
        )
    return system
