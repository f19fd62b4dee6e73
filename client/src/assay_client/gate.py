"""`assay gate`: may exactly these bytes go to this environment?"""

from __future__ import annotations

import argparse
import re
import secrets
from collections.abc import Mapping

from assay_client import artifacts, oidc, stored, times, verdict
from assay_client.api import Deadline
from assay_client.config import settings
from assay_client.outcomes import ALLOWED, DENIED, INSUFFICIENT, WAIVED, BadInput
from assay_client.terminal import Terminal, clean

MAX_SHOWN = 50
_BLOCKED_BY = {WAIVED: ", blocked by --strict", DENIED: ", blocked by --no-waivers"}

_ENVIRONMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}", re.ASCII)
_NONCE = re.compile(r"[A-Za-z0-9_-]{16,128}", re.ASCII)


def run(args: argparse.Namespace, environ: Mapping[str, str], terminal: Terminal) -> int:
    """Ask the gate, or look at what it answered before, and answer with the exit code that its verdict means."""
    question = verdict.Question(digest(args), environment(args.environment), _nonce(args))
    if args.offline is not None:
        answer, pinned = stored.answer(args, environ, question, times.now()), True
    else:
        answer, pinned = _asked(args, environ, question)
    code = answer.exit_code(strict=args.strict, no_waivers=args.no_waivers)
    if not answer.verified:
        terminal.note(_why_unverified(pinned))
    if args.json:
        terminal.document({**answer.document, "verified": answer.verified, "exit_code": code})
    else:
        show(answer, question, code, terminal)
    return code


def _asked(
    args: argparse.Namespace, environ: Mapping[str, str], question: verdict.Question
) -> tuple[verdict.Answer, bool]:
    """The answer of the service, and whether a key was pinned to verify it with."""
    if args.revocations is not None:
        raise BadInput(
            "revocations.online", "--revocations goes with --offline: the service knows what it has revoked."
        )
    chosen = settings(vars(args), environ, insecure=args.insecure)
    # A twentieth of the time is kept for starting up and for saying why.
    service = oidc.connect(args.oidc, chosen, environ, Deadline(args.timeout * 0.95), insecure=args.insecure)
    asked = {
        "artifact_digest": question.digest,
        "environment": question.environment,
        "nonce": question.nonce,
        "system": args.system,
        "model_version": args.model_version,
    }
    sent = {name: value for name, value in asked.items() if value is not None}
    document = service.post("/gate/decisions", sent, good=(200,))
    return verdict.believe(document, question, chosen.keys, times.now()), bool(chosen.keys)


def _nonce(args: argparse.Namespace) -> str:
    """The one given, for an answer that somebody else fetches or has fetched; else one nobody can know."""
    if args.nonce is None and args.offline is not None:
        raise BadInput(
            "nonce.missing", "With --offline give --nonce too: the one that the verdict was asked with."
        )
    if args.nonce is not None and not _NONCE.fullmatch(args.nonce):
        raise BadInput(
            "nonce.invalid", "A nonce is 16 to 128 letters, digits, - and _, new for each question."
        )
    return secrets.token_hex(16) if args.nonce is None else str(args.nonce)


def digest(args: argparse.Namespace) -> str:
    """The digest of the artifact that the flags name."""
    if args.digest is None and args.artifact is None:
        raise BadInput("digest.missing", "Say which artifact: give --digest sha256:... or --artifact FILE.")
    if args.digest is not None and not verdict.is_digest(args.digest):
        raise BadInput(
            "digest.invalid",
            f"{args.digest!a} is not a digest: expected sha256: and 64 lower-case hex digits.",
        )
    if args.artifact is None:
        return str(args.digest)
    taken = artifacts.take(args.artifact).digest
    if args.digest is not None and args.digest != taken:
        raise BadInput("digest.mismatch", f"{args.artifact!a} has the digest {taken}, not {args.digest}.")
    return taken


def environment(name: str) -> str:
    """The name of an environment, checked."""
    if not _ENVIRONMENT.fullmatch(name):
        raise BadInput(
            "environment.invalid", f"{name!a} is not the name of an environment, such as production."
        )
    return name


def _why_unverified(pinned: bool) -> str:
    if pinned:
        return "assay: this denial is not signed."
    return "assay: this verdict was not verified: no key is pinned (--key or ASSAY_VERDICT_KEY)."


def show(answer: verdict.Answer, question: verdict.Question, code: int, terminal: Terminal) -> None:
    """The answer for people: the verdict first, then each open finding with who clears it."""
    kind, words = _headline(answer, code)
    terminal.answer(kind, f"{words}: {question.digest} to {question.environment}")
    terminal.line(f"  decision: {answer.decision_id}")
    policy = answer.document.get("policy")
    if isinstance(policy, dict):
        terminal.line(f"  policy: {clean(str(policy.get('name')))} {clean(str(policy.get('version')))}")
    if answer.verdict != verdict.DENY:
        terminal.line(f"  valid until: {clean(str(answer.document.get('expires_at')))}")
    if answer.verified:
        terminal.line("  signature: verified with the pinned key")
    _show_findings(answer, terminal)
    _show_texts("to do:", answer.document.get("unblock_plan"), terminal)
    _show_texts("waiver:", answer.document.get("waivers"), terminal)
    url = answer.document.get("url")
    if isinstance(url, str) and url:
        terminal.line(f"  details: {clean(url)}")


def _headline(answer: verdict.Answer, code: int) -> tuple[str, str]:
    if answer.verdict == verdict.WAIVER:
        return "waived", "allowed with a waiver" + _BLOCKED_BY.get(code, "")
    if code == ALLOWED:
        return "allowed", "allowed"
    if code == INSUFFICIENT:
        return "insufficient", "blocked, not enough evidence"
    return "blocked", "blocked"


def _show_findings(answer: verdict.Answer, terminal: Terminal) -> None:
    for finding in answer.waived[:MAX_SHOWN]:
        terminal.answer("waived", f"waived: {finding.sentence or finding.code}")
    for finding in answer.unmet[:MAX_SHOWN]:
        kind = "insufficient" if finding.state == "insufficient" else "blocked"
        terminal.answer(kind, f"{finding.state or 'open'}: {finding.sentence or finding.code}")
        if finding.owner:
            terminal.line(f"    who: {finding.owner}")
        if finding.clears:
            terminal.line(f"    cleared by: {finding.clears}")
    hidden = len(answer.unmet) - MAX_SHOWN
    if hidden > 0:
        terminal.line(f"  and {hidden} more findings: see the decision page")


def _show_texts(label: str, entries: object, terminal: Terminal) -> None:
    for entry in (entries if isinstance(entries, list) else [])[:MAX_SHOWN]:
        text = entry.get("reason") or entry.get("id") if isinstance(entry, dict) else entry
        if isinstance(text, str) and text:
            terminal.line(f"  {label} {clean(text)}")
