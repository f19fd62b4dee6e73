"""Artifacts on this machine: files, named by the digest of their bytes."""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from assay_client.outcomes import BadInput

BLOCK = 1 << 20


@dataclass(frozen=True)
class Artifact:
    """A file as it was when its digest was taken."""

    path: Path
    size: int
    digest: str


def take(path: str) -> Artifact:
    """The artifact in this file, its digest computed here."""
    digest, size = hashlib.sha256(), 0
    try:
        with _opened(path) as stream:
            for block in iter(lambda: stream.read(BLOCK), b""):
                digest.update(block)
                size += len(block)
    except OSError as error:
        raise _unreadable(path, error) from None
    if size == 0:
        raise BadInput("artifact.empty", f"The artifact {path!a} is empty.")
    return Artifact(Path(path), size, f"sha256:{digest.hexdigest()}")


def blocks(artifact: Artifact, told: Callable[[int], None]) -> Iterator[bytes]:
    """The bytes of the artifact, or BadInput as soon as they are not the ones the digest was taken of."""
    digest, sent = hashlib.sha256(), 0
    try:
        with _opened(str(artifact.path)) as stream:
            while block := stream.read(BLOCK):
                digest.update(block)
                sent += len(block)
                if sent > artifact.size:
                    raise _changed(artifact)
                # The last block is held back until the digest is known to be right, so that changed
                # bytes never arrive as a complete upload.
                if sent == artifact.size and f"sha256:{digest.hexdigest()}" != artifact.digest:
                    raise _changed(artifact)
                yield block
                told(sent)
    except OSError as error:
        raise _unreadable(str(artifact.path), error) from None
    if sent < artifact.size:
        raise _changed(artifact)


def _opened(path: str) -> BinaryIO:
    try:
        if not stat.S_ISREG(Path(path).stat().st_mode):
            raise BadInput("artifact.not_a_file", f"The artifact {path!a} is not a file.")
        return Path(path).open("rb")
    except ValueError:
        raise BadInput("artifact.unreadable", f"The artifact {path!a} cannot be read.") from None


def _changed(artifact: Artifact) -> BadInput:
    return BadInput(
        "artifact.changed", f"The artifact {str(artifact.path)!a} changed while it was being read."
    )


def _unreadable(path: str, error: OSError) -> BadInput:
    return BadInput(
        "artifact.unreadable", f"The artifact {path!a} cannot be read: {error.strerror or 'error'}."
    )
