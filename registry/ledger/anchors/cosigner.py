"""The key of a witness, and what it signs (C2SP tlog-cosignature v1, Ed25519). Pure."""

import base64
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from registry.ledger import notes

COSIGNATURE: Final = b"\x04"


@dataclass(frozen=True)
class Cosigner:
    """The public key of a witness as it is pinned: `name+hash+base64`."""

    name: str
    public: bytes

    @property
    def id(self) -> bytes:
        """The four bytes that stand before each signature of this key."""
        return notes.key_id(self.name, COSIGNATURE + self.public)

    @classmethod
    def read(cls, text: str) -> Self:
        """The key in a text; ValueError when it is none, is of another kind, or names another hash."""
        name, _, rest = text.partition("+")
        claimed, _, coded = rest.partition("+")
        typed = base64.b64decode(coded, validate=True)
        if not name or typed[:1] != COSIGNATURE or len(typed) != 33:
            raise ValueError("It is not the key of a witness, name+hash+base64 of kind 4.")
        if notes.key_id(name, typed).hex() != claimed:
            raise ValueError("The hash in it is not that of the key.")
        return cls(name, typed[1:])

    def signed(self, note: str, lines: str) -> tuple[str, datetime]:
        """This witness's own line among those for a note, and when it signed; Malformed when there is none."""
        text = notes.parse(note).text
        for name, key, made in notes.parse(f"{text}\n{lines}").signatures:
            if (name, key) == (self.name, self.id):
                line = f"— {name} {base64.b64encode(key + made).decode()}\n"
                return line, self._at(text, made)
        raise notes.Malformed(f"{self.name} has not signed it.")

    def _at(self, text: str, made: bytes) -> datetime:
        when = int.from_bytes(made[:8], "big")
        try:
            signed = f"cosignature/v1\ntime {when}\n{text}".encode()
            Ed25519PublicKey.from_public_bytes(self.public).verify(made[8:], signed)
            return datetime.fromtimestamp(when, UTC)
        except (InvalidSignature, ValueError, OverflowError, OSError) as error:
            raise notes.Malformed(f"The signature of {self.name} is not of this text.") from error
