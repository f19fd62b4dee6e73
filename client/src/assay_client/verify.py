"""`assay verify`: does what was handed to me hold? Offline, from files, with keys that I was told beforehand."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from assay_client import verify_bundle, verify_log, verify_verdict
from assay_client.terminal import Terminal

Run = Callable[[argparse.Namespace, Mapping[str, str], Terminal], int]


class Kind(NamedTuple):
    """One kind of thing that can be verified."""

    about: str
    add: Callable[[argparse.ArgumentParser], None]
    run: Run


def add(commands: Any, epilog: str) -> None:
    """The command with one sub-command for each kind."""
    about = "Does a verdict, bundle, log, receipt or checkpoint hold? Offline, with pinned keys."
    looks = {"epilog": epilog, "formatter_class": argparse.RawDescriptionHelpFormatter, "allow_abbrev": False}
    top = commands.add_parser("verify", help=about, description=about, **looks)
    kinds = top.add_subparsers(title="kinds", metavar="kind", required=True, dest="kind")
    for name, kind in KINDS.items():
        made = kinds.add_parser(name, help=kind.about, description=kind.about, **looks)
        kind.add(made)
        made.add_argument("--json", action="store_true", help="answer with one JSON document")
        made.set_defaults(run=kind.run)


KINDS = {
    "verdict": Kind(
        "Did a believed verifier allow these bytes to go there?",
        verify_verdict.flags,
        verify_verdict.signed_verdict,
    ),
    "bundle": Kind(
        "Does a decision follow again from what was handed on with it?",
        verify_bundle.flags,
        verify_bundle.bundle,
    ),
    "log": Kind("Does an exported log hold?", verify_log.export_flags, verify_log.log),
    "receipt": Kind("Did the log keep this entry?", verify_log.receipt_flags, verify_log.receipt),
    "checkpoint": Kind(
        "Is this the signed head of that log?", verify_log.checkpoint_flags, verify_log.checkpoint
    ),
}
