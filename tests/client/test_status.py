"""`assay status` says whether the gate could ask, as whom, and with what its answers would be verified."""

from __future__ import annotations

from datetime import datetime, timedelta
from email.utils import format_datetime

from assay_client import outcomes
from assay_client.times import UTC

from tests.client.command import Command
from tests.client.register import FakeRegister
from tests.client.service import Asked, FakeService, Handler
from tests.client.verdicts import bare, vkey


def test_it_shows_whom_it_asks_as_whom(service: FakeService, assay: Command) -> None:
    service.behaviour = FakeRegister()
    ran = assay("status")
    assert ran.code == 0
    assert ran.out.splitlines() == [
        f"● reachable: {service.url}",
        "  asking as: ci-of-credit, of acme",
        "  verdicts: not verified, no key is pinned",
    ]


def test_it_names_the_pinned_verifier(service: FakeService, assay: Command) -> None:
    service.behaviour = FakeRegister()
    assert "pinned key of https://assay.example" in assay("status", "--key", vkey()).out
    assert "pinned key of an unnamed verifier" in assay("status", "--key", bare()).out


def test_it_notices_a_wrong_clock(service: FakeService, assay: Command) -> None:
    def tomorrow(handler: Handler, asked: Asked) -> None:
        handler.date_time_string = lambda timestamp=None: format_datetime(  # type: ignore[method-assign]
            datetime.now(UTC) + timedelta(days=1), usegmt=True
        )
        handler.send_json({"name": "ci", "organisations": []})

    service.behaviour = tomorrow
    ran = assay("status", "--json")
    assert abs(ran.document["clock_skew_seconds"] - 86_400) < 10
    assert "the gate will refuse its answers" in assay("status").out


def test_a_refused_token_is_bad_input(service: FakeService, assay: Command) -> None:
    service.behaviour = lambda handler, asked: handler.send_problem(
        401, "token.invalid", "The token is not known."
    )
    ran = assay("status")
    assert ran.code == outcomes.BAD_INPUT
    assert "The token is not known." in ran.err


def test_an_unreachable_service_is_unusable(assay: Command) -> None:
    assert assay("status", ASSAY_URL="http://127.0.0.1:1").code == outcomes.UNUSABLE
