"""Stored bytes: what they are, their digest, and what comes out of them when they are unpacked."""

from __future__ import annotations

import bz2
import errno
import hashlib
import stat
import zlib
from collections.abc import Callable, Iterator
from io import BufferedReader
from pathlib import Path
from typing import Protocol, cast

import pyarrow as pa

from audits.frames.errors import Refused
from audits.frames.limits import Limits
from audits.frames.wording import counted, shown

CHUNK = 1024**2

_FOREIGN = {
    b"PK\x03\x04": "a zip archive (or a spreadsheet)",
    b"\xd0\xcf\x11\xe0": "an old spreadsheet",
    b"\x80\x02": "a pickle",
    b"\x80\x03": "a pickle",
    b"\x80\x04": "a pickle",
    b"\x80\x05": "a pickle",
    b"\x89HDF": "an HDF5 file",
    b"%PDF": "a PDF",
    b"ARROW1": "an Arrow file",
    b"7z\xbc\xaf": "a 7z archive",
    b"\xfd7zXZ": "an xz archive",
    b"SQLite format 3": "an SQLite database",
}


class _Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = ..., /) -> bytes: ...


class _Inflater(Protocol):
    def __call__(self, packed: BufferedReader) -> Iterator[bytes]: ...


def regular_file(path: Path, limits: Limits) -> int:
    """The size of a file that may be read: a plain file, not empty, not too large."""
    try:
        found = path.stat()
    except OSError as error:
        raise Refused("file.unreadable", f"The file {shown(path.name)} cannot be read.") from error
    if not stat.S_ISREG(found.st_mode):
        raise Refused("file.not_regular", f"{shown(path.name)} is not a plain file.")
    if found.st_size == 0:
        raise Refused("file.empty", "The file is empty: give a header line and rows.", line=1)
    if found.st_size > limits.max_stored_bytes:
        raise Refused(
            "file.too_large", f"The file is larger than {counted(limits.max_stored_bytes, 'byte')}."
        )
    return found.st_size


def digest_of(path: Path) -> str:
    """SHA-256 of the bytes as they are stored."""
    with path.open("rb") as stored:
        return "sha256:" + hashlib.file_digest(stored, "sha256").hexdigest()


def kind_of(path: Path) -> str:
    """What the first bytes say: ``parquet``, ``gzip``, ``bzip2``, ``zstd`` or ``text``; refuse the rest."""
    with path.open("rb") as stored:
        head = stored.read(16)
    if head[:4] in (b"PAR1", b"PARE"):
        return "parquet"
    for magic, kind in ((b"\x1f\x8b", "gzip"), (b"BZh", "bzip2"), (b"\x28\xb5\x2f\xfd", "zstd")):
        if head.startswith(magic):
            return kind
    for magic, name in _FOREIGN.items():
        if head.startswith(magic):
            raise Refused("file.kind", f"This is {name}. Give CSV (also .gz, .zst, .bz2) or Parquet.")
    return "text"


def unpack(path: Path, kind: str, target: Path, limits: Limits) -> int:
    """Unpack into ``target`` and return the bytes that came out; stop at the limits, not after them."""
    stored = path.stat().st_size
    produced = 0
    try:
        with path.open("rb") as packed, target.open("wb") as out:
            for chunk in _INFLATERS[kind](packed):
                produced += len(chunk)
                _refuse_bomb(produced, stored, limits)
                out.write(chunk)
    except (OSError, EOFError, zlib.error, pa.ArrowException) as error:
        if getattr(error, "errno", None) == errno.ENOSPC:
            raise
        raise Refused(
            "file.damaged", f"The {kind} data is damaged or cut off: pack the file again."
        ) from error
    if produced == 0:
        raise Refused("file.empty", "The packed file is empty: give a header line and rows.", line=1)
    return produced


def _refuse_bomb(produced: int, stored: int, limits: Limits) -> None:
    if produced > limits.max_unpacked_bytes:
        most = counted(limits.max_unpacked_bytes, "byte")
        raise Refused("limits.unpacked_bytes", f"Unpacking was stopped: more than {most} came out.")
    if produced > limits.ratio_from_bytes and produced > stored * limits.max_ratio:
        raise Refused(
            "limits.ratio",
            f"Unpacking was stopped: {counted(stored, 'byte')} gave more than {counted(produced, 'byte')}. "
            "If the file is honest, give it unpacked.",
        )


def _members(packed: BufferedReader, opener: Callable[[], _Decompressor]) -> Iterator[bytes]:
    """Every member of a gzip or bzip2 file; what follows the last one must be another member, or nothing."""
    pending = packed.read(CHUNK)
    while pending:
        inflater = opener()
        while not inflater.eof:
            if not pending and not (pending := packed.read(CHUNK)):
                raise EOFError
            yield from _drain(inflater, pending)
            pending = b""
        pending = inflater.unused_data or packed.read(CHUNK)


def _drain(inflater: _Decompressor, data: bytes) -> Iterator[bytes]:
    """All output that ``data`` gives, never more than one chunk in memory."""
    out = inflater.decompress(data, CHUNK)
    yield out
    while len(out) == CHUNK and not inflater.eof:
        out = inflater.decompress(getattr(inflater, "unconsumed_tail", b""), CHUNK)
        yield out


def _gzip(packed: BufferedReader) -> Iterator[bytes]:
    return _members(packed, lambda: zlib.decompressobj(wbits=31))


def _bzip2(packed: BufferedReader) -> Iterator[bytes]:
    return _members(packed, bz2.BZ2Decompressor)


def _zstd(packed: BufferedReader) -> Iterator[bytes]:
    with pa.CompressedInputStream(pa.PythonFile(packed, mode="r"), "zstd") as stream:
        while chunk := stream.read(CHUNK):
            yield cast(bytes, chunk)


_INFLATERS: dict[str, _Inflater] = {"gzip": _gzip, "bzip2": _bzip2, "zstd": _zstd}
