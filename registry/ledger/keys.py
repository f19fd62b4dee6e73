"""Who signs checkpoints. Private keys lie outside the database, in the checkpointer's reach only.

`ASSAY_LOG_KEYS` says where: `file:FOLDER` (made there at the first use, mode 0600), `env:NAME` (one PEM in the
environment, the next one in NAME_NEXT), or the dotted path of a class with the three methods of `Keys`, for a key
management service.
"""

import os
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.utils.module_loading import import_string

from registry.durable import sync_folder
from registry.errors import Unavailable
from registry.key_files import signing_key


@dataclass(frozen=True)
class Signer:
    """A public key of 32 bytes, and what signs with its private one."""

    public: bytes
    sign: Callable[[bytes], bytes]


class Keys(Protocol):
    """Where the keys of all logs are."""

    def first(self, organisation_id: uuid.UUID) -> Signer:
        """The key that a log begins with."""

    def following(self, organisation_id: uuid.UUID) -> Signer:
        """Another key, for a log whose key is to be replaced."""

    def signer(self, organisation_id: uuid.UUID, public: bytes) -> Signer:
        """The key with this public half; Unavailable when it is not there."""


class FileKeys:
    """A folder per log, a file per key, named by its public half."""

    def __init__(self, folder: str) -> None:
        self._folder = Path(folder)

    def first(self, organisation_id: uuid.UUID) -> Signer:
        """The key of the log, made now."""
        return self.following(organisation_id)

    def following(self, organisation_id: uuid.UUID) -> Signer:
        """A new key."""
        folder = self._folder / str(organisation_id)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        new = folder / "new.pem"
        made = _signer(signing_key(new))
        new.rename(self._file(organisation_id, made.public))
        sync_folder(folder)
        sync_folder(self._folder)
        return made

    def signer(self, organisation_id: uuid.UUID, public: bytes) -> Signer:
        """The key in the file of that name."""
        path = self._file(organisation_id, public)
        if not path.exists():
            raise _missing(public)
        return _checked(_signer(signing_key(path)), public)

    def _file(self, organisation_id: uuid.UUID, public: bytes) -> Path:
        return self._folder / str(organisation_id) / f"{public.hex()[:16]}.pem"


class EnvironmentKeys:
    """One key for all logs in the environment, as secrets are often handed to containers."""

    def __init__(self, name: str) -> None:
        self._name = name

    def first(self, organisation_id: uuid.UUID) -> Signer:
        """The key in the environment."""
        return self._read(self._name)

    def following(self, organisation_id: uuid.UUID) -> Signer:
        """The key that is to come next."""
        return self._read(f"{self._name}_NEXT")

    def signer(self, organisation_id: uuid.UUID, public: bytes) -> Signer:
        """Whichever of the two has this public half."""
        for name in (self._name, f"{self._name}_NEXT"):
            if name in os.environ and (found := self._read(name)).public == public:
                return found
        raise _missing(public)

    def _read(self, name: str) -> Signer:
        try:
            key = serialization.load_pem_private_key(os.environ[name].encode(), password=None)
        except (KeyError, ValueError) as error:
            raise Unavailable(
                f"The environment variable {name} holds no private key in PEM form.", code="log.key_missing"
            ) from error
        if not isinstance(key, Ed25519PrivateKey):
            raise Unavailable(
                f"The key in the environment variable {name} is not an Ed25519 key.", code="log.key_missing"
            )
        return _signer(key)


def configured() -> Keys:
    """The keys that the settings name."""
    kind, _, where = settings.ASSAY_LOG_KEYS.partition(":")
    if kind == "file":
        return FileKeys(where)
    if kind == "env":
        return EnvironmentKeys(where)
    made: Keys = import_string(settings.ASSAY_LOG_KEYS)()
    return made


def _signer(key: Ed25519PrivateKey) -> Signer:
    return Signer(key.public_key().public_bytes_raw(), key.sign)


def _checked(found: Signer, public: bytes) -> Signer:
    if found.public != public:
        raise _missing(public)
    return found


def _missing(public: bytes) -> Unavailable:
    return Unavailable(
        f"The private key to {public.hex()[:16]} is not where ASSAY_LOG_KEYS points. Nothing was signed.",
        code="log.key_missing",
    )
