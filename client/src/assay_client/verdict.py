"""Whether an answer of the gate can be believed, and which exit code it means. Pure: no network, no clock.

Exit 0 has this one source: an answer to *this* question, fresh, consistent with itself and, where a key is
pinned, signed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from assay_client import outcomes, statement, times
from assay_client.keys import PinnedKey
from assay_client.outcomes import Unusable
from assay_client.terminal import clean

ALLOW, WAIVER, DENY = "allow", "allow_with_waiver", "deny"
# How far the clocks of the service and of this machine may be apart.
MAX_SKEW = timedelta(minutes=5)

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}", re.ASCII)
_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}", re.ASCII)


@dataclass(frozen=True)
class Question:
    """What was asked: these bytes, to that environment, under a nonce that no older answer can know."""

    digest: str
    environment: str
    nonce: str


@dataclass(frozen=True)
class Finding:
    """One line of the gate's checklist."""

    code: str
    state: str
    sentence: str
    owner: str
    clears: str


@dataclass(frozen=True)
class Answer:
    """An answer that can be believed."""

    verdict: str
    decision_id: str
    findings: tuple[Finding, ...]
    verified: bool
    document: Mapping[str, Any]

    @property
    def unmet(self) -> tuple[Finding, ...]:
        """The findings that still stand in the way; a state we do not know counts as one of them."""
        return tuple(finding for finding in self.findings if finding.state not in ("met", "waived"))

    @property
    def waived(self) -> tuple[Finding, ...]:
        """The findings that were set aside for a time, or passed over in an emergency."""
        return tuple(finding for finding in self.findings if finding.state == "waived")

    def exit_code(self, *, strict: bool, no_waivers: bool = False) -> int:
        """The exit code of this answer; what is not exactly an allow is not an allow."""
        if self.verdict == ALLOW:
            return outcomes.ALLOWED
        if self.verdict == WAIVER:
            if no_waivers:
                return outcomes.DENIED
            return outcomes.WAIVED if strict else outcomes.ALLOWED
        if self.unmet and all(finding.state == "insufficient" for finding in self.unmet):
            return outcomes.INSUFFICIENT
        return outcomes.DENIED


def is_digest(text: object) -> bool:
    """Whether this is a content digest as Assay writes them."""
    return isinstance(text, str) and _DIGEST.fullmatch(text) is not None


def believe(
    document: Mapping[str, Any],
    question: Question,
    keys: Sequence[PinnedKey],
    now: datetime,
    *,
    stored: bool = False,
) -> Answer:
    """The answer in this document, or Unusable with the reason not to believe it.

    One that was stored meanwhile may be as old as its expiry allows; everything else is the same.
    """
    verdict = document.get("verdict")
    if not isinstance(verdict, str) or verdict not in (ALLOW, WAIVER, DENY):
        raise Unusable(
            "answer.verdict", "The answer holds no verdict: neither allow, allow_with_waiver nor deny."
        )
    _about_the_question(document, question)
    decision_id = document.get("decision_id")
    if not isinstance(decision_id, str) or not _ID.fullmatch(decision_id):
        raise Unusable("answer.decision", "The answer names no decision, so nobody could look it up later.")
    findings = _findings(document.get("findings"))
    if verdict != DENY:
        _fresh(document, now, stored=stored)
        _has_a_policy(document)
    verified = _signed(document, question, keys, now, stored=stored)
    answer = Answer(verdict, decision_id, findings, verified, document)
    if (verdict == ALLOW and answer.waived) or (verdict != DENY and answer.unmet):
        raise Unusable("answer.contradiction", "The answer allows although its own findings are not all met.")
    return answer


def _about_the_question(document: Mapping[str, Any], question: Question) -> None:
    for name, asked in (
        ("artifact_digest", question.digest),
        ("environment", question.environment),
        ("nonce", question.nonce),
    ):
        if document.get(name) != asked:
            raise Unusable(
                f"answer.{name}",
                f"The answer is not about this question: its {name} is not the one asked with.",
            )


def _fresh(document: Mapping[str, Any], now: datetime, *, stored: bool) -> None:
    decided, expires = times.parse(document.get("decided_at")), times.parse(document.get("expires_at"))
    if decided is None or expires is None:
        raise Unusable("answer.times", "The answer does not say when it was given and until when it holds.")
    if decided - now > MAX_SKEW or (not stored and now - decided > MAX_SKEW):
        raise Unusable(
            "answer.clock",
            f"The answer was given at {decided:%Y-%m-%d %H:%M:%S} UTC, but here it is "
            f"{now:%Y-%m-%d %H:%M:%S} UTC. Either it is an old answer or a clock is wrong.",
        )
    if expires <= now or expires <= decided:
        raise Unusable("answer.expired", f"The answer expired at {expires:%Y-%m-%d %H:%M:%S} UTC.")


def _has_a_policy(document: Mapping[str, Any]) -> None:
    policy = document.get("policy")
    if not isinstance(policy, dict) or not is_digest(policy.get("digest")):
        raise Unusable("answer.policy", "The answer allows without naming the policy that allows it.")


def _signed(
    document: Mapping[str, Any],
    question: Question,
    keys: Sequence[PinnedKey],
    now: datetime,
    *,
    stored: bool,
) -> bool:
    """Whether a pinned key signed this verdict. Only a denial may go unsigned: it blocks in any case."""
    envelope = document.get("attestation")
    if not keys or (envelope is None and document.get("verdict") == DENY):
        return False
    expected = statement.Expected(
        digest=question.digest,
        environment=question.environment,
        answer=document,
        passed=document.get("verdict") != DENY,
        now=now,
        skew=MAX_SKEW,
        stored=stored,
    )
    try:
        statement.verify(envelope, expected, keys)
    except statement.NotProven as error:
        raise Unusable(error.code, f"The verdict is not signed as it must be: {error}") from None
    return True


def _findings(entries: object) -> tuple[Finding, ...]:
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise Unusable("answer.findings", "The answer does not list its findings.")
    return tuple(
        Finding(
            code=_text(entry, "code"),
            state=_text(entry, "state"),
            sentence=_text(entry, "sentence"),
            owner=_text(entry, "owner_role"),
            clears=_text(entry, "clears"),
        )
        for entry in entries
    )


def _text(entry: Mapping[str, Any], name: str) -> str:
    value = entry.get(name)
    return clean(value) if isinstance(value, str) else ""
