"""The public keys whose signature on a verdict is believed: Ed25519, as C2SP verifier keys or bare base64.

A verifier key `name+hash+base64` also says who signs: that name must be the verifier id in the statement.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass

try:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    AVAILABLE = True
except ImportError:  # a CI image without it can still ask; it only cannot verify, and says so
    AVAILABLE = False

ED25519 = b"\x01"

_BARE = re.compile(r"[A-Za-z0-9+/_-]{43}=", re.ASCII)
_VKEY = re.compile(r"([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/_-]+={0,2})")


class BadKey(ValueError):
    """The text is not a public key that can be pinned."""


@dataclass(frozen=True)
class PinnedKey:
    """One public key told to us in advance; its name, when it has one, is the verifier it speaks for."""

    name: str | None
    public: bytes

    def verifies(self, signature: bytes, message: bytes) -> bool:
        """Whether this key signed exactly this message."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True


def looks_literal(text: str) -> bool:
    """Whether the text is itself keys, rather than the name of a file that holds them."""
    words = text.split()
    return bool(words) and all(_BARE.fullmatch(word) or _VKEY.fullmatch(word) for word in words)


def parse(text: str) -> tuple[PinnedKey, ...]:
    """All keys of a text, separated by blanks or line ends; lines starting with # are remarks."""
    lines = (line.strip() for line in text.splitlines())
    words = [word for line in lines if not line.startswith("#") for word in line.split()]
    if not words:
        raise BadKey("there is no key in it.")
    if not AVAILABLE:
        raise BadKey(
            "verifying needs the package cryptography. Install it, for example: pip install cryptography"
        )
    return tuple(dict.fromkeys(_one(word) for word in words))


def _one(word: str) -> PinnedKey:
    if _BARE.fullmatch(word):
        return PinnedKey(None, _checked(_decoded(word)))
    match = _VKEY.fullmatch(word)
    if match is None:
        raise BadKey("expected name+hash+base64 as in a signed note, or 32 bytes of Ed25519 key in base64.")
    name, claimed, coded = match.groups()
    typed = _decoded(coded)
    if typed[:1] != ED25519:
        raise BadKey(f"the key of {name!a} is not an Ed25519 key.")
    if hashlib.sha256(name.encode() + b"\n" + typed).hexdigest()[:8] != claimed:
        raise BadKey(
            f"the hash in the key of {name!a} does not belong to it: a character was lost or changed."
        )
    return PinnedKey(name, _checked(typed[1:]))


def _decoded(coded: str) -> bytes:
    try:
        return base64.b64decode(coded.translate(str.maketrans("-_", "+/")), validate=True)
    except (binascii.Error, ValueError):
        raise BadKey("its base64 is not valid.") from None


def _checked(public: bytes) -> bytes:
    if len(public) != 32:
        raise BadKey(f"an Ed25519 public key has 32 bytes, this one has {len(public)}.")
    return public
