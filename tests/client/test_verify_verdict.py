"""`assay verify-verdict`: a signed verdict without its answer opens exactly the door that its policy describes."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from assay_client.times import UTC

from tests.client import make_vectors
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
    stamp,
    statement,
    vkey,
    waiver,
)

VECTORS: dict[str, Any] = json.loads(make_vectors.FILE.read_text(encoding="utf-8"))
NOW = datetime(2030, 1, 1, 12, 0, 0, tzinfo=UTC)
RIGHT = statement(answer(question(), NOW))
# These differ only from an answer that is not there; nothing in them is wrong by itself.
ALONE_RIGHT = {"another-nonce", "another-decision", "another-subject-digest", "another-expiry",
               "another-policy"}  # fmt: skip

Verify = Callable[..., Ran]


POLICY = door()


@pytest.fixture
def verify(offline: Command, tmp_path: Path) -> Verify:
    """Runs the command on an envelope, as of the time of the vectors."""

    def run(signed: Any, *more: str, policy: Any = POLICY, digest: str = DIGEST, at: str = stamp(NOW)) -> Ran:
        (tmp_path / "envelope").write_text(json.dumps(signed), encoding="utf-8")
        (tmp_path / "policy").write_text(json.dumps(policy), encoding="utf-8")
        return offline(
            "verify-verdict", "--envelope", str(tmp_path / "envelope"), "--policy", str(tmp_path / "policy"),
            "--artifact-digest", digest, "--resource", "production", "--at", at, *more,
        )  # fmt: skip

    return run


def test_a_right_verdict_opens_the_door(verify: Verify) -> None:
    ran = verify(envelope(RIGHT))
    assert (ran.code, ran.out, ran.err) == (0, "", "")


def test_the_published_vectors(verify: Verify) -> None:
    accepted = set()
    for case in VECTORS["cases"]:
        ran = verify(case["attestation"])
        assert ran.code in (0, 1), case["id"]
        if ran.code == 0:
            accepted.add(case["id"])
    right = {case["id"] for case in VECTORS["cases"] if case["want"] == "accept"}
    assert accepted == right | ALONE_RIGHT | {"signed-a-day-ago"}, "an old one is stopped by its expiry"


@pytest.mark.parametrize("digest", [OTHER_DIGEST, DIGEST.upper(), DIGEST[7:], "sha256:", ""])
def test_another_artifact_stays_out(verify: Verify, digest: str) -> None:
    assert verify(envelope(RIGHT), digest=digest).code == 1


def test_another_environment_stays_out(verify: Verify) -> None:
    assert verify(envelope(RIGHT), "--resource", "staging").code == 1


@pytest.mark.parametrize(
    ("at", "code"),
    [
        (NOW - timedelta(minutes=5), 0),
        (NOW - timedelta(minutes=5, seconds=1), 1),
        (NOW + timedelta(minutes=15) - timedelta(microseconds=1), 0),
        (NOW + timedelta(minutes=15), 1),
    ],
)
def test_it_opens_until_it_expires(verify: Verify, at: datetime, code: int) -> None:
    assert verify(envelope(RIGHT), at=stamp(at)).code == code


def test_without_a_time_it_is_judged_now(offline: Command, tmp_path: Path) -> None:
    (tmp_path / "policy").write_text(json.dumps(door()), encoding="utf-8")
    told = ["--policy", str(tmp_path / "policy"), "--artifact-digest", DIGEST, "--resource", "production"]
    for given, code in ((datetime.now(UTC), 0), (NOW, 1)):
        signed = envelope(statement(answer(question(), given)))
        (tmp_path / "envelope").write_text(json.dumps(signed), encoding="utf-8")
        assert offline("verify-verdict", "--envelope", str(tmp_path / "envelope"), *told).code == code


def test_a_denial_never_opens_a_door(verify: Verify) -> None:
    assert verify(envelope(statement(denial(question(), UNMET, decided_at=stamp(NOW))))).code == 1


def test_a_waiver_opens_only_doors_that_take_one(verify: Verify) -> None:
    assert verify(envelope(waiver(NOW))).code == 1
    assert (
        verify(envelope(waiver(NOW)), policy=door(levels=["ASSAY_ALLOW", "ASSAY_ALLOW_WITH_WAIVER"])).code
        == 0
    )
    assert verify(envelope(RIGHT), policy=door(levels=["ASSAY_ALLOW_WITH_WAIVER"])).code == 1


@pytest.mark.parametrize(
    "levels", [[], ["FAILED"], ["ASSAY_ALLOW", "ASSAY_ALLOW_WITH_WAIVER"], "ASSAY_ALLOW", None]
)
def test_a_level_that_is_not_the_one_of_its_verdict_opens_nothing(verify: Verify, levels: Any) -> None:
    said = waiver(NOW) if levels == ["ASSAY_ALLOW"] else statement(answer(question(), NOW))
    said["predicate"]["verifiedLevels"] = levels
    both = door(levels=["ASSAY_ALLOW", "ASSAY_ALLOW_WITH_WAIVER"])
    assert verify(envelope(said), policy=both).code == 1


def test_only_policies_that_the_door_knows(verify: Verify) -> None:
    assert verify(envelope(RIGHT), policy=door(policies=["sha256:" + "22" * 32])).code == 0
    assert verify(envelope(RIGHT), policy=door(policies=["sha256:" + "33" * 32])).code == 1


def twice(first: Any, second: Any) -> dict[str, Any]:
    one, other = envelope(RIGHT, first), envelope(RIGHT, second)
    return {**one, "signatures": one["signatures"] + other["signatures"]}


def test_different_keys_are_counted_not_signatures(verify: Verify) -> None:
    two = [{"id": VERIFIER, "key": bare()}, {"id": VERIFIER, "key": bare(STRANGER)}]
    both = door(verifiers=two, threshold=2)
    assert verify(twice(SIGNER, STRANGER), policy=both).code == 0
    assert verify(twice(SIGNER, SIGNER), policy=both).code == 1
    assert verify(envelope(RIGHT), policy=both).code == 1
    same = [{"id": VERIFIER, "key": bare()}, {"id": VERIFIER, "key": vkey()}]
    assert verify(twice(SIGNER, SIGNER), policy=door(verifiers=same, threshold=2)).code == 1


def test_a_key_speaks_only_for_the_verifier_it_is_pinned_for(verify: Verify) -> None:
    other = "https://other.example"
    assert verify(envelope(RIGHT), policy=door(verifiers=[{"id": other, "key": bare()}])).code == 1
    pairs = [{"id": other, "key": bare()}, {"id": VERIFIER, "key": bare(STRANGER)}]
    assert verify(envelope(RIGHT), policy=door(verifiers=pairs)).code == 1
    assert verify(twice(SIGNER, STRANGER), policy=door(verifiers=pairs)).code == 0
    assert verify(twice(SIGNER, STRANGER), policy=door(verifiers=pairs, threshold=2)).code == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"more": 1}, {"verifiers": []}, {"verifiers": [{"id": "", "key": bare()}]}, {"verifiers": [{"key": bare()}]},
        {"verifiers": [{"id": VERIFIER, "key": ""}]}, {"verifiers": [{"id": VERIFIER, "key": "two keys"}]},
        {"verifiers": [{"id": "other", "key": vkey()}]}, {"verifiers": None}, {"threshold": 0}, {"threshold": 2},
        {"threshold": True}, {"threshold": None}, {"levels": []}, {"levels": ["FAILED"]},
        {"policies": []}, {"policies": ["22" * 32]}, {"levels": [["ASSAY_ALLOW"]]},
    ],
)  # fmt: skip
def test_a_policy_that_says_too_little_opens_nothing(verify: Verify, changes: dict[str, Any]) -> None:
    assert verify(envelope(RIGHT), policy={**door(), **changes}).code == 1


def test_what_cannot_be_read_is_a_fault_and_what_is_no_envelope_is_rejected(
    verify: Verify, offline: Command, tmp_path: Path
) -> None:
    odd: Any
    for odd in (None, [], "text", 7, {}, [[[[]]]], {"payload": 1}):
        assert verify(odd).code == 1
    told = ["--policy", str(tmp_path / "policy"), "--artifact-digest", DIGEST, "--resource", "production"]
    assert offline("verify-verdict", "--envelope", str(tmp_path / "nothing"), *told).code == 2
    for data in (b"", b"\xff", b'{"a":1,"a":1}', b"[" * 100_000, b"NaN", b" " * 1_000_001):
        (tmp_path / "envelope").write_bytes(data)
        assert offline("verify-verdict", "--envelope", str(tmp_path / "envelope"), *told).code == 1
