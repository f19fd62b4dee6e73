"""An answer of the gate as it goes over the wire, signed."""

from typing import Any

from django.conf import settings
from django.urls import reverse

from governance import verdicts
from governance.gates import codec
from governance.gates.memory import once
from governance.gates.spec import GateDecision
from governance.services import signing
from governance.services.decisions import Answer


def document(answer: Answer, nonce: str | None) -> dict[str, Any]:
    """The answer to one question: verdict, every finding, what clears them, and the proof.

    `decided_at` is when this answer was given. For a decision that was stored before and still holds that is now,
    because every fact was looked at now; `first_decided_at` is when it was decided.
    """
    decided = answer.decided
    told: dict[str, Any] = {
        "decision_id": str(answer.decision_id),
        "verdict": decided.verdict.value,
        "artifact_digest": answer.artifact_digest,
        "environment": answer.environment,
        "transition": decided.transition,
        "subject_digest": decided.subject_digest,
        "policy": _policy(answer),
        "findings": _findings(decided),
        "unblock_plan": list(decided.unblock_plan),
        "waivers": list(decided.waivers),
        "decided_at": codec.moment(answer.answered_at),
        "first_decided_at": codec.moment(answer.decided_at),
        "expires_at": codec.moment(answer.expires_at),
        "nonce": nonce,
        "receipt_url": f"{settings.ASSAY_PUBLIC_URL}/api/v1/gate/decisions/{answer.decision_id}/receipt",
        "url": f"{settings.ASSAY_PUBLIC_URL}{reverse('decision', args=[answer.decision_id])}",
    }
    return {**told, "attestation": _attestation(told, answer.dossier_digest)}


@once
def _findings(decided: GateDecision) -> Any:
    return codec.whole(decided.findings)


def public_key() -> dict[str, Any]:
    """The key that verdicts are verified with, in the form in which clients pin it, and the further ones."""
    verifier = settings.ASSAY_PUBLIC_URL
    key, *further = (verdicts.verifier_key(key, verifier) for key in signing.signers())
    return {"algorithm": "Ed25519", "verifier": verifier, "key": key, "further_keys": further}


def _attestation(told: dict[str, Any], dossier_digest: str) -> dict[str, Any] | None:
    """The signed statement; none for a denial without a policy, because there is nothing to name."""
    if told["policy"] is None:
        return None
    verifier = settings.ASSAY_PUBLIC_URL
    facts = {"uri": f"{verifier}/api/v1/gate/decisions/{told['decision_id']}", "digest": dossier_digest}
    content = verdicts.statement(
        told, verifier=verifier, policy_uri=f"{verifier}/api/v1/policies", facts=facts
    )
    return signing.envelope(content)


def _policy(answer: Answer) -> dict[str, Any] | None:
    policy = answer.decided.policy
    return {"name": policy.name, "version": policy.version, "digest": policy.digest} if policy else None
