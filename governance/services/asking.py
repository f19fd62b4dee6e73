"""One decision made and kept: shared by the gate's doors and by transitions."""

from datetime import datetime, timedelta

from django.conf import settings

from governance.dossier import Gathered
from governance.gates import codec
from governance.gates.decide import judge
from governance.gates.spec import Dossier, GateDecision
from governance.models import Decision
from registry.actors import Actor
from registry.ledger import chain, record
from registry.models import ModelVersion, System


def made(gathered: Gathered) -> GateDecision:
    """The decision on gathered facts."""
    return judge(gathered.dossier, gathered.policy_body)


def keep(
    *, actor: Actor, system: System, version: ModelVersion | None, gathered: Gathered, decided: GateDecision
) -> Decision:
    """Store a decision with everything it was decided from, and record it. Inside record.transaction()."""
    dossier = gathered.dossier
    facts = codec.canonical(dossier)
    policy = decided.policy
    decision = Decision(
        system=system,
        model_version=version,
        artifact_digest=dossier.version.artifact_digest if dossier.version else "",
        environment=dossier.environment,
        transition=decided.transition,
        verdict=decided.verdict.value,
        subject_digest=decided.subject_digest,
        dossier=facts.decode(),
        dossier_digest=chain.digest(facts),
        policy_name=policy.name if policy else "",
        policy_body=gathered.policy_body,
        policy_digest=policy.digest if policy else "",
        outcome=codec.canonical(decided).decode(),
        log_size=dossier.log.size,
        asked_by=actor.user,
        decided_at=dossier.now,
        expires_at=expires_at(dossier.now, decided),
    )
    decision.save(force_insert=True)
    record.event(
        "decision.made",
        organisation_id=system.organisation_id,
        system_id=system.pk,
        subject=decision,
        actor=actor,
        decision_id=str(decision.pk),
        model_version_id=str(version.pk) if version else None,
        transition=decision.transition,
        environment=decision.environment,
        verdict=decision.verdict,
        artifact_digest=decision.artifact_digest,
        dossier_digest=decision.dossier_digest,
        policy_digest=decision.policy_digest or None,
    )
    return decision


def expires_at(now: datetime, decided: GateDecision) -> datetime:
    """A decision lives for the set hours, and no longer than the evidence and votes it rests on."""
    by_setting = now + timedelta(hours=settings.ASSAY_DECISION_HOURS)
    return min(by_setting, decided.holds_until) if decided.holds_until else by_setting


def replay(decision: Decision) -> str:
    """Decide a stored decision again from what was stored with it; the canonical outcome must be the same text."""
    return codec.canonical(judge(codec.read(Dossier, decision.dossier), decision.policy_body)).decode()
