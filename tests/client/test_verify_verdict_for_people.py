"""`assay verify verdict`: what a believed verifier said about these bytes, in sentences."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from assay_client import outcomes
from assay_client.times import UTC

from tests.client.command import DIGEST, OTHER_DIGEST, Command, Ran
from tests.client.verdicts import (
    SIGNER,
    STRANGER,
    UNMET,
    VERIFIER,
    answer,
    bare,
    denial,
    door,
    envelope,
    question,
    revocations,
    signed,
    stamp,
    statement,
    vkey,
    waiver,
)

NOW = datetime(2030, 1, 1, 12, 0, 0, tzinfo=UTC)
RIGHT = envelope(statement(answer(question(), NOW)))

Verify = Callable[..., Ran]


@pytest.fixture
def verify(offline: Command, tmp_path: Path) -> Verify:
    """Runs the command on a document, as of the time it was made."""

    def run(document: Any, *more: str, key: str | None = vkey(), **environ: str) -> Ran:
        (tmp_path / "verdict").write_text(json.dumps(document), encoding="utf-8")
        (tmp_path / "policy").write_text(json.dumps(door()), encoding="utf-8")
        told = [
            "--digest",
            DIGEST,
            "--environment",
            "production",
            "--at",
            stamp(NOW),
            *(["--key", key] if key else []),
        ]
        return offline("verify", "verdict", str(tmp_path / "verdict"), *told, *more, **environ)

    return run


def test_a_verdict_that_is_proven(verify: Verify) -> None:
    ran = verify(RIGHT)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines() == [
        f"● proven: allowed, {DIGEST} to production",
        "  decision: 5f0d4f5e-6b7c-4c58-9a8e-7d2d7f1f2a11",
        "  verifier: https://assay.example",
        "  policy: sha256:" + "22" * 32,
        "  decided: 2030-01-01 12:00:00+00:00",
        "  valid until: 2030-01-01 12:15:00+00:00",
        "  revocations: not looked at",
    ]


def test_the_answer_of_the_gate_can_be_given_as_it_is(verify: Verify) -> None:
    assert verify(signed(answer(question(), NOW)), "--json").document["holds"] is True


def test_whose_verdicts_are_believed_comes_from_outside(verify: Verify, tmp_path: Path) -> None:
    assert verify(RIGHT, "--policy", str(tmp_path / "policy"), key=None).code == 0
    assert verify(RIGHT, key=None, ASSAY_VERDICT_KEY=vkey()).code == 0
    assert verify(RIGHT, key=None).code == outcomes.BAD_INPUT
    assert verify(RIGHT, "--policy", str(tmp_path / "policy")).code == outcomes.BAD_INPUT
    assert verify(RIGHT, "--policy", str(tmp_path / "verdict"), key=None).code == outcomes.BAD_INPUT


def test_a_proven_denial_and_a_level_that_does_not_open_this_door(verify: Verify, tmp_path: Path) -> None:
    ran = verify(
        envelope(
            statement(denial(question(), UNMET, decided_at=stamp(NOW), expires_at="2030-01-02T00:00:00Z"))
        )
    )
    assert (ran.code, ran.out.split(",")[0]) == (outcomes.DENIED, "■ proven: blocked (FAILED)")
    assert verify(envelope(waiver(NOW))).code == 0
    assert (
        verify(envelope(waiver(NOW)), "--policy", str(tmp_path / "policy"), key=None).code == outcomes.DENIED
    )


@pytest.mark.parametrize("more", [["--digest", OTHER_DIGEST], ["--environment", "staging"], ["--key", bare(STRANGER)],
                                  ["--at", "2030-01-01T12:15:00Z"]])  # fmt: skip
def test_what_is_not_proven_is_treated_as_blocked(verify: Verify, more: list[str]) -> None:
    ran = verify(RIGHT, *more)
    assert (ran.code, ran.out) == (outcomes.UNUSABLE, "")
    assert ran.err.endswith("Treated as blocked.\n")


def test_a_revoked_verdict_blocks(verify: Verify, tmp_path: Path) -> None:
    told = str(tmp_path / "revoked")
    for decisions, code in (((), 0), (("5f0d4f5e-6b7c-4c58-9a8e-7d2d7f1f2a11",), outcomes.DENIED)):
        Path(told).write_text(json.dumps(revocations(*decisions, now=NOW)), encoding="utf-8")
        assert verify(RIGHT, "--revocations", told).code == code


def test_a_list_needs_as_many_keys_as_a_verdict(verify: Verify, tmp_path: Path) -> None:
    """One stolen key of two can take no revocation back."""
    two = [{"id": VERIFIER, "key": vkey(key)} for key in (SIGNER, STRANGER)]
    (tmp_path / "two").write_text(json.dumps(door(verifiers=two, threshold=2)), encoding="utf-8")
    both, told = twice(RIGHT), tmp_path / "revoked"
    for listed, code in (
        (revocations(now=NOW, key=STRANGER), outcomes.UNUSABLE),
        (twice(revocations(now=NOW)), 0),
    ):
        told.write_text(json.dumps(listed), encoding="utf-8")
        ran = verify(both, "--policy", str(tmp_path / "two"), "--revocations", str(told), key=None)
        assert ran.code == code


def twice(made: dict[str, Any]) -> dict[str, Any]:
    """The same envelope, signed by the other key too."""
    other = envelope(base64.b64decode(made["payload"]), STRANGER, made["payloadType"])
    return {**made, "signatures": made["signatures"] + other["signatures"]}
