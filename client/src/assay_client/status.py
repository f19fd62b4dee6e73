"""`assay status`: would the gate be able to ask? It opens nothing."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

from assay_client import keys, oidc, times
from assay_client.api import Deadline
from assay_client.config import settings
from assay_client.outcomes import ALLOWED
from assay_client.terminal import Terminal, clean
from assay_client.verdict import MAX_SKEW


def run(args: argparse.Namespace, environ: Mapping[str, str], terminal: Terminal) -> int:
    """Reach the service, show whom it takes us for, and what verdicts will be verified with."""
    chosen = settings(vars(args), environ, insecure=args.insecure)
    service = oidc.connect(args.oidc, chosen, environ, Deadline(args.timeout * 0.95), insecure=args.insecure)
    reply = service.send("GET", "/me")
    me = service.document(reply)
    skew = _skew(reply.headers.get("date", ""))
    if args.json:
        pinned = [key.name or "unnamed" for key in chosen.keys]
        terminal.document({"me": me, "clock_skew_seconds": skew, "pinned_keys": pinned, "exit_code": ALLOWED})
        return ALLOWED
    terminal.answer("allowed", f"reachable: {chosen.site.shown}")
    terminal.line(f"  asking as: {_who(me)}")
    terminal.line(f"  verdicts: {_verified_with(chosen.keys)}")
    if skew is not None and abs(skew) > MAX_SKEW.total_seconds():
        terminal.line(
            f"  clock: {abs(skew)} seconds apart from the service; the gate will refuse its answers"
        )
    return ALLOWED


def _who(me: Mapping[str, Any]) -> str:
    organisations = me.get("organisations")
    known = [str(slug) for slug in organisations] if isinstance(organisations, list) else []
    return clean(f"{me.get('name')}, of {', '.join(known) or 'no organisation'}")


def _verified_with(pinned: tuple[keys.PinnedKey, ...]) -> str:
    if not pinned:
        return "not verified, no key is pinned"
    return "verified with the pinned key of " + ", ".join(key.name or "an unnamed verifier" for key in pinned)


def _skew(date: str) -> int | None:
    """Seconds by which the service's clock is ahead of this machine's."""
    try:
        said = parsedate_to_datetime(date)
    except (TypeError, ValueError, IndexError):
        return None
    if said.tzinfo is None:
        return None
    return round((said - times.now()).total_seconds())
