"""`assay gate --offline`: a signed verdict from a file instead of the network, under the same rules."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from assay_client import config, dsse, files, revocations, statement, strict_json, verdict
from assay_client.keys import PinnedKey
from assay_client.outcomes import BadInput, Revoked, Unusable
from assay_client.terminal import clean

NETWORK = ("url", "token", "token_file", "oidc")


def answer(
    args: argparse.Namespace, environ: Mapping[str, str], question: verdict.Question, now: datetime
) -> verdict.Answer:
    """The answer in the file, if a pinned key signed it, it is about this question, still holds and is not revoked."""
    given = [name for name in NETWORK if getattr(args, name) is not None]
    if given:
        raise BadInput("offline.network", f"--offline asks nobody: leave out --{given[0].replace('_', '-')}.")
    pinned = config.pinned_keys(vars(args), environ)
    if not pinned:
        raise BadInput(
            "key.missing", "Without the network only a pinned key makes a verdict believable: give --key."
        )
    document = _document(args.offline)
    believed = verdict.believe(document, question, pinned, now, stored=True)
    if args.revocations is not None and believed.verified:
        _not_revoked(args.revocations, believed, pinned, now)
    return believed


def _document(path: str) -> Mapping[str, Any]:
    """The answer as `assay gate --json` printed it; of a bare envelope, the answer that its statement describes."""
    try:
        document = strict_json.parse(files.small(path, "verdict"))
        if isinstance(document, dict) and "payloadType" in document:
            return _described(document)
    except (files.TooLarge, strict_json.NotJson, dsse.BadEnvelope, statement.NotProven) as error:
        raise Unusable("token.unusable", f"The stored verdict cannot be used: {error}") from None
    if not isinstance(document, dict):
        raise Unusable(
            "token.unusable", "The stored verdict is neither an answer of the gate nor an envelope."
        )
    return document


def _described(envelope: Mapping[str, Any]) -> dict[str, Any]:
    said = strict_json.parse(dsse.claimed(envelope))
    predicate = said.get("predicate") if isinstance(said, dict) else None
    if not isinstance(predicate, dict):
        raise Unusable("token.unusable", "The stored verdict holds no statement of the gate.")
    policy = predicate.get("policy")
    return {
        **{field: predicate.get(name) for name, field in statement.EXTENSIONS.items()},
        "artifact_digest": statement.artifact(said),
        "environment": predicate.get("resourceUri"),
        "decided_at": predicate.get("timeVerified"),
        "policy": {
            "name": policy.get("uri") if isinstance(policy, dict) else None,
            "version": "",
            "digest": statement.policy_digest(predicate),
        },
        "findings": [],
        "attestation": envelope,
    }


def _not_revoked(path: str, believed: verdict.Answer, pinned: Sequence[PinnedKey], now: datetime) -> None:
    said = strict_json.parse(dsse.claimed(believed.document.get("attestation")))
    decision = str(believed.document.get("decision_id"))
    found = revocations.of(path, decision, said["predicate"]["verifier"]["id"], pinned, now)
    if found is not None:
        raise Revoked(
            "verdict.revoked",
            f"The verdict was revoked at {found.at:%Y-%m-%d %H:%M:%S} UTC: {clean(found.reason)}",
        )
