"""The page of checkpoints, and what every page says of a stopped log."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from registry.ledger import halts
from registry.ledger.checkpoint_models import LedgerAnchor
from registry.ledger.models import LedgerHead
from registry.services import checkpoints, log_state
from tests.cast import Cast
from tests.registry.test_checkpoints import append, folders, issued
from tests.registry.test_log_pages import browser, queries

__all__ = ["folders"]
PAGE = "/log/checkpoints"
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def read(cast: Cast, name: str = "aud", page: str = PAGE) -> str:
    return browser(cast, name).get(page).content.decode()


def anchor(cast: Cast, place: str, size: int) -> None:
    LedgerAnchor.objects.create(
        organisation_id=cast.acme.pk,
        origin="x",
        size=size,
        kind="file",
        place=place,
        reference="line 1",
        anchored_at=timezone.now(),
    )


def test_it_shows_checkpoints_keys_and_places_outside(cast: Cast) -> None:
    old = issued(cast)
    append(cast, 3)
    made = issued(cast)
    for place, size in (("vault", old.size), ("vault", made.size), ("paper", old.size)):
        anchor(cast, place, size)
    text = read(cast)
    assert f"{made.size} of {made.size} entries are signed" in text
    assert "2 of 2 checkpoints" in text
    assert bytes(old.root).hex() in text
    assert text.count(">vault<") == text.count(">paper<") == 1
    [key] = log_state.state(cast.actor("aud"), cast.acme).keys
    assert key.vkey in text


def test_before_the_first_checkpoint_it_says_so(cast: Cast) -> None:
    text = read(cast)
    assert "Nothing of this log is signed yet" in text
    assert "No key has signed yet." in text
    assert "No place outside this database keeps a checkpoint." in text


@pytest.mark.parametrize(("minutes", "late"), [(1, False), (5, False), (5.1, True), (600, True)])
def test_a_log_that_grew_and_is_not_signed_is_late_after_five_rounds(minutes: float, late: bool) -> None:
    assert log_state.is_late(NOW - timedelta(minutes=minutes), NOW) is late
    assert log_state.is_late(None, NOW) is False


def test_a_late_signature_is_told_with_the_entry_that_waits(cast: Cast, settings: Any) -> None:
    made = issued(cast)
    settings.ASSAY_CHECKPOINT_SECONDS = -1
    assert "is-failed" not in read(cast)  # nothing waits
    append(cast)
    text = read(cast)
    assert "The newest entries are not signed" in text
    assert f"{made.size} of {made.size + 1} entries are signed. Entry {made.size} waits since" in text


def test_a_stopped_log_says_why_and_who_can_do_what(cast: Cast) -> None:
    issued(cast)
    halts.halt(cast.acme.pk, "The log has 3 entries now; 9 were signed.")
    text = read(cast)
    for told in (
        "Nothing can be changed",
        "3 entries now; 9 were signed",
        "Who can do what",
        "Reading goes on",
    ):
        assert told in text
    assert "you are one of them" not in text
    assert "is-passed" not in text
    assert text.count("Nothing can be changed") == 1
    assert "you are one of them" in read(cast, "cora")


def test_every_page_tells_of_a_stopped_log_to_who_belongs_to_it(cast: Cast) -> None:
    halts.halt(cast.acme.pk, "It was cut.")
    for page in ("/", "/systems", "/policies", "/no-such-page"):
        assert "Nothing can be changed: the log of Acme Bank is stopped." in read(cast, "dev", page), page
        assert "Nothing can be changed" not in read(cast, "oscar", page), page
    assert "Nothing can be changed" not in Client().get("/accounts/login/").content.decode()


def test_more_checkpoints_take_no_more_queries(cast: Cast) -> None:
    issued(cast)
    anchor(cast, "vault", 1)
    few = queries(cast, PAGE)
    for number in range(4):
        append(cast)
        issued(cast)
        anchor(cast, f"place {number}", 1)
    assert queries(cast, PAGE) == few <= 16
    assert checkpoints.issue(cast.acme.pk) is None
    assert (
        LedgerHead.objects.get(pk=cast.acme.pk).size == log_state.state(cast.actor("aud"), cast.acme).signed
    )
