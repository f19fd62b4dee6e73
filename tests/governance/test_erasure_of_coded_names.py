"""Erasing what is easily missed: names that are not written as they are, and reports that begin meanwhile."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.mail import EmailMessage

from governance.models import Report, ReportState
from governance.services import erased_files, erased_rows, erasure
from registry.errors import Conflict
from registry.models import IdempotentAnswer
from tests.cast import Cast
from tests.governance import staging

NAME = "Zoë Müller"
LONG = "A line of more than seventy-eight characters, which a mail breaks wherever it likes to: "


@pytest.fixture
def mails(tmp_path: Path, settings: Any) -> Path:
    settings.VAR_DIR = tmp_path
    settings.MAILERS = {"default": {"BACKEND": "", "OPTIONS": {"file_path": str(tmp_path / "mail")}}}
    for folder in ("mail", "queue"):
        (tmp_path / folder).mkdir()
    return tmp_path / "mail"


@pytest.mark.parametrize(
    ("mail", "word"),
    [
        (EmailMessage("Due", f"{LONG}{NAME} asks."), NAME),
        (EmailMessage("Due", f"{LONG[:72]} Vera Valid asks, and so does everybody else."), "Vera Valid"),
        (EmailMessage(f"{NAME} asks for your vote", "Look."), NAME),
        (EmailMessage("Due", "Look.", to=[f"{NAME} <zoe@example.org>"]), NAME),
    ],
)
def test_a_stored_mail_is_found_however_it_is_coded(mails: Path, mail: EmailMessage, word: str) -> None:
    other = EmailMessage("Due", "For somebody else.").message().as_bytes()
    path = mails / "1.log"
    path.write_bytes(other + b"\n" + b"-" * 79 + b"\n" + mail.message().as_bytes())
    (mails / "2.log").write_bytes(other)
    assert erased_files.delete_mails_and_messages({word}) == 1
    assert [left.name for left in mails.iterdir()] == ["2.log"]


def test_a_mail_that_nobody_can_read_stops_nothing(mails: Path) -> None:
    (mails / "1.log").write_bytes(b"Subject: =?none?b?!!!?=\nContent-Transfer-Encoding: base64\n\n\xff\xfe")
    assert erased_files.delete_mails_and_messages({NAME}) == 0


def test_a_waiting_message_is_found(mails: Path) -> None:
    body = base64.b64encode(json.dumps([["", NAME], {}]).encode()).decode()
    (mails.parent / "queue" / "1.msg").write_text(json.dumps({"body": body}))
    assert erased_files.delete_mails_and_messages({NAME}) == 1


def test_a_stored_answer_is_found(cast: Cast) -> None:
    for key, told in (("1", {"voter": NAME}), ("2", {"voter": "Somebody"})):
        IdempotentAnswer.objects.create(user=cast.olga, route="votes", key=key, answer=told)
    assert erased_rows.forget_names({NAME}) == 1
    assert IdempotentAnswer.objects.get().key == "2"


def test_nothing_is_erased_when_a_worker_begins_to_print_meanwhile(
    cast: Cast, mails: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has read the names as they were, and its report would be there afterwards with them."""
    version = staging.at_compliance(cast)
    report = staging.report(cast, version)

    def begins(*_: object) -> list[Report]:
        Report.objects.filter(pk=report.pk).update(state=ReportState.RUNNING)
        return []

    monkeypatch.setattr(erased_files, "naming", begins)
    with pytest.raises(Conflict, match="Try again in a few minutes"):
        erasure.erase(
            actor=cast.actor("olga"),
            user=cast.vera,
            organisation=cast.acme,
            reason="They asked.",
            under="GDPR Art. 17(1)(b)",
        )
    assert type(cast.vera).objects.get(pk=cast.vera.pk).username == cast.vera.username
