"""A folder on another volume: a file per log, one checkpoint after the other. `assay verify log --anchor` reads it."""

import fcntl
import os
from pathlib import Path
from typing import Final
from urllib.parse import quote

from registry.durable import sync_folder
from registry.ledger.anchors.base import Kept, NotAnchored, Recall, Sent

TAIL: Final = 64 * 1024  # bytes read back; a note has a few hundred
SIGNATURE: Final = "— ".encode()


class FileAnchor:
    """`file:FOLDER`. The folder must be there: one that is not is a volume that is not mounted."""

    kind = "file"
    recall = Recall.READ
    seconds: float = 30  # no step of it can be cut short

    def __init__(self, address: str) -> None:
        self.place = address
        self._folder = Path(address.removeprefix("file://").removeprefix("file:"))
        if not self._folder.is_absolute():
            raise ValueError(f"{address} is not the full path of a folder, such as file:/mnt/anchors.")

    def put(self, sent: Sent) -> Kept:
        """Append the note and wait until the disk has it. One that lies there already is not written again."""
        data, path = sent.note.encode(), self._path(sent.checkpoint.origin)
        try:
            file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o640)
            try:
                at = _appended(file, data)
            finally:
                os.close(file)
            sync_folder(self._folder)
        except OSError as error:
            raise NotAnchored(f"Nothing can be written to {path}: {error.strerror}.") from error
        except ValueError as error:
            raise NotAnchored(f"{path} does not hold checkpoints. Move it away, and keep it.") from error
        return Kept(f"{path.name} at byte {at}")

    def newest(self, *origins: str) -> list[str]:
        """The last whole note in the file of each log."""
        return [note for origin in origins if (note := self._last(origin)) is not None]

    def _last(self, origin: str) -> str | None:
        try:
            file = os.open(self._path(origin), os.O_RDONLY)
        except FileNotFoundError:
            if self._folder.is_dir():
                return None
            raise NotAnchored(f"The folder {self._folder} is not there. Is its volume mounted?") from None
        except OSError as error:
            raise NotAnchored(f"{self._path(origin)} cannot be read: {error.strerror}.") from error
        try:
            return _last(file)[1]
        except ValueError as error:
            raise NotAnchored(f"{self._path(origin)} does not hold checkpoints.") from error
        finally:
            os.close(file)

    def _path(self, origin: str) -> Path:
        return self._folder / f"{quote(origin, safe='')}.notes"


def _appended(file: int, data: bytes) -> int:
    """Where the note begins in the file. What a power cut left half written is cut off first: it was never anchored."""
    fcntl.flock(file, fcntl.LOCK_EX)
    end, last = _last(file)
    if last is not None and last.encode() == data:
        return end - len(data)
    if os.fstat(file).st_size > end:
        os.ftruncate(file, end)
    left = data
    while left:
        left = left[os.write(file, left) :]
    os.fsync(file)
    return end


def _last(file: int) -> tuple[int, str | None]:
    """Where the last whole note ends, and that note. Its last line is a signature."""
    start = max(0, os.fstat(file).st_size - TAIL)
    lines = os.pread(file, TAIL, start).splitlines(keepends=True)
    while lines and not (lines[-1].startswith(SIGNATURE) and lines[-1].endswith(b"\n")):
        lines.pop()
    end = start + sum(map(len, lines))
    note: list[bytes] = []
    while lines and (not lines[-1].startswith(SIGNATURE) or all(map(_signature, note))):
        note.insert(0, lines.pop())
    if start and not lines:
        raise ValueError("There is no whole note in the tail.")
    return end, b"".join(note).decode() or None


def _signature(line: bytes) -> bool:
    return line.startswith(SIGNATURE)
