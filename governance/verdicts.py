"""Signed verdicts: one answer of the gate as an in-toto statement in a DSSE envelope. Pure but for the key's file.

The fields are those of docs/reference/signed-verdicts.md; every fact that opens a door is in the signed bytes.
"""

import base64
import hashlib
import os
import secrets
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import rfc8785
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from registry.errors import Unavailable

PAYLOAD_TYPE: Final = "application/vnd.in-toto+json"
STATEMENT_TYPE: Final = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE: Final = "https://slsa.dev/verification_summary/v1"
EXTENSION: Final = "urn:assay:verdict:v1:"
_ED25519: Final = b"\x01"
_LEVELS: Final = {
    "allow": ["ASSAY_ALLOW"],
    "allow_with_waiver": ["ASSAY_ALLOW_WITH_WAIVER"],
    "deny": ["FAILED"],
}


def statement(answer: Mapping[str, Any], *, verifier: str, policy_uri: str) -> dict[str, Any]:
    """The in-toto statement of an answer, as a SLSA verification summary with Assay's own fields."""
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
            "verificationResult": "FAILED" if verdict == "deny" else "PASSED",
            "verifiedLevels": _LEVELS[verdict],
            f"{EXTENSION}decision": answer["decision_id"],
            f"{EXTENSION}verdict": verdict,
            f"{EXTENSION}nonce": answer["nonce"],
            f"{EXTENSION}expires": answer["expires_at"],
            f"{EXTENSION}subject": answer["subject_digest"],
        },
    }


def envelope(content: Mapping[str, Any], key: Ed25519PrivateKey, verifier: str) -> dict[str, Any]:
    """The statement in a DSSE envelope, signed over its pre-authentication encoding."""
    payload, kind = rfc8785.dumps(dict(content)), PAYLOAD_TYPE.encode()
    message = b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)
    return {
        "payloadType": PAYLOAD_TYPE,
        "payload": base64.b64encode(payload).decode(),
        "signatures": [
            {"keyid": verifier_key(key, verifier), "sig": base64.b64encode(key.sign(message)).decode()}
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


def signing_key(path: Path) -> Ed25519PrivateKey:
    """The key in this file, made there at the first use; a file that others can read is not used."""
    if not path.exists():
        _make(path)
    status = path.stat()
    if status.st_mode & 0o077:
        raise Unavailable(
            f"The signing key {path.name} can be read by others on this machine. Give it the mode 0600.",
            code="signing_key.exposed",
        )
    return _loaded(path, status.st_mtime_ns)


@lru_cache(maxsize=8)
def _loaded(path: Path, _changed: int) -> Ed25519PrivateKey:
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except ValueError as error:
        raise Unavailable(
            f"The signing key {path.name} cannot be read.", code="signing_key.unreadable"
        ) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise Unavailable(
            f"The signing key {path.name} is not an Ed25519 key.", code="signing_key.unreadable"
        )
    return key


def _make(path: Path) -> None:
    """Write a whole key under another name first; of two processes that start together one wins, whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    part = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.link(part, path)  # fails when the other process was first; its key is the key
    except FileExistsError:
        pass
    finally:
        part.unlink()


def _bare(digest: str) -> str:
    return digest.removeprefix("sha256:")
