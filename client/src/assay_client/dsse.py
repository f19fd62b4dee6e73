"""DSSE envelopes: which bytes were signed, and did a pinned key sign them? Nothing is parsed before that."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from typing import Generic, Protocol, TypeVar

MAX_SIGNATURES = 16

_BASE64 = re.compile(r"(?:[A-Za-z0-9+/]*|[A-Za-z0-9_-]*)={0,2}", re.ASCII)


class BadEnvelope(ValueError):
    """The envelope is malformed, or no pinned key signed it."""


class Key(Protocol):
    """Anything that can say whether it signed a message."""

    def verifies(self, signature: bytes, message: bytes) -> bool:
        """Whether this key signed exactly this message."""
        ...


K = TypeVar("K", bound=Key)


class Opened(Generic[K]):
    """The signed bytes, and the pinned keys that signed them."""

    def __init__(self, payload: bytes, signers: tuple[K, ...]) -> None:
        self.payload = payload
        self.signers = signers


def pae(payload_type: str, payload: bytes) -> bytes:
    """The pre-authentication encoding: what a DSSE signature is really over."""
    kind = payload_type.encode("utf-8")
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def opened(envelope: object, payload_type: str, keys: Sequence[K], threshold: int = 1) -> Opened[K]:
    """The payload of an envelope that enough different pinned keys signed.

    The keyid of a signature is an unauthenticated hint and is not looked at.
    """
    if not isinstance(envelope, dict):
        raise BadEnvelope("there is no envelope.")
    if envelope.get("payloadType") != payload_type:
        raise BadEnvelope(f"its payload type is not {payload_type}.")
    payload = _decoded(envelope.get("payload"), "payload")
    message = pae(payload_type, payload)
    signatures = _signatures(envelope.get("signatures"))
    signers = tuple(key for key in keys if any(key.verifies(one, message) for one in signatures))
    if len(signers) < max(threshold, 1):
        raise BadEnvelope("no pinned key signed it.")
    return Opened(payload, signers)


def claimed(envelope: object) -> bytes:
    """The payload of an envelope that nobody has verified: good for finding out what to verify, for nothing else."""
    return _decoded(envelope.get("payload") if isinstance(envelope, dict) else None, "payload")


def _signatures(entries: object) -> list[bytes]:
    if not isinstance(entries, list) or not 1 <= len(entries) <= MAX_SIGNATURES:
        raise BadEnvelope(f"it does not hold between 1 and {MAX_SIGNATURES} signatures.")
    if not all(isinstance(entry, dict) for entry in entries):
        raise BadEnvelope("a signature in it is not an object.")
    return [_decoded(entry.get("sig"), "signature") for entry in entries]


def _decoded(text: object, what: str) -> bytes:
    """Both base64 alphabets are taken, but not mixed, and nothing that is in neither."""
    if not isinstance(text, str) or not text or not _BASE64.fullmatch(text):
        raise BadEnvelope(f"its {what} is not base64.")
    standard = text.translate(str.maketrans("-_", "+/"))
    try:
        data = base64.b64decode(standard, validate=True)
    except (binascii.Error, ValueError):
        raise BadEnvelope(f"its {what} is not base64.") from None
    if base64.b64encode(data).decode("ascii") != standard:
        # Stray bits at the end: two texts of one signature, and a changed text would go unnoticed.
        raise BadEnvelope(f"its {what} is not base64.")
    return data
