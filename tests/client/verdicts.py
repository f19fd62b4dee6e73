"""Answers of the gate as docs/reference/signed-verdicts.md describes them, written without the client's own code."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from assay_client.times import UTC
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.client.command import DIGEST
from tests.client.service import Asked, Behaviour, Handler

VERIFIER = "https://assay.example"
PAYLOAD_TYPE = "application/vnd.in-toto+json"
REVOCATIONS = "application/vnd.assay.revocations+json"
UNMET = {
    "code": "checks.failed",
    "state": "open",
    "sentence": "The impact ratio of sex is 0.61, below 0.80.",
    "requirement": "checks_passed",
    "owner_role": "validator",
    "clears": "A run in which every check passes.",
}
INSUFFICIENT = {**UNMET, "code": "checks.insufficient", "state": "insufficient"}
MET = {**UNMET, "code": "report.current", "state": "met", "sentence": "The report is current."}

# Known to everybody, so good for tests only.
SIGNER = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
STRANGER = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))


def public(key: Ed25519PrivateKey) -> bytes:
    """The 32 bytes of its public half."""
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def bare(key: Ed25519PrivateKey = SIGNER) -> str:
    """The public key as bare base64."""
    return base64.b64encode(public(key)).decode()


def vkey(key: Ed25519PrivateKey = SIGNER, name: str = VERIFIER) -> str:
    """The public key as a verifier key of C2SP signed notes."""
    typed = b"\x01" + public(key)
    key_id = hashlib.sha256(name.encode() + b"\n" + typed).hexdigest()[:8]
    return f"{name}+{key_id}+{base64.b64encode(typed).decode()}"


def stamp(moment: datetime) -> str:
    """A time as the service writes it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def answer(question: Mapping[str, Any], now: datetime | None = None, **changes: Any) -> dict[str, Any]:
    """An unsigned allow for this question, given now, with some fields changed."""
    given = now or datetime.now(UTC)
    return {
        "decision_id": "5f0d4f5e-6b7c-4c58-9a8e-7d2d7f1f2a11",
        "verdict": "allow",
        "artifact_digest": question["artifact_digest"],
        "environment": question["environment"],
        "nonce": question["nonce"],
        "subject_digest": "sha256:" + "11" * 32,
        "policy": {"name": "high-risk", "version": "3", "digest": "sha256:" + "22" * 32},
        "findings": [MET],
        "unblock_plan": [],
        "waivers": [],
        "decided_at": stamp(given),
        "expires_at": stamp(given + timedelta(minutes=15)),
        "url": "https://assay.example/decisions/5f0d4f5e",
        "attestation": None,
        **changes,
    }


def denial(question: Mapping[str, Any], *findings: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
    """An unsigned denial with these findings."""
    return answer(
        question, verdict="deny", findings=list(findings), unblock_plan=["Pass the checks."], **changes
    )


def statement(of: Mapping[str, Any]) -> dict[str, Any]:
    """The in-toto statement that belongs to an answer."""
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"digest": {"sha256": of["artifact_digest"][7:]}}],
        "predicateType": "https://slsa.dev/verification_summary/v1",
        "predicate": {
            "verifier": {"id": VERIFIER, "version": {"assay": "0.1.0"}},
            "timeVerified": of["decided_at"],
            "resourceUri": of["environment"],
            "policy": {"uri": "https://assay.example/policies/high-risk/3", "digest": {"sha256": "22" * 32}},
            "verificationResult": "FAILED" if of["verdict"] == "deny" else "PASSED",
            "verifiedLevels": ["FAILED" if of["verdict"] == "deny" else "ASSAY_ALLOW"],
            "urn:assay:verdict:v1:decision": of["decision_id"],
            "urn:assay:verdict:v1:verdict": of["verdict"],
            "urn:assay:verdict:v1:nonce": of["nonce"],
            "urn:assay:verdict:v1:expires": of["expires_at"],
            "urn:assay:verdict:v1:subject": of["subject_digest"],
        },
    }


def envelope(of: object, key: Ed25519PrivateKey = SIGNER, payload_type: str = PAYLOAD_TYPE) -> dict[str, Any]:
    """The statement in a DSSE envelope; bytes are taken as they are."""
    payload = of if isinstance(of, bytes) else json.dumps(of).encode()
    message = b"DSSEv1 " + f"{len(payload_type)} {payload_type} {len(payload)} ".encode() + payload
    return {
        "payloadType": payload_type,
        "payload": base64.b64encode(payload).decode(),
        "signatures": [{"keyid": "hint", "sig": base64.b64encode(key.sign(message)).decode()}],
    }


def signed(of: Mapping[str, Any], key: Ed25519PrivateKey = SIGNER) -> dict[str, Any]:
    """The answer with the attestation that belongs to it."""
    return {**of, "attestation": envelope(statement(of), key)}


def answering(make: Callable[[dict[str, Any]], object]) -> Behaviour:
    """A service that answers each question with what this function makes of it."""

    def behave(handler: Handler, asked: Asked) -> None:
        handler.send_json(make(asked.document))

    return behave


def question(nonce: str = "0123456789abcdef0123456789abcdef") -> dict[str, Any]:
    """What the client asks."""
    return {"artifact_digest": DIGEST, "environment": "production", "nonce": nonce}


def door(**changes: Any) -> dict[str, Any]:
    """A policy of a door that believes the verifier and takes no waivers."""
    pinned = [{"id": VERIFIER, "key": vkey()}]
    return {"verifiers": pinned, "threshold": 1, "levels": ["ASSAY_ALLOW"], "policies": None, **changes}


def waiver(now: datetime) -> dict[str, Any]:
    """The statement of an allow with a waiver, with its level."""
    said = statement(answer(question(), now, verdict="allow_with_waiver"))
    said["predicate"]["verifiedLevels"] = ["ASSAY_ALLOW_WITH_WAIVER"]
    return said


def revocations(
    *decisions: str, key: Ed25519PrivateKey = SIGNER, kind: str = REVOCATIONS, now: datetime, **changes: Any
) -> dict[str, Any]:
    """A signed list of these decisions, good for an hour."""
    listed = [{"decision": one, "revoked_at": stamp(now), "reason": "Suspended."} for one in decisions]
    document = {
        "format": "assay-revocations/1",
        "verifier": VERIFIER,
        "issued_at": stamp(now),
        "valid_until": stamp(now + timedelta(hours=1)),
        "revoked": listed,
    }
    return envelope(json.dumps({**document, **changes}).encode(), key, kind)
