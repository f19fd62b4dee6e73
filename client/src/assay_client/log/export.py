"""The files of an exported log (docs/reference/log-export.md), read a little at a time."""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from assay_client import strict_json
from assay_client.log import notes, tree
from assay_client.log.codes import LARGEST, BadCode, unbase64
from assay_client.log.entries import MAX_ENTRY

FORMAT = "assay-log-export/1"
PER_FILE = 4096
TILE = 256
SMALL = 65_536

_ENTRIES = re.compile(r"([0-9]{12,20})\.jsonl", re.ASCII)
_CHECKPOINT = re.compile(r"([0-9]{12,20})\.note", re.ASCII)


class BadHead(ValueError):
    """log.json does not say what is exported."""


class Missing(ValueError):
    """A file of the export is not there, or is no file that can be read."""


@dataclass(frozen=True)
class Head:
    """What log.json says is here."""

    origin: str
    size: int
    root: bytes


class Export:
    """One folder; whatever it holds is a claim."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def head(self) -> Head:
        """What log.json says; BadHead unless it is exactly of this format."""
        try:
            document = strict_json.parse(self._small("log.json", SMALL))
        except (strict_json.NotJson, Missing) as error:
            raise BadHead(f"log.json cannot be read: {error}.") from None
        if not isinstance(document, dict) or set(document) != {"format", "origin", "size", "root"}:
            raise BadHead("log.json does not have exactly the fields format, origin, size and root.")
        if document["format"] != FORMAT:
            raise BadHead(f"log.json is not of the format {FORMAT}; a newer assay may read it.")
        origin, size, root = document["origin"], document["size"], document["root"]
        if not isinstance(origin, str) or not isinstance(size, int) or isinstance(size, bool):
            raise BadHead("log.json does not say the origin and the size of the log.")
        try:
            head = Head(origin, size, unbase64(str(root)))
        except BadCode as error:
            raise BadHead(f"The root in log.json {error}.") from None
        if not 0 <= size <= LARGEST or len(head.root) != tree.HASH:
            raise BadHead("log.json does not say the size and the root of a tree.")
        return head

    def lines(self, size: int) -> Iterator[bytes]:
        """The lines of the first so many entries, with their ends; it stops early where a file does."""
        for first in range(0, size, PER_FILE):
            expected = min(PER_FILE, size - first)
            try:
                path = self._file(f"entries/{first:012}.jsonl")
            except Missing:
                return
            with path.open("rb") as stream:
                for _ in range(expected):
                    yield stream.readline(MAX_ENTRY + 2)
                if stream.read(1):
                    yield b""  # more than belongs into this file: the next entry is not where it must be
                    return

    def too_much(self, size: int) -> bool:
        """Whether a file of entries lies there that starts behind the last entry, or has another name."""
        for path in (self._folder / "entries").glob("*.jsonl"):
            match = _ENTRIES.fullmatch(path.name)
            first = int(match[1]) if match else -1
            if path.name != f"{first:012}.jsonl" or first % PER_FILE or first >= size:
                return True
        return False

    def tile(self, level: int, number: int, width: int) -> bytes:
        """The hashes of a tile, at most as many as it has to hold; fewer where they are missing."""
        groups = f"{number:03}" if number < 1000 else f"{number:0{-(-len(str(number)) // 3) * 3}}"
        parts = [groups[at : at + 3] for at in range(0, len(groups), 3)]
        name = "/".join([f"x{part}" for part in parts[:-1]] + parts[-1:])
        partial = f".p/{width}" if width < TILE else ""
        try:
            data = self._small(f"tile/{level}/{name}{partial}", TILE * tree.HASH)
        except Missing:
            return b""
        return data if len(data) == width * tree.HASH else b""

    def checkpoint_sizes(self) -> list[int]:
        """The sizes of all checkpoints by their names, smallest first; Missing when a name is none."""
        sizes = []
        for path in (self._folder / "checkpoints").glob("*.note"):
            match = _CHECKPOINT.fullmatch(path.name)
            if match is None or path.name != f"{int(match[1]):012}.note":
                raise Missing(f"checkpoints/{path.name!a} is not named for a size")
            sizes.append(int(match[1]))
        return sorted(sizes)

    def checkpoint(self, size: int) -> bytes:
        """The signed note of this size."""
        return self._small(f"checkpoints/{size:012}.note", notes.MAX_NOTE)

    def _small(self, name: str, limit: int) -> bytes:
        with self._file(name).open("rb") as stream:
            data = stream.read(limit + 1)
        if len(data) > limit:
            raise Missing(f"{name} is larger than it can be")
        return data

    def _file(self, name: str) -> Path:
        path = self._folder / name
        try:
            if stat.S_ISREG(path.stat().st_mode):
                return path
        except OSError:
            pass
        raise Missing(f"{name} is not there")
