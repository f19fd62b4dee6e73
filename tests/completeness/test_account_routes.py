"""Every address under /accounts/: what it answers to strangers and to those signed in, and that there is no other."""

import re

import pytest
from django.test import Client
from django.urls import NoReverseMatch, get_resolver, reverse

from tests.cast import Cast
from tests.completeness.test_permission_matrix import patterns

SIGN_IN = "/accounts/login/"
OWN = "/accounts/2fa/"
PROVE = "/accounts/reauthenticate/"
RESET_LINK = r"/accounts/^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$"

# Address -> what a stranger gets, what somebody signed in by password and without a second factor gets:
# a status, or the page to which they are sent.
ANSWERS: dict[str, tuple[int | str, int | str]] = {
    "/accounts/login/": (200, "/"),
    "/accounts/logout/": (SIGN_IN, 200),
    "/accounts/reauthenticate/": (SIGN_IN, 200),
    "/accounts/password/change/": (SIGN_IN, 200),
    "/accounts/password/reset/": (200, 200),
    "/accounts/password/reset/done/": (200, 200),
    "/accounts/password/reset/key/done/": (200, 200),
    RESET_LINK: (200, 200),
    "/accounts/2fa/": (SIGN_IN, 200),
    "/accounts/2fa/authenticate/": (SIGN_IN, "/"),
    "/accounts/2fa/reauthenticate/": (SIGN_IN, PROVE),
    "/accounts/2fa/totp/activate/": (SIGN_IN, PROVE),
    "/accounts/2fa/totp/deactivate/": (SIGN_IN, 404),
    "/accounts/2fa/recovery-codes/": (SIGN_IN, 404),
    "/accounts/2fa/recovery-codes/generate/": (SIGN_IN, PROVE),
    "/accounts/2fa/recovery-codes/download/": (SIGN_IN, 404),
    # Without a provider in the settings there is no other sign-in.
    "/accounts/sso/login/": (404, "/"),
    "/accounts/sso/callback/": (404, 404),
    "/accounts/sso/cancelled/": (200, 200),
}
# What allauth has as well, and what must not come back with a new version of it.
ABSENT = (
    "account_signup",
    "account_email",
    "account_set_password",
    "account_confirm_email",
    "account_email_verification_sent",
    "account_request_login_code",
    "account_confirm_login_code",
    "account_inactive",
    "socialaccount_signup",
    "socialaccount_connections",
    "openid_connect_login",
    "openid_connect_callback",
    "mfa_list_webauthn",
    "mfa_trust",
    "usersessions_list",
)


def test_every_address_is_listed() -> None:
    found = {route for route, _ in patterns(get_resolver()) if route.startswith("/accounts/")}
    assert found == ANSWERS.keys()


@pytest.mark.parametrize("name", ABSENT)
def test_what_is_not_used_does_not_exist(name: str) -> None:
    with pytest.raises(NoReverseMatch):
        reverse(name)


@pytest.mark.parametrize(
    "path", ["signup/", "email/", "3rdparty/", "social/signup/", "password/set/", "oidc/x/login/"]
)
def test_nor_does_its_address(cast: Cast, path: str) -> None:
    assert Client().get(f"/accounts/{path}").status_code == 404


@pytest.mark.parametrize("route", ANSWERS, ids=str)
def test_it_answers_as_listed_and_in_the_portals_own_dress(cast: Cast, route: str) -> None:
    address = "/accounts/password/reset/key/abc-def/" if route == RESET_LINK else route
    inside = Client()
    inside.force_login(cast.rita, backend="allauth.account.auth_backends.AuthenticationBackend")
    for client, expected in zip((Client(), inside), ANSWERS[route], strict=True):
        answer = client.get(address)
        got = answer["Location"].partition("?")[0] if answer.status_code == 302 else answer.status_code
        assert got == expected, route
        if answer.status_code == 200:
            page = answer.content.decode()
            assert 'class="brand"' in page
            assert "Assay" in page
            assert not re.search(r"<script(?![^>]*src=)|style=", page), "the policy of the pages forbids it"


@pytest.mark.parametrize("route", [route for route in ANSWERS if "(" not in route], ids=str)
def test_it_takes_no_form_without_its_token(cast: Cast, route: str) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(cast.rita, backend="allauth.account.auth_backends.AuthenticationBackend")
    answer = strict.post(route, {})
    assert answer.status_code in {403, 404, 405}
    assert answer.status_code != 403 or "This form is too old" in answer.content.decode()
