"""As the service's role nothing of the log can be changed; as the owner only by taking a guard away, which shows."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, transaction

from governance.services import erasure
from registry.ledger import chain, personal_texts, record
from registry.ledger.models import PersonalText
from registry.ledger.place_models import LedgerPlace
from registry.ledger.verify import verify_log
from registry.models import System
from registry.services import anchors, checkpoints, verifications
from tests.cast import Cast, make_cast
from tests.make import make_system
from tests.two_roles import TwoRoles, marks

pytestmark = marks

# What nobody but an owner or an administrator may do.
FORBIDDEN = (
    "UPDATE registry_ledgerentry SET event = 'x'",
    "DELETE FROM registry_ledgerentry",
    "TRUNCATE registry_ledgerentry",
    "INSERT INTO registry_ledgerentry SELECT * FROM registry_ledgerentry ON CONFLICT (id) DO UPDATE SET event = 'x'",
    "ALTER TABLE registry_ledgerentry DISABLE TRIGGER USER",
    "ALTER TABLE registry_ledgerentry DISABLE TRIGGER ledger_next_only",
    "DROP TRIGGER ledger_no_change ON registry_ledgerentry",
    "DROP TABLE registry_ledgerentry",
    "ALTER TABLE registry_ledgerentry ALTER COLUMN event TYPE text USING upper(event)",
    "CREATE RULE swallow AS ON INSERT TO registry_ledgerentry DO INSTEAD NOTHING",
    "CREATE TRIGGER swallow BEFORE INSERT ON registry_ledgerentry FOR EACH ROW EXECUTE FUNCTION ledger_refuse()",
    "ALTER TABLE registry_ledgerentry SET UNLOGGED",
    "SET session_replication_role = replica",
    "CREATE OR REPLACE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN OLD; END $$",
    "ALTER FUNCTION ledger_next_only() SET search_path = pg_temp",
    "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "DELETE FROM registry_ledgerhead",
    "TRUNCATE registry_ledgerhead",
    "UPDATE registry_ledgerhead SET origin = 'x'",
    "UPDATE registry_ledgerhead SET size = size - 1",
    "UPDATE registry_ledgerverification SET holds = true",
    "DELETE FROM registry_ledgerverification",
    "UPDATE registry_ledgercheckpoint SET note = 'x'",
    "DELETE FROM registry_ledgerkey",
    "DELETE FROM registry_ledgeranchor",
    "DELETE FROM registry_ledgerhalt",
    "DELETE FROM registry_personaltext",
    "UPDATE registry_personaltext SET text = 'x'",
    "DELETE FROM django_migrations",
    "TRUNCATE registry_user CASCADE",
)
# What the guards refuse even to the owner.
GUARDED = (
    "UPDATE registry_ledgerentry SET event = 'x'",
    "DELETE FROM registry_ledgerentry",
    "TRUNCATE registry_ledgerentry",
    "UPDATE registry_ledgerhead SET size = size - 1",
    "DELETE FROM registry_ledgerhead",
    "TRUNCATE registry_ledgerhead",
    "UPDATE registry_ledgerverification SET holds = NOT holds",
    "UPDATE registry_personaltext SET text = 'x'",
    "TRUNCATE registry_personaltext",
)


# Columns of an entry that do not stand as they should; the first is how it should be.
WRONG: dict[str, dict[str, Any]] = {
    "a gap": {"index": 1},
    "an index given twice": {"index": -1},
    "back-dated": {"older": timedelta(minutes=2)},
    "dated ahead": {"older": timedelta(minutes=-1)},
    "another hash": {"leaf": b"\x00" * 32},
    "a head that was not moved": {"size": 0},
    "a head moved too far": {"size": 2},
    "a head without its root": {"root": b"\x00" * 32},
    "a head without its frontier": {"frontier": b"\x00" * 32},
    "an entry that somebody swallowed": {"swallowed": True},
    "a commit that may be lost": {"commit": "off"},
    "a commit that no replica has": {"commit": "local"},
}


@pytest.fixture(scope="module")
def acme(two_roles: TwoRoles, django_db_blocker: Any) -> Cast:
    """The people of the tests, written by the service."""
    with django_db_blocker.unblock(), two_roles.serving():
        cast = make_cast()
        make_system(cast)
        assert verifications.verify_due() == 2
    return cast


def append(session: "psycopg.Connection[Any]", cast: Cast, **wrong: Any) -> None:
    """One more entry in plain SQL, right but for what is wrong."""
    with session.transaction():
        session.execute(f"SET LOCAL synchronous_commit = {wrong.get('commit', 'on')}")
        found = session.execute(
            "SELECT size, frontier, clock_timestamp() FROM registry_ledgerhead WHERE organisation_id = %s FOR UPDATE",
            [cast.acme.pk],
        ).fetchone()
        assert found is not None
        size, edge, now = found
        leaf = chain.leaf_hash(b"{}")
        tree = chain.Tree(size, tuple(edge[i : i + 32] for i in range(0, len(edge), 32))).append(leaf)
        if grown := wrong.get("size", 1):
            session.execute(
                "UPDATE registry_ledgerhead SET size = size + %s, root = %s, frontier = %s WHERE organisation_id = %s",
                [
                    grown,
                    wrong.get("root", tree.root()),
                    wrong.get("frontier", b"".join(tree.frontier)),
                    cast.acme.pk,
                ],
            )
        if not wrong.get("swallowed"):
            session.execute(
                """INSERT INTO registry_ledgerentry (organisation_id, "index", body, leaf_hash, event, recorded_at,
                     actor_kind, actor_id, subject_kind, subject_id)
                   VALUES (%s, %s, %s, %s, %s, %s, 'person', '1', 'system', gen_random_uuid())""",
                [
                    cast.acme.pk,
                    size + wrong.get("index", 0),
                    b"{}",
                    wrong.get("leaf", leaf),
                    wrong.get("event", "x"),
                    now - wrong.get("older", timedelta()),
                ],
            )


@pytest.mark.parametrize("statement", FORBIDDEN)
def test_the_service_may_not(two_roles: TwoRoles, acme: Cast, statement: str) -> None:
    with two_roles.connect(two_roles.service) as session, pytest.raises(psycopg.errors.InsufficientPrivilege):
        session.execute(statement)


@pytest.mark.parametrize("statement", GUARDED)
def test_the_guards_refuse_even_the_owner(two_roles: TwoRoles, acme: Cast, statement: str) -> None:
    with two_roles.connect(two_roles.owner) as session, pytest.raises(psycopg.Error, match="append-only"):
        session.execute(statement)


@pytest.mark.parametrize("role", ["service", "owner"])
def test_an_entry_as_it_should_be_is_taken(two_roles: TwoRoles, acme: Cast, role: str) -> None:
    with two_roles.connect(getattr(two_roles, role)) as session, session.transaction():
        append(session, acme)
        session.execute("SET CONSTRAINTS ALL IMMEDIATE")
        raise psycopg.Rollback


@pytest.mark.parametrize("role", ["service", "owner"])
@pytest.mark.parametrize("what", WRONG)
def test_another_is_not(two_roles: TwoRoles, acme: Cast, what: str, role: str) -> None:
    with (
        two_roles.connect(getattr(two_roles, role)) as session,
        pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"),
    ):
        append(session, acme, **WRONG[what])


def test_a_log_begins_empty(two_roles: TwoRoles, acme: Cast) -> None:
    with two_roles.connect(two_roles.service) as session, pytest.raises(psycopg.Error, match="append-only"):
        session.execute(
            "INSERT INTO registry_ledgerhead (organisation_id, origin, size, root, frontier)"
            " VALUES (gen_random_uuid(), 'x', 3, '', '')"
        )


def test_the_database_computes_the_same_tree(served: TwoRoles, acme: Cast) -> None:
    for number in range(40):
        make_system(acme, slug=f"system-{number}")
    with record.transaction():
        for number in range(5):
            make_system(acme, slug=f"together-{number}")
    assert System.objects.count() >= 45
    assert verify_log(acme.acme.pk).holds


def test_a_text_is_erased_only_with_the_entry_that_tells_of_it(served: TwoRoles, acme: Cast) -> None:
    texts = list(PersonalText.objects.filter(organisation_id=acme.acme.pk).values_list("pk", flat=True)[:2])
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        assert personal_texts.erase(acme.acme.pk, texts) == 2
    assert PersonalText.objects.filter(pk__in=texts).count() == 2
    with served.connect(served.service) as session, session.transaction():
        append(session, acme, event="person.erased")
        assert session.execute("SELECT ledger_erase(%s, %s)", [acme.acme.pk, texts]).fetchone() == (2,)
        session.execute("SET CONSTRAINTS ALL IMMEDIATE")
        raise psycopg.Rollback


def test_a_person_is_erased_with_the_rights_of_the_service(served: TwoRoles, acme: Cast) -> None:
    erasure.erase(
        actor=acme.actor("olga"),
        user=acme.adam,
        organisation=acme.acme,
        reason="Asked.",
        under="GDPR Art. 17",
    )
    assert not PersonalText.objects.filter(text="Adam").exists()
    assert verify_log(acme.acme.pk).holds


def test_the_service_signs_anchors_and_notes_what_places_say(
    two_roles: TwoRoles, acme: Cast, settings: Any, tmp_path: Path, django_db_blocker: Any
) -> None:
    settings.ASSAY_LOG_STATE_DIR, settings.ASSAY_LOG_KEYS = tmp_path / "state", f"file:{tmp_path / 'keys'}"
    settings.ASSAY_LOG_ANCHORS = [f"file:{tmp_path}", f"file:{tmp_path}/none"]
    with django_db_blocker.unblock(), two_roles.serving():
        assert checkpoints.issue(acme.acme.pk) is not None
        kept, missing = anchors.anchor(acme.acme.pk)
        for _ in range(2):
            checkpoints.compare(acme.acme.pk)
        said = dict(LedgerPlace.objects.values_list("place", "silence"))
    assert (kept.failed, said[kept.place]) == ("", "")
    assert missing.failed
    assert "Is its volume mounted?" in said[missing.place]
