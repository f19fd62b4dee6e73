"""The first tenant of an installation, made by its operator."""

import pytest
from django.core.management import CommandError, call_command
from rest_framework.test import APIClient

from registry.models import Organisation, User
from tests.cast import Cast


def create(*words: str) -> None:
    call_command("create_organisation", *words)


def test_it_works(db: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("ASSAY_OWNER_PASSWORD", "a long enough phrase")
    create("north", "Northbank", "--owner", "olga", "--email", "olga@example.org")
    owner = User.objects.get(username="olga")
    assert owner.check_password("a long enough phrase")
    assert Organisation.objects.get(slug="north").memberships.get().user == owner
    assert "owned by olga" in capsys.readouterr().out


def test_it_takes_an_existing_user_as_owner(cast: Cast) -> None:
    create("second", "Second", "--owner", "olga")
    assert cast.olga.memberships.count() == 2


def test_a_weak_password_makes_neither(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSAY_OWNER_PASSWORD", "12345")
    with pytest.raises(CommandError, match="too short"):
        create("north", "Northbank", "--owner", "olga")
    assert not User.objects.filter(username="olga").exists()
    assert not Organisation.objects.filter(slug="north").exists()


def test_a_name_that_is_taken_makes_neither(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSAY_OWNER_PASSWORD", "a long enough phrase")
    with pytest.raises(CommandError, match="already"):
        create("acme", "Acme again", "--owner", "nora")
    assert not User.objects.filter(username="nora").exists()


def test_people_and_pipelines_get_their_places(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ASSAY_OWNER_PASSWORD", "a long enough phrase")
    call_command("create_user", "nina", "--email", "nina@example.org")
    call_command("grant_role", "acme", "nina", "validator", "--by", "olga")
    call_command("issue_token", "acme", "--by", "olga", "--pipeline", "release")
    token = capsys.readouterr().out.splitlines()[-1]

    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    assert client.get("/api/v1/me").json()["kind"] == "service"
    assert cast.acme.memberships.filter(user__username="nina", grants__role="validator").exists()


def test_a_role_is_granted_only_by_somebody_who_may(cast: Cast) -> None:
    with pytest.raises(CommandError, match="permission"):
        call_command("grant_role", "acme", "aud", "owner", "--by", "dev")
    with pytest.raises(CommandError, match="Check the spelling"):
        call_command("grant_role", "acme", "nobody", "owner", "--by", "olga")
    with pytest.raises(CommandError, match="Check the spelling"):
        call_command("issue_token", "nowhere", "--by", "olga")
