"""Private Ed25519 keys in files that only their owner may read."""

import os
import secrets
from functools import lru_cache
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from registry.durable import sync_folder
from registry.errors import Unavailable


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
        sync_folder(path.parent)  # a key that has signed must not be gone after a power cut
