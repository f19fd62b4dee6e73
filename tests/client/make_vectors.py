"""Writes tests/vectors/signed-verdicts.json, so that any other signer or verifier can be tried against ours.

python -m tests.client.make_vectors
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from assay_client.times import UTC

from tests.client import verdicts
from tests.client.command import OTHER_DIGEST

FILE = Path(__file__).resolve().parents[1] / "vectors" / "signed-verdicts.json"
NOW = datetime(2030, 1, 1, 12, 0, 0, tzinfo=UTC)

Change = Callable[[dict[str, Any]], None]


def _set(*path: str, value: object) -> Change:
    def change(document: dict[str, Any]) -> None:
        at: Any = document
        for step in path[:-1]:
            at = at[step]
        at[path[-1]] = value

    return change


def _drop(*path: str) -> Change:
    def change(document: dict[str, Any]) -> None:
        at: Any = document
        for step in path[:-1]:
            at = at[step]
        del at[path[-1]]

    return change


EXT = "urn:assay:verdict:v1:"
OTHER_HEX = OTHER_DIGEST[7:]

# What a *rightly signed* statement says wrongly -> the reason to refuse it.
WRONG_STATEMENTS: dict[str, tuple[Change, str]] = {
    "statement-of-another-type": (
        _set("_type", value="https://in-toto.io/Statement/v0.1"),
        "attestation.statement",
    ),
    "statement-without-type": (_drop("_type"), "attestation.statement"),
    "another-predicate-type": (
        _set("predicateType", value="https://in-toto.io/attestation/test-result/v0.1"),
        "attestation.predicate_type",
    ),
    "no-predicate": (_drop("predicate"), "attestation.statement"),
    "another-artifact": (_set("subject", value=[{"digest": {"sha256": OTHER_HEX}}]), "attestation.subject"),
    "artifact-only-by-name": (_set("subject", value=[{"name": "model.json"}]), "attestation.subject"),
    "two-artifacts": (
        _set("subject", value=[{"digest": {"sha256": "ab" * 32}}, {"digest": {"sha256": OTHER_HEX}}]),
        "attestation.subject",
    ),
    "no-artifact": (_set("subject", value=[]), "attestation.subject"),
    "another-environment": (_set("predicate", "resourceUri", value="staging"), "attestation.environment"),
    "no-environment": (_drop("predicate", "resourceUri"), "attestation.environment"),
    "failed": (_set("predicate", "verificationResult", value="FAILED"), "attestation.result"),
    "passed-in-small-letters": (
        _set("predicate", "verificationResult", value="passed"),
        "attestation.result",
    ),
    "no-result": (_drop("predicate", "verificationResult"), "attestation.result"),
    "another-nonce": (_set("predicate", EXT + "nonce", value="00" * 16), "attestation.nonce"),
    "no-nonce": (_drop("predicate", EXT + "nonce"), "attestation.nonce"),
    "another-decision": (_set("predicate", EXT + "decision", value="another"), "attestation.decision_id"),
    "another-verdict": (_set("predicate", EXT + "verdict", value="allow_with_waiver"), "attestation.verdict"),
    "another-subject-digest": (
        _set("predicate", EXT + "subject", value=OTHER_DIGEST),
        "attestation.subject_digest",
    ),
    "no-subject-digest": (_drop("predicate", EXT + "subject"), "attestation.subject_digest"),
    "another-expiry": (
        _set("predicate", EXT + "expires", value=verdicts.stamp(NOW + timedelta(minutes=1))),
        "attestation.expires_at",
    ),
    "no-expiry": (_drop("predicate", EXT + "expires"), "attestation.expires_at"),
    "another-policy": (
        _set("predicate", "policy", "digest", value={"sha256": OTHER_HEX}),
        "attestation.policy",
    ),
    "no-policy": (_drop("predicate", "policy"), "attestation.policy"),
    "signed-a-day-ago": (
        _set("predicate", "timeVerified", value=verdicts.stamp(NOW - timedelta(days=1))),
        "attestation.time",
    ),
    "no-time": (_drop("predicate", "timeVerified"), "attestation.time"),
    "another-verifier": (
        _set("predicate", "verifier", value={"id": "https://other.example"}),
        "attestation.verifier",
    ),
    "no-verifier": (_drop("predicate", "verifier"), "attestation.verifier"),
}


BAD = "attestation.signature"
_URLSAFE = {ord("+"): "-", ord("/"): "_"}

Envelopes = dict[str, tuple[object, "str | None"]]


def _coded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _right_envelopes(of: dict[str, Any]) -> Envelopes:
    """The right statement, rightly signed, in every form that a verifier must take."""
    right = verdicts.statement(of)
    whole, stranger = verdicts.envelope(right), verdicts.envelope(right, verdicts.STRANGER)
    sig = whole["signatures"][0]["sig"]
    urlsafe = {
        "payload": whole["payload"].translate(_URLSAFE),
        "signatures": [{"sig": sig.translate(_URLSAFE)}],
    }
    return {
        "right": (whole, None),
        "urlsafe-base64": ({**whole, **urlsafe}, None),
        "keyid-wrong": ({**whole, "signatures": [{"keyid": "of another key", "sig": sig}]}, None),
        "a-stranger-signed-too": (
            {**whole, "signatures": stranger["signatures"] + whole["signatures"]},
            None,
        ),
    }


def _wrong_signatures(of: dict[str, Any]) -> Envelopes:
    """The right statement, but not signed, or not by the right key, or not over the right bytes."""
    right = verdicts.statement(of)
    whole, stranger = verdicts.envelope(right), verdicts.envelope(right, verdicts.STRANGER)
    sig = whole["signatures"][0]["sig"]
    of_another = {"keyid": "hint", "sig": stranger["signatures"][0]["sig"]}
    without_pae = _coded(verdicts.SIGNER.sign(json.dumps(right).encode()))
    return {
        "no-attestation": (None, BAD),
        "attestation-a-text": (json.dumps(whole), BAD),
        "only-a-stranger-signed": (stranger, BAD),
        "keyid-right-signature-wrong": ({**whole, "signatures": [of_another]}, BAD),
        "no-signatures": ({**whole, "signatures": []}, BAD),
        "signatures-missing": ({"payloadType": whole["payloadType"], "payload": whole["payload"]}, BAD),
        "signature-a-text": ({**whole, "signatures": [*whole["signatures"], sig]}, BAD),
        "signature-a-number": ({**whole, "signatures": [{"sig": 7}]}, BAD),
        "signature-empty": ({**whole, "signatures": [{"sig": ""}]}, BAD),
        "seventeen-signatures": ({**whole, "signatures": whole["signatures"] * 17}, BAD),
        "signature-of-the-bare-payload": ({**whole, "signatures": [{"sig": without_pae}]}, BAD),
        "signature-cut": ({**whole, "signatures": [{"sig": sig[:-4]}]}, BAD),
        "signature-no-base64": ({**whole, "signatures": [{"sig": "!" + sig[1:]}]}, BAD),
        "signature-with-a-line-end": ({**whole, "signatures": [{"sig": sig + "\n"}]}, BAD),
    }


def _wrong_payloads(of: dict[str, Any]) -> Envelopes:
    """Another payload or payload type than was signed, and rightly signed payloads that are no statement."""
    right = verdicts.statement(of)
    payload, whole = json.dumps(right).encode(), verdicts.envelope(right)
    changed = payload.replace(b"production", b"pr0duction")
    twice = payload.replace(b'{"_type"', b'{"_type": "x", "_type"', 1)
    return {
        "payload-changed": ({**whole, "payload": _coded(changed)}, BAD),
        "payload-with-a-blank-more": ({**whole, "payload": _coded(payload + b" ")}, BAD),
        "payload-missing": ({"payloadType": whole["payloadType"], "signatures": whole["signatures"]}, BAD),
        "payload-a-number": ({**whole, "payload": 7}, BAD),
        "payload-empty": ({**whole, "payload": ""}, BAD),
        "payload-type-changed": ({**whole, "payloadType": "application/json"}, BAD),
        "signed-as-another-type": (verdicts.envelope(right, payload_type="application/json"), BAD),
        "payload-with-a-name-twice": (verdicts.envelope(twice), "attestation.statement"),
        "payload-not-json": (verdicts.envelope(b"allow"), "attestation.statement"),
        "payload-a-list": (verdicts.envelope([right]), "attestation.statement"),
    }


def document() -> dict[str, Any]:
    """The whole file: one question, one key, and answers with what a verifier must say to each."""
    of = verdicts.answer(verdicts.question(), NOW)
    cases = [
        {"id": name, "want": reason or "accept", "attestation": envelope}
        for make in (_right_envelopes, _wrong_signatures, _wrong_payloads)
        for name, (envelope, reason) in make(of).items()
    ]
    for name, (change, reason) in WRONG_STATEMENTS.items():
        wrong = verdicts.statement(of)
        change(wrong)
        cases.append({"id": name, "want": reason, "attestation": verdicts.envelope(wrong)})
    return {
        "desc": "Signed verdicts; format: docs/reference/signed-verdicts.md. The seed is public: for tests only.",
        "seed_hex": bytes(range(32)).hex(),
        "public_key": verdicts.bare(),
        "verifier_key": verdicts.vkey(),
        "now": verdicts.stamp(NOW),
        "question": verdicts.question(),
        "answer_without_attestation": {key: value for key, value in of.items() if key != "attestation"},
        "statement_of_the_right_case": verdicts.statement(of),
        "cases": cases,
    }


if __name__ == "__main__":
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(json.dumps(document(), indent=1) + "\n", encoding="utf-8")
