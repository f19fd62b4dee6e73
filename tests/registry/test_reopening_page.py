"""A stopped log is opened again in the portal: one person says why, another confirms, and nobody does both."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from registry.ledger import halts
from registry.models import Reopening
from registry.services import reopenings
from registry.stages import Role
from tests.cast import Cast, grant
from tests.registry.test_checkpoints import folders
from tests.registry.test_log_pages import browser

__all__ = ["folders"]
PAGE = "/log/checkpoints"
WHY = "The disk was exchanged."


@pytest.fixture
def stopped(cast: Cast) -> None:
    grant(cast, "rita", Role.OPERATOR)
    halts.halt(cast.acme.pk, "The log has 3 entries now; 9 were signed.")


def page(cast: Cast, name: str) -> str:
    return browser(cast, name).get(PAGE).content.decode()


@pytest.mark.usefixtures("stopped")
def test_one_asks_another_confirms_and_the_worker_opens_it(cast: Cast) -> None:
    asked = browser(cast, "cora").post("/log/reopenings", {"reason": WHY}, follow=True)
    assert "stays stopped until another person agrees" in asked.content.decode()
    row = Reopening.objects.get()
    told = page(cast, "rita")
    assert "waits for a second person" in told
    assert WHY in told
    assert "Confirm and open the log" in told

    done = browser(cast, "rita").post(f"/log/reopenings/{row.pk}/confirm", follow=True).content.decode()
    assert "being opened" in done
    assert "Confirm and open the log" not in done
    reopenings.carry_out(row.pk)
    assert "is stopped" not in page(cast, "rita")


@pytest.mark.usefixtures("stopped")
def test_who_asked_cannot_confirm_and_is_told_who_can(cast: Cast) -> None:
    browser(cast, "cora").post("/log/reopenings", {"reason": WHY})
    told = page(cast, "cora")
    assert "Confirm and open the log" not in told
    assert "another compliance officer or operator confirms it" in told
    row = Reopening.objects.get()
    refused = browser(cast, "cora").post(f"/log/reopenings/{row.pk}/confirm")
    assert refused.status_code == 403
    assert "Another person than the one who asked has to agree." in refused.content.decode()
    row.refresh_from_db()
    assert row.confirmed_at is None


@pytest.mark.usefixtures("stopped")
def test_a_wrong_form_keeps_what_was_typed_and_links_to_the_field(cast: Cast) -> None:
    empty = browser(cast, "cora").post("/log/reopenings", {"reason": " "})
    assert empty.status_code == 400
    assert (
        '<a href="#reason">Reason</a>: Say what happened, and why the log may go on.'
        in empty.content.decode()
    )
    browser(cast, "cora").post("/log/reopenings", {"reason": WHY})
    again = browser(cast, "rita").post("/log/reopenings", {"reason": "The backup was old."})
    assert again.status_code == 409
    assert "Somebody has asked for this already." in again.content.decode()


@pytest.mark.usefixtures("stopped")
@pytest.mark.parametrize("name", ["dev", "aud", "vera", "adam", "olga"])
def test_who_may_not_operate_the_log_reads_and_is_offered_no_button(cast: Cast, name: str) -> None:
    told = page(cast, name)
    assert "Nobody has asked for it yet." in told
    assert "<textarea" not in told
    assert browser(cast, name).post("/log/reopenings", {"reason": WHY}).status_code == 403
    assert not Reopening.objects.exists()


def test_a_log_that_runs_shows_no_way_back_and_takes_no_wish_for_one(cast: Cast) -> None:
    assert "Open it again" not in page(cast, "cora")
    refused = browser(cast, "cora").post("/log/reopenings", {"reason": WHY})
    assert refused.status_code == 409


@pytest.mark.usefixtures("stopped")
def test_the_ceremony_takes_a_few_queries_more(cast: Cast) -> None:
    """What is asked, and the roles of who reads."""

    def queries() -> int:
        client = browser(cast, "rita")
        with CaptureQueriesContext(connection) as seen:
            assert client.get(PAGE).status_code == 200
        return len(seen)

    before = queries()
    reopenings.propose(actor=cast.actor("cora"), organisation=cast.acme, reason=WHY)
    assert queries() == before <= 20
