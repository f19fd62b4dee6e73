"""Versions that run under a policy that asks for reviews: made short, so that only dates matter."""

from datetime import datetime, timedelta

from django.utils import timezone

from governance.models import Policy, ReviewDue
from governance.services import policies, transitions
from registry.models import ModelVersion, System
from registry.stages import RiskTier, Role, SystemStage, VersionStage
from tests.cast import Cast, grant
from tests.make import make_document, make_system, make_version

# Missing documents may be waived: first by the validator, a renewal by the compliance officer.
WAIVERS = (
    "waivers: {allowed: [documents.], approvers: [[validator], [compliance_officer]],"
    " max_days: 30, budget_days: 60}"
)
MODEL_CARD = "{documents: {kinds: [model_card]}}"


def text(
    review: str = "review: {every_days: 90, warn_days: 14}", demands: str = "", tier: str = "high"
) -> str:
    """A policy that asks for a model card, and for what is given."""
    asked = f"[{', '.join(filter(None, (MODEL_CARD, demands)))}]"
    return f"""
schema: assay.policy/1
name: Watched
tier: {tier}
{review}
transitions:
  - {{from: compliance, to: production, environments: [production], requirements: {asked}}}
  - {{from: suspended, to: production, requirements: {asked}}}
  - {{from: monitoring, to: monitoring, requirements: [{MODEL_CARD}]}}
"""


def publish(cast: Cast, body: str, tier: str = "high") -> Policy:
    """Put a policy into force, by two people."""
    grant(cast, "aud", Role.COMPLIANCE_OFFICER)
    draft = policies.draft(actor=cast.actor("aud"), organisation=cast.acme, tier=RiskTier(tier), body=body)
    return policies.publish(actor=cast.actor("cora"), policy=draft)


def ready(cast: Cast, slug: str = "credit") -> System:
    """A system in which versions may move."""
    system = make_system(cast, slug)
    System.objects.filter(pk=system.pk).update(stage=SystemStage.LIVE)
    make_document(cast, system, "model_card")
    system.refresh_from_db()
    return system


def at_compliance(cast: Cast, system: System, version: str = "1") -> ModelVersion:
    """A version before its last gate."""
    made = make_version(cast, system, version, data=f"{system.slug} {version}".encode())
    ModelVersion.objects.filter(pk=made.pk).update(stage=VersionStage.COMPLIANCE)
    made.refresh_from_db()
    return made


def in_production(cast: Cast, system: System, version: str = "1") -> ModelVersion:
    """A version that went through the gate just now."""
    made = at_compliance(cast, system, version)
    return transitions.request(actor=cast.actor("dev"), version=made, to="production")


def monitored(cast: Cast, version: ModelVersion) -> ModelVersion:
    """The version, moved on to monitoring."""
    return transitions.request(actor=cast.actor("dev"), version=version, to="monitoring", reason="It runs.")


def due(version: ModelVersion) -> ReviewDue:
    """The row of the version's review."""
    return ReviewDue.objects.get(model_version=version)


def set_due(version: ModelVersion, days: float) -> datetime:
    """As if the review had been set for so many days from now; below nought it has passed."""
    at = timezone.now() + timedelta(days=days)
    ReviewDue.objects.filter(model_version=version).update(due_at=at, since=at - timedelta(days=90))
    return at
