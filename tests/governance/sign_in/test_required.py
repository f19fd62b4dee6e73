"""Where Assay asks for a second factor, a password alone shows nothing and changes nothing, by whatever door."""

from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from registry.access.check import held, require
from registry.access.table import PERMISSIONS, WITHOUT_SECOND_FACTOR
from registry.actors import Actor
from registry.errors import Denied
from registry.ledger import record
from registry.models import ApiToken, Organisation
from registry.services import people, tokens
from registry.stages import Role
from tests.cast import Cast
from tests.governance.sign_in.acts import later, set_up, shown_by_app, text, told
from tests.make import make_system

SignIn = Callable[..., Client]


@pytest.fixture(autouse=True)
def required(settings: Any) -> None:
    settings.ASSAY_REQUIRE_MFA = True


def unproven(cast: Cast, name: str) -> Actor:
    """Somebody who has given their password only."""
    return Actor.of(getattr(cast, name), second_factor=False)


def test_it_works(cast: Cast, sign_in: SignIn) -> None:
    browser = sign_in("olga")
    assert browser.get("/people")["Location"] == "/accounts/2fa/"
    assert "Assay asks for a second factor" in text(browser.get("/accounts/2fa/"))
    set_up(browser)
    assert browser.get("/people").status_code == 200


def test_who_has_one_shows_it_at_sign_in(cast: Cast, sign_in: SignIn, clock: time_machine.Traveller) -> None:
    secret = set_up(sign_in("olga"))
    later(clock)
    browser = sign_in("olga")
    browser.post("/accounts/2fa/authenticate/", {"code": shown_by_app(secret)})
    assert browser.get("/people").status_code == 200


def test_a_session_from_before_shows_it_and_goes_on(
    cast: Cast, sign_in: SignIn, clock: time_machine.Traveller
) -> None:
    old = sign_in("olga")
    secret = set_up(sign_in("olga"))
    assert old.get("/people").status_code == 302
    later(clock)
    old.post("/accounts/2fa/reauthenticate/", {"code": shown_by_app(secret)})
    assert old.get("/people").status_code == 200


def test_who_removes_it_is_asked_for_another(
    cast: Cast, sign_in: SignIn, clock: time_machine.Traveller
) -> None:
    browser = sign_in("olga")
    secret = set_up(browser)
    later(clock)
    browser.post("/accounts/2fa/reauthenticate/", {"code": shown_by_app(secret)})
    browser.post("/accounts/2fa/totp/deactivate/")
    assert browser.get("/people")["Location"] == "/accounts/2fa/"


def test_a_change_by_a_page_is_refused_told_and_shows_nothing(cast: Cast, sign_in: SignIn) -> None:
    change = {"organisation": "acme", "user": "adam", "role": "validator"}
    browser = sign_in("olga")
    answer = browser.post(reverse("grant-role"), change)
    assert answer.status_code == 403
    assert "Acme" not in text(answer)
    assert "second factor" in text(answer)
    assert [entry["permission"] for entry in told("access.denied")] == ["second_factor.required"]
    set_up(browser)
    assert browser.post(reverse("grant-role"), change).status_code == 302


