"""Signed verdicts: one answer of the gate as an in-toto statement in a DSSE envelope. Pure.

The fields are those of docs/reference/signed-verdicts.md; every fact that opens a door is in the signed bytes.
"""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Final

import rfc8785
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from registry.key_files import signing_key as signing_key

PAYLOAD_TYPE: Final = "application/vnd.in-toto+json"
STATEMENT_TYPE: Final = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE: Final = "https://slsa.dev/verification_summary/v1"
EXTENSION: Final = "urn:assay:verdict:v1:"
VOTE_TYPE: Final = "urn:assay:vote:v1"
_ED25519: Final = b"\x01"
_LEVELS: Final = {
    "allow": ["ASSAY_ALLOW"],
    "allow_with_waiver": ["ASSAY_ALLOW_WITH_WAIVER"],
    "deny": ["FAILED"],
}


def statement(
    answer: Mapping[str, Any], *, verifier: str, policy_uri: str, facts: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """The in-toto statement of an answer, as a SLSA verification summary with Assay's own fields.

    `facts` are where what it was decided from can be read, and the digest of that.
    """
    verdict = answer["verdict"]
    return {
        "_type": STATEMENT_TYPE,
        "subject": [{"digest": {"sha256": _bare(answer["artifact_digest"])}}],
        "predicateType": PREDICATE_TYPE,
        "predicate": {
            "verifier": {"id": verifier},
            "timeVerified": answer["decided_at"],
            "resourceUri": answer["environment"],
            "policy": {"uri": policy_uri, "digest": {"sha256": _bare(answer["policy"]["digest"])}},
            "inputAttestations": [
                {"uri": one["uri"], "digest": {"sha256": _bare(one["digest"])}} for one in [facts] if one
            ],
            "verificationResult": "FAILED" if verdict == "deny" else "PASSED",
            "verifiedLevels": _LEVELS[verdict],
            f"{EXTENSION}decision": answer["decision_id"],
            f"{EXTENSION}verdict": verdict,
            f"{EXTENSION}nonce": answer["nonce"],
            f"{EXTENSION}expires": answer["expires_at"],
            f"{EXTENSION}subject": answer["subject_digest"],
        },
    }


def vote_statement(vote: Mapping[str, Any]) -> dict[str, Any]:
    """The in-toto statement that a vote was given: on what, by whom, as what, and where the log tells of it."""
    return {
        "_type": STATEMENT_TYPE,
        "subject": [{"digest": {"sha256": _bare(vote["subject_digest"])}}],
        "predicateType": VOTE_TYPE,
        "predicate": {key: value for key, value in vote.items() if key != "subject_digest"},
    }


def envelope(
    content: Mapping[str, Any], keys: Sequence[Ed25519PrivateKey], verifier: str, *, kind: str = PAYLOAD_TYPE
) -> dict[str, Any]:
    """The statement in a DSSE envelope, signed by each key over its pre-authentication encoding."""
    payload, typed = rfc8785.dumps(dict(content)), kind.encode()
    message = b"DSSEv1 %d %b %d %b" % (len(typed), typed, len(payload), payload)
    return {
        "payloadType": kind,
        "payload": base64.b64encode(payload).decode(),
        "signatures": [
            {"keyid": verifier_key(key, verifier), "sig": base64.b64encode(key.sign(message)).decode()}
            for key in keys
        ],
    }


def verifier_key(key: Ed25519PrivateKey, verifier: str) -> str:
    """The public key as others pin it: `name+hash+base64`, as in a C2SP signed note."""
    typed = _ED25519 + public_bytes(key)
    short = hashlib.sha256(verifier.encode() + b"\n" + typed).hexdigest()[:8]
    return f"{verifier}+{short}+{base64.b64encode(typed).decode()}"


def public_bytes(key: Ed25519PrivateKey) -> bytes:
    """The 32 bytes of the public key."""
    return key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def _bare(digest: str) -> str:
    return digest.removeprefix("sha256:")
