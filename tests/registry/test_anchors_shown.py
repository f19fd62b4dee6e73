"""How old the newest anchor is, on the page of the log and over the API; red when entries lie nowhere outside."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from registry.ledger.checkpoint_models import LedgerAnchor
from registry.services import anchors, checkpoints
from tests.cast import Cast
from tests.registry.ledger.lifted import lifted
from tests.registry.test_checkpoints import append, folders, issued

__all__ = ["folders"]


@pytest.fixture(autouse=True)
def volume(tmp_path: Path, settings: Any) -> None:
    settings.ASSAY_LOG_ANCHORS = [f"file:{tmp_path}"]


def told(cast: Cast) -> Any:
    client = Client()
    client.force_login(cast.aud)
    return client.get("/api/v1/ledger/checkpoint").json()


def page(cast: Cast) -> str:
    client = Client()
    client.force_login(cast.aud)
    return client.get(reverse("log")).content.decode()


def test_it_works(cast: Cast) -> None:
    made = issued(cast)
    anchors.anchor(cast.acme.pk)
    (kept,) = told(cast)["anchors"]
    assert (kept["kind"], kept["size"], told(cast)["anchors_overdue"]) == ("file", made.size, False)
    assert f"The first {made.size} entries, since" in page(cast)


def test_entries_that_lie_nowhere_outside_for_long_are_red(cast: Cast) -> None:
    checkpoints.issue(cast.acme.pk)
    assert told(cast)["anchors_overdue"] is True  # nothing was ever taken outside
    anchors.anchor(cast.acme.pk)
    with lifted():
        LedgerAnchor.objects.update(anchored_at=timezone.now() - timedelta(hours=25))
    assert told(cast)["anchors_overdue"] is False  # nothing was written since
    append(cast)
    assert told(cast)["anchors_overdue"] is True
    assert "not kept outside" in page(cast)


def test_without_a_place_the_page_says_who_could_rewrite_the_log(cast: Cast, settings: Any) -> None:
    settings.ASSAY_LOG_ANCHORS = []
    checkpoints.issue(cast.acme.pk)
    assert (told(cast)["anchors"], told(cast)["anchors_overdue"]) == ([], False)
    assert "whoever runs the database could rewrite it whole" in page(cast)
