"""The database itself refuses to change the ledger, and verification notices what got past it."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from registry.ledger import chain
from registry.ledger.models import LedgerEntry, LedgerHead
from registry.ledger.verify import verify_log
from tests.cast import Cast
from tests.make import make_system

REFUSED: dict[str, Callable[[], Any]] = {
    "update": lambda: LedgerEntry.objects.filter(index=1).update(event="x"),
    "delete": lambda: LedgerEntry.objects.filter(index=1).delete(),
    "raw delete": lambda: run("DELETE FROM registry_ledgerentry"),
    "raw update": lambda: run("UPDATE registry_ledgerentry SET event = 'x'"),
    "an index given twice": lambda: insert_copy('"index"'),
    "an index skipped": lambda: insert_copy('"index" + 1000'),
    "a head set back": lambda: LedgerHead.objects.update(size=1),
    "a head deleted": lambda: LedgerHead.objects.all().delete(),
    "a log renamed": lambda: run("UPDATE registry_ledgerhead SET origin = 'x', size = size + 1"),
}


def run(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


def insert_copy(index: str) -> None:
    columns = (
        "organisation_id, body, leaf_hash, event, recorded_at, "
        "actor_kind, actor_id, subject_kind, subject_id, system_id"
    )
    run(
        f'INSERT INTO registry_ledgerentry ("index", {columns}) SELECT {index}, {columns} FROM registry_ledgerentry'
    )


@pytest.mark.parametrize("attack", REFUSED)
def test_the_database_refuses(cast: Cast, attack: str) -> None:
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        REFUSED[attack]()
    assert verify_log(cast.acme.pk).holds


@pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite's own way around triggers")
def test_sqlite_refuses_insert_or_replace(cast: Cast) -> None:
    for recursive in ("ON", "OFF"):
        run(f"PRAGMA recursive_triggers={recursive}")
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            run("INSERT OR REPLACE INTO registry_ledgerentry SELECT * FROM registry_ledgerentry")


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no TRUNCATE")
def test_postgresql_refuses_truncate(cast: Cast) -> None:
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        run("TRUNCATE registry_ledgerentry CASCADE")


def guards_down() -> None:
    """What an owner of the database can do; tests run in a transaction that is rolled back."""
    if connection.vendor == "postgresql":
        run("ALTER TABLE registry_ledgerentry DISABLE TRIGGER USER")
        run("ALTER TABLE registry_ledgerhead DISABLE TRIGGER USER")
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'ledger%'")
        for (name,) in cursor.fetchall():
            cursor.execute(f"DROP TRIGGER {name}")


def test_an_edited_body_is_found(cast: Cast) -> None:
    guards_down()
    LedgerEntry.objects.filter(organisation_id=cast.acme.pk, index=2).update(body=b"{}")
    broken = verify_log(cast.acme.pk).broken
    assert broken is not None
    assert broken.index == 2


def test_an_edited_column_is_found(cast: Cast) -> None:
    guards_down()
    LedgerEntry.objects.filter(organisation_id=cast.acme.pk, index=2).update(event="policy.published")
    broken = verify_log(cast.acme.pk).broken
    assert broken is not None
    assert (broken.index, broken.kind) == (2, "malformed")


def test_a_cut_tail_is_found_while_the_head_remembers(cast: Cast) -> None:
    guards_down()
    size = LedgerHead.objects.get(organisation_id=cast.acme.pk).size
    LedgerEntry.objects.filter(organisation_id=cast.acme.pk, index=size - 1).delete()
    broken = verify_log(cast.acme.pk).broken
    assert broken is not None
    assert (broken.index, broken.kind) == (size - 1, "root-mismatch")


def test_a_replaced_body_with_a_fitting_hash_is_found_by_the_root(cast: Cast) -> None:
    guards_down()
    entry = LedgerEntry.objects.get(organisation_id=cast.acme.pk, index=1)
    body = bytes(entry.body).replace(b'"version":1', b'"version":2')
    LedgerEntry.objects.filter(pk=entry.pk).update(body=body, leaf_hash=chain.leaf_hash(body))
    broken = verify_log(cast.acme.pk).broken
    assert broken is not None
    assert broken.kind == "root-mismatch"


def test_the_command_says_what_holds(cast: Cast, capsys: pytest.CaptureFixture[str]) -> None:
    make_system(cast)
    call_command("verify_ledger", organisation="acme")
    assert "entries hold" in capsys.readouterr().out


def test_the_command_fails_when_a_log_does_not_hold(cast: Cast, capsys: pytest.CaptureFixture[str]) -> None:
    guards_down()
    LedgerEntry.objects.filter(organisation_id=cast.acme.pk, index=0).update(body=b"{}")
    with pytest.raises(CommandError, match="do not hold") as failure:
        call_command("verify_ledger", json=True)
    assert failure.value.returncode == 1
    assert '"index": 0' in capsys.readouterr().out
