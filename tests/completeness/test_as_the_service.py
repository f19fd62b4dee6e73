"""Every route with the rights of the service's role: it works; and where the log takes nothing, reads alone go on."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import pytest
from django.db import connection, transaction
from django.test import override_settings

from registry.ledger.models import LedgerEntry, LedgerHead
from registry.ledger.verify import verify_log
from tests.cast import make_cast
from tests.completeness.rules import RULES, Rule
from tests.completeness.test_permission_matrix import filled, permitted, send
from tests.completeness.world import World
from tests.two_roles import TwoRoles, marks

pytestmark = marks


@pytest.fixture(scope="module")
def world(
    two_roles: TwoRoles, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    """Made by the service; every call is undone, and so is the world."""
    with django_db_blocker.unblock(), two_roles.serving():
        stays_open = mock.patch.object(connection, "close")
        with stays_open, transaction.atomic():
            files = tmp_path_factory.mktemp("world")
            with override_settings(ASSAY_ARTIFACTS_DIR=files):
                made = World(make_cast(), files)
            for user in made.own.values():
                made.client(user)
            connection.check_constraints()  # the log's too, as a commit does
            yield made
            transaction.set_rollback(True)


@pytest.fixture
def unblocked(django_db_blocker: Any) -> Iterator[None]:
    """The connection of the world is not the one that pytest-django guards."""
    with django_db_blocker.unblock():
        yield


@contextmanager
def revoked(two_roles: TwoRoles) -> Iterator[None]:
    """An administrator takes away the right to add entries."""
    with two_roles.connect(two_roles.owner) as session:
        session.execute(f"REVOKE INSERT ON registry_ledgerentry FROM {two_roles.service}")
        try:
            yield
        finally:
            session.execute(f"GRANT INSERT ON registry_ledgerentry TO {two_roles.service}")


@contextmanager
def read_only(two_roles: TwoRoles) -> Iterator[None]:
    """What a standby, or a server that protects itself, says; undone with the savepoint around it."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL transaction_read_only = on")
    yield


OUTAGES = {"no right to add": revoked, "read-only": read_only}


def called(rule: Rule, world: World) -> tuple[Any, int]:
    """The answer to somebody who may, and how many entries the call left."""
    address, body = filled(rule, world)
    [user, *_] = [user for role, user in world.own.items() if permitted(rule, role)]
    before = LedgerEntry.objects.count()
    answer = send(world.client(user), rule, address, body)
    if answer.streaming:
        answer.close()
    return answer, LedgerEntry.objects.count() - before


@contextmanager
def undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.mark.parametrize("rule", RULES, ids=str)
def test_each_route_works(rule: Rule, world: World, unblocked: None) -> None:
    with undone():
        answer, entries = called(rule, world)
        assert answer.status_code < 500
        if entries:
            connection.check_constraints()


@pytest.mark.parametrize("outage", OUTAGES)
@pytest.mark.parametrize("rule", RULES, ids=str)
def test_when_the_log_takes_nothing_reads_go_on(
    rule: Rule, outage: str, world: World, two_roles: TwoRoles, unblocked: None
) -> None:
    with undone():
        usual, entries = called(rule, world)
    with undone(), OUTAGES[outage](two_roles):
        answer, left = called(rule, world)
    assert left == 0
    if not entries:
        assert answer.status_code == usual.status_code or (rule.verb != "GET" and answer.status_code == 503)
        return
    assert answer.status_code == 503, (usual.status_code, answer.content[:500])
    words = re.sub(r"\s+", " ", answer.content.decode())
    assert "nothing was changed. Try again." in words
    if rule.route.startswith("/api/"):
        assert answer["Content-Type"] == "application/problem+json"
        assert answer.json()["code"] == "unavailable"


def test_afterwards_the_log_holds(world: World, unblocked: None) -> None:
    for head in LedgerHead.objects.all():
        assert verify_log(head.organisation_id).holds
