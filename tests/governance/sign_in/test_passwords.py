"""Passwords: signing in, guessing, forgetting, changing; and nothing that tells whether there is such an account."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth import hashers
from django.core import mail
from django.test import Client, override_settings

from governance import tasks
from registry import queue
from registry.models import User
from registry.services import sign_ins
from registry.tasks import note_failed_sign_in
from tests.cast import PASSWORD, Cast
from tests.governance.sign_in.acts import signed_in, text, told

SignIn = Callable[..., Client]
Rows = list[dict[str, Any]]
NEW = "another battery, another staple"


def attempt(login: str, password: str = "wrong") -> Any:
    return Client().post("/accounts/login/", {"login": login, "password": password})


def without_token(page: str) -> str:
    """The page without what is random in it, and without what was typed."""
    return re.sub(r'(csrf\w*" value="|X-CSRFToken": ")\w+|value="[^"]*"', "", page)


def close(user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)


@pytest.mark.parametrize("name", ["rita", "rita@example.org", "RITA@example.org"])
def test_it_works(cast: Cast, sign_in: SignIn, name: str) -> None:
    assert signed_in(sign_in(name))
    [entry] = told("account.signed_in")
    assert (entry["user_id"], entry["method"], entry["second_factor"]) == (
        str(cast.rita.pk),
        "password",
        False,
    )


def test_a_superuser_without_a_place_signs_in_and_no_log_is_told(cast: Cast, sign_in: SignIn) -> None:
    assert signed_in(sign_in("root"))
    assert told("account.signed_in") == []


def test_wrong_closed_and_unknown_are_answered_alike(cast: Cast, sent: Rows) -> None:
    close(cast.adam)
    cases = [
        ("rita", "wrong"),
        ("rita@example.org", "wrong"),
        ("nobody", "wrong"),
        ("nobody@example.org", "wrong"),
        ("adam", "wrong"),
        ("adam", PASSWORD),
        ("acme-ci", "wrong"),
    ]
    answers = [attempt(*case) for case in cases]
    assert {answer.status_code for answer in answers} == {200}
    assert len({without_token(text(answer)) for answer in answers}) == 1
    assert "do not belong together" in text(answers[0])
    assert [row["login"] for row in sent] == [login for login, _ in cases], "the same work for all"


@pytest.mark.parametrize("login", ["rita", "nobody", "acme-ci"])
def test_an_unknown_name_costs_as_much_hashing_as_a_known_one(
    cast: Cast, sent: Rows, monkeypatch: pytest.MonkeyPatch, login: str
) -> None:
    calls: list[str] = []
    hasher = hashers.MD5PasswordHasher
    real = hasher.encode

    def counted(*given: Any) -> str:
        calls.append("hashed")
        return str(real(*given))

    monkeypatch.setattr(hasher, "encode", counted)
    attempt(login)
    assert calls == ["hashed"]


def test_failures_stand_in_the_log_of_those_who_know_the_name(cast: Cast) -> None:
    note_failed_sign_in("rita", "the password was wrong")
    note_failed_sign_in("nobody", "the password was wrong")
    close(cast.adam)
    note_failed_sign_in("ADAM@example.org", "the password was wrong")
    found = told("account.sign_in_failed")
    assert [(row["user_id"], row["why"]) for row in found] == [
        (str(cast.rita.pk), "the password was wrong"),
        (str(cast.adam.pk), "the account is closed"),
    ]


def test_a_broker_that_is_down_stops_nobody(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(task: str, **ids: str) -> None:
        raise OSError("no broker")

    monkeypatch.setattr(queue, "send", down)
    assert "do not belong together" in text(attempt("rita"))


def test_a_password_is_guessed_five_times_at_most(cast: Cast, sent: Rows) -> None:
    for _ in range(5):
        attempt("rita")
    answer = attempt("rita", PASSWORD)
    assert "Too many attempts failed" in text(answer)
    assert signed_in_as(attempt("adam", PASSWORD))


def signed_in_as(answer: Any) -> bool:
    return bool(answer.status_code == 302)


def test_changing_it_closes_other_sessions_and_stands_in_the_log(cast: Cast, sign_in: SignIn) -> None:
    here, there = sign_in("rita"), sign_in("rita")
    answer = here.post(
        "/accounts/password/change/", {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    )
    assert answer["Location"] == "/accounts/2fa/"
    assert here.get("/people").status_code == 200
    assert there.get("/people").status_code == 302
    assert [entry["how"] for entry in told("account.password_changed")] == ["changed"]
    assert NEW not in str(told("account.password_changed"))


@pytest.mark.parametrize(
    ("old", "new"), [("wrong", NEW), (PASSWORD, "rita"), (PASSWORD, "12345678"), (PASSWORD, "password")]
)
def test_it_is_not_changed_without_the_old_one_nor_to_a_weak_one(
    cast: Cast, sign_in: SignIn, old: str, new: str
) -> None:
    answer = sign_in("rita").post(
        "/accounts/password/change/", {"oldpassword": old, "password1": new, "password2": new}
    )
    assert answer.status_code == 200
    assert told("account.password_changed") == []


def test_who_has_no_password_is_told_so(cast: Cast, sign_in: SignIn) -> None:
    browser = sign_in("rita")
    cast.rita.set_unusable_password()
    cast.rita.save()
    browser.force_login(cast.rita, backend="allauth.account.auth_backends.AuthenticationBackend")
    answer = browser.get("/accounts/password/change/")
    assert (answer.status_code, "without a password" in text(answer)) == (409, True)


def link() -> str:
    message, *_ = mail.outbox
    found = re.search(r"http://127\.0\.0\.1:8000(/accounts/password/reset/key/\S+)", str(message.body))
    assert found is not None
    return found.group(1)


def test_forgetting_it_works(cast: Cast, sign_in: SignIn, sent: Rows) -> None:
    asked = Client().post("/accounts/password/reset/", {"email": "Rita@example.org"})
    assert asked["Location"] == "/accounts/password/reset/done/"
    tasks.mail_new_password(sent.pop()["address"])
    browser = Client()
    form = browser.get(link())["Location"]
    browser.post(form, {"password1": NEW, "password2": NEW})
    assert signed_in(sign_in("rita", NEW))
    assert not signed_in(browser), "a mail alone lets nobody in"
    assert [entry["how"] for entry in told("account.password_changed")] == ["reset by mail"]
    assert "does not work" in text(Client().get(link())), "good once"


def test_asking_for_a_mail_tells_nothing(cast: Cast, sent: Rows) -> None:
    close(cast.adam)
    names = ["rita", "nobody", "adam"]
    answers = [Client().post("/accounts/password/reset/", {"email": f"{name}@example.org"}) for name in names]
    assert {(answer.status_code, answer["Location"]) for answer in answers} == {
        (302, "/accounts/password/reset/done/")
    }
    assert [row["address"] for row in sent] == [f"{name}@example.org" for name in names]
    for row in sent:
        tasks.mail_new_password(row["address"])
    assert [message.to for message in mail.outbox] == [["rita@example.org"]]


def test_who_signs_in_elsewhere_gets_no_password_by_mail(cast: Cast) -> None:
    cast.rita.set_unusable_password()
    cast.rita.save()
    tasks.mail_new_password("rita@example.org")
    assert mail.outbox == []


@pytest.mark.parametrize(
    "look_alike", ["rıta@example.org", "rita@example.org\n", "rita@example.org,x@y.example"]
)
def test_a_mail_goes_to_the_address_that_is_kept(cast: Cast, look_alike: str) -> None:
    tasks.mail_new_password(look_alike)
    assert mail.outbox == []


def test_asking_too_often_is_refused_whoever_it_is(cast: Cast, sent: Rows) -> None:
    for address in ("rita@example.org", "nobody@example.org"):
        answers = [Client().post("/accounts/password/reset/", {"email": address}) for _ in range(6)]
        assert [answer.status_code for answer in answers] == [302] * 5 + [429]
        assert "Wait five minutes" in text(answers[-1])


HOSTS = {
    "Host": "evil.example",
    "X-Forwarded-Host": "evil.example",
    "Forwarded": "host=evil.example",
    "X-Original-URL": "http://evil.example/",
}


@override_settings(ALLOWED_HOSTS=["*"])
def test_links_in_mails_never_follow_what_a_request_calls_this_host(cast: Cast, sent: Rows) -> None:
    Client().post("/accounts/password/reset/", {"email": "rita@example.org"}, headers=HOSTS)
    tasks.mail_new_password(sent.pop()["address"])
    assert link().startswith("/accounts/password/reset/key/")
    [message] = mail.outbox
    told_all = message.subject + str(message.body) + str(getattr(message, "alternatives", ""))
    assert "evil" not in told_all


@override_settings(ALLOWED_HOSTS=["*"])
def test_nor_do_mails_about_the_account(cast: Cast, sign_in: SignIn) -> None:
    browser = sign_in("rita")
    form = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    browser.post("/accounts/password/change/", form, headers=HOSTS)
    [message] = mail.outbox
    assert message.subject == "Assay: Password Changed"
    assert "http://127.0.0.1:8000" in str(message.body)
    assert "evil" not in message.subject + str(message.body)


def test_mails_that_cannot_be_sent_stop_no_change(cast: Cast, sign_in: SignIn, settings: Any) -> None:
    settings.MAILERS = {"default": {"BACKEND": "tests.governance.sign_in.test_passwords.Down"}}
    form = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    assert sign_in("rita").post("/accounts/password/change/", form).status_code == 302
    assert len(told("account.password_changed")) == 1


def test_a_service_account_is_nobody_who_signs_in(cast: Cast) -> None:
    cast.ci.email = "ci@example.org"
    cast.ci.save()
    tasks.mail_new_password("ci@example.org")
    assert mail.outbox == []
    assert sign_ins.people_named("acme-ci") == []


class Down:
    """A mail server that does not answer."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.alias = kwargs.get("alias")

    def send_messages(self, messages: Any) -> int:
        raise ConnectionRefusedError("no mail server")
