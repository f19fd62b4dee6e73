"""Mails about what is due: who gets them, how often, and what happens when they cannot be sent."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.db import DatabaseError
from django.test import Client
from django.utils import timezone

from governance import tasks
from governance.models import ApprovalRequest, Digest, Reminder
from governance.services import due, reminders
from registry.models import ModelVersion, Organisation, RoleGrant, User
from registry.services import people
from tests.cast import Cast
from tests.governance import staging, watching
from tests.governance.test_due import VOTES, asked
from tests.governance.watching import in_production, set_due


@pytest.fixture(autouse=True)
def noon() -> Iterator[time_machine.Traveller]:
    """No day ends while a test runs; a test moves the clock by itself."""
    with time_machine.travel(timezone.now().replace(hour=12), tick=False) as clock:
        yield clock


def days(clock: time_machine.Traveller, count: float) -> None:
    clock.move_to(timezone.now() + timedelta(days=count))


def outbox() -> list[Any]:
    return list(mail.outbox)


def told() -> list[str]:
    """Who got the mails since the last look, by user name."""
    names = [User.objects.get(email=message.to[0]).username for message in outbox()]
    mail.outbox.clear()
    return sorted(names)


@pytest.fixture
def version(cast: Cast) -> ModelVersion:
    """A version in production, to be reviewed in ten days; Dev owns the system."""
    watching.publish(cast, watching.text())
    version = in_production(cast, watching.ready(cast))
    set_due(version, 10)
    return version


@pytest.fixture
def request_(cast: Cast) -> ApprovalRequest:
    """A question that waits for Vera and Adam since three days."""
    watching.publish(cast, watching.text(demands=VOTES))
    return asked(cast, watching.at_compliance(cast, watching.ready(cast)), days_ago=3)


def test_it_works(cast: Cast, version: ModelVersion, settings: Any) -> None:
    settings.ASSAY_PUBLIC_URL = "https://assay.acme.example"
    tasks.remind()
    (message,) = outbox()
    assert isinstance(message, EmailMultiAlternatives)
    assert message.to == ["dev@example.org"]
    assert message.subject == "Assay: 1 thing due in Acme Bank"
    assert "Periodic review: scorecard 1 (Credit)" in message.body
    assert f"https://assay.acme.example/versions/{version.pk}/steps" in message.body
    (page,) = message.alternatives
    assert f'href="https://assay.acme.example/versions/{version.pk}/steps"' in str(page[0])
    digest = Digest.objects.get()
    assert digest.sent_at is not None
    assert digest.recipient == cast.dev


def test_before_people_are_to_be_told_nothing_is_sent(version: ModelVersion) -> None:
    set_due(version, 15)
    assert reminders.remind() == 0
    assert outbox() == []


def test_once_a_day_at_most_and_again_after_the_pause(
    version: ModelVersion, noon: time_machine.Traveller
) -> None:
    assert [reminders.remind() for _ in range(3)] == [1, 0, 0]
    days(noon, 2)
    assert reminders.remind() == 0  # every three days
    days(noon, 1)
    assert reminders.remind() == 1
    assert Reminder.objects.count() == 2


def test_everything_of_a_day_is_in_one_mail(cast: Cast, version: ModelVersion) -> None:
    other = in_production(cast, watching.ready(cast, "other"))
    set_due(other, 3)
    reminders.remind()
    (message,) = outbox()
    assert message.subject == "Assay: 2 things due in Acme Bank"
    assert message.body.index("Other") < message.body.index("Credit")


def test_of_a_question_those_are_told_whose_vote_would_count(
    cast: Cast, request_: ApprovalRequest, noon: time_machine.Traveller
) -> None:
    reminders.remind()
    assert told() == ["adam", "vera"]
    staging.vote(cast, request_, "vera")
    days(noon, 3)
    reminders.remind()
    # It is open for six days now.
    assert told() == ["adam"]


def test_a_fresh_question_is_left_alone(request_: ApprovalRequest) -> None:
    ApprovalRequest.objects.update(requested_at=timezone.now() - timedelta(days=1))
    assert reminders.remind() == 0


def test_what_lies_too_long_goes_to_those_above(
    cast: Cast, request_: ApprovalRequest, noon: time_machine.Traveller
) -> None:
    days(noon, 4)  # seven days since it was asked
    reminders.remind()
    by_person = {message.to[0]: message.body for message in outbox()}
    assert "waits for others, who did not act in time" in by_person["cora@example.org"]
    assert "waits for others" not in by_person["vera@example.org"]
    assert told() == ["adam", "aud", "cora", "dev", "vera"]  # Aud is a compliance officer here, Dev the owner
    assert set(Reminder.objects.filter(escalated=True).values_list("recipient__username", flat=True)) == {
        "aud",
        "cora",
        "dev",
    }


def test_a_policy_sets_the_days(cast: Cast, noon: time_machine.Traveller) -> None:
    often = "review: {every_days: 90}\nreminders: {after_days: 1, every_days: 1, escalate_after_days: 2}"
    watching.publish(cast, watching.text(often, demands=VOTES))
    asked(cast, watching.at_compliance(cast, watching.ready(cast)), days_ago=1)
    reminders.remind()
    assert told() == ["adam", "vera"]
    days(noon, 1)
    reminders.remind()
    assert told() == ["adam", "aud", "cora", "dev", "vera"]


def test_when_nobody_is_left_those_above_are_told_at_once(cast: Cast, version: ModelVersion) -> None:
    RoleGrant.objects.filter(membership__user=cast.dev).delete()
    User.objects.filter(pk=cast.dev.pk).update(is_active=False)
    reminders.remind()
    assert told() == ["aud", "cora"]


def test_whoever_left_is_told_nothing(cast: Cast, request_: ApprovalRequest) -> None:
    grants = RoleGrant.objects.get(membership__user=cast.vera)
    people.revoke_role(actor=cast.actor("olga"), grant=grants)
    User.objects.filter(pk=cast.adam.pk).update(email="")
    reminders.remind()
    assert {"vera", "adam"}.isdisjoint(told())


def test_a_mail_that_fails_is_kept_and_tried_again(
    version: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: EmailMultiAlternatives, *args: Any, **kwargs: Any) -> int:
        raise ConnectionRefusedError("The mail server is away.")

    with monkeypatch.context() as away:
        away.setattr(EmailMultiAlternatives, "send", refuse)
        assert reminders.remind() == 0
        digest = Digest.objects.get()
        assert (digest.sent_at, digest.error, digest.attempts) == (None, "The mail server is away.", 1)
    assert reminders.remind() == 1
    digest.refresh_from_db()
    assert digest.sent_at is not None
    assert (digest.error, digest.attempts) == ("", 2)
    assert len(outbox()) == 1


def test_a_mail_of_the_day_before_yesterday_is_not_sent_any_more(
    version: ModelVersion, noon: time_machine.Traveller
) -> None:
    reminders.remind()
    Digest.objects.update(sent_at=None)
    mail.outbox.clear()
    days(noon, 2)
    assert reminders.remind() == 0


def test_somebody_else_is_sending_it(version: ModelVersion) -> None:
    reminders.remind()
    Digest.objects.update(sent_at=None, lease_until=timezone.now() + timedelta(minutes=5))
    assert reminders.remind() == 0
    Digest.objects.update(lease_until=timezone.now() - timedelta(seconds=1))  # it died while sending
    assert reminders.remind() == 1


def test_one_organisation_that_cannot_be_read_stops_no_other(
    version: ModelVersion, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = due.items

    def items(scope: Any) -> Any:
        if scope.organisation.slug == "other":
            raise DatabaseError("The disk is gone.")
        return real(scope)

    monkeypatch.setattr(reminders, "items", items)
    assert Organisation.objects.count() == 2
    assert reminders.remind() == 1


def test_names_of_others_and_what_was_typed_stay_out(cast: Cast, request_: ApprovalRequest) -> None:
    staging.vote(cast, request_, "vera", comment="A secret doubt.")
    ApprovalRequest.objects.update(requested_at=timezone.now() - timedelta(days=8))
    reminders.remind()
    for message in outbox():
        text = f"{message.subject} {message.body} {message.alternatives}"
        assert "A secret doubt." not in text
        assert "Vera" not in text.replace("Hello Vera", "")


def test_a_system_with_a_hostile_name_is_text(cast: Cast, version: ModelVersion) -> None:
    version.model.system.__class__.objects.update(name="<script>x</script>\r\nBcc: all@example.org")
    Organisation.objects.filter(pk=cast.acme.pk).update(name="Acme\nBcc: all@example.org")
    assert reminders.remind() == 1
    (message,) = outbox()
    assert "\n" not in message.subject
    assert message.recipients() == ["dev@example.org"]
    assert "<script>" not in str(message.alternatives[0][0])


def test_people_see_what_they_were_mailed(cast: Cast, version: ModelVersion) -> None:
    reminders.remind()
    for name, seen in (("dev", True), ("aud", False)):
        client = Client()
        client.force_login(getattr(cast, name), backend="allauth.account.auth_backends.AuthenticationBackend")
        mails = client.get("/due").content.decode().partition("What you were mailed")[2]
        assert ("scorecard 1 (Credit)" in mails) == seen
