"""`assay verify verdict`: did a believed verifier allow exactly these bytes to go there?"""

from __future__ import annotations

import argparse
from collections.abc import Mapping

from assay_client import config, files, gate, machine, revocations, strict_json, summary, times, verdict
from assay_client.outcomes import BadInput, Revoked, Unusable
from assay_client.shown import fails, holds
from assay_client.statement import NotProven
from assay_client.terminal import Terminal, clean


def flags(made: argparse.ArgumentParser) -> None:
    """The flags of a signed verdict."""
    made.add_argument("file", metavar="FILE", help="a DSSE envelope, or an answer of `assay gate --json`")
    made.add_argument("--policy", metavar="FILE", help="whose verdicts are believed, and which of them")
    made.add_argument(
        "--key", help="instead of a policy: key of verdicts, or a file of them (else ASSAY_VERDICT_KEY)"
    )
    made.add_argument("--digest", help="digest of the artifact, sha256:...")
    made.add_argument("--artifact", metavar="FILE", help="compute the digest of this file")
    made.add_argument("--environment", required=True, help="where it is to go, such as production")
    made.add_argument("--revocations", metavar="FILE", help="signed list of verdicts that were taken back")
    made.add_argument(
        "--at", type=machine.moment, metavar="TIME", help="as of this time (RFC 3339) instead of now"
    )


def signed_verdict(args: argparse.Namespace, environ: Mapping[str, str], terminal: Terminal) -> int:
    """Did a believed verifier allow exactly these bytes to go there?"""
    digest, resource, now = gate.digest(args), gate.environment(args.environment), args.at or times.now()
    chosen = verdict_policy(args, environ)
    try:
        document = strict_json.parse(files.small(args.file, "verdict"))
        envelope = document.get("attestation", document) if isinstance(document, dict) else None
        found = summary.proven(envelope, chosen, artifact=digest, resource=resource, now=now)
    except (NotProven, strict_json.NotJson, files.TooLarge) as error:
        raise Unusable("verdict.not_proven", f"The verdict is not proven: {clean(str(error))}") from None
    if args.revocations is not None:
        taken = revocations.of(
            args.revocations, found.decision, found.verifier, chosen.verifiers, now, chosen.threshold
        )
        if taken is not None:
            raise Revoked(
                "verdict.revoked",
                f"It was revoked at {taken.at:%Y-%m-%d %H:%M:%S} UTC: {clean(taken.reason)}",
            )
    about = {
        "decision": found.decision,
        "verifier": found.verifier,
        "policy": found.policy_digest,
        "decided": str(found.decided),
        "valid until": str(found.expires),
        "revocations": "none of this decision" if args.revocations else "not looked at",
    }
    if found.level in chosen.levels:
        words = "allowed with a waiver" if found.verdict == verdict.WAIVER else "allowed"
        return holds(terminal, args, f"proven: {words}, {digest} to {resource}", about)
    return fails(terminal, args, f"proven: blocked ({found.level}), {digest} to {resource}", None, about)


def verdict_policy(args: argparse.Namespace, environ: Mapping[str, str]) -> summary.VerdictPolicy:
    """Whose verdicts are believed: a policy file, or pinned keys alone."""
    if args.policy is not None and args.key is not None:
        raise BadInput("policy.twice", "A policy and a key are both given. Leave one of them out.")
    machine.can_verify()
    try:
        if args.policy is not None:
            return summary.parse_policy(files.small(args.policy, "policy"))
    except (summary.BadPolicy, files.TooLarge) as error:
        raise BadInput("policy.invalid", f"The policy cannot be used: {clean(str(error))}.") from None
    pinned = config.pinned_keys(vars(args), environ)
    if not pinned:
        raise BadInput("policy.missing", "Say whose verdicts are believed: give --policy FILE or --key.")
    return summary.VerdictPolicy(pinned)
