"""A log that takes no entry: the API, the portal and the commands answer that nothing was changed; reading goes on."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, OperationalError
from django.test import Client

from registry.errors import Unavailable
from registry.ledger import outage
from registry.models import LedgerEntry, RoleGrant, System, User
from tests.calls import api
from tests.cast import PASSWORD, Cast, make_cast
from tests.make import make_system
from tests.two_roles import TwoRoles, marks

FULL = """
    CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$;
    CREATE TRIGGER full_disk BEFORE INSERT ON registry_ledgerentry FOR EACH ROW EXECUTE FUNCTION full_disk();
"""
OUTAGES = {
    "full disk": (FULL, "DROP FUNCTION full_disk() CASCADE"),
    "no right to add": (
        "REVOKE INSERT ON registry_ledgerentry FROM {service}",
        "GRANT INSERT ON registry_ledgerentry TO {service}",
    ),
    "no right to move the head": (
        "REVOKE UPDATE (size) ON registry_ledgerhead FROM {service}",
        "GRANT UPDATE (size) ON registry_ledgerhead TO {service}",
    ),
    "read-only server": (
        "ALTER DATABASE {name} SET default_transaction_read_only = on",
        "ALTER DATABASE {name} SET default_transaction_read_only = off",
    ),
    "entries swallowed by a rule": (
        "CREATE RULE swallow AS ON INSERT TO registry_ledgerentry DO INSTEAD NOTHING",
        "DROP RULE swallow ON registry_ledgerentry",
    ),
}
NEW = {
    "organisation": "acme",
    "slug": "fraud",
    "name": "Fraud",
    "purpose": "Find fraud.",
    "risk_tier": "high",
}


@pytest.fixture(scope="module")
def acme(two_roles: TwoRoles, django_db_blocker: Any) -> Cast:
    with django_db_blocker.unblock(), two_roles.serving():
        cast = make_cast()
        make_system(cast)
    return cast


@pytest.fixture(params=OUTAGES)
def clients(request: pytest.FixtureRequest, served: TwoRoles, acme: Cast) -> Iterator[tuple[Any, Client]]:
    """An API client and a browser that were there before the log stopped taking entries."""
    caller, browser = api(acme, "dev"), Client()
    browser.force_login(acme.olga, backend="allauth.account.auth_backends.AuthenticationBackend")
    acme.dev.set_password(PASSWORD)  # with the hasher of this test
    acme.dev.save()
    how, back = (
        statement.replace("{service}", served.service).replace("{name}", served.name)
        for statement in OUTAGES[request.param]
    )
    with served.connect(served.administrator) as session:
        session.execute(how)
        try:
            with served.serving():  # a fresh connection, as the server's new settings want
                before = LedgerEntry.objects.count()
                yield caller, browser
                assert LedgerEntry.objects.count() == before
        finally:
            session.execute(back)


@pytest.mark.postgresql
class TestOnPostgresql:
    """With real roles, and committed changes."""

    pytestmark = marks

    def test_the_api_answers_503_and_reads_go_on(self, clients: tuple[Any, Client]) -> None:
        caller, _ = clients
        answer = caller.post("/api/v1/systems", NEW, headers={"Idempotency-Key": "once"})
        assert answer.status_code == 503
        assert answer["Content-Type"] == "application/problem+json"
        assert answer.json()["code"] == "unavailable"
        assert "nothing was changed. Try again." in answer.json()["detail"]
        assert not System.objects.filter(slug="fraud").exists()
        found = caller.get("/api/v1/systems")
        assert [row["slug"] for row in found.json()["results"]] == ["credit"]

    def test_the_portal_answers_503_and_reads_go_on(self, clients: tuple[Any, Client]) -> None:
        _, browser = clients
        grants = RoleGrant.objects.count()
        answer = browser.post("/people/grant", {"organisation": "acme", "user": "rita", "role": "auditor"})
        assert answer.status_code == 503
        assert "nothing was changed. Try again." in answer.content.decode()
        assert RoleGrant.objects.count() == grants
        assert browser.get("/people").status_code == 200

    def test_nobody_signs_in_unseen(self, clients: tuple[Any, Client]) -> None:
        browser = Client()
        answer = browser.post("/accounts/login/", {"login": "dev", "password": PASSWORD})
        assert answer.status_code == 503
        assert "nothing was changed. Try again." in answer.content.decode()
        assert browser.get("/").status_code == 302

    def test_a_command_says_so(self, clients: tuple[Any, Client]) -> None:
        with pytest.raises(CommandError, match="nothing was changed"):
            call_command("grant_role", "acme", "rita", "auditor", by="olga")

    def test_a_new_organisation_leaves_no_owner_behind(
        self, clients: tuple[Any, Client], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("ASSAY_OWNER_PASSWORD", PASSWORD)
        with pytest.raises((CommandError, DatabaseError)):
            call_command("create_organisation", "new", "New", owner="nora")
        assert not User.objects.filter(username="nora").exists()


def test_what_the_caller_did_wrong_is_no_outage() -> None:
    assert outage.of(DatabaseError("duplicate key")) is None
    assert outage.of(ValueError()) is None


def test_a_commit_that_nobody_confirmed_is_not_called_undone() -> None:
    told = outage.of(OperationalError("server closed the connection"), committing=True)
    assert isinstance(told, Unavailable)
    assert told.code == "unavailable.unknown"
    assert "nothing was changed" not in told.message
