"""What the checkpointer remembers by itself, outside the database: the last checkpoint it signed for each log.

A file per log in a folder that only the checkpointer writes. A database that was restored, cut or rewritten cannot
change it; so a tree that is smaller, or another, is noticed before anything is signed.
"""

import fcntl
import json
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from registry.durable import sync_folder
from registry.errors import Unavailable
from registry.ledger.chain import EMPTY_ROOT


@dataclass(frozen=True)
class Memory:
    """The last signed tree: whose, how long, its root and perfect subtrees (hexadecimal), the note, the key."""

    origin: str = ""
    size: int = 0
    root: str = EMPTY_ROOT.hex()
    frontier: tuple[str, ...] = ()
    note: str = ""
    key: str = ""

    @property
    def hashes(self) -> tuple[bytes, ...]:
        """The perfect subtrees' roots, largest first."""
        return tuple(bytes.fromhex(text) for text in self.frontier)


class Memories:
    """The folder of memories. While one is open nobody else opens it: checkpoints are signed one at a time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextmanager
    def opened(self, organisation_id: uuid.UUID) -> Iterator[Memory | None]:
        """What is remembered of a log, None when nothing is; held until the block ends."""
        with self.held(organisation_id):
            yield self.read(organisation_id)

    @contextmanager
    def held(self, organisation_id: uuid.UUID) -> Iterator[None]:
        """The same without reading it, for who replaces a memory that cannot be read."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (self._folder / f"{organisation_id}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def read(self, organisation_id: uuid.UUID) -> Memory | None:
        """What is remembered, without waiting."""
        return _read(self._path(organisation_id), organisation_id)

    def remembers(self, organisation_id: uuid.UUID) -> bool:
        """Whether there is a memory to go on from; one that cannot be read is none."""
        with suppress(Unavailable):
            return self.read(organisation_id) is not None
        return False

    def keep(self, organisation_id: uuid.UUID, memory: Memory) -> None:
        """Remember this from now on; after a crash there is the old memory or the new one, whole."""
        self._write(self._path(organisation_id), memory)

    def put_away(self, organisation_id: uuid.UUID, memory: Memory, name: str) -> Memory:
        """Keep a memory under another name, for good; the one that has the name already stays, and is given back."""
        path = self._folder / f"{organisation_id}.{name}.json"
        if (earlier := _read(path, organisation_id)) is not None:
            return earlier
        self._write(path, memory)
        return memory

    def _write(self, path: Path, memory: Memory) -> None:
        """On the disk, with its name, before anybody relies on it."""
        part = path.with_suffix(".part")
        with part.open("w", encoding="utf-8") as file:
            part.chmod(0o600)
            json.dump(asdict(memory), file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
        sync_folder(self._folder)

    def _path(self, organisation_id: uuid.UUID) -> Path:
        return self._folder / f"{organisation_id}.json"


def _read(path: Path, organisation_id: uuid.UUID) -> Memory | None:
    try:
        told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return Memory(**{**told, "frontier": tuple(told["frontier"])})
    except FileNotFoundError:
        return None
    except (ValueError, TypeError, KeyError) as error:
        raise Unavailable(
            f"The checkpointer's memory of the log {organisation_id} cannot be read. Give it the last anchored"
            " checkpoint (manage.py checkpoint_logs --adopt FILE).",
            code="log.memory_unreadable",
        ) from error
