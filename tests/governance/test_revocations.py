"""The list of verdicts taken back, read with the real client: a door without a network closes too."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.test import Client

from governance.models import Decision
from governance.services import answers, decisions, revocations, transitions
from registry.models import ModelVersion, RoleGrant
from registry.services import people
from registry.stages import Role
from tests.cast import Cast, grant
from tests.client.command import Command
from tests.governance import staging
from tests.make import make_system

NONCE = "0123456789abcdef"


@pytest.fixture(autouse=True)
def no_list_of_before() -> None:
    cache.clear()


def allow(cast: Cast, version: ModelVersion, path: Path) -> str:
    """An allow as CI keeps it."""
    answer = decisions.ask(
        actor=cast.actor("ci"), artifact_digest=version.artifact.digest, environment="production"
    )
    path.write_text(json.dumps(answers.document(answer, NONCE)), encoding="utf-8")
    return str(answer.decision_id)


def gate(assay: Command, version: ModelVersion, folder: Path) -> int:
    (folder / "list").write_bytes(Client().get("/api/v1/gate/revocations").content)
    stored = ("--offline", str(folder / "verdict"), "--revocations", str(folder / "list"))
    asked = ("--digest", version.artifact.digest, "--environment", "production", "--nonce", NONCE)
    return assay("gate", *asked, *stored, "--key", answers.public_key()["key"]).code


def listed() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(base64.b64decode(revocations.signed()["payload"]))["revoked"]
    return found


def leave(cast: Cast) -> None:
    """One of those who approved is no longer who they were."""
    role = RoleGrant.objects.get(membership__user=cast.adam)
    people.revoke_role(actor=cast.actor("olga"), grant=role)


def suspend(cast: Cast, version: ModelVersion) -> None:
    transitions.request(actor=cast.actor("dev"), version=version, to="suspended", reason="It drifts.")


@pytest.fixture
def assay(capsys: pytest.CaptureFixture[str]) -> Command:
    return Command(capsys, {})


def test_a_suspended_version_is_refused_offline(
    cast: Cast, printer: None, assay: Command, tmp_path: Path
) -> None:
    version = staging.allowed(cast)
    version = transitions.request(actor=cast.actor("dev"), version=version, to="production")
    decision = allow(cast, version, tmp_path / "verdict")
    assert gate(assay, version, tmp_path) == 0
    suspend(cast, version)
    assert gate(assay, version, tmp_path) == 1
    assert {row["decision"]: row["reason"] for row in listed()}[decision] == "The version was suspended."


def test_an_allow_that_still_holds_is_not_listed_whatever_else_was_recorded(
    cast: Cast, printer: None, tmp_path: Path
) -> None:
    version = staging.allowed(cast)
    allow(cast, version, tmp_path / "verdict")
    grant(cast, "aud", Role.OPERATOR)
    assert listed() == []


def test_what_the_facts_of_today_forbid_is_listed(cast: Cast, printer: None, tmp_path: Path) -> None:
    version = staging.allowed(cast)
    decision = allow(cast, version, tmp_path / "verdict")
    before = Decision.objects.count()
    leave(cast)
    assert [row["decision"] for row in listed()] == [decision]
    assert Decision.objects.count() == before


def test_a_verdict_that_expired_is_left_out(cast: Cast, printer: None, tmp_path: Path, settings: Any) -> None:
    version = staging.allowed(cast)
    allow(cast, version, tmp_path / "verdict")
    leave(cast)
    Decision.objects.update(expires_at=Decision.objects.first().decided_at)  # type: ignore[union-attr]
    assert listed() == []


def test_it_is_kept_until_a_log_grows(cast: Cast, printer: None) -> None:
    first = revocations.signed()
    assert revocations.signed() == first
    make_system(cast, "another")
    assert revocations.signed() != first


def test_the_operator_writes_it_to_a_file(cast: Cast, tmp_path: Path) -> None:
    call_command("export_revocations", tmp_path / "list")
    assert json.loads((tmp_path / "list").read_text())["payloadType"] == revocations.PAYLOAD_TYPE
