"""`assay gate --offline`: a stored verdict opens the gate under the rules of an answer that just arrived."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from assay_client import outcomes
from assay_client.times import UTC

from tests.client.command import OTHER_DIGEST, Command, Ran
from tests.client.service import FakeService
from tests.client.verdicts import (
    INSUFFICIENT,
    STRANGER,
    UNMET,
    answer,
    answering,
    bare,
    denial,
    envelope,
    question,
    revocations,
    signed,
    stamp,
    statement,
    vkey,
)

NONCE = question()["nonce"]

Gate = Callable[..., Ran]


def now() -> datetime:
    """When the test runs: an answer lives for a quarter of an hour, and a whole run takes longer."""
    return datetime.now(UTC)


@pytest.fixture
def gate(offline: Command, tmp_path: Path) -> Gate:
    """Runs the gate on a stored document."""

    def run(document: Any, *more: str, key: str = vkey(), nonce: str = NONCE, revoked: Any = None) -> Ran:
        (tmp_path / "token").write_text(json.dumps(document), encoding="utf-8")
        told = ["--offline", str(tmp_path / "token"), "--key", key, "--nonce", nonce, *more]
        if revoked is not None:
            (tmp_path / "revoked").write_text(json.dumps(revoked), encoding="utf-8")
            told += ["--revocations", str(tmp_path / "revoked")]
        return offline.gate(*told)

    return run


def bare_envelope(**changes: Any) -> dict[str, Any]:
    return envelope(statement(answer(question(), now(), **changes)))


def listed(*decisions: str, **changes: Any) -> dict[str, Any]:
    return revocations(*decisions, now=now(), **changes)


def test_a_stored_answer_opens_the_gate(gate: Gate) -> None:
    ran = gate(signed(answer(question(), now())))
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("● allowed: sha256:abab")


def test_a_bare_envelope_opens_it_too(gate: Gate) -> None:
    ran = gate(bare_envelope(), "--json")
    assert (ran.code, ran.document["verdict"], ran.document["verified"]) == (0, "allow", True)


def test_what_the_online_gate_printed_is_taken(service: FakeService, assay: Command, gate: Gate) -> None:
    service.behaviour = answering(lambda asked: signed(answer(asked)))
    printed = assay.gate("--json", "--nonce", "made-at-the-door-1")
    assert printed.code == 0
    assert gate(printed.document, nonce="made-at-the-door-1").code == 0
    assert gate(printed.document, nonce="made-at-the-door-2").code == outcomes.UNUSABLE


def test_it_may_be_as_old_as_its_expiry_allows(gate: Gate) -> None:
    for minutes, code in ((14, 0), (16, 5), (-4, 0), (-6, 5)):
        given = now() - timedelta(minutes=minutes)
        for document in (signed(answer(question(), given)), envelope(statement(answer(question(), given)))):
            assert gate(document).code == code


@pytest.mark.parametrize(
    "more",
    [
        ["--environment", "staging"],
        ["--digest", OTHER_DIGEST],
        ["--nonce", "0" * 32],
        ["--key", bare(STRANGER)],
    ],
)
def test_a_verdict_about_something_else_does_not_open_it(gate: Gate, more: list[str]) -> None:
    for document in (bare_envelope(), signed(answer(question(), now()))):
        assert gate(document, *more).code == outcomes.UNUSABLE


def test_an_answer_that_nobody_signed_does_not_open_it(gate: Gate) -> None:
    assert gate(answer(question(), now())).code == outcomes.UNUSABLE
    odd: Any
    for odd in ([], "allow", 7, None, {}, {"payloadType": 1}, {**bare_envelope(), "payload": "!"},
                envelope(b"{}"), envelope(b"[]"), envelope(b'{"predicate": {}}')):  # fmt: skip
        assert gate(odd).code == outcomes.UNUSABLE


def test_denials_and_waivers_end_as_online(gate: Gate) -> None:
    assert gate(signed(denial(question(), UNMET, decided_at=stamp(now())))).code == outcomes.DENIED
    assert (
        gate(signed(denial(question(), INSUFFICIENT, decided_at=stamp(now())))).code == outcomes.INSUFFICIENT
    )
    waived = bare_envelope(verdict="allow_with_waiver")
    assert [gate(waived).code, gate(waived, "--strict").code, gate(waived, "--no-waivers").code] == [0, 4, 1]


def test_a_revoked_verdict_blocks(gate: Gate) -> None:
    decision = answer(question())["decision_id"]
    ran = gate(bare_envelope(), revoked=listed("another", decision))
    assert ran.code == outcomes.DENIED
    assert "Suspended." in ran.err
    assert ran.out == ""
    assert gate(bare_envelope(), revoked=listed("another")).code == 0
    assert gate(bare_envelope(), revoked=listed()).code == 0


WRONG_LISTS: list[Callable[[], Any]] = [
    lambda: listed(key=STRANGER),
    lambda: listed(kind="application/vnd.in-toto+json"),
    lambda: listed(more=1),
    lambda: listed(revoked=1),
    lambda: listed(verifier="https://other.example"),
    lambda: listed(valid_until=stamp(now())),
    lambda: listed(valid_until=None),
    lambda: listed(issued_at=stamp(now() + timedelta(minutes=9))),
    lambda: listed(format="assay-revocations/2"),
    lambda: listed(revoked=[{"decision": "x"}]),
    lambda: listed(revoked=[None]),
    dict,
    list,
    lambda: listed(revoked=[{"decision": 1, "revoked_at": stamp(now()), "reason": ""}]),
]


@pytest.mark.parametrize("wrong", WRONG_LISTS)
def test_a_list_that_cannot_be_believed_blocks(gate: Gate, wrong: Callable[[], Any]) -> None:
    # Written in the test: a list of the time at which the tests were collected would be old by now.
    assert gate(bare_envelope(), revoked=wrong()).code == outcomes.UNUSABLE


def test_a_list_of_another_pinned_verifier_clears_nobody(gate: Gate) -> None:
    other = "https://other.example"
    pinned = f"{vkey()} {vkey(STRANGER, other)}"
    theirs = listed(key=STRANGER, verifier=other)
    assert gate(bare_envelope(), key=pinned, revoked=theirs).code == outcomes.UNUSABLE
    assert gate(bare_envelope(), key=pinned, revoked=listed(key=STRANGER)).code == outcomes.UNUSABLE


def test_what_has_to_be_given(offline: Command, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(json.dumps(bare_envelope()), encoding="utf-8")
    told = ["--offline", str(tmp_path / "token")]
    full = [*told, "--key", vkey(), "--nonce", NONCE]
    assert offline.gate(*told, "--key", vkey()).code == 2
    assert offline.gate(*told, "--nonce", NONCE).code == 2
    for flag in ("--url", "--token", "--token-file", "--oidc"):
        assert offline.gate(*full, flag, "x").code == 2
    assert offline.gate(*full, "--nonce", "short").code == 2
    assert offline.gate("--offline", str(tmp_path / "nothing"), *full[2:]).code == 2
    assert offline.gate("--revocations", str(tmp_path / "token")).code == 2
    assert offline.gate(*full).code == 0
