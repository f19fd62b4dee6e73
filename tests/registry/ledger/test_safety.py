"""The service does not start where its role could change the log, or where the database forgets what it confirmed."""

from dataclasses import replace
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection

from registry.ledger import guards, safety
from registry.ledger.safety import Standing, judged
from tests.registry.ledger.lifted import guards_down

GOOD = Standing(
    name="assay_app", attributes=(), owned=(), excess=(), creates=False, synchronous_commit="on", fsync="on"
)
BAD: dict[str, tuple[dict[str, Any], str]] = {
    "a superuser": ({"attributes": ("SUPERUSER",)}, "assay.E002"),
    "past row-level security": ({"attributes": ("BYPASSRLS",)}, "assay.E002"),
    "the owner": ({"owned": ("registry_ledgerentry",)}, "assay.E002"),
    "creates objects": ({"creates": True}, "assay.E002"),
    "may update": ({"excess": ("UPDATE on registry_ledgerentry",)}, "assay.E003"),
    "commits that are not on disk": ({"synchronous_commit": "off"}, "assay.E001"),
    "commits that no replica has": ({"synchronous_commit": "local"}, "assay.E001"),
    "a server that does not flush": ({"fsync": "off"}, "assay.E001"),
}


def codes(standing: Standing, *, may_own: bool = False) -> list[str | None]:
    return [message.id for message in judged(standing, may_own=may_own)]


def test_a_role_that_only_adds_is_right() -> None:
    assert codes(GOOD) == []


@pytest.mark.parametrize("case", BAD)
def test_everything_else_is_an_error(case: str) -> None:
    changes, code = BAD[case]
    [message] = judged(replace(GOOD, **changes), may_own=False)
    assert message.id == code
    assert message.is_serious()


def test_a_developers_machine_may_run_as_the_owner() -> None:
    assert codes(replace(GOOD, attributes=("SUPERUSER",), owned=("x",)), may_own=True) == ["assay.W002"]


def test_a_developers_machine_may_not_forget_commits_either() -> None:
    assert codes(replace(GOOD, synchronous_commit="off"), may_own=True) == ["assay.E001"]


def test_every_guard_stands(db: None) -> None:
    assert guards.missing(connection) == []
    assert not [message for message in safety.findings() if message.is_serious()]


def test_a_missing_guard_is_an_error(db: None) -> None:
    guards_down()
    found = [message for message in safety.findings() if message.is_serious()]
    assert {message.id for message in found} == {"assay.E004"}
    guards.install(connection)
    assert guards.missing(connection) == []


def test_a_trigger_that_is_not_ours_is_named(db: None) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("CREATE RULE swallow AS ON INSERT TO registry_ledgerentry DO INSTEAD NOTHING")
        else:
            cursor.execute(
                "CREATE TRIGGER swallow BEFORE INSERT ON registry_ledgerentry BEGIN SELECT RAISE(IGNORE); END"
            )
    [sentence] = guards.missing(connection)
    assert "swallow" in sentence


def test_a_silent_database_stops_the_start(monkeypatch: pytest.MonkeyPatch, db: None) -> None:
    def silent() -> Any:
        raise DatabaseError("connection refused")

    monkeypatch.setattr(connection, "close", lambda: None)
    monkeypatch.setattr(safety, "findings", silent)
    with pytest.raises(ImproperlyConfigured, match="does not answer"):
        safety.refuse_unsafe()
    assert [message.id for message in safety.check_log()] == ["assay.I001"]


@pytest.mark.parametrize(
    ("addresses", "found"),
    [
        ([], []),
        (["file:/mnt/anchors"], []),
        (["timestamp+https://tsa.example/#/roots.pem"], ["assay.W004"]),
        (["timestamp+https://tsa.example/#/roots.pem", "s3://locked"], []),
        (["nowhere"], ["assay.E005"]),
    ],
)
def test_places_that_keep_nothing_or_are_none_are_told(
    settings: Any, addresses: list[str], found: list[str]
) -> None:
    settings.ASSAY_LOG_ANCHORS = addresses
    assert [message.id for message in safety.places()] == found
