"""How a worker talks to its parent: named descriptors, progress lines and one answer."""

import json
import os
from typing import Any, BinaryIO

MESSAGE_LENGTH = 1_500


class Refusal(Exception):
    """The worker's input is not acceptable, in a sentence for the person who sent it."""

    def __init__(self, code: str, message: str) -> None:
        # The sentence may quote the file: bounded, and with nothing in it that a terminal or a log would obey.
        printable = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in message)
        super().__init__(printable)
        self.code = code
        self.message = printable if len(printable) <= MESSAGE_LENGTH else printable[:MESSAGE_LENGTH] + "…"


class Channel:
    """The descriptors the parent opened; the worker never sees a path."""

    def __init__(self, descriptors: dict[str, int]) -> None:
        self._descriptors = descriptors

    def __contains__(self, name: str) -> bool:
        return name in self._descriptors

    def reader(self, name: str) -> BinaryIO:
        """An input the parent opened."""
        os.lseek(self._descriptors[name], 0, os.SEEK_SET)
        return open(self._descriptors[name], "rb", closefd=False)

    def writer(self, name: str) -> BinaryIO:
        """An output the parent opened; the caller closes or flushes it."""
        return open(self._descriptors[name], "wb", closefd=False)

    def progress(self, step: str, fraction: float) -> None:
        """Say how far the work is, 0 to 1."""
        self.tell({"step": step, "fraction": fraction})

    def tell(self, line: dict[str, Any]) -> None:
        """Write one line to the parent."""
        os.write(self._descriptors["progress"], json.dumps(line).encode() + b"\n")

    def answer(self, answer: dict[str, Any]) -> None:
        """Write the one answer; a number that is not finite is a bug here, not a value."""
        with self.writer("answer") as file:
            file.write(json.dumps(answer, allow_nan=False).encode())
