"""What the checks say of real roles, and which processes start."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from registry.ledger import safety
from tests.two_roles import TwoRoles, marks, run_roles

pytestmark = marks

WEB = ("-c", "import governance.wsgi; print('started')")
WORKER = ("-m", "celery", "-A", "governance", "worker", "--pool", "solo")
BEAT = ("-m", "celery", "-A", "governance", "beat")


@contextmanager
def changed(two_roles: TwoRoles, how: str, back: str) -> Iterator[None]:
    """What an administrator has done meanwhile."""
    with two_roles.connect(two_roles.administrator) as session:
        session.execute(how.format(service=two_roles.service, owner=two_roles.owner))
        try:
            yield
        finally:
            session.execute(back.format(service=two_roles.service, owner=two_roles.owner))


def test_the_service_starts_with_its_own_role(two_roles: TwoRoles) -> None:
    assert two_roles.run(*WEB).stdout.strip() == "started"


@pytest.mark.parametrize("process", [WEB, WORKER, BEAT])
def test_nothing_starts_as_the_owner(two_roles: TwoRoles, process: tuple[str, ...]) -> None:
    ended = two_roles.run(*process, role=two_roles.owner)
    assert ended.returncode != 0
    assert "can change the log: it owns registry_ledger" in ended.stderr


def test_a_developer_says_so_and_starts_as_the_owner(two_roles: TwoRoles) -> None:
    ended = two_roles.run(*WEB, role=two_roles.owner, ASSAY_ALLOW_DATABASE_OWNER="true")
    assert ended.stdout.strip() == "started"
    assert "who can change the log" in ended.stderr


CHANGES = {
    "a right to change entries": (
        "GRANT UPDATE ON registry_ledgerentry TO {service}",
        "REVOKE UPDATE ON registry_ledgerentry FROM {service}",
        "UPDATE on registry_ledgerentry",
    ),
    "a right to change one column of the entries": (
        "GRANT UPDATE (event) ON registry_ledgerentry TO {service}",
        "REVOKE UPDATE (event) ON registry_ledgerentry FROM {service}",
        "UPDATE on registry_ledgerentry",
    ),
    "a right to empty the log": (
        "GRANT TRUNCATE ON registry_ledgerentry TO {service}",
        "REVOKE TRUNCATE ON registry_ledgerentry FROM {service}",
        "TRUNCATE on registry_ledgerentry",
    ),
    "a right to add triggers": (
        "GRANT TRIGGER ON registry_ledgerhead TO {service}",
        "REVOKE TRIGGER ON registry_ledgerhead FROM {service}",
        "TRIGGER on registry_ledgerhead",
    ),
    "a member of the owner": (
        "GRANT {owner} TO {service}",
        "REVOKE {owner} FROM {service}",
        "it owns registry_ledger",
    ),
    "past row-level security": (
        "ALTER ROLE {service} BYPASSRLS",
        "ALTER ROLE {service} NOBYPASSRLS",
        "it has BYPASSRLS",
    ),
    "a guard switched off": (
        "ALTER TABLE registry_ledgerentry DISABLE TRIGGER ledger_no_change",
        "ALTER TABLE registry_ledgerentry ENABLE TRIGGER ledger_no_change",
        "ledger_no_change on registry_ledgerentry is missing, switched off",
    ),
    "a guard of one column only": (
        "CREATE OR REPLACE TRIGGER ledger_no_change BEFORE DELETE OR UPDATE OF id ON registry_ledgerentry "
        "FOR EACH ROW EXECUTE FUNCTION ledger_refuse()",
        "CREATE OR REPLACE TRIGGER ledger_no_change BEFORE DELETE OR UPDATE ON registry_ledgerentry "
        "FOR EACH ROW EXECUTE FUNCTION ledger_refuse()",
        "ledger_no_change on registry_ledgerentry is missing, switched off",
    ),
    "a guard for replicas only": (
        "ALTER TABLE registry_ledgerhead ENABLE REPLICA TRIGGER ledger_head_grows",
        "ALTER TABLE registry_ledgerhead ENABLE TRIGGER ledger_head_grows",
        "ledger_head_grows on registry_ledgerhead is missing, switched off",
    ),
    "a guard's function replaced": (
        "ALTER FUNCTION ledger_head_grows() RESET search_path",
        "ALTER FUNCTION ledger_head_grows() SET search_path = pg_catalog, public, pg_temp",
        "The function ledger_head_grows is missing or was replaced",
    ),
    "entries swallowed by a rule": (
        "CREATE RULE swallow AS ON INSERT TO registry_ledgerentry DO INSTEAD NOTHING",
        "DROP RULE swallow ON registry_ledgerentry",
        "the rule swallow",
    ),
    "entries hidden": (
        "ALTER TABLE registry_ledgerentry ENABLE ROW LEVEL SECURITY",
        "ALTER TABLE registry_ledgerentry DISABLE ROW LEVEL SECURITY",
        "row-level security",
    ),
    "commits that may be lost": (
        "ALTER ROLE {service} SET synchronous_commit = off",
        "ALTER ROLE {service} SET synchronous_commit = on",
        "synchronous_commit is off",
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_service_does_not_start_any_more(served: TwoRoles, settings: Any, change: str) -> None:
    settings.ASSAY_ALLOW_DATABASE_OWNER = False
    safety.refuse_unsafe()
    how, back, words = CHANGES[change]
    with changed(served, how, back), pytest.raises(ImproperlyConfigured, match=words):
        safety.refuse_unsafe()


def test_migrating_again_takes_back_what_was_too_much(two_roles: TwoRoles) -> None:
    with two_roles.connect(two_roles.administrator) as session:
        session.execute(f"GRANT ALL ON registry_ledgerentry TO {two_roles.service}")
        session.execute("DROP TRIGGER ledger_no_change ON registry_ledgerentry")
    migrated = two_roles.run("manage.py", "migrate", ASSAY_OWNER_DATABASE_URL=two_roles.url(two_roles.owner))
    assert migrated.returncode == 0
    assert two_roles.run(*WEB).stdout.strip() == "started"


def test_the_check_of_a_deployment_says_the_same(two_roles: TwoRoles) -> None:
    ended = two_roles.run("manage.py", "check", "--deploy", role=two_roles.owner)
    assert "assay.E002" in ended.stderr
    ended = two_roles.run("manage.py", "check", "--deploy")
    assert "assay." not in ended.stderr


def test_a_process_that_knows_the_owners_address_is_warned(two_roles: TwoRoles) -> None:
    ended = two_roles.run(*WEB, ASSAY_OWNER_DATABASE_URL=two_roles.url(two_roles.owner))
    assert "This process knows the address of the database's owner" in ended.stderr


def test_tables_of_one_role_get_their_owner(two_roles: TwoRoles) -> None:
    with two_roles.connect(two_roles.administrator) as session:
        session.execute("ALTER TABLE registry_ledgerentry OWNER TO CURRENT_USER")
        session.execute("ALTER FUNCTION ledger_refuse() OWNER TO CURRENT_USER")
        run_roles(two_roles)
        owners = session.execute(
            "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'"
        ).fetchall()
        [function] = session.execute(
            "SELECT pg_get_userbyid(proowner) FROM pg_proc WHERE proname = 'ledger_refuse'"
        ).fetchall()
    assert owners == [(two_roles.owner,)]
    assert function == (two_roles.owner,)
