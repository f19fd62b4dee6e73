"""The log's pages: what is looked for is found, the count is said, and an entry opens to its proof."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from registry.ledger.models import LedgerEntry, LedgerHead
from registry.services import checkpoints
from tests.cast import Cast
from tests.make import make_system
from tests.registry.test_checkpoints import append, folders
from tests.registry.test_verifications import tamper

__all__ = ["folders"]
LINK = re.compile(r'href="/log/entry\?organisation=acme&amp;index=(\d+)"')


def browser(cast: Cast, name: str = "aud") -> Client:
    client = Client()
    client.force_login(getattr(cast, name), backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def shown(cast: Cast, **query: str) -> list[int]:
    text = browser(cast).get("/log", query).content.decode()
    return [int(index) for index in LINK.findall(text)]


def indices(cast: Cast, **lookups: object) -> list[int]:
    rows = LedgerEntry.objects.filter(organisation_id=cast.acme.pk, **lookups).order_by("-index")
    return list(rows.values_list("index", flat=True))


def test_the_log_is_filtered_by_event_subject_actor_and_day(cast: Cast) -> None:
    system = make_system(cast)
    today = timezone.now().date().isoformat()
    assert shown(cast, event="role.granted") == indices(cast, event="role.granted")
    assert shown(cast, subject=str(system.pk)) == indices(cast, subject_id=system.pk)
    assert shown(cast, actor="olga") == indices(cast, actor_id=str(cast.olga.pk))
    assert shown(cast, actor=str(cast.olga.pk)) == shown(cast, actor="olga")
    assert shown(cast, since=today, until=today) == indices(cast)
    assert shown(cast, until="2001-01-01") == shown(cast, since="2101-01-01") == []
    assert shown(cast, actor="olga", event="organisation.created") == []


def test_how_many_match_and_which_are_here_is_always_said(cast: Cast) -> None:
    append(cast, 60)
    size = LedgerHead.objects.get(pk=cast.acme.pk).size
    text = browser(cast).get("/log").content.decode()
    assert f"{size} entries. Here: 50, newest first, from entry {size - 1} down to {size - 50}." in text
    text = (
        browser(cast).get("/log", {"event": "member.reactivated", "before": str(size - 50)}).content.decode()
    )
    assert f"60 of {size} entries match" in text
    assert f"Here: 10, newest first, from entry {size - 51} down to {size - 60}." in text
    assert f"0 of {size} entries match." in browser(cast).get("/log", {"actor": "nobody"}).content.decode()


@pytest.mark.parametrize(
    "query",
    [
        {"event": "no.such"},
        {"subject": "x"},
        {"since": "tomorrow"},
        {"until": "2026-02-31"},
        {"actor": "\x00"},
    ],
)
def test_what_cannot_be_understood_shows_nothing_and_says_so(cast: Cast, query: dict[str, str]) -> None:
    text = browser(cast).get("/log", query).content.decode()
    assert LINK.findall(text) == []
    assert ("cannot be understood" in text) == ("actor" not in query)


def test_older_entries_keep_the_filter(cast: Cast) -> None:
    append(cast, 60)
    text = browser(cast).get("/log", {"event": "member.reactivated"}).content.decode()
    older = re.search(r'href="(\?[^"]+)">Older', text)
    assert older
    assert "event=member.reactivated" in older[1]
    assert browser(cast).get("/log", {"before": "9" * 18}).status_code == 200


def test_an_entry_opens_to_its_bytes_its_sentence_and_its_proof(cast: Cast) -> None:
    made = checkpoints.issue(cast.acme.pk)
    assert made
    entry = LedgerEntry.objects.get(organisation_id=cast.acme.pk, index=1)
    text = browser(cast).get("/log/entry?index=1").content.decode()
    for told in (bytes(entry.leaf_hash).hex(), bytes(made.root).hex(), "became", f"over {made.size} entries"):
        assert told in text
    assert "c2sp.org/tlog-proof@v1\nextra " in text
    assert "/api/v1/ledger/receipt?organisation=acme&amp;index=1" in text


def test_an_entry_that_is_not_signed_yet_says_so(cast: Cast) -> None:
    text = browser(cast).get("/log/entry?index=1").content.decode()
    assert "No signed checkpoint covers entry 1 yet." in text
    assert "data-verify" not in text


def test_changed_bytes_are_told_as_what_they_are(cast: Cast) -> None:
    checkpoints.issue(cast.acme.pk)
    tamper('UPDATE registry_ledgerentry SET body = %s WHERE "index" = 1', b"[nonsense")
    text = browser(cast).get("/log/entry?index=1").content.decode()
    assert "these are not the bytes that were hashed" in text
    assert "These bytes are no entry of this log." in text
    assert browser(cast).get("/log").status_code == 200


def test_only_who_may_read_the_log_sees_an_entry(cast: Cast) -> None:
    assert browser(cast).get("/log/entry?index=100000").status_code == 404
    assert browser(cast, "oscar").get("/log/entry", {"organisation": "acme", "index": "1"}).status_code == 404


def queries(cast: Cast, address: str) -> int:
    client = browser(cast)
    with CaptureQueriesContext(connection) as seen:
        assert client.get(address).status_code == 200
    return len(seen)


@pytest.mark.parametrize(
    ("address", "most"), [("/log?event=member.reactivated&actor=olga", 20), ("/log/entry?index=1", 19)]
)
def test_a_longer_log_takes_no_more_queries(cast: Cast, address: str, most: int) -> None:
    append(cast, 2)
    checkpoints.issue(cast.acme.pk)
    few = queries(cast, address)
    append(cast, 60)
    checkpoints.issue(cast.acme.pk)
    assert queries(cast, address) == few <= most
