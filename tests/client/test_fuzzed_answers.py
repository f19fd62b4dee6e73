"""Hypothesis looks for an answer that allows without being a genuine allow. A night's run tries 10,000 of each."""

from __future__ import annotations

import copy
import json
import os
from datetime import datetime, timedelta
from typing import Any

from assay_client import keys, outcomes, strict_json, verdict
from assay_client.times import UTC
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.client.command import DIGEST, OTHER_DIGEST
from tests.client.verdicts import (
    INSUFFICIENT,
    MET,
    SIGNER,
    STRANGER,
    UNMET,
    answer,
    bare,
    envelope,
    question,
    stamp,
    statement,
)

NOW = datetime(2030, 1, 1, 12, 0, 0, tzinfo=UTC)
ASKED = verdict.Question(DIGEST, "production", question()["nonce"])
KEY = keys.parse(bare())
FUZZ = settings(
    max_examples=10_000 if os.environ.get("ASSAY_NIGHTLY") == "1" else 300,
    deadline=None,
    derandomize=os.environ.get("ASSAY_NIGHTLY") != "1",
    suppress_health_check=[HealthCheck.too_slow],
    database=None,
)

NEAR = st.sampled_from(
    [
        "allow", "Allow", "allow ", "allow\n", "ALLOW", "аllow", "allow_with_waiver", "deny", "true", "1", "",
        "PASSED", "FAILED", "passed", DIGEST, OTHER_DIGEST, DIGEST.upper(), DIGEST[7:], "production", "staging",
        ASKED.nonce, "00" * 16, stamp(NOW), stamp(NOW + timedelta(minutes=5)), stamp(NOW - timedelta(seconds=1)),
        stamp(NOW - timedelta(days=1)), stamp(NOW + timedelta(days=1)), "2999-01-01T00:00:00Z", "2999-01-01",
        True, False, 1, 0, -1, 1.5, None, [], {}, [None], ["allow"], {"allow": True}, [MET], [UNMET], [INSUFFICIENT],
    ]
)  # fmt: skip
ANY = st.recursive(NEAR | st.text(max_size=5), lambda inner: st.lists(inner, max_size=2), max_leaves=3)
FIELDS = st.sampled_from([*answer(question(), NOW), "allow", "allowed", "exit_code", "verified", "result"])
CHANGES = st.lists(st.tuples(FIELDS, st.none() | st.tuples(ANY)), max_size=4)


def with_changes(document: dict[str, Any], changes: list[Any]) -> dict[str, Any]:
    """The document with some fields dropped (None) or replaced."""
    changed = copy.deepcopy(document)
    for name, value in changes:
        if value is None:
            changed.pop(name, None)
        else:
            changed[name] = copy.deepcopy(value[0])
    return changed


def exit_code(body: bytes, pinned: tuple[keys.PinnedKey, ...] = (), *, strict: bool = False) -> int:
    """What the client makes of these bytes."""
    try:
        document = strict_json.parse(body)
        if not isinstance(document, dict):
            return outcomes.UNUSABLE
        return verdict.believe(document, ASKED, pinned, NOW).exit_code(strict=strict)
    except strict_json.NotJson:
        return outcomes.UNUSABLE
    except outcomes.Stop as stop:
        return stop.exit_code


def moment(text: object) -> datetime | None:
    try:
        return datetime.fromisoformat(str(text).replace("Z", "+00:00"))
    except ValueError:
        return None


ALLOWED_WITH = {"allow": ("met",), "allow_with_waiver": ("met", "waived")}


