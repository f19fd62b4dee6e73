"""How a worker talks to its parent: named descriptors, progress lines and one answer."""

import io
import json
import os
from typing import Any, BinaryIO


class Refusal(Exception):
    """The worker's input is not acceptable, in a sentence for the person who sent it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Channel:
    """The descriptors the parent opened; the worker never sees a path."""

    def __init__(self, descriptors: dict[str, int]) -> None:
        self._descriptors = descriptors

    def __contains__(self, name: str) -> bool:
        return name in self._descriptors

    def reader(self, name: str) -> BinaryIO:
        """An input the parent opened."""
        return io.open(self._descriptors[name], "rb")  # noqa: UP020, SIM115 - a descriptor, closed with the process

    def writer(self, name: str) -> BinaryIO:
        """An output the parent opened; the caller closes or flushes it."""
        return io.open(self._descriptors[name], "wb")  # noqa: UP020, SIM115

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
