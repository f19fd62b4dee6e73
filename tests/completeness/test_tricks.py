"""Other spellings of an address, other methods and other fields get nobody past what the route itself asks."""

import re
from typing import Any

import pytest
from django.test import Client
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator

from registry.access.table import ROLE_PERMISSIONS
from registry.models import Membership
from registry.services import members
from tests.completeness.rules import RULES, Rule
from tests.completeness.test_permission_matrix import filled, send, undone
from tests.completeness.world import BACKEND, World

pytestmark = pytest.mark.django_db
READ = [rule for rule in RULES if rule.verb == "GET" and "<" in rule.route]
WRITTEN = [
    rule
    for rule in RULES
    if rule.verb != "GET" and rule.route.startswith("/api/") and not isinstance(rule.body, bytes)
]
# How the same thing may be asked for in another way: by address, by headers.
SPELLINGS: dict[str, tuple[str, str, dict[str, str]]] = {
    "slash at the end": ("{}/", "GET", {}),
    "two slashes": ("/{}", "GET", {}),
    "json at the end": ("{}.json", "GET", {}),
    "a slash in disguise": ("{}%2f", "GET", {}),
    "a parent folder": ("/static/..{}", "GET", {}),
    "the page of a browser": ("{}?format=admin", "GET", {"Accept": "text/html"}),
    "another format": ("{}?format=api", "GET", {"Accept": "text/html"}),
    "only the head": ("{}", "HEAD", {}),
    "another method in a header": ("{}", "POST", {"X-HTTP-Method-Override": "GET"}),
    "another address in a header": ("/livez", "GET", {"X-Original-URL": "{}", "X-Rewrite-URL": "{}"}),
}
REFUSED = {302, 400, 401, 403, 404, 405, 406, 415}
OPEN = b'{"status": "ok"}'  # the one address of these that is anybody's
# What only Assay itself writes.
FORGED = {
    "status": "approved",
    "state": "approved",
    "stage": "production",
    "approved_by": "dev",
    "is_staff": True,
    "is_superuser": True,
    "organization": "acme",
    "organisation_id": "1",
    "created_at": "2020-01-01T00:00:00Z",
    "created_by": "dev",
    "author": "dev",
    "subject": "sha256:00",
    "id": "00000000-0000-0000-0000-000000000007",
}


@pytest.mark.parametrize("trick", SPELLINGS)
def test_another_spelling_tells_a_stranger_nothing(trick: str, world: World) -> None:
    spelling, method, headers = SPELLINGS[trick]
    names = {world.system.name, str(world.system.pk), world.version.artifact.digest}
    for client in (Client(), world.client(world.cast.oscar)):
        for rule in READ:
            address, _ = filled(rule, world)
            sent = {name: text.format(address) for name, text in headers.items()}
            with undone():
                answer = client.generic(method, spelling.format(address), headers=sent)
            told = b"".join(answer) if answer.streaming else answer.content
            assert answer.status_code in REFUSED or told == OPEN, (address, answer)
            shown = told.decode(errors="replace").replace(address, "")
            assert not any(name in shown for name in names), address


def test_what_a_method_can_do_is_told_to_nobody_else(world: World) -> None:
    """OPTIONS describes an object's form only to whoever may see the object."""
    for rule in READ:
        address, _ = filled(rule, world)
        answer = world.client(world.cast.oscar).options(address)
        assert answer.status_code in {401, 403, 404, 405}, (address, answer.status_code)


def test_no_filter_reaches_into_another_organisation(world: World) -> None:
    """Every parameter of every list, with keys, a digest and names of Acme's."""
    with GENERATOR_STATS.silence():
        paths = SchemaGenerator().get_schema(request=None, public=True)["paths"]  # type: ignore[no-untyped-call]
    theirs = {str(one.pk) for one in (world.system, world.version, world.snapshot, world.run, world.cast.dev)}
    theirs |= {world.version.artifact.digest, "acme", world.system.slug}
    tried, browser = 0, world.client(world.cast.oscar)
    for path, described in paths.items():
        names = [
            one["name"] for one in described.get("get", {}).get("parameters", []) if one["in"] == "query"
        ]
        for name in names if "{" not in path else ():
            for value in sorted(theirs):
                answer = browser.get(path, {name: value})
                tried += 1
                assert answer.status_code in {200, 400, 403, 404}, (path, name)
                told = answer.content.decode().replace(value, "")
                assert not any(key in told for key in theirs - {"acme", "credit"}), (path, name, value)
    assert tried > 100  # the description does name filters


@pytest.mark.parametrize("rule", WRITTEN, ids=str)
def test_a_field_that_is_not_yours_to_write_is_refused_by_name(rule: Rule, world: World) -> None:
    """It is not ignored: who sends it believes that it does something."""
    address, body = filled(rule, world)
    sound: dict[str, Any] = body or {}
    client = world.client(
        next(
            user
            for role, user in world.own.items()
            if not rule.needs or set(rule.needs) & ROLE_PERMISSIONS[role]
        )
    )
    for name, value in FORGED.items():
        if name in sound:
            continue
        with undone():
            answer = send(client, rule, address, {**sound, name: value})
        assert answer.status_code == 400, (name, answer.status_code, answer.content)
        assert name in answer.content.decode(), name


def test_no_address_names_two_objects() -> None:
    """So none can name two that do not belong together; objects named in a body are tried where they are used."""
    assert [str(rule) for rule in RULES if len(re.findall("<uuid:", rule.route)) > 1] == []


def test_a_link_kept_by_a_former_member_opens_nothing(world: World) -> None:
    browser = Client()
    browser.force_login(world.cast.rita, backend=BACKEND)
    kept = [
        f"/reports/{world.report.pk}.pdf",
        f"/runs/{world.run.pk}/result.json",
        f"/decisions/{world.decision.pk}.json",
    ]
    with undone():
        assert opened(browser, kept) == {200}
        place = Membership.objects.get(user=world.cast.rita, organisation=world.cast.acme)
        members.deactivate(actor=world.cast.actor("olga"), membership=place, reason="Left.")
        assert opened(browser, kept) <= {302, 404}


def opened(browser: Client, links: list[str]) -> set[int]:
    """The statuses of these addresses; files are closed again."""
    answers = [browser.get(link) for link in links]
    for answer in answers:
        answer.close()
    return {answer.status_code for answer in answers}
