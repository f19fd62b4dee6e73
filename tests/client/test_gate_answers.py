"""What each believable answer of the gate means, for machines and for people."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
from assay_client import outcomes

from tests.client.command import DIGEST, OTHER_DIGEST, Command
from tests.client.service import FakeService
from tests.client.verdicts import INSUFFICIENT, MET, UNMET, answer, answering, denial

WAIVED_ONE = {**UNMET, "state": "waived"}


def test_it_allows(service: FakeService, assay: Command) -> None:
    service.behaviour = answering(answer)
    ran = assay.gate()
    assert ran.code == outcomes.ALLOWED
    assert ran.out.startswith(f"● allowed: {DIGEST} to production\n")
    assert "5f0d4f5e-6b7c-4c58-9a8e-7d2d7f1f2a11" in ran.out
    assert "https://assay.example/decisions/5f0d4f5e" in ran.out


def test_it_asks_one_question_with_a_token_and_a_new_nonce_each_time(
    service: FakeService, assay: Command
) -> None:
    service.behaviour = answering(answer)
    assay.gate()
    assay.gate()
    first, second = service.asked
    assert (first.method, first.path) == ("POST", "/api/v1/gate/decisions")
    assert first.headers["Authorization"] == "Bearer token-of-the-pipeline"
    assert first.document["artifact_digest"] == DIGEST
    assert first.document["environment"] == "production"
    assert len(first.document["nonce"]) == 32
    assert first.document["nonce"] != second.document["nonce"]
    assert first.headers["Idempotency-Key"] != second.headers["Idempotency-Key"]


def test_it_says_that_a_verdict_without_a_pinned_key_was_not_verified(
    service: FakeService, assay: Command
) -> None:
    service.behaviour = answering(answer)
    ran = assay.gate()
    assert ran.err == "assay: this verdict was not verified: no key is pinned (--key or ASSAY_VERDICT_KEY).\n"


def test_it_denies_with_every_open_finding_and_who_clears_it(service: FakeService, assay: Command) -> None:
    service.behaviour = answering(lambda question: denial(question, UNMET, INSUFFICIENT, MET))
    ran = assay.gate()
    assert ran.code == outcomes.DENIED
    assert ran.out.startswith("■ blocked: ")
    assert "■ open: The impact ratio of sex is 0.61, below 0.80." in ran.out
    assert "▲ insufficient: " in ran.out
    assert "who: validator" in ran.out
    assert "cleared by: A run in which every check passes." in ran.out
    assert "to do: Pass the checks." in ran.out
    assert "The report is current." not in ran.out


@pytest.mark.parametrize(
    ("findings", "code"),
    [
        ([INSUFFICIENT], outcomes.INSUFFICIENT),
        ([INSUFFICIENT, MET, INSUFFICIENT], outcomes.INSUFFICIENT),
        ([INSUFFICIENT, UNMET], outcomes.DENIED),
        ([UNMET], outcomes.DENIED),
        ([{**UNMET, "state": "stale"}, INSUFFICIENT], outcomes.DENIED),
        ([{**UNMET, "state": "of a later version"}], outcomes.DENIED),
        ([{**UNMET, "state": None}], outcomes.DENIED),
        ([MET], outcomes.DENIED),
        ([], outcomes.DENIED),
    ],
)
def test_insufficient_means_that_every_open_finding_is_insufficient(
    service: FakeService, assay: Command, findings: list[dict[str, Any]], code: int
) -> None:
    service.behaviour = answering(lambda question: denial(question, *findings))
    assert assay.gate().code == code


def test_it_says_that_there_is_not_enough_evidence(service: FakeService, assay: Command) -> None:
    service.behaviour = answering(lambda question: denial(question, INSUFFICIENT))
    assert assay.gate().out.startswith("▲ blocked, not enough evidence: ")


def test_a_waiver_allows_and_is_shown(service: FakeService, assay: Command) -> None:
    waiver = {"id": "w1", "reason": "Accepted until the next audit."}
    service.behaviour = answering(
        lambda question: answer(
            question, verdict="allow_with_waiver", findings=[WAIVED_ONE, MET], waivers=[waiver]
        )
    )
    ran = assay.gate()
    assert ran.code == outcomes.ALLOWED
    assert ran.out.startswith("◐ allowed with a waiver: ")
    assert "waiver: Accepted until the next audit." in ran.out
    assert "◐ waived: The impact ratio of sex is 0.61, below 0.80." in ran.out


def test_a_waiver_is_an_exit_code_of_its_own_when_strict(service: FakeService, assay: Command) -> None:
    service.behaviour = answering(lambda question: answer(question, verdict="allow_with_waiver"))
    ran = assay.gate("--strict")
    assert ran.code == outcomes.WAIVED
    assert ran.out.startswith("◐ allowed with a waiver, blocked by --strict: ")


def test_whoever_wants_no_waivers_is_blocked_by_them(service: FakeService, assay: Command) -> None:
    service.behaviour = answering(lambda question: answer(question, verdict="allow_with_waiver"))
    for flags in (["--no-waivers"], ["--no-waivers", "--strict"]):
        ran = assay.gate(*flags)
        assert ran.code == outcomes.DENIED
        assert ran.out.startswith("◐ allowed with a waiver, blocked by --no-waivers: ")


@pytest.mark.parametrize("flag", ["--strict", "--no-waivers"])
def test_they_do_not_change_an_allow(service: FakeService, assay: Command, flag: str) -> None:
    service.behaviour = answering(answer)
    assert assay.gate(flag).code == outcomes.ALLOWED


@pytest.mark.parametrize(
    ("verdict", "finding"),
    [("allow", "waived"), ("allow", "open"), ("allow_with_waiver", "open"), ("allow_with_waiver", "stale")],
)
def test_an_allow_that_its_own_findings_contradict_is_not_believed(
    service: FakeService, assay: Command, verdict: str, finding: str
) -> None:
    service.behaviour = answering(
        lambda question: answer(question, verdict=verdict, findings=[{**UNMET, "state": finding}])
    )
    assert assay.gate().code == outcomes.UNUSABLE


def test_json_is_the_answer_with_the_exit_code(service: FakeService, assay: Command) -> None:
    service.behaviour = answering(lambda question: answer(question, exit_code=99, verified=True))
    ran = assay.gate("--json")
    assert ran.document["verdict"] == "allow"
    assert ran.document["findings"] == [MET]
    assert ran.document["exit_code"] == outcomes.ALLOWED
    assert ran.document["verified"] is False


def test_json_of_an_unbelievable_answer_holds_no_verdict(service: FakeService, assay: Command) -> None:
    service.behaviour = answering(lambda question: answer(question, nonce="another"))
    ran = assay.gate("--json")
    assert ran.document == {
        "exit_code": outcomes.UNUSABLE,
        "error": {
            "code": "answer.nonce",
            "message": "The answer is not about this question: its nonce is not the one asked with.",
        },
    }


def test_bytes_that_several_hold_are_told_apart_by_flags(service: FakeService, assay: Command) -> None:
    service.behaviour = answering(answer)
    assert assay.gate("--system", "credit", "--model-version", "v1").code == outcomes.ALLOWED
    assert (service.asked[0].document["system"], service.asked[0].document["model_version"]) == (
        "credit",
        "v1",
    )
    assay.gate()
    assert set(service.asked[1].document) == {"artifact_digest", "environment", "nonce"}


def test_it_takes_the_digest_of_a_file(service: FakeService, assay: Command, tmp_path: Path) -> None:
    service.behaviour = answering(answer)
    (tmp_path / "model.json").write_bytes(b"{}" * 700_000)
    ran = assay("gate", "--artifact", str(tmp_path / "model.json"), "--environment", "production")
    assert ran.code == outcomes.ALLOWED
    wanted = hashlib.sha256(b"{}" * 700_000).hexdigest()
    assert service.asked[0].document["artifact_digest"] == f"sha256:{wanted}"


def test_a_file_with_another_digest_is_not_asked_about(
    service: FakeService, assay: Command, tmp_path: Path
) -> None:
    (tmp_path / "model.json").write_bytes(b"{}")
    ran = assay.gate("--artifact", str(tmp_path / "model.json"))
    assert ran.code == outcomes.BAD_INPUT
    assert service.asked == []


def test_an_unknown_digest_is_bad_input_in_the_words_of_the_service(
    service: FakeService, assay: Command
) -> None:
    service.behaviour = lambda handler, asked: handler.send_problem(
        404, "model_version.unknown", "No model version has this artifact."
    )
    ran = assay("gate", "--digest", OTHER_DIGEST, "--environment", "production", "--json")
    assert ran.code == outcomes.BAD_INPUT
    assert ran.document["error"]["code"] == "model_version.unknown"
    assert "No model version has this artifact." in ran.err


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 410, 413, 415, 422])
def test_what_the_service_refuses_is_bad_input(service: FakeService, assay: Command, status: int) -> None:
    service.behaviour = lambda handler, asked: handler.send_problem(status, "some.code", "That cannot be.")
    ran = assay.gate()
    assert ran.code == outcomes.BAD_INPUT
    assert "That cannot be." in ran.err


def test_fields_the_service_complains_about_are_named(service: FakeService, assay: Command) -> None:
    problem = {
        "detail": "The request is not valid.",
        "code": "validation",
        "errors": [{"field": "environment", "message": "No such environment."}],
    }
    service.behaviour = lambda handler, asked: handler.send_json(problem, 400, "application/problem+json")
    assert "environment: No such environment." in assay.gate().err
