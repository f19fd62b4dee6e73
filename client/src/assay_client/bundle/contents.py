"""What a bundle holds: the manifest, the statement that signs it, and the pieces by name. The keys are the caller's."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from assay_client import dsse, statement, strict_json, times
from assay_client.bundle.archive import FIRST, BadBundle
from assay_client.decide.canonical import canonical, digest
from assay_client.keys import PinnedKey
from assay_client.summary import VerdictPolicy
from assay_client.verdict import ALLOW, DENY, WAIVER, is_digest

FORMAT = "assay-bundle/1"
PREDICATE_TYPE = "urn:assay:decision:v1"
MANIFEST, STATEMENT = FIRST
NEEDED = ("dossier.json", "outcome.json", "log/checkpoint.note", "revocations.dsse.json")
# Kept for people; nothing is read from them.
INFORMATION = ("readme.txt", "keys.json", "log/keys.json", "log/anchors.json")
_KNOWN = re.compile(
    r"policy\.yaml|votes/[0-9a-f-]{36}\.dsse\.json|log/entries/[0-9]{12}\.(?:json|tlog-proof)"
    r"|(?:evidence|documents)/[0-9a-f]{64}\.json|reports/[0-9a-f]{64}\.pdf",
    re.ASCII,
)
_TEXTS = (
    "decision",
    "environment",
    "transition",
    "artifact_digest",
    "subject_digest",
    "dossier_digest",
    "policy_digest",
    "outcome_digest",
)
_TIMES = ("decided_at", "expires_at", "bundled_at")


@dataclass(frozen=True)
class Signed:
    """What a believed verifier signed about a decision."""

    verifier: str
    verdict: str
    texts: Mapping[str, str]
    decided: datetime
    expires: datetime
    bundled: datetime
    signers: tuple[PinnedKey, ...]


@dataclass(frozen=True)
class Listed:
    """What the manifest says: of which decision, and the digests of what is not there."""

    decision: str
    absent: frozenset[str]
    files: int


def listed(files: Mapping[str, bytes]) -> Listed:
    """The manifest, once every file is in it with its digest and none is missing, unknown or too much."""
    for name in (*FIRST, *NEEDED):
        if name not in files:
            raise BadBundle(f"it lacks {name}")
    for name in files:
        if name not in (*FIRST, *NEEDED, *INFORMATION) and not _KNOWN.fullmatch(name):
            raise BadBundle(f"it holds {name!a}, which is no part of a bundle")
    document = parsed(files[MANIFEST], "manifest")
    if set(document) != {"format", "decision", "files", "not_in_the_bundle"}:
        raise BadBundle("its manifest does not have exactly the fields of one")
    if document["format"] != FORMAT:
        raise BadBundle(f"its manifest is not of the form {FORMAT}")
    rows = [
        {"path": name, "sha256": hashlib.sha256(files[name]).hexdigest(), "size": len(files[name])}
        for name in sorted(set(files) - set(FIRST))
    ]
    if document["files"] != rows:
        raise BadBundle("its manifest lists other files, or files with other bytes, than it holds")
    absent, decision = document["not_in_the_bundle"], document["decision"]
    known = {"what", "digest", "size", "why"}
    if not isinstance(absent, list) or not all(isinstance(one, dict) and set(one) == known for one in absent):
        raise BadBundle("its manifest does not say what is not there")
    return Listed(str(decision), frozenset(str(one["digest"]) for one in absent), len(rows))


def parsed(data: bytes, what: str) -> dict[str, Any]:
    """A JSON object that is written canonically."""
    try:
        document = strict_json.parse(data)
        if not isinstance(document, dict) or canonical(document) != data:
            raise BadBundle(f"its {what} is no canonical JSON object")
    except strict_json.NotJson as error:
        raise BadBundle(f"its {what} cannot be read: {error}") from None
    return document


def opened(data: bytes, what: str, policy: VerdictPolicy) -> tuple[dict[str, Any], tuple[PinnedKey, ...]]:
    """An in-toto statement that enough pinned keys signed, and those keys; nothing is read before."""
    try:
        found = dsse.opened(strict_json.parse(data), statement.PAYLOAD_TYPE, policy.verifiers)
        document = strict_json.parse(found.payload)
    except (dsse.BadEnvelope, strict_json.NotJson) as error:
        raise BadBundle(f"its {what} is not signed as it must be: {error}") from None
    if not isinstance(document, dict) or document.get("_type") != statement.STATEMENT_TYPE:
        raise BadBundle(f"its {what} is no in-toto statement")
    if not isinstance(document.get("predicate"), dict):
        raise BadBundle(f"its {what} has no predicate")
    verifier = document["predicate"].get("verifier")
    name = verifier.get("id") if isinstance(verifier, dict) else None
    if not isinstance(name, str) or not name:
        raise BadBundle(f"its {what} does not say who verified")
    if len({key.public for key in found.signers if key.name in (None, name)}) < policy.threshold:
        raise BadBundle(f"not enough of the keys that signed its {what} are pinned for its verifier")
    return document, found.signers


def about(document: Mapping[str, Any]) -> str | None:
    """The SHA-256 of the one subject of a statement, in hexadecimal."""
    subjects = document.get("subject")
    if not isinstance(subjects, list) or len(subjects) != 1 or not isinstance(subjects[0], dict):
        return None
    digests = subjects[0].get("digest")
    found = digests.get("sha256") if isinstance(digests, dict) else None
    return found if isinstance(found, str) else None


def signed(files: Mapping[str, bytes], manifest: Listed, policy: VerdictPolicy) -> Signed:
    """The statement over the manifest, and that facts, outcome and policy are those it names."""
    document, signers = opened(files[STATEMENT], "statement", policy)
    if document.get("predicateType") != PREDICATE_TYPE:
        raise BadBundle("its statement is not about a decision")
    if about(document) != hashlib.sha256(files[MANIFEST]).hexdigest():
        raise BadBundle("its statement is about another manifest")
    told = document["predicate"]
    if set(told) != {*_TEXTS, *_TIMES, "verifier", "verdict"}:
        raise BadBundle("its statement does not have exactly the fields of one")
    moments = [times.parse(told[name]) for name in _TIMES]
    if not all(isinstance(told[name], str) for name in _TEXTS) or told["verdict"] not in (
        ALLOW,
        WAIVER,
        DENY,
    ):
        raise BadBundle("its statement holds no verdict, or a field that is no text")
    decided, expires, bundled = moments
    if decided is None or expires is None or bundled is None:
        raise BadBundle("its statement does not say when it was decided")
    _names(files, manifest, told, policy)
    texts = {name: told[name] for name in _TEXTS}
    return Signed(told["verifier"]["id"], told["verdict"], texts, decided, expires, bundled, signers)


def _names(
    files: Mapping[str, bytes], manifest: Listed, told: Mapping[str, Any], policy: VerdictPolicy
) -> None:
    if told["decision"] != manifest.decision:
        raise BadBundle("its statement is about another decision than its manifest")
    for name, field in (("dossier.json", "dossier_digest"), ("outcome.json", "outcome_digest")):
        if told[field] != digest(files[name]):
            raise BadBundle(f"its {name} is not the one that the statement names")
    if policy.policies is not None and told["policy_digest"] not in policy.policies:
        raise BadBundle("it was decided by a policy that you do not know")
    if told["policy_digest"] and not is_digest(told["policy_digest"]):
        raise BadBundle("its statement names a policy by no digest")
