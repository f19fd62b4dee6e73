"""Signed notes and checkpoints of C2SP (signed-note, tlog-checkpoint), Ed25519 only. Pure: no database, no clock."""

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

ED25519: Final = b"\x01"
LARGEST: Final = 1_000_000  # bytes of a note
MOST_SIGNATURES: Final = 100
_SIGNATURE: Final = re.compile(r"— (\S+) (\S+)")
_NUMBER: Final = re.compile(r"0|[1-9][0-9]{0,18}")


class Malformed(ValueError):
    """A text that is no signed note, or no checkpoint."""


@dataclass(frozen=True)
class VerifierKey:
    """A public key as others pin it: `name+hash+base64`."""

    name: str
    public: bytes

    @property
    def id(self) -> bytes:
        """The four bytes that stand before each signature of this key."""
        return key_id(self.name, ED25519 + self.public)

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(ED25519 + self.public).decode()}"

    @classmethod
    def read(cls, text: str) -> Self:
        """The key in a text; Malformed when it is none, is of another kind, or names another hash."""
        parts = text.split("+", 2)
        if len(parts) != 3 or not _is_name(parts[0]):
            raise Malformed("A verifier key reads name+hash+base64.")
        typed = _decoded(parts[2])
        if typed[:1] != ED25519 or len(typed) != 33 or key_id(parts[0], typed).hex() != parts[1]:
            raise Malformed(f"The verifier key of {parts[0]} is not an Ed25519 key with its own hash.")
        return cls(parts[0], typed[1:])


def key_id(name: str, typed: bytes) -> bytes:
    """The first four bytes of SHA-256(name || 0x0A || kind and key)."""
    return hashlib.sha256(name.encode() + b"\n" + typed).digest()[:4]


@dataclass(frozen=True)
class Note:
    """A text and its signature lines, not yet verified."""

    text: str
    signatures: tuple[tuple[str, bytes, bytes], ...]  # name, key id, signature

    def __str__(self) -> str:
        lines = (f"— {name} {base64.b64encode(key + made).decode()}\n" for name, key, made in self.signatures)
        return f"{self.text}\n{''.join(lines)}"

    def signed(self, name: str, key: bytes, made: bytes) -> "Note":
        """The same text with one signature more."""
        return Note(self.text, (*self.signatures, (name, key, made)))

    def verified_by(self, keys: Iterable[VerifierKey]) -> list[VerifierKey]:
        """Those of the keys whose signatures hold; Malformed when one of theirs does not. Unknown ones are ignored."""
        trusted = list(keys)
        found: dict[VerifierKey, None] = {}
        for name, key_hash, made in self.signatures:
            mine = [key for key in trusted if (key.name, key.id) == (name, key_hash)]
            if len(mine) > 1:
                raise Malformed(f"Two of the trusted keys are called {name} and have the same hash.")
            if not mine or (key := mine[0]) in found:
                continue
            try:
                Ed25519PublicKey.from_public_bytes(key.public).verify(made, self.text.encode())
            except InvalidSignature as error:
                raise Malformed(f"The signature of {name} is not of this text.") from error
            found[key] = None
        return list(found)


def parse(text: str) -> Note:
    """The note in a text; Malformed when it is none."""
    if len(text.encode()) > LARGEST or any(ord(sign) < 0x20 and sign != "\n" for sign in text):
        raise Malformed("A note is text without control characters, and not longer than a megabyte.")
    body, blank, tail = text.rpartition("\n\n")
    if not blank or not tail.endswith("\n"):
        raise Malformed("A note ends with an empty line and its signatures.")
    lines = tail[:-1].split("\n")
    if len(lines) > MOST_SIGNATURES:
        raise Malformed(f"A note has at most {MOST_SIGNATURES} signatures.")
    return Note(body + "\n", tuple(_signature(line) for line in lines))


def _signature(line: str) -> tuple[str, bytes, bytes]:
    found = _SIGNATURE.fullmatch(line)
    if found is None or not _is_name(found[1]):
        raise Malformed("A signature line reads «— name base64».")
    data = _decoded(found[2])
    if len(data) < 5:
        raise Malformed("A signature is longer than the hash of its key.")
    return found[1], data[:4], data[4:]


@dataclass(frozen=True)
class Checkpoint:
    """The signed part of a tree head: whose log, how many entries, their root."""

    origin: str
    size: int
    root: bytes

    def __str__(self) -> str:
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"

    @classmethod
    def read(cls, text: str) -> Self:
        """The checkpoint in the text of a note; extension lines are passed over."""
        lines = text.split("\n")
        if len(lines) < 4 or lines[-1] or not lines[0] or not all(lines[:-1]):
            raise Malformed("A checkpoint has three lines: origin, size, root.")
        if not _NUMBER.fullmatch(lines[1]) or int(lines[1]) >= 1 << 63:
            raise Malformed("The second line of a checkpoint is its size.")
        root = _decoded(lines[2])
        if len(root) != 32:
            raise Malformed("The third line of a checkpoint is a SHA-256 in base64.")
        return cls(lines[0], int(lines[1]), root)


def sign(checkpoint: Checkpoint, key: VerifierKey, make: Callable[[bytes], bytes]) -> Note:
    """The note of a checkpoint with one signature; `make` signs bytes with the private key."""
    text = str(checkpoint)
    return Note(text, ((key.name, key.id, make(text.encode())),))


def _is_name(text: str) -> bool:
    return bool(text) and "+" not in text and not any(sign.isspace() for sign in text)


def _decoded(text: str) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Malformed("Something that should be base64 is not.") from error
    if base64.b64encode(data).decode() != text:
        raise Malformed("Something that should be base64 is not in its one form.")
    return data
