"""The log for other tools: OCSF lines that go on where one stopped, and cells that no spreadsheet computes."""

import csv
import io
import json
import tracemalloc
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from registry.ledger import record
from registry.ledger.models import LedgerEntry, PersonalText
from registry.services import feed
from tests.calls import api
from tests.cast import Cast
from tests.make import make_system
from tests.registry.test_checkpoints import append

FEED = "/api/v1/ledger/feed"


def entries(cast: Cast) -> list[LedgerEntry]:
    return list(LedgerEntry.objects.filter(organisation_id=cast.acme.pk).order_by("index"))


def lines(answer: Any) -> list[dict[str, Any]]:
    assert answer.status_code == 200
    return [json.loads(line) for line in answer.content.decode().splitlines()]


def exported(form: str, **options: Any) -> str:
    out = io.StringIO()
    call_command("export_events", organisation="acme", format=form, stdout=out, **options)
    return out.getvalue()


def test_a_siem_reads_the_log_as_ocsf(cast: Cast) -> None:
    system = make_system(cast)
    told = {one["metadata"]["sequence"]: one for one in lines(api(cast, "aud").get(FEED))}
    [row] = [entry for entry in entries(cast) if entry.event == "system.registered"]
    event = told[row.index]
    assert (event["class_uid"], event["category_uid"], event["type_uid"]) == (3004, 3, 300401)
    assert (event["activity_id"], event["severity_id"], event["status_id"]) == (1, 1, 1)
    assert event["time"] == int(row.recorded_at.timestamp() * 1000)
    assert event["entity"] == {"uid": str(system.pk), "type": "system"}
    assert event["actor"]["user"]["uid"] == row.actor_id
    assert event["metadata"]["event_code"] == "system.registered"
    assert event["unmapped"]["leaf_hash"] == bytes(row.leaf_hash).hex()


def test_a_refused_attempt_is_a_failure_there(cast: Cast) -> None:
    api(cast, "aud").post("/api/v1/systems", {"organisation": "acme", "slug": "x"}, format="json")
    with record.transaction():
        record.event(
            "access.denied",
            organisation_id=cast.acme.pk,
            subject=cast.acme,
            actor=cast.actor("aud"),
            permission="register",
            reason="You may not.",
        )
    event = json.loads(feed.ocsf(entries(cast)[-1]))
    assert (event["activity_id"], event["activity_name"], event["type_uid"]) == (99, "Denied", 300499)
    assert (event["status_id"], event["severity_id"]) == (2, 3)


def test_it_goes_on_where_one_stopped(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    client = api(cast, "aud")
    monkeypatch.setattr(feed, "PAGE", 4)
    seen: list[int] = []
    after: dict[str, str] = {}
    while found := lines(answer := client.get(FEED, after)):
        seen += [one["metadata"]["sequence"] for one in found]
        after = {"after": answer["Assay-Next-After"]}
    assert seen == [entry.index for entry in entries(cast)]
    assert answer["Assay-Next-After"] == str(seen[-1])
    append(cast)
    assert [one["metadata"]["sequence"] for one in lines(client.get(FEED, after))] == [seen[-1] + 1]


def test_one_answer_is_bounded_in_bytes_too(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "PAGE_BYTES", 1)
    assert len(lines(api(cast, "aud").get(FEED))) == 1


@pytest.mark.parametrize("after", ["", "-1", "x", "1.5", "9" * 19])
def test_the_index_is_a_whole_number(cast: Cast, after: str) -> None:
    assert api(cast, "aud").get(FEED, {"after": after}).status_code == 400


def test_only_who_may_read_the_log(cast: Cast) -> None:
    assert api(cast, "oscar").get(FEED, {"organisation": "acme"}).status_code == 404
    assert api(cast, "ci").get(FEED).status_code == 403


@pytest.mark.parametrize("form", feed.FORMS)
def test_no_form_tells_a_text_that_can_be_erased(cast: Cast, form: str) -> None:
    make_system(cast)
    text = exported(form)
    texts = PersonalText.objects.filter(organisation_id=cast.acme.pk).values_list("text", flat=True)
    assert text.count("\n") >= len(entries(cast)) > 5
    assert {one for one in texts if len(one) > 4 and one in text} <= {
        "acme-ci"
    }  # a machine’s name is no secret


def test_plain_lines_are_the_entries(cast: Cast) -> None:
    found = [json.loads(line) for line in exported("jsonl", after=2).splitlines()]
    rows = entries(cast)[3:]
    assert [one["entry"] for one in found] == [json.loads(bytes(row.body)) for row in rows]
    assert [one["leaf_hash"] for one in found] == [bytes(row.leaf_hash).hex() for row in rows]


def test_a_table_has_a_row_for_each_entry(cast: Cast) -> None:
    rows = list(csv.DictReader(io.StringIO(exported("csv"))))
    assert [int(row["index"]) for row in rows] == [entry.index for entry in entries(cast)]
    assert [row["event"] for row in rows] == [entry.event for entry in entries(cast)]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_a_cell_that_a_spreadsheet_would_compute_is_text(start: str) -> None:
    assert feed.safe(f"{start}1+1") == f"'{start}1+1"
    assert feed.safe("1=1") == "1=1"
    assert feed.safe(None) == ""


def test_it_asks_who_means_several(cast: Cast) -> None:
    with pytest.raises(CommandError, match="Say whose log"):
        call_command("export_events")


def test_a_long_log_is_read_in_portions_and_takes_no_more_memory(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "PORTION", 50)
    append(cast, 1000)
    size = len(entries(cast))
    tracemalloc.start()
    try:
        with CaptureQueriesContext(connection) as seen:
            assert sum(1 for _ in feed.written(cast.acme.pk, "ocsf", -1)) == size
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(seen) == -(-size // 50) + 1
    assert peak < 2_000_000
