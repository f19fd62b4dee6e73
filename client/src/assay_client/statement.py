"""The signed half of a verdict: an in-toto statement in a DSSE envelope (docs/reference/signed-verdicts.md).

Every fact that opens the gate is compared with what was asked or answered, because the usual failure of such
systems is not a bad signature but a good one about something else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from assay_client import dsse, strict_json, times
from assay_client.keys import PinnedKey

PAYLOAD_TYPE = "application/vnd.in-toto+json"
STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "https://slsa.dev/verification_summary/v1"
EXTENSION = "urn:assay:verdict:v1:"

# Extension field of the predicate -> field of the answer that must hold the very same value.
EXTENSIONS = {
    EXTENSION + "decision": "decision_id",
    EXTENSION + "verdict": "verdict",
    EXTENSION + "nonce": "nonce",
    EXTENSION + "expires": "expires_at",
    EXTENSION + "subject": "subject_digest",
}


class NotProven(ValueError):
    """The attestation does not prove the verdict; the code says which binding is missing."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = f"attestation.{code}"


@dataclass(frozen=True)
class Expected:
    """What the signed statement has to be about.

    Nonce and expiry of the answer have been checked before; the signed ones must be the same.
    """

    digest: str
    environment: str
    answer: Mapping[str, Any]
    passed: bool
    now: datetime
    skew: timedelta
    stored: bool = False  # kept in a file meanwhile: its own expiry says how old it may be


def verify(envelope: object, expected: Expected, keys: Sequence[PinnedKey]) -> None:
    """Return only if a pinned key signed a statement that says exactly what the answer says."""
    try:
        opened = dsse.opened(envelope, PAYLOAD_TYPE, keys)
        document = strict_json.parse(opened.payload)
    except dsse.BadEnvelope as error:
        raise NotProven("signature", str(error)) from None
    except strict_json.NotJson as error:
        raise NotProven("statement", f"the signed statement is unusable: {error}.") from None
    if not isinstance(document, dict) or document.get("_type") != STATEMENT_TYPE:
        raise NotProven("statement", "what was signed is not an in-toto statement.")
    if document.get("predicateType") != PREDICATE_TYPE:
        raise NotProven("predicate_type", "the signed statement is not a verification summary.")
    predicate = document.get("predicate")
    if not isinstance(predicate, dict):
        raise NotProven("statement", "the signed statement has no predicate.")
    about(document, expected.digest)
    _about_the_question(predicate, expected)
    _same_as_the_answer(predicate, expected)
    _fresh(predicate, expected)
    _by_its_verifier(predicate, opened.signers)


def about(document: Mapping[str, Any], digest: str) -> None:
    """Raise unless the statement is about this artifact, and about nothing else."""
    if artifact(document) != digest:
        raise NotProven("subject", "the signed statement is about another artifact.")


def artifact(document: Mapping[str, Any]) -> str | None:
    """The digest of the one artifact that the statement is about."""
    subjects = document.get("subject")
    # Exactly one: with two subjects, a verdict on one of them could be shown as a verdict on the other.
    if not isinstance(subjects, list) or len(subjects) != 1 or not isinstance(subjects[0], dict):
        raise NotProven("subject", "the signed statement is not about exactly one artifact.")
    digests = subjects[0].get("digest")
    return _prefixed(digests.get("sha256")) if isinstance(digests, dict) else None


def _about_the_question(predicate: Mapping[str, Any], expected: Expected) -> None:
    if predicate.get("resourceUri") != expected.environment:
        raise NotProven("environment", "the signed statement is about another environment.")
    if predicate.get("verificationResult") != ("PASSED" if expected.passed else "FAILED"):
        raise NotProven("result", "the signed result is not the verdict of the answer.")


def _same_as_the_answer(predicate: Mapping[str, Any], expected: Expected) -> None:
    for name, field in EXTENSIONS.items():
        if name not in predicate or predicate[name] != expected.answer.get(field):
            raise NotProven(field, f"its {name} is missing or is not the {field} of the answer.")
    signed, answered = policy_digest(predicate), expected.answer.get("policy")
    if signed is None or not isinstance(answered, dict) or signed != answered.get("digest"):
        raise NotProven("policy", "the signed policy is not the policy of the answer.")


def policy_digest(predicate: Mapping[str, Any]) -> str | None:
    """The digest of the policy that the statement names."""
    policy = predicate.get("policy")
    digests = policy.get("digest") if isinstance(policy, dict) else None
    return _prefixed(digests.get("sha256")) if isinstance(digests, dict) else None


def _fresh(predicate: Mapping[str, Any], expected: Expected) -> None:
    verified = times.parse(predicate.get("timeVerified"))
    old = not expected.stored and verified is not None and expected.now - verified > expected.skew
    if verified is None or verified - expected.now > expected.skew or old:
        raise NotProven("time", "the statement was not signed just now, or a clock is wrong.")


def _by_its_verifier(predicate: Mapping[str, Any], signers: Sequence[PinnedKey]) -> None:
    verifier = predicate.get("verifier")
    name = verifier.get("id") if isinstance(verifier, dict) else None
    if not isinstance(name, str) or not name:
        raise NotProven("verifier", "the signed statement does not say who verified.")
    if all(key.name is not None and key.name != name for key in signers):
        raise NotProven("verifier", "the key that signed it is pinned for another verifier.")


def _prefixed(digest: object) -> str | None:
    return f"sha256:{digest}" if isinstance(digest, str) else None
