"""Well-formed answers that are not a genuine allow for this question: each blocks, each with its own reason."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from assay_client import outcomes
from assay_client.times import UTC

from tests.client.command import OTHER_DIGEST, Command
from tests.client.service import FakeService
from tests.client.verdicts import UNMET, answer, stamp

Make = Callable[[dict[str, Any]], object]


def ago(**span: float) -> str:
    return stamp(datetime.now(UTC) - timedelta(**span))


def ahead(**span: float) -> str:
    return stamp(datetime.now(UTC) + timedelta(**span))


def changed(**changes: Any) -> Make:
    return lambda question: answer(question, **changes)


def without(name: str) -> Make:
    return lambda question: {key: value for key, value in answer(question).items() if key != name}


# name -> (what the service answers instead of a good allow, code of the reason)
WRONG_DOCUMENTS: dict[str, tuple[Make, str]] = {
    "the text true": (lambda question: {"allow": "true"}, "answer.verdict"),
    "the number 1": (lambda question: {"allow": 1}, "answer.verdict"),
    "an empty object": (lambda question: {}, "answer.verdict"),
    "a list": (lambda question: [answer(question)], "answer.shape"),
    "the word alone": (lambda question: "allow", "answer.shape"),
    "null": (lambda question: None, "answer.shape"),
    "verdict true": (changed(verdict=True), "answer.verdict"),
    "verdict in a list": (changed(verdict=["allow"]), "answer.verdict"),
    "verdict in an object": (changed(verdict={"allow": True}), "answer.verdict"),
    "verdict with a capital": (changed(verdict="Allow"), "answer.verdict"),
    "verdict with a line end": (changed(verdict="allow\n"), "answer.verdict"),
    "verdict of another tongue": (changed(verdict="passed"), "answer.verdict"),
    "no verdict": (without("verdict"), "answer.verdict"),
    "another nonce": (changed(nonce="00" * 16), "answer.nonce"),
    "no nonce": (without("nonce"), "answer.nonce"),
    "nonce null": (changed(nonce=None), "answer.nonce"),
    "another digest": (changed(artifact_digest=OTHER_DIGEST), "answer.artifact_digest"),
    "digest in capitals": (changed(artifact_digest="SHA256:" + "AB" * 32), "answer.artifact_digest"),
    "no digest": (without("artifact_digest"), "answer.artifact_digest"),
    "another environment": (changed(environment="staging"), "answer.environment"),
    "environment with a capital": (changed(environment="Production"), "answer.environment"),
    "no environment": (without("environment"), "answer.environment"),
    "no decision": (without("decision_id"), "answer.decision"),
    "decision empty": (changed(decision_id=""), "answer.decision"),
    "decision a number": (changed(decision_id=7), "answer.decision"),
    "expired a second ago": (changed(expires_at=ago(seconds=1)), "answer.expired"),
    "expiry before the decision": (
        # Both times are told when the question is asked: a slow run must not make them old.
        lambda question: answer(question, decided_at=ahead(minutes=4), expires_at=ahead(minutes=3)),
        "answer.expired",
    ),
    "no expiry": (without("expires_at"), "answer.times"),
    "expiry null": (changed(expires_at=None), "answer.times"),
    "expiry a number": (changed(expires_at=9_999_999_999), "answer.times"),
    "expiry without an offset": (changed(expires_at="2999-01-01T00:00:00"), "answer.times"),
    "expiry on no day": (changed(expires_at="2999-02-30T00:00:00Z"), "answer.times"),
    "no decision time": (without("decided_at"), "answer.times"),
    "a clock one day behind": (
        changed(decided_at=ahead(days=1), expires_at=ahead(days=1, minutes=15)),
        "answer.clock",
    ),
    "a clock one day ahead": (changed(decided_at=ago(days=1), expires_at=ahead(days=1)), "answer.clock"),
    "no policy": (changed(policy=None), "answer.policy"),
    "policy without a digest": (changed(policy={"name": "high-risk"}), "answer.policy"),
    "an open finding": (changed(findings=[UNMET]), "answer.contradiction"),
    "a finding of unknown state": (changed(findings=[{"state": "green"}]), "answer.contradiction"),
    "no findings": (without("findings"), "answer.findings"),
    "findings as text": (changed(findings="none"), "answer.findings"),
    "findings as numbers": (changed(findings=[1]), "answer.findings"),
}


@pytest.mark.parametrize("name", WRONG_DOCUMENTS)
def test_a_wrong_document_blocks(service: FakeService, assay: Command, name: str) -> None:
    make, reason = WRONG_DOCUMENTS[name]
    service.behaviour = lambda handler, asked: handler.send_json(make(asked.document))
    ran = assay.gate("--json")
    assert ran.code == outcomes.UNUSABLE
    assert ran.document["error"]["code"] == reason
    assert ran.err.count("\n") == 1
    assert "Treated as blocked." in ran.err
