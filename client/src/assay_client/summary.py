"""A signed verdict on its own, verified against a policy of whoever relies on it (docs/reference/signed-verdicts.md).

The online gate compares a statement with the answer it came with. Here nothing comes with it, so everything that
opens a door has to stand in the statement itself, and be what this door asks for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from assay_client import dsse, keys, statement, strict_json, times
from assay_client.keys import PinnedKey
from assay_client.statement import EXTENSION, NotProven
from assay_client.verdict import ALLOW, DENY, MAX_SKEW, WAIVER, is_digest

LEVELS = {ALLOW: "ASSAY_ALLOW", WAIVER: "ASSAY_ALLOW_WITH_WAIVER", DENY: "FAILED"}
FIELDS = {"verifiers", "threshold", "levels", "policies"}


class BadPolicy(ValueError):
    """The policy cannot be used: verifying against it would mean nothing."""


@dataclass(frozen=True)
class VerdictPolicy:
    """Whose verdicts are believed, how many signatures they need, and which verdicts open the door."""

    verifiers: tuple[PinnedKey, ...]
    threshold: int = 1
    levels: tuple[str, ...] = (LEVELS[ALLOW], LEVELS[WAIVER])
    policies: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Summary:
    """What a verifier signed about one artifact and one resource."""

    verdict: str
    level: str
    decision: str
    verifier: str
    policy_digest: str
    nonce: str | None
    decided: datetime
    expires: datetime


def parse_policy(data: bytes) -> VerdictPolicy:
    """The policy in a JSON file; all four fields must be there."""
    try:
        document = strict_json.parse(data)
    except strict_json.NotJson as error:
        raise BadPolicy(f"{error}") from None
    if not isinstance(document, dict) or set(document) != FIELDS:
        raise BadPolicy(f"it does not have exactly the fields {', '.join(sorted(FIELDS))}")
    pinned = tuple(_verifier(entry) for entry in _texts_or_objects(document["verifiers"], "verifiers"))
    threshold, policies = document["threshold"], document["policies"]
    if isinstance(threshold, bool) or not isinstance(threshold, int):
        raise BadPolicy("its threshold is no whole number")
    if not 1 <= threshold <= len({key.public for key in pinned}):
        raise BadPolicy("its threshold is not between 1 and the number of its keys")
    levels = _texts_or_objects(document["levels"], "levels")
    if not set(map(str, levels)) <= {LEVELS[ALLOW], LEVELS[WAIVER]}:
        raise BadPolicy(f"its levels are not among {LEVELS[ALLOW]} and {LEVELS[WAIVER]}")
    if policies is not None and not all(map(is_digest, _texts_or_objects(policies, "policies"))):
        raise BadPolicy("its policies are neither null nor digests")
    return VerdictPolicy(
        pinned, threshold, tuple(map(str, levels)), None if policies is None else tuple(policies)
    )


def _verifier(entry: Any) -> PinnedKey:
    if not isinstance(entry, dict) or set(entry) != {"id", "key"}:
        raise BadPolicy("a verifier does not have exactly the fields id and key")
    name, text = entry["id"], entry["key"]
    if not isinstance(name, str) or not name or not isinstance(text, str):
        raise BadPolicy("a verifier's id or key is no text")
    try:
        (key,) = keys.parse(text)
    except (keys.BadKey, ValueError) as error:
        raise BadPolicy(f"the key of the verifier {name!a} cannot be used: {error}") from None
    if key.name not in (None, name):
        raise BadPolicy(f"the key of the verifier {name!a} is pinned for another one")
    return PinnedKey(name, key.public)


def _texts_or_objects(value: Any, what: str) -> list[Any]:
    if not isinstance(value, list) or not value:
        raise BadPolicy(f"its {what} are no list, or an empty one")
    return value


def proven(
    envelope: object, policy: VerdictPolicy, *, artifact: str, resource: str, now: datetime
) -> Summary:
    """What a believed verifier signed about this artifact and this resource, allow or not; else NotProven.

    The order is that of the specification: signature, subject, kind, pair of signer and verifier, resource.
    """
    document, signers = _opened(envelope, policy)
    statement.about(document, artifact)
    if document.get("predicateType") != statement.PREDICATE_TYPE:
        raise NotProven("predicate_type", "the signed statement is not a verification summary.")
    predicate = document.get("predicate")
    if not isinstance(predicate, dict):
        raise NotProven("statement", "the signed statement has no predicate.")
    verifier = _verified_by(predicate, signers, policy.threshold)
    if predicate.get("resourceUri") != resource:
        raise NotProven("environment", "the signed statement is about another environment.")
    summary = _summary(predicate, verifier)
    if policy.policies is not None and summary.policy_digest not in policy.policies:
        raise NotProven("policy", "it was decided by a policy that this door does not know.")
    if summary.decided > now + MAX_SKEW:
        raise NotProven("time", "the statement was signed in the future, or a clock is wrong.")
    if summary.expires <= now or summary.expires <= summary.decided:
        raise NotProven("expires_at", f"it expired at {summary.expires:%Y-%m-%d %H:%M:%S} UTC.")
    return summary


def require_allowed(summary: Summary, policy: VerdictPolicy) -> None:
    """Raise unless this is an allow of a level that opens the door."""
    if summary.level not in policy.levels:
        raise NotProven("level", f"its level is {summary.level}, which does not open this door.")


def _opened(envelope: object, policy: VerdictPolicy) -> tuple[Mapping[str, Any], tuple[PinnedKey, ...]]:
    try:
        opened = dsse.opened(envelope, statement.PAYLOAD_TYPE, policy.verifiers)
        document = strict_json.parse(opened.payload)
    except dsse.BadEnvelope as error:
        raise NotProven("signature", str(error)) from None
    except strict_json.NotJson as error:
        raise NotProven("statement", f"the signed statement is unusable: {error}.") from None
    if not isinstance(document, dict) or document.get("_type") != statement.STATEMENT_TYPE:
        raise NotProven("statement", "what was signed is not an in-toto statement.")
    return document, opened.signers


def _verified_by(predicate: Mapping[str, Any], signers: Sequence[PinnedKey], threshold: int) -> str:
    verifier = predicate.get("verifier")
    name = verifier.get("id") if isinstance(verifier, dict) else None
    if not isinstance(name, str) or not name:
        raise NotProven("verifier", "the signed statement does not say who verified.")
    # Different keys are counted, not signatures, and only those pinned for the verifier it names.
    if len({key.public for key in signers if key.name in (None, name)}) < threshold:
        raise NotProven("verifier", "not enough of the keys that signed it are pinned for its verifier.")
    return name


def _summary(predicate: Mapping[str, Any], verifier: str) -> Summary:
    missing = [name for name in statement.EXTENSIONS if name not in predicate]
    if missing:
        raise NotProven(statement.EXTENSIONS[missing[0]], f"its {missing[0]} is missing.")
    verdict = predicate.get(EXTENSION + "verdict")
    level = LEVELS.get(verdict) if isinstance(verdict, str) else None
    if not isinstance(verdict, str) or level is None or predicate.get("verifiedLevels") != [level]:
        raise NotProven("verdict", "its verdict is none, or not the one of its level.")
    if predicate.get("verificationResult") != ("FAILED" if verdict == DENY else "PASSED"):
        raise NotProven("result", "its result is not the one of its verdict.")
    decided = times.parse(predicate.get("timeVerified"))
    expires = times.parse(predicate.get(EXTENSION + "expires"))
    if decided is None or expires is None:
        raise NotProven("time", "it does not say when it was decided and until when it holds.")
    decision, nonce = predicate.get(EXTENSION + "decision"), predicate.get(EXTENSION + "nonce")
    if not isinstance(decision, str) or not decision or not isinstance(nonce, (str, type(None))):
        raise NotProven("decision_id", "it names no decision, or its nonce is no text.")
    digest = statement.policy_digest(predicate)
    if not is_digest(digest):
        raise NotProven("policy", "it does not name the policy that decided.")
    return Summary(verdict, level, decision, verifier, str(digest), nonce, decided, expires)
