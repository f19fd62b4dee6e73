"""Logs, notes and exports as docs/reference/log-export.md describes them, written without the client's code."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.client.verdicts import public

ORIGIN = "assay.example/acme"
LOG = Ed25519PrivateKey.from_private_bytes(bytes(range(2, 34)))
NEXT = Ed25519PrivateKey.from_private_bytes(bytes(range(3, 35)))
WITNESS = Ed25519PrivateKey.from_private_bytes(bytes(range(4, 36)))
OTHER_WITNESS = Ed25519PrivateKey.from_private_bytes(bytes(range(5, 37)))


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def vkey(key: Ed25519PrivateKey = LOG, name: str = ORIGIN, kind: int = 1) -> str:
    """A verifier key of a signed note, of whatever kind."""
    typed = bytes([kind]) + public(key)
    return f"{name}+{hashlib.sha256(name.encode() + b'\n' + typed).hexdigest()[:8]}+{b64(typed)}"


def signature(text: str, key: Ed25519PrivateKey = LOG, name: str = ORIGIN, kind: int = 1) -> str:
    """One signature line below a note."""
    key_id = bytes.fromhex(vkey(key, name, kind).split("+")[1])
    if kind == 4:
        when = (1_900_000_000).to_bytes(8, "big")
        blob = when + key.sign(b"cosignature/v1\ntime 1900000000\n" + text.encode())
    else:
        blob = key.sign(text.encode())
    return f"— {name} {b64(key_id + blob)}\n"


def leaf(entry: bytes) -> bytes:
    return hashlib.sha256(b"\0" + entry).digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """By the recursive definition of RFC 6962, 2.1."""
    if len(leaves) < 2:
        return leaves[0] if leaves else hashlib.sha256().digest()
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\1" + root(leaves[:split]) + root(leaves[split:])).digest()


def inclusion(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """PATH(m, D[n]) of RFC 6962, 2.1.1."""
    if len(leaves) < 2:
        return []
    split = 1 << (len(leaves) - 1).bit_length() - 1
    if index < split:
        return [*inclusion(leaves[:split], index), root(leaves[split:])]
    return [*inclusion(leaves[split:], index - split), root(leaves[:split])]


def consistency(leaves: Sequence[bytes], size: int, *, whole: bool = True) -> list[bytes]:
    """PROOF(m, D[n]) of RFC 6962, 2.1.2."""
    if size == len(leaves):
        return [] if whole else [root(leaves)]
    split = 1 << (len(leaves) - 1).bit_length() - 1
    if size <= split:
        return [*consistency(leaves[:split], size, whole=whole), root(leaves[split:])]
    return [*consistency(leaves[split:], size - split, whole=False), root(leaves[:split])]


def entry(index: int, origin: str = ORIGIN, **data: Any) -> bytes:
    """The canonical bytes of an entry."""
    subject = "5f0d4f5e-6b7c-4c58-9a8e-7d2d7f1f2a11"
    return rfc8785.dumps(
        {
            "schema": "assay.entry/1",
            "log": origin,
            "index": index,
            "at": "2030-01-01T12:00:00.000000Z",
            "event": "version.submitted",
            "version": 1,
            "actor": {"kind": "person", "id": subject, "name": {"commitment": "sha256:" + "ab" * 32}},
            "subject": {"kind": "model_version", "id": subject},
            "system": None if index % 3 else subject,
            "data": {"number": index, **data},
        }
    )


def note(text: str, *signatures: str) -> bytes:
    return (text + "\n" + "".join(signatures)).encode()


def checkpoint_text(leaves: Sequence[bytes], size: int, origin: str = ORIGIN) -> str:
    return f"{origin}\n{size}\n{b64(root(leaves[:size]))}\n"


def checkpoint(
    leaves: Sequence[bytes], size: int, key: Ed25519PrivateKey = LOG, origin: str = ORIGIN
) -> bytes:
    """The log's signed checkpoint of this size."""
    text = checkpoint_text(leaves, size, origin)
    return note(text, signature(text, key, origin))


def receipt(entries: Sequence[bytes], index: int, signed: bytes | None = None) -> bytes:
    """The receipt for one entry in the tree of them all."""
    leaves = [leaf(one) for one in entries]
    lines = [
        "c2sp.org/tlog-proof@v1",
        f"extra {b64(entries[index])}",
        f"index {index}",
        *map(b64, inclusion(leaves, index)),
    ]
    return "\n".join([*lines, "", ""]).encode() + (signed or checkpoint(leaves, len(entries)))


def policy(**changes: Any) -> dict[str, Any]:
    """A log policy that knows the log's key."""
    keys = [{"vkey": vkey(), "from_size": 0, "until_size": None}]
    return {"origin": ORIGIN, "keys": keys, "witnesses": [], "quorum": 0, **changes}


def tile_path(level: int, number: int, width: int) -> str:
    """As in C2SP tlog-tiles."""
    path = f"{number % 1000:03}"
    while number >= 1000:
        number //= 1000
        path = f"x{number % 1000:03}/{path}"
    return f"tile/{level}/{path}" + ("" if width == 256 else f".p/{width}")


@dataclass
class Log:
    """A log to be exported, whole or with something wrong in it."""

    entries: list[bytes]
    checkpoints: dict[int, bytes] = field(default_factory=dict)

    @classmethod
    def of(cls, size: int, *checkpoints: int) -> Log:
        """A right log of this size, with checkpoints of these sizes (its own size, if none are given)."""
        made = cls([entry(index) for index in range(size)])
        leaves = made.leaves
        made.checkpoints = {at: checkpoint(leaves, at) for at in checkpoints or (size,)}
        return made

    @property
    def leaves(self) -> list[bytes]:
        return [leaf(one) for one in self.entries]

    def files(self) -> dict[str, bytes]:
        """Every file of the export by its name."""
        size, leaves = len(self.entries), self.leaves
        head = {"format": "assay-log-export/1", "origin": ORIGIN, "size": size, "root": b64(root(leaves))}
        made = {"log.json": json.dumps(head).encode(), "keys.json": b"[]"}
        for first in range(0, size, 4096):
            lines = b"".join(one + b"\n" for one in self.entries[first : first + 4096])
            made[f"entries/{first:012}.jsonl"] = lines
        level, hashes = 0, leaves
        while hashes:
            for start in range(0, len(hashes), 256):
                row = hashes[start : start + 256]
                made[tile_path(level, start // 256, len(row))] = b"".join(row)
            whole = range(0, len(hashes) - 255, 256)
            level, hashes = level + 1, [root(hashes[start : start + 256]) for start in whole]
        return made | {f"checkpoints/{size:012}.note": data for size, data in self.checkpoints.items()}

    def written(self, folder: Path, **changed: bytes | None) -> Path:
        """The export alone in this folder, with some files replaced, or left out (None)."""
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for name, data in {**self.files(), **changed}.items():
            if data is not None:
                path = folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
        return folder
