"""An audit from the command line: requested, followed, and its outcome as an exit code."""

from __future__ import annotations

from pathlib import Path

import pytest
from assay_client import audit, outcomes

from tests.client.command import DIGEST, OTHER_DIGEST, Command, Ran
from tests.client.register import FakeRegister
from tests.client.service import Asked, FakeService, Handler


@pytest.fixture
def register(service: FakeService, monkeypatch: pytest.MonkeyPatch) -> FakeRegister:
    monkeypatch.setattr(audit, "PAUSES", (0.01,))
    made = FakeRegister()
    made.versions = [{"id": "v1", "version": "1", "digest": DIGEST, "system": "credit", "model": "scorer"}]
    service.behaviour = made
    return made


@pytest.fixture
def mapping(tmp_path: Path) -> Path:
    path = tmp_path / "mapping.json"
    path.write_text('{"task": "binary", "label": "default"}', encoding="utf-8")
    return path


def run(assay: Command, mapping: Path, *more: str, version: str = "v1", dataset: str = "dv1") -> Ran:
    return assay("audit", "--version", version, "--dataset", dataset, "--mapping", str(mapping), *more)


@pytest.mark.parametrize(
    ("state", "code", "first"),
    [
        ("passed", 0, "● audit passed: r1"),
        ("failed", 1, "■ audit failed: r1"),
        ("insufficient", 3, "▲ audit insufficient: r1"),
        ("errored", 2, "■ audit errored: r1"),
        ("cancelled", 2, "■ audit cancelled: r1"),
        ("half-passed", 5, ""),
    ],
)
def test_it_waits_for_the_outcome(
    assay: Command, register: FakeRegister, mapping: Path, state: str, code: int, first: str
) -> None:
    register.states = ["queued", "running", "running", state]
    ran = run(assay, mapping, "--wait")
    assert ran.code == code
    assert ran.out.startswith(first)
    assert "assay: measuring 40%" in ran.err


def test_it_prints_every_check_with_its_sentence(
    assay: Command, register: FakeRegister, mapping: Path
) -> None:
    ran = run(assay, mapping, "--wait")
    assert "● passed: The impact ratio passed." in ran.out
    assert "details: https://assay.example/runs/r1" in ran.out


def test_without_wait_it_only_requests(assay: Command, register: FakeRegister, mapping: Path) -> None:
    ran = run(assay, mapping)
    assert ran.code == 0
    assert ran.out.startswith("▲ audit requested: r1")
    assert register.log == ["POST /model-versions/v1/runs"]


def test_a_version_may_be_given_by_digest_and_a_dataset_by_name(
    service: FakeService, assay: Command, register: FakeRegister, mapping: Path
) -> None:
    ran = run(assay, mapping, version=DIGEST, dataset="loans@2024")
    assert ran.code == 0
    assert service.asked[-1].document == {
        "dataset_version": "dv1",
        "mapping": {"task": "binary", "label": "default"},
    }


def test_json_is_the_run_with_the_exit_code(assay: Command, register: FakeRegister, mapping: Path) -> None:
    register.states = ["failed"]
    ran = run(assay, mapping, "--wait", "--json")
    assert (ran.document["state"], ran.document["exit_code"]) == ("failed", 1)


def test_an_unknown_digest_is_bad_input(assay: Command, register: FakeRegister, mapping: Path) -> None:
    assert run(assay, mapping, version=OTHER_DIGEST).code == outcomes.BAD_INPUT
    assert run(assay, mapping, version="sha256:short").code == outcomes.BAD_INPUT


def test_a_digest_with_two_versions_is_ambiguous(
    assay: Command, register: FakeRegister, mapping: Path
) -> None:
    register.versions.append(
        {"id": "v2", "version": "2", "digest": DIGEST, "system": "credit", "model": "scorer"}
    )
    ran = run(assay, mapping, version=DIGEST)
    assert ran.code == outcomes.BAD_INPUT
    assert "2 model versions" in ran.err


def test_a_refused_request_is_bad_input(assay: Command, register: FakeRegister, mapping: Path) -> None:
    ran = run(assay, mapping, "--wait", dataset="dv9")
    assert ran.code == outcomes.BAD_INPUT
    assert "There is no such dataset version." in ran.err


def test_a_missing_mapping_is_bad_input(assay: Command, register: FakeRegister, tmp_path: Path) -> None:
    assert run(assay, tmp_path / "none.json").code == outcomes.BAD_INPUT
    assert register.log == []


def test_an_audit_that_does_not_end_is_not_passed(
    assay: Command, register: FakeRegister, mapping: Path
) -> None:
    register.states = ["running"]
    ran = run(assay, mapping, "--wait", "--timeout", "1")
    assert ran.code == outcomes.UNUSABLE
    assert "still running" in ran.err
    assert ran.seconds < 2


def test_a_service_that_restarts_meanwhile_is_waited_for(
    service: FakeService, assay: Command, register: FakeRegister, mapping: Path
) -> None:
    left = [3]

    def restarting(handler: Handler, asked: Asked) -> None:
        if "/runs/" in asked.path and left[0] > 0:
            left[0] -= 1
            handler.send_bytes(b"", 503, "text/html")
        else:
            register(handler, asked)

    service.behaviour = restarting
    assert run(assay, mapping, "--wait").code == 0


def test_a_service_that_is_gone_is_not_waited_for(
    service: FakeService, assay: Command, register: FakeRegister, mapping: Path
) -> None:
    def gone(handler: Handler, asked: Asked) -> None:
        if "/runs/" in asked.path:
            handler.send_bytes(b"", 503, "text/html")
        else:
            register(handler, asked)

    service.behaviour = gone
    assert run(assay, mapping, "--wait").code == outcomes.UNUSABLE


def test_an_answer_about_another_audit_is_not_believed(
    service: FakeService, assay: Command, register: FakeRegister, mapping: Path
) -> None:
    def swapped(handler: Handler, asked: Asked) -> None:
        if "/runs/" in asked.path:
            handler.send_json({"id": "r2", "state": "passed"})
        else:
            register(handler, asked)

    service.behaviour = swapped
    assert run(assay, mapping, "--wait").code == outcomes.UNUSABLE
