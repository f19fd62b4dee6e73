"""Every route × verb × role × own and foreign object, as the tables say. No route without a rule."""

import inspect
import json
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from registry.access.table import PERMISSIONS, ROLE_PERMISSIONS
from registry.ledger.models import LedgerEntry
from registry.models import User
from registry.stages import Role
from tests.completeness.rules import RULES, Rule
from tests.completeness.world import World

# Open to everybody, or asked before it is known who calls; each for a reason and tested where it is told.
ELSEWHERE = {
    "/livez": "Open: test_strangers says why.",
    "/readyz": "Open: test_strangers says why.",
    "/api/v1/openapi.json": "Open: test_strangers says why.",
    "/api/v1/token-exchange": "Open: test_strangers says why.",
    "/api/v1/gate/key": "Open: test_strangers says why.",
    "/api/v1/gate/revocations": "Open: test_strangers says why.",
    "/accounts/": "People's own sign-in; it reaches no object of an organisation. test_account_routes lists it.",
}
pytestmark = pytest.mark.django_db
VERBS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def patterns(resolver: URLResolver, prefix: str = "/") -> Iterator[tuple[str, Any]]:
    """Every route with its view."""
    for entry in resolver.url_patterns:
        path = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from patterns(entry, path)
        elif isinstance(entry, URLPattern):
            yield path, entry.callback


def verbs(view: Any) -> set[str]:
    """What a view answers to: the methods of an endpoint, or what a page's decorator lets through."""
    if (endpoint := getattr(view, "cls", None) or getattr(view, "view_class", None)) is not None:
        return {verb for verb in VERBS if hasattr(endpoint, verb.lower())}
    allowed = inspect.getclosurevars(view).nonlocals.get("request_method_list", VERBS)
    return set(allowed) & set(VERBS)


ROUTES = {
    (verb, route)
    for route, view in patterns(get_resolver())
    if not any(route.startswith(known) for known in ELSEWHERE)
    for verb in verbs(view)
}


def test_every_route_has_one_rule_and_every_rule_a_route() -> None:
    stated = Counter((rule.verb, rule.route) for rule in RULES)
    assert ROUTES - stated.keys() == set(), "Add a line for each to tests/completeness/rules.py."
    assert stated.keys() - ROUTES == set()
    assert [key for key, count in stated.items() if count > 1] == []


def test_every_rule_names_its_permission_or_says_why_it_needs_none() -> None:
    for rule in RULES:
        assert set(rule.needs) <= PERMISSIONS.keys(), rule
        assert rule.needs or rule.why.endswith("."), rule
        assert rule.needs or rule.verb == "GET", f"{rule} changes something and asks for no permission."


def test_a_forgotten_route_would_be_found() -> None:
    """The positive control of the first test: the list of routes is not empty, and a page without a rule counts."""
    assert len(ROUTES) > 60
    assert ("GET", "/forgotten") not in ROUTES


@pytest.mark.parametrize("rule", RULES, ids=str)
def test_each_role_gets_what_the_tables_say(rule: Rule, world: World) -> None:
    address, body = filled(rule, world)
    for role, user in tried(rule, world.own):
        status, refused = called(rule, world.client(user), address, body)
        assert status < 500, (role, status)
        if permitted(rule, role):
            assert not refused, (role, status)
            assert status not in {401, 404, 405} or (rule.absent and status == 404), (role, status)
        else:
            assert refused, (role, status)
            assert status in ({403} if rule.route.startswith("/api/") else {400, 403}), (role, status)


@pytest.mark.parametrize("rule", RULES, ids=str)
def test_foreign_objects_do_not_exist(rule: Rule, world: World) -> None:
    mine = str(world.system.pk)
    address, body = filled(rule, world)
    log = LedgerEntry.objects.filter(organisation_id=world.cast.acme.pk)
    for role, user in tried(rule, world.strangers):
        client, before = world.client(user), log.count()
        with undone():
            answer = send(client, rule, address, body)
            assert log.count() == before, (role, "a stranger left a trace in a foreign log")
        if names_an_object(rule, body):
            assert answer.status_code == 404, (role, answer.status_code)
        else:
            assert mine not in answer.content.decode(), role


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule.needs], ids=str)
def test_a_superuser_without_a_role_is_a_stranger(rule: Rule, world: World) -> None:
    address, body = filled(rule, world)
    with undone():
        status = send(world.client(world.cast.root), rule, address, body).status_code
    # Who is in no organisation is asked which one is meant, where the address names nothing.
    assert status in ({404} if names_an_object(rule, body) else {400}), status


