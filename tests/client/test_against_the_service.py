"""The client and the service of this tree, over HTTP: names of fields and addresses cannot drift apart."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.request import urlopen

import pytest
from assay_client import keys, outcomes, times, verdict

from tests.client import verdicts
from tests.client.command import OTHER_DIGEST, Command, Ran

pytest.importorskip("django", reason="without Django the client is NOT TESTED against the service")
from governance import verdicts as server
from registry.models import ModelVersion
from registry.services import tokens
from tests import make
from tests.cast import make_cast

if TYPE_CHECKING:
    from pytest_django.live_server_helper import LiveServer

    from tests.cast import Cast

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def people_of_acme(transactional_db: None) -> Cast:
    """The cast, committed, so that the server's threads see it."""
    return make_cast()


@pytest.fixture
def assay(people_of_acme: Cast, live_server: LiveServer, capsys: pytest.CaptureFixture[str]) -> Command:
    """The command line of a pipeline with a real token."""
    cast = people_of_acme
    _, text = tokens.issue(actor=cast.actor("olga"), organisation=cast.acme, user=cast.ci, name="pipeline")
    return Command(capsys, {"ASSAY_URL": live_server.url, "ASSAY_TOKEN": text})


def register(assay: Command, path: Path, *more: str, version: str = "1") -> Ran:
    names = ("--system", "credit", "--model", "scorer", "--version", version)
    return assay("register", *names, "--artifact", str(path), "--format", "xgboost_json", "--json", *more)


def test_status_knows_the_pipeline(assay: Command) -> None:
    ran = assay("status")
    assert ran.code == 0
    assert "of acme" in ran.out


def test_a_model_version_is_registered_once(assay: Command, people_of_acme: Cast, tmp_path: Path) -> None:
    system = make.make_system(people_of_acme)
    snapshot = make.make_dataset_version(people_of_acme, system)
    path = tmp_path / "model.json"
    path.write_text('{"learner": {}}', encoding="utf-8")
    trained = ("--dataset", f"{snapshot.dataset.slug}@{snapshot.version}")
    first, again = register(assay, path, *trained), register(assay, path, *trained)
    assert (first.code, again.code) == (0, 0)
    assert (first.document["created"], again.document["created"]) == (True, False)
    version = ModelVersion.objects.get()
    assert str(version.pk) == first.document["model_version"]["id"] == again.document["model_version"]["id"]
    assert version.artifact.digest == "sha256:" + hashlib.sha256(path.read_bytes()).hexdigest()
    assert list(version.dataset_versions.all()) == [snapshot]


def test_other_bytes_under_the_same_version_are_refused(
    assay: Command, people_of_acme: Cast, tmp_path: Path
) -> None:
    make.make_system(people_of_acme)
    path = tmp_path / "model.json"
    path.write_text("{}", encoding="utf-8")
    assert register(assay, path).code == 0
    path.write_text('{"other": 1}', encoding="utf-8")
    ran = register(assay, path)
    assert ran.code == outcomes.BAD_INPUT
    assert ran.document["error"]["code"] == "model_version.exists"
    assert "A version never changes" in ran.err


def test_an_audit_is_requested_by_digest_and_name(
    assay: Command, people_of_acme: Cast, tmp_path: Path
) -> None:
    system = make.make_system(people_of_acme)
    make.make_dataset_version(people_of_acme, system)
    path, mapping = tmp_path / "model.json", tmp_path / "mapping.json"
    path.write_text("{}", encoding="utf-8")
    mapping.write_text(json.dumps({}), encoding="utf-8")
    digest = register(assay, path).document["model_version"]["digest"]
    ran = assay(
        "audit", "--version", digest, "--dataset", "applications@1", "--mapping", str(mapping), "--json"
    )  # fmt: skip
    assert ran.code == 0, ran.err
    assert ran.document["state"] in ("queued", "running")


def test_a_denial_is_signed_with_the_published_key(
    assay: Command, people_of_acme: Cast, live_server: LiveServer, tmp_path: Path
) -> None:
    make.make_system(people_of_acme)
    path = tmp_path / "model.json"
    path.write_text("{}", encoding="utf-8")
    assert register(assay, path).code == 0
    question = ("gate", "--artifact", str(path), "--environment", "production")
    people_say = assay(*question)
    assert people_say.code == outcomes.DENIED
    assert people_say.out.startswith("■ blocked: ")
    machines_see = assay(*question, "--json", "--key", published_key(live_server.url))
    assert machines_see.code == outcomes.DENIED
    assert machines_see.document["findings"]


def published_key(url: str) -> str:
    """The key as the service shows it; a real pipeline gets it by another way."""
    with urlopen(f"{url}/api/v1/gate/key", timeout=10) as answer:
        return str(json.load(answer)["key"])


@pytest.mark.parametrize("said", ["allow", "allow_with_waiver", "deny"])
def test_what_the_service_signs_the_client_believes(said: str) -> None:
    asked = verdicts.question()
    of = verdicts.answer(asked, verdict=said)
    signed = server.statement(of, verifier=verdicts.VERIFIER, policy_uri="https://assay.example/policies/1")
    attestation = server.envelope(signed, [verdicts.SIGNER], verdicts.VERIFIER)
    question = verdict.Question(asked["artifact_digest"], asked["environment"], asked["nonce"])
    pinned = keys.parse(server.verifier_key(verdicts.SIGNER, verdicts.VERIFIER))
    assert verdict.believe({**of, "attestation": attestation}, question, pinned, times.now()).verified


def test_what_a_stranger_asks_for_is_not_there(assay: Command, tmp_path: Path) -> None:
    (tmp_path / "model.json").write_text("{}", encoding="utf-8")
    assert register(assay, tmp_path / "model.json").code == outcomes.BAD_INPUT
    ran = assay("gate", "--digest", OTHER_DIGEST, "--environment", "production")
    assert ran.code == outcomes.BAD_INPUT
    assert assay("status", ASSAY_TOKEN="wrong").code == outcomes.BAD_INPUT
