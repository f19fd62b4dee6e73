"""Signing in at the organisation's own provider: who comes in, as whom, and who does not. The provider is real."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from allauth.socialaccount.models import SocialAccount
from django.core.management import CommandError, call_command
from django.test import Client

from governance import oidc
from registry.models import Membership, User
from registry.services import members, single_sign_on
from registry.services.single_sign_on import Identity
from tests import idp
from tests.cast import Cast
from tests.governance.sign_in.acts import set_up, signed_in, text, told
from tests.idp import Provider
from tests.issuer import STRANGERS

HOST = "http://127.0.0.1:8000"
Rows = list[dict[str, Any]]


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[Provider]:
    with idp.serving() as serving:
        monkeypatch.setenv("ASSAY_OIDC_ISSUER", serving.url)
        monkeypatch.setenv("ASSAY_OIDC_CLIENT_ID", idp.CLIENT)
        monkeypatch.setenv("ASSAY_OIDC_CLIENT_SECRET", idp.SECRET)
        monkeypatch.setenv("ASSAY_OIDC_NAME", "Northbank")
        monkeypatch.setenv("ASSAY_OIDC_MFA_VALUES", "mfa,otp")
        settings.SOCIALACCOUNT_PROVIDERS = oidc.providers()
        yield serving


def begin(browser: Client, query: str = "") -> str:
    """Where the browser is sent."""
    answer = browser.get(f"/accounts/sso/login/{query}")
    assert answer.status_code == 302, text(answer)
    return str(answer["Location"])


def come_back(browser: Client, address: str) -> Any:
    """The answer to the browser that comes back from the provider."""
    back = requests.get(address, allow_redirects=False, timeout=5).headers["Location"]
    assert back.startswith(f"{HOST}/accounts/sso/callback/?")
    return browser.get(back.removeprefix(HOST))


def enter(browser: Client | None = None) -> tuple[Client, Any]:
    browser = browser or Client()
    return browser, come_back(browser, begin(browser))


def who(browser: Client) -> str:
    return str(User.objects.get(pk=browser.session["_auth_user_id"]).username)


@pytest.fixture(autouse=True)
def quiet(sent: Rows) -> None:
    """Nothing is given to a worker."""


def test_it_works(cast: Cast, provider: Provider) -> None:
    assert "Sign in with Northbank" in text(Client().get("/accounts/login/"))
    browser, answer = enter()
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert who(browser) == "rita"
    assert told("account.signed_in") == [
        {**told("account.signed_in")[0], "method": "sso", "second_factor": False}
    ]
    [linked] = told("account.identity_linked")
    assert linked["issuer"] == provider.url
    assert "subject-of-rita" not in str(linked)


def test_it_asks_with_a_challenge_a_state_and_a_nonce_for_no_more_than_it_needs(
    cast: Cast, provider: Provider
) -> None:
    asked = parse_qs(urlsplit(begin(Client(), "?scope=admin&process=connect&auth_params=prompt=none")).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert len(asked["state"][0]) >= 16
    assert len(asked["nonce"][0]) == 64
    assert set(asked["scope"][0].split()) == {"openid", "profile", "email"}
    assert "prompt" not in asked
    assert asked["redirect_uri"] == [f"{HOST}/accounts/sso/callback/"]


def test_it_comes_back_to_the_address_that_is_set(cast: Cast, provider: Provider) -> None:
    answer = Client().get(
        "/accounts/sso/login/", headers={"Host": "localhost", "X-Forwarded-Host": "evil.example"}
    )
    assert parse_qs(urlsplit(answer["Location"]).query)["redirect_uri"] == [f"{HOST}/accounts/sso/callback/"]


def test_it_goes_on_to_where_they_wanted_and_nowhere_else(cast: Cast, provider: Provider) -> None:
    inside, outside = Client(), Client()
    assert come_back(inside, begin(inside, "?next=/people"))["Location"] == "/people"
    assert come_back(outside, begin(outside, "?next=//evil.example/"))["Location"] == "/"


def test_the_subject_counts_afterwards_whatever_the_address_is(cast: Cast, provider: Provider) -> None:
    enter()
    provider.says = {"email": "rita.new@example.org", "email_verified": False}
    assert who(enter()[0]) == "rita"
    assert SocialAccount.objects.count() == 1


@pytest.mark.parametrize("address", ["RITA@example.org", "Rita@Example.ORG"])
def test_the_case_of_an_address_means_nothing(cast: Cast, provider: Provider, address: str) -> None:
    provider.says = {"email": address}
    assert who(enter()[0]) == "rita"


@pytest.mark.parametrize(
    "address",
    ["rıta@example.org", "rita@exampIe.org", "rita@example.org.evil.example", "ritaX@example.org", ""],
)
def test_an_address_that_only_looks_alike_is_a_stranger(cast: Cast, provider: Provider, address: str) -> None:
    provider.says = {"email": address}
    browser, answer = enter()
    assert (answer.status_code, signed_in(browser)) == (403, False)
    assert not SocialAccount.objects.exists()


@pytest.mark.parametrize("verified", [False, None, "false", "no", 0])
def test_an_unverified_address_binds_nothing(cast: Cast, provider: Provider, verified: Any) -> None:
    provider.says = {"email_verified": verified}
    browser, answer = enter()
    assert (answer.status_code, signed_in(browser)) == (403, False)
    assert "verified" in text(answer)
    assert not SocialAccount.objects.exists()


def test_an_account_for_it_needs_no_password(cast: Cast, provider: Provider) -> None:
    call_command("create_user", "nora", "--email", "nora@example.org", "--sso")
    call_command("grant_role", "acme", "nora", "auditor", "--by", "olga")
    provider.says = {"sub": "nora", "email": "nora@example.org"}
    assert who(enter()[0]) == "nora"
    assert not User.objects.get(username="nora").has_usable_password()
    with pytest.raises(CommandError, match="--email"):
        call_command("create_user", "nils", "--sso")


def test_a_stranger_is_told_whom_to_ask_and_gets_no_account(cast: Cast, provider: Provider) -> None:
    before = User.objects.count()
    provider.says = {"sub": "somebody", "email": "somebody@example.org"}
    _, answer = enter()
    assert answer.status_code == 403
    assert "Ask an owner of your organisation" in text(answer)
    assert User.objects.count() == before


def test_a_later_identity_with_the_address_does_not_get_the_account(cast: Cast, provider: Provider) -> None:
    enter()
    provider.says = {"sub": "a new employee with an old address"}
    browser, answer = enter()
    assert (answer.status_code, signed_in(browser)) == (403, False)
    assert "unlink_identity" in text(answer)
    call_command("unlink_identity", "rita")
    assert who(enter()[0]) == "rita"
    assert len(told("account.identity_unlinked")) == 1
    with pytest.raises(CommandError, match="No identity"):
        call_command("unlink_identity", "adam")
    with pytest.raises(CommandError, match="spelling"):
        call_command("unlink_identity", "nobody")


def test_two_first_sign_ins_at_once_make_one_bond(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    identity = Identity("sso-1", "https://sso.example.org", "rita's", "rita@example.org", verified=True)
    first = single_sign_on.admit(identity)
    monkeypatch.setattr(
        single_sign_on, "_bonds", SocialAccount.objects.none
    )  # looked before the first was there
    assert single_sign_on.admit(identity).pk == first.pk


def test_subjects_of_another_issuer_are_other_people(
    cast: Cast, provider: Provider, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    enter()
    with idp.serving() as other:
        monkeypatch.setenv("ASSAY_OIDC_ISSUER", other.url)
        settings.SOCIALACCOUNT_PROVIDERS = oidc.providers()
        other.says = {"email": "adam@example.org"}  # the same subject
        assert who(enter()[0]) == "adam"


def test_one_subject_is_one_person_on_all_their_accounts(cast: Cast, provider: Provider) -> None:
    """Separation of duties asks for persons: the second account of the same identity is no second person."""
    enter()
    provider.says = {"email": "adam@example.org"}
    assert who(enter()[0]) == "rita"
    cast.adam.refresh_from_db()
    assert cast.adam.person_id == str(cast.rita.pk)
    assert [entry["user_id"] for entry in told("person.linked")] == [str(cast.adam.pk)]


def close_account(cast: Cast) -> None:
    User.objects.filter(pk=cast.rita.pk).update(is_active=False)


def end_membership(cast: Cast) -> None:
    place = Membership.objects.get(user=cast.rita, organisation=cast.acme)
    members.deactivate(actor=cast.actor("olga"), membership=place)


@pytest.mark.parametrize("ended", [close_account, end_membership])
@pytest.mark.parametrize("bound", [True, False])
def test_who_has_left_does_not_come_in(
    cast: Cast, provider: Provider, sent: Rows, ended: Callable[[Cast], None], bound: bool
) -> None:
    if bound:
        enter()
    ended(cast)
    sent.clear()
    browser, answer = enter()
    assert (answer.status_code, signed_in(browser)) == (403, False)
    assert "closed" in text(answer)
    assert "closed" in sent[-1]["why"]


@pytest.mark.parametrize(
    "lie",
    [
        {"nonce": "of another request"},
        {"nonce": None},
        {"iss": "https://elsewhere.example"},
        {"aud": "another-client"},
        {"aud": ["assay", "another-client"]},
        {"aud": ["another-client"], "azp": "assay"},
        {"exp": 1},
        {"exp": None},
        {"iat": 4102444800},
        {"sub": None},
    ],
    ids=str,
)
def test_it_believes_no_token_that_is_not_for_this_request(
    cast: Cast, provider: Provider, lie: dict[str, Any]
) -> None:
    provider.says = lie
    browser, answer = enter()
    assert (answer.status_code, signed_in(browser)) == (401, False)
    assert "could not be verified" in text(answer)
    assert not SocialAccount.objects.exists()


def test_it_believes_no_other_key(cast: Cast, provider: Provider) -> None:
    provider.key = STRANGERS
    assert enter()[1].status_code == 401


@pytest.mark.parametrize(("alg", "key"), [("none", None), ("HS256", idp.SECRET * 2)])
def test_it_believes_no_other_algorithm(cast: Cast, provider: Provider, alg: str, key: Any) -> None:
    provider.alg, provider.key = alg, key
    assert enter()[1].status_code == 401


def test_it_believes_no_provider_that_calls_itself_another(cast: Cast, provider: Provider) -> None:
    provider.issuer = "https://elsewhere.example"
    answer = Client().get("/accounts/sso/login/")
    assert answer.status_code == 503
    assert "does not answer as it should" in text(answer)


def test_a_forged_state_leads_nowhere(cast: Cast, provider: Provider) -> None:
    browser = Client()
    begin(browser)
    answer = browser.get("/accounts/sso/callback/?code=any&state=forged")
    assert (answer.status_code, signed_in(browser)) == (401, False)


def test_an_answer_is_good_once_and_in_its_own_browser(cast: Cast, provider: Provider) -> None:
    browser = Client()
    back = (
        requests.get(begin(browser), allow_redirects=False, timeout=5).headers["Location"].removeprefix(HOST)
    )
    stranger = Client()
    assert (stranger.get(back).status_code, signed_in(stranger)) == (401, False)
    assert browser.get(back)["Location"] == "/"
    browser.post("/accounts/logout/")
    assert (browser.get(back).status_code, signed_in(browser)) == (401, False)


def test_a_wrong_secret_leads_nowhere(cast: Cast, provider: Provider, settings: Any) -> None:
    settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"][0]["secret"] = "wrong"
    browser, answer = enter()
    assert (answer.status_code, signed_in(browser)) == (401, False)


def test_who_changes_their_mind_is_told_that_nothing_happened(cast: Cast, provider: Provider) -> None:
    browser = Client()
    state = parse_qs(urlsplit(begin(browser)).query)["state"][0]
    answer = browser.get(f"/accounts/sso/callback/?error=access_denied&state={state}", follow=True)
    assert "You did not sign in" in text(answer)


def test_user_information_must_be_about_the_same_person(cast: Cast, provider: Provider) -> None:
    provider.says = {"email": None, "email_verified": None}
    provider.userinfo = {"sub": "somebody else", "email": "rita@example.org", "email_verified": True}
    assert enter()[1].status_code == 401
    provider.userinfo["sub"] = "subject-of-rita"
    assert who(enter()[0]) == "rita"


def test_without_a_provider_there_is_none(cast: Cast) -> None:
    assert "Sign in with" not in text(Client().get("/accounts/login/"))
    assert Client().get("/accounts/sso/login/").status_code == 404
    assert Client().get("/accounts/sso/callback/?code=a&state=b").status_code == 404


def test_a_provider_that_is_down_is_said_in_a_sentence(cast: Cast, provider: Provider, settings: Any) -> None:
    settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"][0]["settings"]["server_url"] = (
        "http://127.0.0.1:9"
    )
    answer = Client().get("/accounts/sso/login/")
    assert (answer.status_code, "Try again" in text(answer)) == (503, True)


def test_assays_own_second_factor_is_asked_for_all_the_same(
    cast: Cast, provider: Provider, sign_in: Callable[..., Client]
) -> None:
    set_up(sign_in("rita"))
    browser, answer = enter()
    assert answer["Location"] == "/accounts/2fa/authenticate/"
    assert not signed_in(browser)


@pytest.mark.parametrize("said", [{"amr": ["pwd", "mfa"]}, {"acr": "otp"}], ids=str)
def test_a_second_factor_at_the_provider_counts_if_its_word_is_trusted(
    cast: Cast, provider: Provider, sign_in: Callable[..., Client], settings: Any, said: dict[str, Any]
) -> None:
    set_up(sign_in("rita"))
    settings.ASSAY_REQUIRE_MFA = True
    provider.says = said
    browser, _ = enter()
    assert who(browser) == "rita"
    assert browser.get("/people").status_code == 200
    assert told("account.signed_in")[-1]["second_factor"]


@pytest.mark.parametrize(
    "said", [{"amr": ["pwd"]}, {"amr": "mfa"}, {"amr": [["mfa"]]}, {"acr": "0"}, {}], ids=str
)
def test_other_words_do_not(cast: Cast, provider: Provider, settings: Any, said: dict[str, Any]) -> None:
    settings.ASSAY_REQUIRE_MFA = True
    provider.says = said
    browser, _ = enter()
    assert browser.get("/people")["Location"] == "/accounts/2fa/"
