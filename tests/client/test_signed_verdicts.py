"""With a pinned key, only a verdict that this key signed, about this very question, opens the gate."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from assay_client import keys, outcomes, times, verdict

from tests.client import make_vectors
from tests.client.command import Command
from tests.client.service import Behaviour, FakeService
from tests.client.verdicts import (
    INSUFFICIENT,
    SIGNER,
    STRANGER,
    UNMET,
    answer,
    answering,
    bare,
    denial,
    envelope,
    signed,
    statement,
    vkey,
)

VECTORS: dict[str, Any] = json.loads(make_vectors.FILE.read_text(encoding="utf-8"))


@pytest.mark.parametrize("pinned", [bare(), vkey(), f"{bare(STRANGER)}\n{vkey()}\n"])
def test_it_allows_a_signed_verdict(service: FakeService, assay: Command, pinned: str) -> None:
    service.behaviour = answering(lambda question: signed(answer(question)))
    ran = assay.gate("--json", ASSAY_VERDICT_KEY=pinned)
    assert ran.code == outcomes.ALLOWED
    assert ran.document["verified"] is True
    assert ran.err == ""


def test_it_tells_people_that_the_signature_was_verified(service: FakeService, assay: Command) -> None:
    service.behaviour = answering(lambda question: signed(answer(question)))
    assert "signature: verified with the pinned key" in assay.gate("--key", vkey()).out
    assert "signature:" not in assay.gate().out


def test_it_allows_a_signed_waiver(service: FakeService, assay: Command) -> None:
    service.behaviour = answering(lambda question: signed(answer(question, verdict="allow_with_waiver")))
    assert assay.gate("--key", vkey()).code == outcomes.ALLOWED
    assert assay.gate("--key", vkey(), "--strict").code == outcomes.WAIVED


def test_the_key_may_stand_in_a_file(service: FakeService, assay: Command, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(f"# of the production service\n{vkey()}\n", encoding="utf-8")
    service.behaviour = answering(lambda question: signed(answer(question)))
    assert assay.gate("--key", str(tmp_path / "key")).code == outcomes.ALLOWED


def test_an_unsigned_allow_blocks_when_a_key_is_pinned(service: FakeService, assay: Command) -> None:
    service.behaviour = answering(answer)
    ran = assay.gate("--key", bare())
    assert ran.code == outcomes.UNUSABLE
    assert ran.err.startswith("assay: The verdict is not signed as it must be: ")


def test_an_attacker_who_answers_allow_is_not_believed(service: FakeService, assay: Command) -> None:
    service.behaviour = answering(lambda question: signed(answer(question), STRANGER))
    assert assay.gate("--key", bare()).code == outcomes.UNUSABLE


def test_a_signed_denial_stretched_into_an_allow_blocks(service: FakeService, assay: Command) -> None:
    def stretch(question: dict[str, Any]) -> dict[str, Any]:
        real = signed(denial(question, UNMET))
        return {**answer(question), "attestation": real["attestation"]}

    service.behaviour = answering(stretch)
    assert assay.gate("--key", bare()).code == outcomes.UNUSABLE


@pytest.mark.parametrize("name", ["expires_at", "decision_id", "subject_digest", "verdict", "policy"])
def test_an_answer_that_says_more_than_was_signed_blocks(
    service: FakeService, assay: Command, name: str
) -> None:
    changed = {
        "expires_at": "2999-01-01T00:00:00Z",
        "decision_id": "another",
        "subject_digest": "sha256:" + "33" * 32,
        "verdict": "allow_with_waiver",
        "policy": {"name": "lax", "version": "1", "digest": "sha256:" + "44" * 32},
    }[name]
    service.behaviour = answering(lambda question: {**signed(answer(question)), name: changed})
    assert assay.gate("--key", bare()).code == outcomes.UNUSABLE


def test_a_key_of_another_verifier_is_not_believed(service: FakeService, assay: Command) -> None:
    service.behaviour = answering(lambda question: signed(answer(question)))
    ran = assay.gate("--json", "--key", vkey(name="https://other.example"))
    assert ran.document["error"]["code"] == "attestation.verifier"


def test_a_key_without_a_name_is_for_any_verifier_that_names_itself(
    service: FakeService, assay: Command
) -> None:
    def named(name: object) -> Behaviour:
        def make(question: dict[str, Any]) -> dict[str, Any]:
            of = answer(question)
            said = statement(of)
            said["predicate"]["verifier"] = {"id": name}
            return {**of, "attestation": envelope(said)}

        return answering(make)

    for name, code in (("https://any.example", 0), ("", 5), (None, 5), (7, 5)):
        service.behaviour = named(name)
        assert assay.gate("--key", bare()).code == code


def test_a_key_pinned_twice_is_believed_for_either_verifier(service: FakeService, assay: Command) -> None:
    service.behaviour = answering(lambda question: signed(answer(question)))
    for first in (bare(), vkey()):
        pinned = f"{first} {vkey(name='https://other.example')}"
        assert assay.gate("--key", pinned).code == outcomes.ALLOWED


def test_a_signed_denial_names_its_policy(service: FakeService, assay: Command) -> None:
    def without_policy(question: dict[str, Any]) -> dict[str, Any]:
        of = denial(question, UNMET, policy={})
        said = statement(of)
        del said["predicate"]["policy"]
        return {**of, "attestation": envelope(said)}

    service.behaviour = answering(without_policy)
    assert assay.gate("--key", bare()).code == outcomes.UNUSABLE


def test_a_signed_denial_is_verified(service: FakeService, assay: Command) -> None:
    service.behaviour = answering(lambda question: signed(denial(question, INSUFFICIENT)))
    ran = assay.gate("--json", "--key", bare())
    assert ran.code == outcomes.INSUFFICIENT
    assert ran.document["verified"] is True


def test_an_unsigned_denial_denies_and_says_so(service: FakeService, assay: Command) -> None:
    service.behaviour = answering(lambda question: denial(question, UNMET))
    ran = assay.gate("--key", bare())
    assert ran.code == outcomes.DENIED
    assert ran.err == "assay: this denial is not signed.\n"


def test_a_denial_with_a_wrong_signature_is_no_answer(service: FakeService, assay: Command) -> None:
    service.behaviour = answering(lambda question: signed(denial(question, UNMET), STRANGER))
    assert assay.gate("--key", bare()).code == outcomes.UNUSABLE


def test_a_denial_signed_as_passed_is_no_answer(service: FakeService, assay: Command) -> None:
    def contradict(question: dict[str, Any]) -> dict[str, Any]:
        of = denial(question, UNMET)
        said = statement(of)
        said["predicate"]["verificationResult"] = "PASSED"
        return {**of, "attestation": envelope(said, SIGNER)}

    service.behaviour = answering(contradict)
    assert assay.gate("--key", bare()).code == outcomes.UNUSABLE


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: str(case["id"]))
def test_the_published_vectors(case: dict[str, Any]) -> None:
    asked = VECTORS["question"]
    question = verdict.Question(asked["artifact_digest"], asked["environment"], asked["nonce"])
    document = {**VECTORS["answer_without_attestation"], "attestation": case["attestation"]}
    now = times.parse(VECTORS["now"])
    assert now is not None
    pinned = keys.parse(VECTORS["verifier_key"])
    if case["want"] == "accept":
        assert verdict.believe(document, question, pinned, now).verified
        return
    with pytest.raises(outcomes.Unusable) as refused:
        verdict.believe(document, question, pinned, now)
    assert refused.value.code == case["want"]


def test_the_published_vectors_are_the_ones_that_are_made() -> None:
    assert make_vectors.document() == VECTORS, "run: python -m tests.client.make_vectors"
