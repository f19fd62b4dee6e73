"""A second factor: set up, asked for at the next sign-in, used once, removed, lost."""

from collections.abc import Callable

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client, override_settings

from governance.services import password_mails
from tests.cast import Cast
from tests.governance.sign_in.acts import (
    later,
    prove,
    recovery_codes,
    set_up,
    shown_by_app,
    signed_in,
    text,
    told,
)

SignIn = Callable[..., Client]


def test_it_works(cast: Cast, sign_in: SignIn, clock: time_machine.Traveller) -> None:
    secret = set_up(sign_in("rita"))
    later(clock)
    browser = sign_in("rita")
    assert not signed_in(browser)
    browser.post("/accounts/2fa/authenticate/", {"code": shown_by_app(secret)})
    assert signed_in(browser)
    assert [entry["second_factor"] for entry in told("account.signed_in")] == [False, True]


def test_who_once_forgot_their_password_can_set_one_up(cast: Cast, sign_in: SignIn) -> None:
    """Asking for a mail leaves an address behind that nobody verified; whoever makes the account vouches for it."""
    password_mails.send("rita@example.org")
    set_up(sign_in("rita"))


def test_a_wrong_code_does_not_let_in_and_is_told(
    cast: Cast, sign_in: SignIn, clock: time_machine.Traveller, sent: list[dict[str, str]]
) -> None:
    set_up(sign_in("rita"))
    browser = sign_in("rita")
    answer = browser.post("/accounts/2fa/authenticate/", {"code": "000000"})
    assert "Incorrect code" in text(answer)
    assert not signed_in(browser)
    assert sent[-1] == {
        "task": "registry.note_failed_sign_in",
        "login": "rita",
        "why": "the second factor was wrong",
    }


def test_a_code_is_good_once(cast: Cast, sign_in: SignIn, clock: time_machine.Traveller) -> None:
    secret = set_up(sign_in("rita"))
    later(clock)
    code = shown_by_app(secret)
    first, second = sign_in("rita"), sign_in("rita")
    first.post("/accounts/2fa/authenticate/", {"code": code})
    second.post("/accounts/2fa/authenticate/", {"code": code})
    assert (signed_in(first), signed_in(second)) == (True, False)


def test_a_recovery_code_is_good_once(cast: Cast, sign_in: SignIn) -> None:
    set_up(sign_in("rita"))
    code = recovery_codes(cast.rita)[0]
    first, second = sign_in("rita"), sign_in("rita")
    first.post("/accounts/2fa/authenticate/", {"code": code})
    second.post("/accounts/2fa/authenticate/", {"code": code})
    assert (signed_in(first), signed_in(second)) == (True, False)


def test_codes_are_guessed_five_times_at_most(
    cast: Cast, sign_in: SignIn, clock: time_machine.Traveller
) -> None:
    secret = set_up(sign_in("rita"))
    later(clock)
    browser = sign_in("rita")
    for guess in range(6):
        answer = browser.post("/accounts/2fa/authenticate/", {"code": f"00000{guess}"})
    assert "Too many attempts failed" in text(answer)
    browser.post("/accounts/2fa/authenticate/", {"code": shown_by_app(secret)})
    assert not signed_in(browser)


def test_the_database_alone_holds_no_second_factor(cast: Cast, sign_in: SignIn) -> None:
    secret = set_up(sign_in("rita"))
    for kept in Authenticator.objects.filter(user=cast.rita):
        assert secret not in str(kept.data)
        assert not any(code in str(kept.data) for code in recovery_codes(cast.rita))


def test_a_rotated_secret_key_still_opens_it(
    cast: Cast, sign_in: SignIn, clock: time_machine.Traveller, settings: object
) -> None:
    secret = set_up(sign_in("rita"))
    later(clock)
    with override_settings(SECRET_KEY="another" * 10, SECRET_KEY_FALLBACKS=[settings.SECRET_KEY]):  # type: ignore[attr-defined]
        browser = sign_in("rita")
        browser.post("/accounts/2fa/authenticate/", {"code": shown_by_app(secret)})
        assert signed_in(browser)


def test_without_the_old_secret_key_it_is_said_what_to_do(cast: Cast, sign_in: SignIn) -> None:
    set_up(sign_in("rita"))
    with override_settings(SECRET_KEY="another" * 10):
        answer = sign_in("rita").post("/accounts/2fa/authenticate/", {"code": "000000"})
    assert (answer.status_code, "reset_second_factor" in text(answer)) == (409, True)


@pytest.mark.django_db(transaction=True)
def test_setting_up_and_removing_stand_in_the_log_and_are_mailed(cast: Cast, sign_in: SignIn) -> None:
    browser = sign_in("rita")
    set_up(browser)
    browser.post("/accounts/2fa/reauthenticate/", {"code": recovery_codes(cast.rita)[0]})
    browser.post("/accounts/2fa/totp/deactivate/")
    who = str(cast.rita.pk)
    assert [row["user_id"] for row in told("account.factor_added")] == [who]
    assert [row["user_id"] for row in told("account.factor_removed")] == [who]
    assert not Authenticator.objects.filter(user=cast.rita).exists()
    assert {message.to[0] for message in mail.outbox} == {"rita@example.org"}
    assert "http://127.0.0.1:8000" in mail.outbox[0].body


def test_the_password_alone_removes_no_second_factor(cast: Cast, sign_in: SignIn) -> None:
    old = sign_in("rita")  # a session from before there was a second factor
    set_up(sign_in("rita"))
    prove(old)
    answer = old.post("/accounts/2fa/totp/deactivate/")
    assert answer["Location"].startswith("/accounts/2fa/reauthenticate/")
    assert Authenticator.objects.filter(user=cast.rita).exists()


def test_its_pages_ask_who_it_is_first(cast: Cast, sign_in: SignIn) -> None:
    browser = sign_in("rita")
    answer = browser.get("/accounts/2fa/totp/activate/")
    assert answer["Location"].startswith("/accounts/reauthenticate/")
    prove(browser)
    assert "data:image/svg+xml;base64," in text(browser.get("/accounts/2fa/totp/activate/"))


def test_recovery_codes_are_shown_downloaded_and_made_anew(cast: Cast, sign_in: SignIn) -> None:
    browser = sign_in("rita")
    set_up(browser)
    codes = recovery_codes(cast.rita)
    assert all(code in text(browser.get("/accounts/2fa/recovery-codes/")) for code in codes)
    assert text(browser.get("/accounts/2fa/recovery-codes/download/")).split() == codes
    browser.post("/accounts/2fa/recovery-codes/generate/")
    assert not set(recovery_codes(cast.rita)) & set(codes)


def test_the_operator_removes_a_lost_one(cast: Cast, sign_in: SignIn) -> None:
    set_up(sign_in("rita"))
    assert not signed_in(sign_in("rita"))
    call_command("reset_second_factor", "rita")
    assert signed_in(sign_in("rita"))
    assert told("account.factor_removed")[-1]["factor"] == "all"
    with pytest.raises(CommandError, match="no second factor"):
        call_command("reset_second_factor", "rita")
    with pytest.raises(CommandError, match="spelling"):
        call_command("reset_second_factor", "nobody")
