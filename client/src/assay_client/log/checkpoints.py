"""Checkpoints: the size and the head of a log, signed (C2SP tlog-checkpoint)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from assay_client.log import tree
from assay_client.log.codes import BadCode, number, unbase64

_CONTROL = re.compile(rb"[\x00-\x09\x0b-\x1f]")


class BadCheckpoint(ValueError):
    """The text is no checkpoint."""


class WrongEmptyRoot(BadCheckpoint):
    """A log without entries has one root only, and this is another."""


@dataclass(frozen=True)
class Checkpoint:
    """What a checkpoint says about a log."""

    origin: str
    size: int
    root: bytes


def body(text: bytes) -> Checkpoint:
    """The checkpoint in the text of a note."""
    try:
        lines = text.decode("utf-8").split("\n")
    except UnicodeDecodeError:
        raise BadCheckpoint("it is not UTF-8") from None
    if _CONTROL.search(text):
        raise BadCheckpoint("it holds control characters")
    if lines.pop() != "" or len(lines) < 3 or not all(lines):
        raise BadCheckpoint("it does not have three lines or more, none of them empty")
    try:
        found = Checkpoint(lines[0], number(lines[1]), unbase64(lines[2]))
    except BadCode as error:
        raise BadCheckpoint(f"its size or its root {error}") from None
    if len(found.root) != tree.HASH:
        raise BadCheckpoint("its root is no SHA-256 hash")
    if found.size == 0 and found.root != tree.EMPTY_ROOT:
        raise WrongEmptyRoot("its root is not the one of an empty tree")
    return found


def notes(data: bytes) -> Iterator[bytes]:
    """The notes in a file that holds one directly after the other."""
    signature = "— ".encode()
    note: list[bytes] = []
    for line in data.splitlines(keepends=True):
        if note and note[-1].startswith(signature) and not line.startswith(signature):
            yield b"".join(note)
            note = []
        note.append(line)
    if note:
        yield b"".join(note)
