"""No route tells a stranger anything, whoever adds one: not before signing in, and not across organisations."""

import re
import uuid

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from tests.cast import Cast

# Open to everybody, each for a reason.
OPEN = {
    "/livez": "The container asks whether the process lives.",
    "/readyz": "The proxy asks whether it can work; it names no data.",
    "/api/v1/gate/key": "The public key of verdicts, which whoever verifies must be able to compare.",
    "/api/v1/gate/revocations": "Doors without a token must learn what was taken back; it names decisions by number.",
    "/api/v1/token-exchange": "Where a CI job comes to be known; it answers nothing but a verified identity.",
    "/api/v1/openapi.json": "The description of the API holds no data.",
}
# Before signing in, people must be able to sign in.
OPEN_PREFIXES = ("/accounts/", "/static/")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
REFUSED = {302, 400, 401, 403, 404, 405, 415}


def addresses(resolver: URLResolver, prefix: str = "/") -> list[str]:
    """Every address, with made-up identifiers in it."""
    found = []
    for entry in resolver.url_patterns:
        path = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            found += addresses(entry, path)
        elif isinstance(entry, URLPattern):
            found.append(re.sub(r"<(?:(\w+):)?\w+>", lambda match: made_up(match.group(1)), path))
    return found


def made_up(converter: str | None) -> str:
    return {"uuid": str(uuid.UUID(int=7)), "int": "7"}.get(converter or "str", "nothing")


CLOSED = sorted(
    address
    for address in addresses(get_resolver())
    if address not in OPEN and not address.startswith(OPEN_PREFIXES)
)


@pytest.mark.django_db
@pytest.mark.parametrize("address", CLOSED)
def test_it_asks_everybody_to_sign_in(address: str) -> None:
    for method in METHODS:
        answer = Client().generic(method, address, "{}", "application/json")
        if answer.status_code == 302:
            assert answer["Location"].startswith("/accounts/login/"), method
        elif address.startswith("/api/"):
            assert answer.status_code in {401, 405}, method
        else:
            assert answer.status_code in {403, 404, 405}, method


@pytest.mark.parametrize("address", [address for address in CLOSED if re.search(r"[0-9a-f]{8}-", address)])
def test_it_denies_that_what_is_not_theirs_exists(address: str, cast: Cast) -> None:
    client = Client()
    client.force_login(cast.oscar, backend="allauth.account.auth_backends.AuthenticationBackend")
    for method in METHODS:
        answer = client.generic(method, address, "{}", "application/json")
        assert answer.status_code in REFUSED, (method, answer.status_code)
        if method == "GET":
            assert answer.status_code in {404, 405}
