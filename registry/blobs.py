"""Content-addressed bytes on disk, one folder per organisation.

Bytes are data, never code: nothing here opens, parses or guesses. A file gets its final name only when all of it
has arrived and its digest is known, so no half file is ever visible.
"""

import hashlib
import os
import tempfile
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

from registry.durable import sync_folder
from registry.errors import Conflict, Invalid, NotFound, TooLarge

CHUNK = 1024 * 1024


@dataclass(frozen=True)
class Stored:
    """What was stored: its digest (`sha256:<hex>`), its size in bytes, and whether it was already there."""

    digest: str
    size: int
    existed: bool


def put(
    organisation_id: uuid.UUID,
    stream: BinaryIO,
    *,
    expected: str | None = None,
    size: int | None = None,
    limit: int | None = None,
) -> Stored:
    """Store a stream under its digest; refuse it as a whole when it is too large or not what was announced."""
    announced = size
    limit = settings.ASSAY_MAX_ARTIFACT_BYTES if limit is None else limit
    folder = _folder(organisation_id)
    folder.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix="incoming-", dir=folder)
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            digest, size = _copy(stream, file, limit)
            file.flush()
            os.fsync(file.fileno())
        if announced is not None and announced != size:
            raise Invalid(
                f"{size} bytes arrived where {announced} were announced; the upload broke off. Send it again.",
                code="artifact.incomplete",
            )
        if expected is not None and expected != digest:
            raise Conflict(
                f"The bytes that arrived have digest {digest}, not the announced {expected}. Upload them again.",
                code="artifact.digest_mismatch",
            )
        target = _path(organisation_id, digest)
        existed = target.exists()
        target.parent.mkdir(exist_ok=True)
        part.chmod(0o440)
        part.replace(target)
        sync_folder(target.parent)
        sync_folder(folder)
        return Stored(digest, size, existed)
    finally:
        part.unlink(missing_ok=True)


def path(organisation_id: uuid.UUID, digest: str) -> Path:
    """The file of a digest. Whoever uses its bytes as evidence calls `verified_path`."""
    target = _path(organisation_id, digest)
    if not target.is_file():
        raise NotFound(f"The bytes of {digest} are not in the artifact store.", code="artifact.missing")
    return target


def verified_path(organisation_id: uuid.UUID, digest: str) -> Path:
    """The file of a digest after reading it once and finding that digest again."""
    target = path(organisation_id, digest)
    with target.open("rb") as file:
        found, _ = _copy(file, None, None)
    if found != digest:
        raise Conflict(
            f"The stored bytes of {digest} were changed outside Assay: they now have {found}."
            " Evidence on them is refused.",
            code="artifact.tampered",
        )
    return target


def delete(organisation_id: uuid.UUID, digest: str) -> bool:
    """Delete the file of a digest; False when there is none. Who calls it knows that nothing needs the bytes."""
    target = _path(organisation_id, digest)
    there = target.is_file()
    target.unlink(missing_ok=True)
    return there


def _copy(stream: BinaryIO, file: BinaryIO | None, limit: int | None) -> tuple[str, int]:
    hasher, size = hashlib.sha256(), 0
    for chunk in _chunks(stream):
        size += len(chunk)
        if limit is not None and size > limit:
            raise TooLarge(
                f"The upload is larger than the limit of {limit} bytes; nothing was kept.",
                code="artifact.too_large",
            )
        hasher.update(chunk)
        if file is not None:
            file.write(chunk)
    return f"sha256:{hasher.hexdigest()}", size


def _chunks(stream: BinaryIO) -> Iterator[bytes]:
    while chunk := stream.read(CHUNK):
        yield chunk


def _folder(organisation_id: uuid.UUID) -> Path:
    return Path(settings.ASSAY_ARTIFACTS_DIR) / str(organisation_id)


def _path(organisation_id: uuid.UUID, digest: str) -> Path:
    algorithm, _, value = digest.partition(":")
    if algorithm != "sha256" or len(value) != 64 or any(c not in "0123456789abcdef" for c in value):
        raise Invalid(
            f"{digest!r} is not a digest; it looks like sha256: and 64 hexadecimal digits.",
            code="digest.malformed",
        )
    return _folder(organisation_id) / value[:2] / value
