"""`assay verify bundle` and `assay verify-bundle`: does a decision follow again from what was handed on with it?"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

from assay_client import files, gate, machine, summary
from assay_client.bundle import archive, verified
from assay_client.bundle.archive import BadBundle
from assay_client.bundle.verified import Verified
from assay_client.decide.errors import NotSupported
from assay_client.log import policy
from assay_client.log.policy import LogPolicy
from assay_client.outcomes import BadInput
from assay_client.shown import fails, holds, unsupported
from assay_client.terminal import Terminal, clean
from assay_client.verdict import ALLOW, WAIVER
from assay_client.verify_verdict import verdict_policy

_SAID = {ALLOW: "allowed", WAIVER: "allowed with a waiver"}


def flags(made: argparse.ArgumentParser) -> None:
    """The flags of a bundle."""
    made.add_argument("file", metavar="FILE", help="a verification bundle")
    made.add_argument("--policy", metavar="FILE", help="whose verdicts are believed, by which policies")
    made.add_argument(
        "--key", help="instead of a policy: key of verdicts, or a file of them (else ASSAY_VERDICT_KEY)"
    )
    made.add_argument(
        "--log-policy", metavar="FILE", help="whose log, which keys may sign it, which witnesses"
    )
    made.add_argument(
        "--log-key", metavar="VKEY", help="instead of a policy of the log: its one key, for all sizes"
    )
    made.add_argument("--log-origin", help="with --log-key: whose log, when its key has another name")
    made.add_argument("--digest", help="digest of the artifact that it has to be about, sha256:...")
    made.add_argument("--artifact", metavar="FILE", help="compute that digest of this file")


def bundle(args: argparse.Namespace, environ: Mapping[str, str], terminal: Terminal) -> int:
    """Does the decision hold, and follow again from its facts and its policy?"""
    verdicts, log = verdict_policy(args, environ), _log_policy(args)
    wanted = gate.digest(args) if args.digest is not None or args.artifact is not None else None
    try:
        found = verified.verified(_read(args.file), verdicts, log)
    except (NotSupported, policy.NotSupported) as error:
        return unsupported(terminal, args, "the bundle cannot be judged by this version", str(error))
    except (BadBundle, files.TooLarge) as error:
        return fails(terminal, args, "the bundle does not hold", str(error))
    if wanted is not None and found.signed.texts["artifact_digest"] != wanted:
        return fails(terminal, args, "the bundle does not hold", "it is about another artifact")
    return holds(terminal, args, _words(found), _about(found))


def _read(path: str) -> bytes:
    return files.small(path, "bundle", archive.MAX_SIZE)


def _words(found: Verified) -> str:
    told = found.signed.texts
    to = told["environment"] or f"the step {told['transition']}"
    what = told["artifact_digest"] or "a system"
    return f"the bundle holds: {_SAID.get(found.signed.verdict, 'blocked')}, {what} to {to}"


def _about(found: Verified) -> dict[str, Any]:
    demands, lines = found.derived.demands, len(found.derived.lines)
    size = found.proven.checkpoint.size
    about = {
        "decision": found.signed.texts["decision"],
        "verifier": found.signed.verifier,
        "policy": found.signed.texts["policy_digest"] or "none",
        "decided": str(found.signed.decided),
        "valid until": str(found.signed.expires),
        "re-derived": f"{demands} of {demands} requirements, {lines} findings; taken from the signed statement: 0",
        "log": f"{size} entries of {found.proven.checkpoint.origin}, with {found.kept} facts and {found.votes} votes",
        "witnesses": ", ".join(found.proven.witnesses) or "none",
        "evidence": f"{found.evidence} files; {found.absent} named by digest only",
        "revoked": f"not by {found.signed.bundled:%Y-%m-%d %H:%M:%S} UTC",
    }
    if found.revoked is not None:
        about["revoked"] = f"at {found.revoked.at:%Y-%m-%d %H:%M:%S} UTC: {found.revoked.reason}"
    unmet = found.derived.unmet
    return {**about, "unmet": ", ".join(unmet)} if unmet else about


def _log_policy(args: argparse.Namespace) -> LogPolicy:
    if (args.log_policy is None) == (args.log_key is None):
        raise BadInput(
            "policy.missing", "Say whose log it is: give --log-policy FILE or --log-key VKEY, not both."
        )
    if args.log_policy is not None and args.log_origin is not None:
        raise BadInput("policy.origin", "The policy names the log already: leave out --log-origin.")
    try:
        if args.log_key is None:
            return machine.log_policy(args.log_policy)
        return policy.for_key(args.log_key, args.log_origin)
    except policy.BadPolicy as error:
        raise BadInput(
            "policy.invalid", f"The policy of the log cannot be used: {clean(str(error))}."
        ) from None


def add(commands: Any) -> None:
    """The command for machines: files in, one exit code out."""
    made = machine.command(
        commands, "verify-bundle", "Does a decision follow again from its bundle?", _judged
    )
    made.add_argument("--bundle", required=True, metavar="FILE")
    made.add_argument("--policy", required=True, metavar="FILE", help="whose verdicts, and by which policies")
    made.add_argument(
        "--log-policy", required=True, metavar="FILE", help="whose log, and which keys may sign it"
    )


def _judged(args: argparse.Namespace, _: Mapping[str, str], terminal: Terminal) -> int:
    machine.can_verify()
    verdicts = summary.parse_policy(files.small(args.policy, "policy"))
    log = machine.log_policy(args.log_policy)
    try:
        found = verified.verified(_read(args.bundle), verdicts, log)
    except NotSupported as error:
        raise policy.NotSupported(str(error)) from None
    terminal.line(found.signed.verdict)
    return machine.ACCEPT