# Making a token useless needs nothing but to be its bearer.
HARMLESS = {("POST", "/people/tokens/<uuid:token_id>/revoke"), ("DELETE", "/api/v1/tokens/<uuid:token_id>")}


@pytest.mark.parametrize("rule", RULES, ids=str)
def test_a_password_alone_opens_no_door(rule: Rule, world: World, settings: Any) -> None:
    """Where a second factor is asked for, whoever has not shown it is turned away whatever role they hold."""
    settings.ASSAY_REQUIRE_MFA = True
    address, body = filled(rule, world)
    for role, user in world.own.items():
        status, refused = called(rule, world.client(user), address, body)
        if rule.verb == "GET":
            assert status == (403 if rule.route.startswith("/api/") else 302), (role, status)
        elif set(rule.needs) & ROLE_PERMISSIONS[role] and (rule.verb, rule.route) not in HARMLESS:
            assert (status, refused) == (403, True), (role, status)


def test_there_is_no_admin(world: World) -> None:
    """Governed rows change through their services only; Django's admin would be a door beside them."""
    assert not apps.is_installed("django.contrib.admin")
    assert world.client(world.cast.root).get("/admin/").status_code == 404


def permitted(rule: Rule, role: Role) -> bool:
    """What the tables say."""
    return not rule.needs or bool(set(rule.needs) & ROLE_PERMISSIONS[role])


def tried(rule: Rule, people: dict[Role, User]) -> list[tuple[Role, User]]:
    """Every role; on PostgreSQL, where only the queries could differ, one that may and one that may not."""
    if connection.vendor == "sqlite":
        return list(people.items())
    return list({permitted(rule, role): (role, user) for role, user in people.items()}.values())


def names_an_object(rule: Rule, body: Any) -> bool:
    named = isinstance(body, dict) and bool({"organisation", "scope", "artifact_digest"} & body.keys())
    return "<" in rule.route or named


def filled(rule: Rule, world: World) -> tuple[str, Any]:
    """The address with real keys in it, and the body."""
    address = re.sub(r"<uuid:(\w+)>", lambda match: str(world.key(match.group(1))), rule.route)
    return address, rule.body(world) if callable(rule.body) else rule.body


@contextmanager
def undone() -> Iterator[None]:
    """Nothing of what happens inside is kept."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def called(rule: Rule, client: Client, address: str, body: Any) -> tuple[int, bool]:
    """The status, and whether the caller was refused for want of the permission.

    A change that is refused stands in the log, so the log is asked; a read is refused by its answer alone.
    """
    before = LedgerEntry.objects.count()
    with undone():
        answer = send(client, rule, address, body)
        answer.close()
        told = LedgerEntry.objects.order_by("pk")[before:]
        codes = {code for row in told for code in refusal_in(json.loads(bytes(row.body))["data"])}
    if rule.verb == "GET":
        return answer.status_code, answer.status_code == 403
    return answer.status_code, bool(codes & {*PERMISSIONS, "denied", "second_factor.required"})


def refusal_in(data: dict[str, Any]) -> set[Any]:
    """Which permission, or which code of a refusal, an entry of the log names."""
    return {data[key] for key in ("permission", "refusal") if key in data}


def send(client: Client, rule: Rule, address: str, body: Any) -> Any:
    if rule.verb == "GET":
        return client.get(address)
    if isinstance(body, bytes):
        return client.generic(rule.verb, address, body, "application/octet-stream")
    if rule.route.startswith("/api/"):
        return getattr(client, rule.verb.lower())(address, body or {}, content_type="application/json")
    return client.post(address, body or {})