def is_genuine(document: Any) -> bool:
    """The rule once more, in other words: may exit 0 be given for this document, signatures apart?"""
    if type(document) is not dict or document.get("verdict") not in ("allow", "allow_with_waiver"):
        return False
    decided, expires = moment(document.get("decided_at")), moment(document.get("expires_at"))
    findings, policy = document.get("findings"), document.get("policy")
    return (
        type(document["verdict"]) is str
        and (document.get("artifact_digest"), document.get("environment"), document.get("nonce"))
        == (DIGEST, "production", question()["nonce"])
        and type(document.get("decision_id")) is str
        and document["decision_id"] != ""
        and decided is not None
        and expires is not None
        and abs((decided - NOW).total_seconds()) <= 300
        and expires > NOW
        and type(policy) is dict
        and type(findings) is list
        and all(f["state"] in ALLOWED_WITH[document["verdict"]] for f in findings)
    )


@FUZZ
@given(CHANGES, st.booleans())
@example([], False)
@example([("verdict", ("allow_with_waiver",))], True)
def test_only_a_genuine_allow_allows(changes: list[Any], strict: bool) -> None:
    document = with_changes(answer(question(), NOW), changes)
    code = exit_code(json.dumps(document).encode(), strict=strict)
    if code == outcomes.ALLOWED:
        assert is_genuine(document)
        assert not (strict and document["verdict"] != "allow")
    assert code in outcomes.MEANINGS
    if not changes:
        assert code == outcomes.ALLOWED, "the positive control"


STATEMENT_FIELDS = st.sampled_from(
    [("_type",), ("subject",), ("predicateType",), ("predicate",)]
    + [("predicate", name) for name in statement(answer(question(), NOW))["predicate"]]
)
STATEMENT_CHANGES = st.lists(st.tuples(STATEMENT_FIELDS, st.none() | st.tuples(ANY)), max_size=3)


@FUZZ
@given(STATEMENT_CHANGES, st.sampled_from([SIGNER, STRANGER]))
@example([], SIGNER)
@example([], STRANGER)
def test_only_a_right_statement_signed_by_the_pinned_key_allows(changes: list[Any], signer: Any) -> None:
    document = answer(question(), NOW)
    right = statement(document)
    said = copy.deepcopy(right)
    for path, value in changes:
        at = said if len(path) == 1 else said.get("predicate")
        if isinstance(at, dict):
            at.pop(path[-1], None)
            if value is not None:
                at[path[-1]] = copy.deepcopy(value[0])
    document["attestation"] = envelope(said, signer)
    code = exit_code(json.dumps(document).encode(), KEY)
    if code == outcomes.ALLOWED:
        assert signer is SIGNER
        for changed in (said, right):  # these two say nothing that the gate rests on
            changed["predicate"].pop("verifiedLevels", None)
            changed["predicate"].pop("timeVerified", None)
        assert said == right
    else:
        assert code == outcomes.UNUSABLE
    if not changes:
        assert (code == outcomes.ALLOWED) == (signer is SIGNER), "the positive control"


WHOLE = json.dumps(
    {**answer(question(), NOW), "attestation": envelope(statement(answer(question(), NOW)))}
).encode()
SPLICES = st.lists(
    st.tuples(st.integers(0, len(WHOLE)), st.integers(0, 40), st.binary(max_size=6)), min_size=1, max_size=4
)


@FUZZ
@given(SPLICES)
@example([(0, 0, b"")])
def test_no_damage_to_the_bytes_makes_another_allow(splices: list[tuple[int, int, bytes]]) -> None:
    body = WHOLE
    for start, cut, insert in splices:
        body = body[:start] + insert + body[start + cut :]
    if exit_code(body, KEY) == outcomes.ALLOWED:
        seen = json.loads(body)
        told = (
            "verdict",
            "artifact_digest",
            "environment",
            "nonce",
            "expires_at",
            "decision_id",
            "subject_digest",
        )
        assert {name: seen[name] for name in told} == {name: json.loads(WHOLE)[name] for name in told}
        assert is_genuine(seen)


@FUZZ
@given(st.binary(max_size=200))
def test_noise_never_allows(body: bytes) -> None:
    assert exit_code(body) == outcomes.UNUSABLE
