"""`manage.py gate`."""

import json

import pytest
from django.core.management import CommandError, call_command

from tests.cast import Cast
from tests.governance import exceptional as given
from tests.governance import staging


def test_it_works(cast: Cast, printer: None, capsys: pytest.CaptureFixture[str]) -> None:
    version = staging.allowed(cast)
    call_command("gate", digest=version.artifact.digest, environment="production", user="adam")
    assert capsys.readouterr().out.startswith(f"allow: {version.artifact.digest} to production")


def test_a_denial_is_exit_1_with_every_finding(cast: Cast, capsys: pytest.CaptureFixture[str]) -> None:
    version = staging.at_compliance(cast)
    with pytest.raises(CommandError) as refused:
        call_command("gate", digest=version.artifact.digest, environment="production", user="adam")
    assert refused.value.returncode == 1
    told = capsys.readouterr().out
    assert "open: 0 of 1 approvals by a validator" in told
    assert "to do 1: " in told


def test_an_allow_with_a_waiver_says_so_and_is_exit_1_for_who_wants_none(
    cast: Cast, printer: None, capsys: pytest.CaptureFixture[str]
) -> None:
    version = given.failed(cast)
    waiver = given.approve(cast, given.ask(cast, version))
    staging.allowed(cast, version)
    asked = {"digest": version.artifact.digest, "environment": "production", "user": "adam"}
    call_command("gate", **asked)
    told = capsys.readouterr().out
    assert told.startswith("allow_with_waiver: ")
    assert f"waiver: {waiver.pk}" in told
    with pytest.raises(CommandError) as refused:
        call_command("gate", **asked, no_waivers=True)
    assert refused.value.returncode == 1


def test_it_prints_the_whole_answer(cast: Cast, capsys: pytest.CaptureFixture[str]) -> None:
    version = staging.at_compliance(cast)
    with pytest.raises(CommandError):
        call_command("gate", digest=version.artifact.digest, environment="production", user="adam", json=True)
    assert json.loads(capsys.readouterr().out)["verdict"] == "deny"


@pytest.mark.parametrize(("digest", "user"), [("sha256:" + "0" * 64, "adam"), ("x", "adam"), ("x", "nobody")])
def test_bad_input_is_exit_2(cast: Cast, digest: str, user: str) -> None:
    with pytest.raises(CommandError) as refused:
        call_command("gate", digest=digest, environment="production", user=user)
    assert refused.value.returncode == 2
