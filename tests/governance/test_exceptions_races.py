"""Waivers and emergencies on a real server, many at once: one order explains every answer."""

from collections import Counter

import pytest
from django.db import connection

from governance.models import Issue, IssueKind, Waiver, WaiverState
from governance.services import break_glass, waivers
from tests.cast import make_cast
from tests.governance import exceptional as given
from tests.governance.test_races import at_once, holding_log

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.postgresql,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite lets one writer in at a time"),
]


def test_a_waiver_is_approved_once() -> None:
    cast = make_cast()
    waiver = given.ask(cast, given.failed(cast))
    people = [cast.actor(name) for name in ("vera", "rita") * 4]
    with holding_log(cast):
        answers = at_once(
            *[
                lambda who=who: waivers.approve(actor=who, waiver=waiver, digest=waiver.digest)
                for who in people
            ]
        )
    assert Counter(answers) == {"done": 1, "waiver.closed": 7}
    assert given.entries("waiver.approved") == 1


def test_of_two_waivers_one_gets_the_last_days_of_the_budget() -> None:
    cast = make_cast()
    first = given.failed(cast)
    versions = [first, *(given.failed(cast, first.model.system, name) for name in ("2", "3"))]
    asked = [given.ask(cast, version, expires_at=given.until(days=25)) for version in versions]
    with holding_log(cast):
        answers = at_once(
            *[
                lambda row=row, name=name: waivers.approve(
                    actor=cast.actor(name), waiver=row, digest=row.digest
                )
                for row, name in zip(asked, ("vera", "rita", "vera"), strict=True)
            ]
        )
    assert Counter(answers) == {"done": 2, "waiver.budget": 1}
    assert Waiver.objects.filter(state=WaiverState.APPROVED).count() == 2


def test_of_two_first_waivers_of_one_finding_one_is_approved() -> None:
    cast = make_cast()
    version = given.failed(cast)
    asked = [given.ask(cast, version, expires_at=given.until(days=5)) for _ in range(2)]
    with holding_log(cast):
        answers = at_once(
            *[
                lambda row=row, name=name: waivers.approve(
                    actor=cast.actor(name), waiver=row, digest=row.digest
                )
                for row, name in zip(asked, ("vera", "rita"), strict=True)
            ]
        )
    assert Counter(answers) == {"done": 1, "waiver.is_a_renewal": 1}


def test_approved_beside_revoked_and_refused_has_one_order() -> None:
    cast = make_cast()
    waiver = given.ask(cast, given.failed(cast))
    with holding_log(cast):
        answers = at_once(
            lambda: waivers.approve(actor=cast.actor("vera"), waiver=waiver, digest=waiver.digest),
            lambda: waivers.refuse(actor=cast.actor("rita"), waiver=waiver, reason="No."),
        )
    assert Counter(answers) == {"done": 1, "waiver.closed": 1}


def test_an_emergency_is_confirmed_once_and_has_one_incident() -> None:
    cast = make_cast()
    release = given.emergency(cast, given.failed(cast), confirmed=False)
    people = [cast.actor(name) for name in ("adam", "cora") * 3]
    with holding_log(cast):
        answers = at_once(
            *[lambda who=who: break_glass.confirm(actor=who, release=release) for who in people]
        )
    assert Counter(answers) == {"done": 1, "break_glass.state": 5}
    assert Issue.objects.filter(kind=IssueKind.INCIDENT).count() == 1
