"""The command line as a function: what it printed, what it returned, how long it took."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from assay_client import cli

DIGEST = "sha256:" + "ab" * 32
OTHER_DIGEST = "sha256:" + "cd" * 32


@dataclass(frozen=True)
class Ran:
    """How one call of the command ended."""

    code: int
    out: str
    err: str
    seconds: float

    @property
    def document(self) -> dict[str, Any]:
        """The one JSON document on standard output."""
        document = json.loads(self.out)
        assert isinstance(document, dict)
        return document


class Command:
    """Runs `assay` inside this process, with an environment of its own."""

    def __init__(self, capsys: pytest.CaptureFixture[str], environ: Mapping[str, str]) -> None:
        self._capsys = capsys
        self.environ = dict(environ)

    def __call__(self, *arguments: str, **environ: str) -> Ran:
        started = time.monotonic()
        code = cli.main(arguments, {**self.environ, **environ})
        seconds = time.monotonic() - started
        out, err = self._capsys.readouterr()
        assert "Traceback" not in out + err
        return Ran(code, out, err, seconds)

    def gate(self, *arguments: str, **environ: str) -> Ran:
        """`assay gate` for the usual artifact and environment."""
        return self("gate", "--digest", DIGEST, "--environment", "production", *arguments, **environ)
