"""Signed notes and the keys that verify them (C2SP signed-note v1, tlog-cosignature v1).

A signature of an unknown key says nothing; a signature of a known key that does not hold spoils the whole note.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from hashlib import sha256

from assay_client.keys import PinnedKey
from assay_client.log.codes import BadCode, unbase64

MAX_NOTE = 1_000_000
MAX_SIGNATURES = 100
ED25519, ECDSA, COSIGNATURE = 1, 2, 4
SUPPORTED = (ED25519, COSIGNATURE)

_VKEY = re.compile(r"([^\s+]+)\+([0-9a-f]{8})\+(.+)")
_LINE = re.compile(r"— ([^\s+]+) (\S+)")
_CONTROL = re.compile(rb"[\x00-\x09\x0b-\x1f]")


class BadNote(ValueError):
    """The bytes are no signed note, or not one that these keys signed."""


class BadVerifierKey(ValueError):
    """The text is no verifier key."""


@dataclass(frozen=True)
class VerifierKey:
    """A key told in advance. Name and id together say which signature lines are its own."""

    name: str
    key_id: bytes
    kind: int
    public: bytes

    @property
    def supported(self) -> bool:
        """Whether signatures of this kind can be verified here."""
        return self.kind in SUPPORTED

    def verifies(self, signature: bytes, text: bytes) -> bool:
        """Whether this key signed exactly this text."""
        if self.kind == ED25519:
            return PinnedKey(None, self.public).verifies(signature, text)
        if self.kind != COSIGNATURE or len(signature) != 72 or signature[0] & 0x80:
            return False
        when = int.from_bytes(signature[:8], "big")
        return PinnedKey(None, self.public).verifies(
            signature[8:], b"cosignature/v1\ntime %d\n" % when + text
        )


@dataclass(frozen=True)
class Signature:
    """One line below a note: who says to have signed, and with what."""

    name: str
    key_id: bytes
    signature: bytes


@dataclass(frozen=True)
class Note:
    """A text and the signature lines below it; nothing is believed yet."""

    text: bytes
    signatures: tuple[Signature, ...]


@dataclass(frozen=True)
class Signed:
    """Which of the known keys signed, and which claim to have, in a way that cannot be verified here."""

    by: tuple[VerifierKey, ...]
    unsupported: tuple[VerifierKey, ...]


def verifier_key(text: str) -> VerifierKey:
    """The key in `name+hash+base64`; a kind that is not known here is kept, but verifies nothing."""
    match = _VKEY.fullmatch(text)
    if match is None:
        raise BadVerifierKey("expected name+hash+base64")
    name, claimed, coded = match.groups()
    try:
        typed = unbase64(coded)
    except BadCode:
        raise BadVerifierKey(f"the key of {name!a} is not base64") from None
    if not typed:
        raise BadVerifierKey(f"the key of {name!a} is empty")
    kind = typed[0]
    # ECDSA keys are named by their own hash alone.
    hashed = typed[1:] if kind == ECDSA else name.encode("utf-8", "surrogatepass") + b"\n" + typed
    key_id = sha256(hashed).digest()[:4]
    if key_id.hex() != claimed:
        raise BadVerifierKey(f"the hash in the key of {name!a} does not belong to it")
    if kind in SUPPORTED and len(typed) != 33:
        raise BadVerifierKey(f"the key of {name!a} does not have 32 bytes")
    return VerifierKey(name, key_id, kind, typed[1:])


def parse(data: bytes) -> Note:
    """The text and the signature lines of a note."""
    if len(data) > MAX_NOTE:
        raise BadNote(f"it has more than {MAX_NOTE} bytes")
    if _CONTROL.search(data):
        raise BadNote("it holds control characters")
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        raise BadNote("it is not UTF-8") from None
    text, blank, below = data.rpartition(b"\n\n")
    if not blank or not below.endswith(b"\n"):
        raise BadNote("it has no signature lines below an empty line")
    lines = below.decode("utf-8")[:-1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise BadNote(f"it has more than {MAX_SIGNATURES} signatures")
    return Note(text + b"\n", tuple(_signature(line) for line in lines))


def _signature(line: str) -> Signature:
    match = _LINE.fullmatch(line)
    if match is None:
        raise BadNote("a line below its text is no signature line")
    try:
        blob = unbase64(match[2])
    except BadCode:
        raise BadNote("a signature in it is not base64") from None
    if len(blob) < 5:
        raise BadNote("a signature in it is too short")
    return Signature(match[1], blob[:4], blob[4:])


def signed(note: Note, keys: Collection[VerifierKey]) -> Signed:
    """Who of the known keys signed the note; BadNote when a signature of one of them does not hold."""
    by: list[VerifierKey] = []
    unsupported: list[VerifierKey] = []
    for one in note.signatures:
        key = _key_of(one, keys)
        if key is None or key in by or key in unsupported:
            continue
        if not key.supported:
            unsupported.append(key)
        elif key.verifies(one.signature, note.text):
            by.append(key)
        else:
            raise BadNote(f"the signature of {key.name!a} does not hold")
    return Signed(tuple(by), tuple(unsupported))


def _key_of(signature: Signature, keys: Collection[VerifierKey]) -> VerifierKey | None:
    known: Sequence[VerifierKey] = [
        key for key in keys if (key.name, key.key_id) == (signature.name, signature.key_id)
    ]
    if len(known) > 1:
        raise BadNote(f"more than one of the known keys is {signature.name!a} with that id")
    return known[0] if known else None
