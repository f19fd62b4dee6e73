"""What a request says about where it comes from is believed of a proxy that is trusted, and of nobody else."""

from typing import Any

import pytest
from allauth.account.adapter import get_adapter
from django.http import HttpRequest
from django.test import Client, RequestFactory

from registry.models import RoleGrant
from registry.services import people, tokens
from registry.stages import Role
from tests.cast import PASSWORD, Cast, grant
from tests.governance.sign_in.acts import signed_in, text

FORGED = {
    "X-Forwarded-For": "198.51.100.7",
    "X-Real-IP": "198.51.100.7",
    "Forwarded": "for=198.51.100.7",
    "Client-IP": "198.51.100.7",
}


def address(**said: str) -> str:
    request: HttpRequest = RequestFactory().post("/accounts/login/", headers=said)
    return str(get_adapter().get_client_ip(request))


@pytest.mark.parametrize("header", sorted(FORGED))
def test_a_stranger_does_not_choose_their_address(header: str) -> None:
    assert address(**{header: FORGED[header]}) == "127.0.0.1"


def test_a_trusted_proxy_names_the_caller(settings: Any) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    assert address(**{"X-Forwarded-For": "198.51.100.7"}) == "198.51.100.7"
    # What the caller wrote stands before what the proxy adds.
    assert address(**{"X-Forwarded-For": "10.0.0.1, 198.51.100.7"}) == "198.51.100.7"


def test_another_forged_address_each_time_gives_no_more_guesses(cast: Cast, sent: list[Any]) -> None:
    answers = [
        Client().post(
            "/accounts/login/",
            {"login": f"guess{number}", "password": "wrong"},
            headers={"X-Forwarded-For": f"198.51.100.{number}"},
        )
        for number in range(40)
    ]
    assert {answer.status_code for answer in answers[:20]} == {200}
    assert answers[-1].status_code == 429 or "Too many attempts" in text(answers[-1])


@pytest.mark.parametrize(
    "header",
    [
        "X-Forwarded-User",
        "X_Forwarded_User",
        "Remote-User",
        "Remote_User",
        "X-Remote-User",
        "X-Authenticated-User",
    ],
)
def test_no_header_signs_anybody_in(cast: Cast, header: str) -> None:
    browser = Client()
    assert browser.get("/people", headers={header: "olga"}).status_code == 302
    assert browser.get("/api/v1/systems", headers={header: "olga"}).status_code == 401
    assert not signed_in(browser)


def test_no_header_moves_where_signing_in_leads(cast: Cast) -> None:
    said = {"X-Forwarded-Host": "evil.example", "X-Original-URL": "/admin/", "X-Rewrite-URL": "/admin/"}
    answer = Client().post("/accounts/login/", {"login": "rita", "password": PASSWORD}, headers=said)
    assert answer["Location"] == "/"
    assert Client().get("/accounts/login/", headers={"Host": "evil.example"}).status_code == 400


@pytest.mark.parametrize(
    "place", ["//evil.example/", "https://evil.example/", "javascript:alert(1)", "/\\evil.example"]
)
def test_signing_in_leads_nowhere_else(cast: Cast, place: str) -> None:
    form = {"login": "rita", "password": PASSWORD, "next": place}
    assert Client().post("/accounts/login/", form)["Location"] == "/"


def test_a_role_taken_between_page_and_click_is_gone(cast: Cast, sign_in: Any) -> None:
    grant(cast, "adam", Role.OWNER)
    browser = sign_in("adam")
    page = text(browser.get("/people"))
    assert "Give the role" in page
    change = {"organisation": "acme", "user": "rita", "role": "validator"}
    assert browser.post("/people/grant", change).status_code == 302
    taken = RoleGrant.objects.get(membership__user=cast.adam, role=Role.OWNER)
    people.revoke_role(actor=cast.actor("olga"), grant=taken)
    assert browser.post("/people/grant", {**change, "role": "auditor"}).status_code == 403
    assert not RoleGrant.objects.filter(membership__user=cast.rita, role=Role.AUDITOR).exists()


def test_a_token_from_before_a_role_was_taken_does_no_more_than_the_role(cast: Cast) -> None:
    grant(cast, "adam", Role.OWNER)
    _, secret = tokens.issue(actor=cast.actor("adam"), organisation=cast.acme, user=cast.adam, name="t")
    bearer = {"Authorization": f"Bearer {secret}"}
    body = {"organisation": "acme", "name": "one", "responsible": "dev"}

    def make(name: str) -> int:
        call = Client().post(
            "/api/v1/service-accounts",
            {**body, "name": name},
            content_type="application/json",
            headers=bearer,
        )
        return call.status_code

    assert make("one") == 201
    taken = RoleGrant.objects.get(membership__user=cast.adam, role=Role.OWNER)
    people.revoke_role(actor=cast.actor("olga"), grant=taken)
    assert make("two") == 403


def test_a_session_ends_with_the_account(cast: Cast, sign_in: Any) -> None:
    browser = sign_in("adam")
    assert browser.get("/people").status_code == 200
    cast.adam.is_active = False
    cast.adam.save()
    assert browser.get("/people").status_code == 302
