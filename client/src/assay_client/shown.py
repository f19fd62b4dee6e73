"""What `assay verify` answers: whether it holds, then what it is, for people or as one JSON document."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

from assay_client.outcomes import ALLOWED, DENIED, INSUFFICIENT
from assay_client.terminal import Terminal, clean


def holds(terminal: Terminal, args: argparse.Namespace, words: str, about: Mapping[str, Any]) -> int:
    """Say that it holds, and what it is; exit code 0."""
    return _said(terminal, args, "allowed", words, about, ALLOWED)


def fails(
    terminal: Terminal,
    args: argparse.Namespace,
    words: str,
    reason: str | None,
    about: Mapping[str, Any] | None = None,
) -> int:
    """Say that it does not hold, and why; exit code 1."""
    return _said(
        terminal, args, "blocked", words, {**({"reason": reason} if reason else {}), **(about or {})}, DENIED
    )


def unsupported(terminal: Terminal, args: argparse.Namespace, words: str, reason: str) -> int:
    """Say that this version cannot tell, which is never a yes; exit code 3."""
    return _said(terminal, args, "blocked", words, {"reason": reason}, INSUFFICIENT)


def _said(
    terminal: Terminal, args: argparse.Namespace, mark: str, words: str, about: Mapping[str, Any], code: int
) -> int:
    if args.json:
        named = {name.replace(" ", "_"): value for name, value in about.items()}
        terminal.document({"kind": args.kind, "holds": code == ALLOWED, **named, "exit_code": code})
        return code
    terminal.answer(mark, clean(words))
    for name, value in about.items():
        terminal.line(f"  {name}: {clean(str(value))}")
    return code
