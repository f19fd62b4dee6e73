"""Who has read what: it is noted when it happens, told to auditors only, and cannot be changed without a trace."""

import hashlib
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from assay_client import cli
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from registry.errors import Conflict, Denied
from registry.ledger import epochs, halts
from registry.ledger.models import LedgerEntry
from registry.models import Read
from registry.services import bound_reads, checkpoints, exports, reads, receipts
from registry.services.reads import Wanted
from tests.calls import api
from tests.cast import Cast
from tests.registry.test_checkpoints import folders
from tests.registry.test_log_pages import browser
from tests.registry.test_verifications import tamper

__all__ = ["folders"]


def read(cast: Cast, name: str = "vera", what: str = "people.list") -> Read:
    reads.note(cast.actor(name), what, cast.acme)
    return Read.objects.latest("pk")


def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if five minutes had gone by."""
    monkeypatch.setattr(bound_reads, "SETTLED", timedelta(seconds=-60))


def test_a_reading_says_who_read_what_when_and_how(cast: Cast) -> None:
    before = timezone.now() - timedelta(seconds=5)
    row = read(cast)
    assert (row.actor_kind, row.actor_id, row.way) == ("person", str(cast.vera.pk), "session")
    assert (row.what, row.object_kind, row.object_id) == ("people.list", "organisation", cast.acme.pk)
    assert before < row.at < timezone.now() + timedelta(seconds=5)


def test_a_token_is_told_from_a_session(cast: Cast) -> None:
    assert api(cast, "aud").get("/api/v1/members").status_code == 200
    assert Read.objects.get(what="people.list").way == "token"


def test_it_is_one_insert_and_takes_no_lock_of_the_log(cast: Cast) -> None:
    with CaptureQueriesContext(connection) as seen:
        reads.note(cast.actor("vera"), "people.list", cast.acme)
    statements = [one["sql"].split()[0] for one in seen]
    assert [word for word in statements if word not in {"SAVEPOINT", "RELEASE"}] == ["INSERT"]


def test_the_page_filters_by_person_kind_object_and_day(cast: Cast) -> None:
    read(cast, "vera")
    read(cast, "adam", "log.receipt")
    today = timezone.now().date().isoformat()

    def shown(**query: str) -> str:
        return browser(cast).get("/log/reads", query).content.decode()

    assert "The list of members" in shown(person="vera", what="people.list", since=today, until=today)
    assert "Vera" in shown(person="vera")
    assert 'data-label="Who" class="anywhere"><a href="?organisation=acme&amp;person=' in shown()
    for query in ({"person": "adam"}, {"until": "2001-01-01"}, {"object": str(cast.vera.pk)}):
        assert ">Vera<" not in shown(**query)
    assert "1 reading matches" in shown(person="adam")


@pytest.mark.parametrize("query", [{"object": "x"}, {"since": "soon"}, {"what": "nothing"}])
def test_what_cannot_be_understood_shows_nothing(cast: Cast, query: dict[str, str]) -> None:
    read(cast)
    assert "cannot be understood" in browser(cast).get("/log/reads", query).content.decode()
    answer = api(cast, "aud").get("/api/v1/reads", query)
    assert answer.status_code == 400
    assert [one["field"] for one in answer.json()["errors"]] == list(query)


@pytest.mark.parametrize("name", ["olga", "dev", "stew", "vera", "rita", "adam"])
def test_only_auditors_and_compliance_officers_may_know(cast: Cast, name: str) -> None:
    assert browser(cast, name).get("/log/reads").status_code == 403
    assert "Who read what" not in browser(cast, name).get("/log").content.decode()
    with pytest.raises(Denied, match="see who has read which record"):
        reads.told(cast.actor(name), cast.acme, Wanted())


@pytest.mark.parametrize("name", ["aud", "cora"])
def test_they_find_it_beside_the_log_and_are_noted_themselves(cast: Cast, name: str) -> None:
    assert "Who read what" in browser(cast, name).get("/log").content.decode()
    assert browser(cast, name).get("/log/reads").status_code == 200
    assert Read.objects.get(what="reads.page").actor_id == str(getattr(cast, name).pk)


def test_others_organisations_are_not_shown(cast: Cast) -> None:
    read(cast)
    assert browser(cast, "oscar").get("/log/reads", {"organisation": "acme"}).status_code == 404
    assert api(cast, "oscar").get("/api/v1/reads", {"organisation": "acme"}).status_code == 404


def test_more_readings_take_no_more_queries(cast: Cast) -> None:
    def queries() -> int:
        client = browser(cast)
        with CaptureQueriesContext(connection) as seen:
            assert client.get("/log/reads").status_code == 200
        return len(seen)

    read(cast)
    few = queries()
    for name in ("vera", "adam", "cora", "dev") * 5:
        read(cast, name)
    assert queries() == few <= 17


def test_where_the_database_takes_no_note_reading_goes_on_and_the_servers_log_keeps_it(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: object, **__: object) -> None:
        raise DatabaseError("could not extend file: No space left on device")

    monkeypatch.setattr(Read, "save", full)
    reads.note(cast.actor("vera"), "report.pdf", cast.acme)
    assert not Read.objects.exists()
    [line] = [one for one in caplog.records if one.message == "read_not_noted"]
    said = line.__dict__
    assert (said["what"], said["actor_id"], said["way"]) == ("report.pdf", str(cast.vera.pk), "session")
    assert said["object_id"] == str(cast.acme.pk)


def test_a_stopped_log_is_read_and_its_readers_are_noted(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    settled(monkeypatch)
    halts.halt(cast.acme.pk, "It was cut.")
    assert browser(cast).get("/log").status_code == 200
    assert Read.objects.filter(what="log.page").exists()
    bound_reads.bind_all()  # waits until the log is open again
    assert bound_reads.last(cast.acme.pk) is None


def test_readings_are_bound_into_the_log_once_they_are_settled(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = read(cast), read(cast, "adam")
    assert bound_reads.bind(cast.acme.pk) is None
    settled(monkeypatch)
    made = bound_reads.bind(cast.acme.pk)
    assert made
    assert (made.last, made.count) == (second.pk, 2)
    lines = bound_reads.line(first) + b"\n" + bound_reads.line(second) + b"\n"
    assert made.digest == hashlib.sha256(lines).hexdigest()
    entry = LedgerEntry.objects.get(organisation_id=cast.acme.pk, event="reads.bound")
    assert json.loads(bytes(entry.body))["data"]["digest"] == made.digest
    assert bound_reads.bind(cast.acme.pk) is None  # nothing is new
    read(cast)
    assert bound_reads.bind(cast.acme.pk) is not None
    assert bound_reads.first_altered(cast.acme.pk) is None


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE registry_read SET actor_id = 'nobody' WHERE id = {id}",
        "DELETE FROM registry_read WHERE id = {id}",
        "INSERT INTO registry_read (id, organisation_id, at, actor_kind, actor_id, way, what, object_kind, object_id)"
        " SELECT {id} - 1, organisation_id, at, actor_kind, 'framed', way, what, object_kind, object_id"
        " FROM registry_read WHERE id = {id}",
    ],
    ids=["changed", "taken away", "added"],
)
def test_whoever_changes_them_in_the_database_is_found(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    settled(monkeypatch)
    other = read(cast)
    tamper(f"DELETE FROM registry_read WHERE id = {other.pk}")  # leaves a number free
    row = read(cast)
    bound_reads.bind(cast.acme.pk)
    call_command("verify_ledger", "--reads")
    tamper(change.format(id=row.pk))
    wrong = bound_reads.first_altered(cast.acme.pk)
    assert wrong
    with pytest.raises(CommandError, match="do not hold"):
        call_command("verify_ledger", "--reads")


@pytest.mark.parametrize("verb", ["UPDATE registry_read SET what = 'x'", "DELETE FROM registry_read"])
def test_the_database_refuses_to_change_or_delete_them(cast: Cast, verb: str) -> None:
    read(cast)
    refused = pytest.raises(DatabaseError, match="append-only")
    with refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(verb)


def test_they_are_exported_as_files_with_the_digest_of_their_entry(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settled(monkeypatch)
    read(cast)
    made = bound_reads.bind(cast.acme.pk)
    assert made
    checkpoints.issue(cast.acme.pk)
    exports.export(cast.acme.pk, tmp_path / "log")
    [file] = (tmp_path / "log" / "reads").iterdir()
    assert hashlib.sha256(file.read_bytes()).hexdigest() == made.digest
    assert b"Vera" not in file.read_bytes()
    told: dict[str, Any] = {"origin": epochs.current(cast.acme.pk), "witnesses": [], "quorum": 0}
    told["keys"] = [vars(one) for one in receipts.ranges(cast.acme.pk)]
    (tmp_path / "policy.json").write_text(json.dumps(told))
    arguments = ["--export", str(tmp_path / "log"), "--policy", str(tmp_path / "policy.json")]
    assert cli.main(["verify-log", *arguments]) == 0


def test_an_export_on_the_command_line_is_a_reading_too(cast: Cast, tmp_path: Path) -> None:
    call_command("export_ledger", str(tmp_path / "log"), "--organisation", "acme")
    row = Read.objects.get()
    assert (row.way, row.what, row.actor_id) == ("command", "log.export", "operator")


def test_a_receipt_that_there_is_none_of_was_not_read(cast: Cast) -> None:
    with pytest.raises(Conflict):
        receipts.show(cast.actor("aud"), cast.acme, 1)
    assert api(cast, "aud").get("/api/v1/ledger/receipt?index=1").status_code == 409
    assert not Read.objects.exists()
