"""The database itself refuses to change the ledger, and verification notices what got past it."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from registry.ledger import chain
from registry.ledger.models import LedgerEntry, LedgerHead, PersonalText
from registry.ledger.verify import verify_log
from registry.services import verifications
from tests.cast import Cast
from tests.make import make_system
from tests.registry.ledger.lifted import guards_down

COLUMNS = ", ".join(
    field.attname for field in LedgerEntry._meta.concrete_fields if field.attname not in ("id", "index")
)
REFUSED: dict[str, Callable[[], Any]] = {
    "update": lambda: LedgerEntry.objects.filter(index=1).update(event="x"),
    "delete": lambda: LedgerEntry.objects.filter(index=1).delete(),
    "raw delete": lambda: run("DELETE FROM registry_ledgerentry"),
    "raw update": lambda: run("UPDATE registry_ledgerentry SET event = 'x'"),
    "an index given twice": lambda: insert_copy('"index"'),
    "an index skipped": lambda: insert_copy('"index" + 1000'),
    "a head set back": lambda: LedgerHead.objects.update(size=1),
    "a head deleted": lambda: LedgerHead.objects.all().delete(),
    "an entry beyond the head": lambda: insert_copy('(SELECT MAX("index") + 1 FROM registry_ledgerentry)'),
    "a log that begins with a size": lambda: LedgerHead.objects.create(
        organisation_id=uuid.uuid4(), origin="x", size=3, root=chain.EMPTY_ROOT
    ),
    "a text changed": lambda: PersonalText.objects.update(text="x"),
    "a log renamed": lambda: run("UPDATE registry_ledgerhead SET origin = 'x', size = size + 1"),
}


def run(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


def insert_copy(index: str) -> None:
    run(
        f'INSERT INTO registry_ledgerentry ("index", {COLUMNS}) SELECT {index}, {COLUMNS} FROM registry_ledgerentry'
    )


@pytest.mark.parametrize("attack", REFUSED)
def test_the_database_refuses(cast: Cast, attack: str) -> None:
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        REFUSED[attack]()
    assert verify_log(cast.acme.pk).holds


# SQLite's own ways around triggers: REPLACE through any unique column, and a change instead of an insert.
REPLACED = {
    "an entry by its number": "INSERT OR REPLACE INTO registry_ledgerentry SELECT * FROM registry_ledgerentry",
    "an entry by its index": f"""INSERT OR REPLACE INTO registry_ledgerentry ("index", {COLUMNS})
        SELECT "index", {COLUMNS} FROM registry_ledgerentry""",
    "an entry by an upsert": f"""INSERT INTO registry_ledgerentry ("index", {COLUMNS})
        SELECT "index", {COLUMNS} FROM registry_ledgerentry WHERE true
        ON CONFLICT (organisation_id, "index") DO UPDATE SET event = 'x'""",
    "a head by its log": """REPLACE INTO registry_ledgerhead (organisation_id, origin, size, root, frontier)
        SELECT organisation_id, 'x', 0, root, frontier FROM registry_ledgerhead""",
    "a head by its origin": """REPLACE INTO registry_ledgerhead (organisation_id, origin, size, root, frontier)
        SELECT 'x', origin, 0, root, frontier FROM registry_ledgerhead""",
    "a head by its row": """REPLACE INTO registry_ledgerhead (rowid, organisation_id, origin, size, root, frontier)
        SELECT rowid, 'x', 'x', 0, root, frontier FROM registry_ledgerhead LIMIT 1""",
    "a head by an upsert": """INSERT INTO registry_ledgerhead (organisation_id, origin, size, root, frontier)
        SELECT organisation_id, origin, 0, root, frontier FROM registry_ledgerhead WHERE true
        ON CONFLICT (organisation_id) DO UPDATE SET size = 0""",
    "a head by the row of another": """UPDATE OR REPLACE registry_ledgerhead SET size = size + 1,
        rowid = (SELECT max(rowid) FROM registry_ledgerhead)
        WHERE rowid = (SELECT min(rowid) FROM registry_ledgerhead)""",
    "a verification by its number": """INSERT OR REPLACE INTO registry_ledgerverification
        SELECT * FROM registry_ledgerverification""",
    "a text by its key": """REPLACE INTO registry_personaltext (id, organisation_id, "index", key, salt, text)
        SELECT 'x', organisation_id, "index", key, salt, 'x' FROM registry_personaltext LIMIT 1""",
    "a text": "UPDATE registry_personaltext SET text = 'x'",
}


@pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite's own ways around triggers")
@pytest.mark.parametrize("recursive", ["ON", "OFF"])
@pytest.mark.parametrize("replaced", REPLACED)
def test_sqlite_does_not_replace(cast: Cast, replaced: str, recursive: str) -> None:
    verifications.verify_due()
    run(f"PRAGMA recursive_triggers={recursive}")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        run(REPLACED[replaced])
    assert verify_log(cast.acme.pk).holds


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no TRUNCATE")
def test_postgresql_refuses_truncate(cast: Cast) -> None:
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        run("TRUNCATE registry_ledgerentry CASCADE")


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
