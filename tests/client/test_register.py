"""Registering an artifact: once, whatever happens, however often it is run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from assay_client import outcomes

from tests.client.command import Command, Ran
from tests.client.register import FakeRegister
from tests.client.service import Asked, FakeService, Handler


@pytest.fixture
def register(service: FakeService) -> FakeRegister:
    made = FakeRegister()
    service.behaviour = made
    return made


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "model.json"
    path.write_bytes(b'{"trees": []}' * 300_000)  # several blocks
    return path


def run(assay: Command, model: Path, *more: str) -> Ran:
    names = ("--system", "credit", "--model", "scorer", "--version", "1")
    return assay("register", *names, "--artifact", str(model), "--format", "xgboost_json", *more)


def test_it_registers(assay: Command, register: FakeRegister, model: Path, tmp_path: Path) -> None:
    training = {"code_commit": "abc", "parameters": {"depth": 3}, "metrics": {"auc": 0.8}}
    (tmp_path / "training.json").write_text(json.dumps(training), encoding="utf-8")
    ran = run(assay, model, "--training", str(tmp_path / "training.json"), "--dataset", "loans@2024")
    assert ran.code == 0
    assert ran.out.startswith("● registered: scorer 1 in credit\n")
    (version,) = register.versions
    assert version["format"] == "xgboost_json"
    assert version["training"] == training
    assert version["dataset_versions"] == ["dv1"]
    assert register.artifacts[version["digest"]] == model.read_bytes()


def test_it_shows_the_progress_of_the_upload(assay: Command, register: FakeRegister, model: Path) -> None:
    ran = run(assay, model)
    assert "assay: uploading 100%" in ran.err


def test_the_organisation_of_the_system_owns_the_artifact(
    service: FakeService, assay: Command, register: FakeRegister, model: Path
) -> None:
    run(assay, model)
    assert any(asked.path == "/api/v1/artifacts?organisation=acme" for asked in service.asked)


def test_the_same_bytes_again_are_fine_and_not_sent_again(
    assay: Command, register: FakeRegister, model: Path
) -> None:
    run(assay, model)
    register.log.clear()
    ran = run(assay, model, "--json")
    assert ran.code == 0
    assert ran.document["created"] is False
    assert ran.document["model_version"]["id"] == "v1"
    assert "POST /artifacts" not in register.log
    assert len(register.versions) == 1


def test_other_bytes_under_the_same_version_are_refused_in_the_words_of_the_service(
    assay: Command, register: FakeRegister, model: Path
) -> None:
    run(assay, model)
    model.write_bytes(b"{}")
    ran = run(assay, model)
    assert ran.code == outcomes.BAD_INPUT
    assert "Version 1 never changes. Register a new version." in ran.err
    assert len(register.versions) == 1


def test_another_training_record_under_the_same_version_is_refused(
    assay: Command, register: FakeRegister, model: Path, tmp_path: Path
) -> None:
    run(assay, model)
    (tmp_path / "training.json").write_text('{"code_commit": "abc"}', encoding="utf-8")
    assert run(assay, model, "--training", str(tmp_path / "training.json")).code == outcomes.BAD_INPUT


def test_two_pipelines_at_once_both_succeed(
    service: FakeService, assay: Command, register: FakeRegister, model: Path
) -> None:
    def other_pipeline_first(handler: Handler, asked: Asked) -> None:
        if asked.method == "POST" and asked.path.endswith("/models"):
            register._new_model(asked)
            handler.send_problem(409, "model.exists", "This system has a model scorer already.")
            return
        if asked.method == "POST" and asked.path.endswith("/versions"):
            register._new_version(asked)
        register(handler, asked)

    service.behaviour = other_pipeline_first
    assert run(assay, model).code == 0
    assert (len(register.models), len(register.versions)) == (1, 1)


def test_many_systems_and_models_are_found_page_by_page(
    assay: Command, register: FakeRegister, model: Path
) -> None:
    register.models = [{"id": f"x{i}", "name": f"other {i}"} for i in range(5)] + [
        {"id": "m1", "name": "scorer"}
    ]
    assert run(assay, model).code == 0
    assert len(register.models) == 6


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (["--system", "unknown"], "There is no system 'unknown'"),
        (["--dataset", "loans"], "write name@version"),
        (["--dataset", "loans@"], "write name@version"),
        (["--dataset", "unknown@1"], "no dataset 'unknown'"),
        (["--dataset", "loans@1999"], "no version '1999'"),
        (["--organisation", "other"], "There is no system 'credit'"),
        (["--artifact", "/no/such/file"], "cannot be read"),
        (["--training", "/no/such/file"], "cannot be read"),
    ],
)
def test_what_does_not_exist_is_bad_input_and_leaves_nothing_behind(
    assay: Command, register: FakeRegister, model: Path, more: list[str], sentence: str
) -> None:
    ran = run(assay, model, *more)
    assert ran.code == outcomes.BAD_INPUT
    assert sentence in ran.err
    assert (register.models, register.versions, register.artifacts) == ([], [], {})


@pytest.mark.parametrize("text", ["", "[]", "{", '{"a": 1, "a": 2}', '{"a": NaN}', "\x00"])
def test_a_training_record_that_is_no_object_is_bad_input(
    assay: Command, register: FakeRegister, model: Path, tmp_path: Path, text: str
) -> None:
    (tmp_path / "training.json").write_text(text, encoding="utf-8")
    assert run(assay, model, "--training", str(tmp_path / "training.json")).code == outcomes.BAD_INPUT


def test_a_system_in_two_organisations_needs_the_organisation(
    assay: Command, register: FakeRegister, model: Path
) -> None:
    register.systems.append({"id": "s2", "slug": "credit", "organisation": "other"})
    ran = run(assay, model)
    assert ran.code == outcomes.BAD_INPUT
    assert "--organisation" in ran.err
    assert run(assay, model, "--organisation", "acme").code == 0


def test_an_artifact_that_changes_while_it_is_sent_is_refused(
    assay: Command, register: FakeRegister, model: Path, service: FakeService
) -> None:
    def meanwhile(handler: Handler, asked: Asked) -> None:
        if asked.path.startswith("/api/v1/systems?"):
            model.write_bytes(b"x" * model.stat().st_size)
        register(handler, asked)

    service.behaviour = meanwhile
    ran = run(assay, model, "--json", "--upload-timeout", "5")
    assert ran.code == outcomes.BAD_INPUT
    assert ran.document["error"]["code"] == "artifact.changed"
    assert register.versions == []


def test_an_upload_refused_half_way_says_why(
    assay: Command, register: FakeRegister, model: Path, service: FakeService
) -> None:
    model.write_bytes(b"x" * 30_000_000)

    def too_large(handler: Handler, asked: Asked) -> None:
        service.keep_bodies_unread = True
        if "/artifacts" in asked.path:
            handler.send_problem(413, "artifact.too_large", "The artifact is larger than 10 MB.")
            handler.fake.over.wait(0.3)
        else:
            register(handler, asked)

    service.behaviour = too_large
    ran = run(assay, model)
    assert ran.code in (outcomes.BAD_INPUT, outcomes.UNUSABLE)
    assert ran.out == ""


def test_a_service_that_stored_other_bytes_is_not_believed(
    assay: Command, register: FakeRegister, model: Path, service: FakeService
) -> None:
    def wrong(handler: Handler, asked: Asked) -> None:
        if "/artifacts" in asked.path:
            handler.send_json({"digest": "sha256:" + "00" * 32, "size": 1}, 201)
        else:
            register(handler, asked)

    service.behaviour = wrong
    assert run(assay, model).code == outcomes.UNUSABLE
    assert register.versions == []


def test_endless_pages_end(assay: Command, register: FakeRegister, model: Path, service: FakeService) -> None:
    service.behaviour = lambda handler, asked: handler.send_json({"next": "?cursor=1", "results": []})
    ran = run(assay, model, "--json")
    assert ran.document["error"]["code"] == "answer.endless"