def test_the_api_with_the_session_is_no_way_round(cast: Cast, sign_in: SignIn) -> None:
    browser = sign_in("dev")
    address = f"/api/v1/systems/{make_system(cast).pk}/datasets"
    assert browser.get("/api/v1/systems").status_code == 403
    refused = browser.post(address, {"name": "loans"}, content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (403, "second_factor.required")
    assert [entry["permission"] for entry in told("access.denied")] == ["second_factor.required"]
    set_up(browser)
    assert browser.get("/api/v1/systems").status_code == 200
    assert browser.post(address, {"name": "loans"}, content_type="application/json").status_code == 201


def test_an_answer_from_before_is_not_given_again(cast: Cast, sign_in: SignIn) -> None:
    address = f"/api/v1/systems/{make_system(cast).pk}/datasets"
    weak, strong = sign_in("dev"), sign_in("dev")
    set_up(strong)

    def make(browser: Client) -> int:
        once = {"Idempotency-Key": "once"}
        answer = browser.post(address, {"name": "loans"}, content_type="application/json", headers=once)
        return answer.status_code

    assert (make(strong), make(strong), make(weak)) == (201, 201, 403)


def test_signing_out_and_the_own_password_stay_reachable(cast: Cast, sign_in: SignIn) -> None:
    browser = sign_in("olga")
    assert browser.get("/accounts/password/change/").status_code == 200
    assert browser.post("/accounts/logout/").status_code == 302


@pytest.mark.parametrize("permission", sorted(PERMISSIONS))
def test_no_service_lets_anything_through(cast: Cast, permission: str) -> None:
    """Whatever permission a service asks for before a change, and whoever asks."""
    with record.transaction():
        for role in Role:
            people.give(actor=Actor.system("tests"), organisation=cast.acme, user=cast.dev, role=role)
    require(cast.actor("dev"), permission, cast.acme)
    with pytest.raises(Denied, match="second factor") as refusal:
        require(unproven(cast, "dev"), permission, cast.acme)
    assert refusal.value.code == "second_factor.required"


def test_no_page_offers_anything(cast: Cast) -> None:
    assert "manage_people" in held(cast.actor("olga"), cast.acme)
    assert held(unproven(cast, "olga"), cast.acme) == WITHOUT_SECOND_FACTOR
    assert not Organisation.objects.allowing(unproven(cast, "olga"), "manage_people").exists()


def test_a_stranger_is_told_nothing(cast: Cast) -> None:
    with pytest.raises(Exception, match="no such organisation"):
        require(unproven(cast, "oscar"), "view", cast.acme)


def test_where_none_is_asked_for_nothing_changes(cast: Cast, settings: Any) -> None:
    settings.ASSAY_REQUIRE_MFA = False
    require(unproven(cast, "olga"), "manage_people", cast.acme)


def issue(actor: Actor, cast: Cast, **what: Any) -> tuple[ApiToken, str]:
    return tokens.issue(actor=actor, organisation=cast.acme, name="mine", **what)


def bearer(text: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {text}"}


def test_a_token_of_ones_own_needs_a_second_factor(cast: Cast) -> None:
    with pytest.raises(Denied, match="second factor"):
        issue(unproven(cast, "dev"), cast, user=cast.dev)
    _, secret = issue(cast.actor("dev"), cast, user=cast.dev)
    assert Client().get("/api/v1/systems", headers=bearer(secret)).status_code == 200


def test_a_token_from_before_does_not_change_anything(cast: Cast, settings: Any) -> None:
    settings.ASSAY_REQUIRE_MFA = False
    _, weak = issue(unproven(cast, "olga"), cast, user=cast.olga)
    _, strong = issue(cast.actor("olga"), cast, user=cast.olga)
    settings.ASSAY_REQUIRE_MFA = True
    address = "/api/v1/service-accounts"
    body = {"organisation": "acme", "name": "batch", "responsible": "dev"}
    refused = Client().post(address, body, content_type="application/json", headers=bearer(weak))
    assert (refused.status_code, refused.json()["code"]) == (403, "second_factor.required")
    taken = Client().post(address, body, content_type="application/json", headers=bearer(strong))
    assert taken.status_code == 201, taken.content


def test_a_weak_token_never_becomes_a_strong_one(cast: Cast) -> None:
    made, _ = issue(cast.actor("dev"), cast, user=cast.dev)
    with pytest.raises(Denied, match="second factor"):
        tokens.rotate(actor=unproven(cast, "dev"), token=made)


def test_machines_are_not_asked(cast: Cast) -> None:
    _, secret = issue(cast.actor("olga"), cast, user=cast.ci)
    ApiToken.objects.update(second_factor=False)
    stored = Client().post("/api/v1/artifacts", b"1", "application/octet-stream", headers=bearer(secret))
    assert stored.status_code == 201, stored.content
