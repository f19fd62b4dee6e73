"""An entry is written in the same transaction as its change: no entry, no effect; no effect, no entry."""

import hashlib
import json

import pytest
from django.db import connection, transaction

from registry.errors import Unavailable
from registry.ledger import events, record
from registry.ledger.entries import Entry
from registry.ledger.models import LedgerEntry, LedgerHead, PersonalText
from registry.models import Organisation, System
from tests.cast import Cast
from tests.make import make_document, make_system


def size(cast: Cast) -> int:
    return LedgerHead.objects.get(organisation_id=cast.acme.pk).size


def record_one(cast: Cast) -> Entry:
    return record.event(
        "organisation.created",
        organisation_id=cast.acme.pk,
        subject=cast.acme,
        actor=cast.actor("olga"),
        slug="acme",
        name="Acme",
    )


def record_and_fail(cast: Cast) -> None:
    with record.transaction():
        record_one(cast)
        raise RuntimeError


def test_it_works(cast: Cast) -> None:
    before = size(cast)
    system = make_system(cast)
    entry = LedgerEntry.objects.get(organisation_id=cast.acme.pk, index=before)
    body = json.loads(bytes(entry.body))
    assert body["event"] == "system.registered"
    assert body["subject"] == {"kind": "system", "id": str(system.pk)}
    assert body["actor"]["id"] == str(cast.dev.pk)
    assert size(cast) == before + 1


def test_an_entry_knows_its_index_after_the_transaction(cast: Cast) -> None:
    before = size(cast)
    with record.transaction():
        entries = [record_one(cast), record_one(cast)]
        assert [entry.index for entry in entries] == [None, None]
    assert [entry.index for entry in entries] == [before, before + 1]


def test_a_change_that_fails_leaves_no_entry(cast: Cast) -> None:
    before = size(cast)
    with pytest.raises(RuntimeError):
        record_and_fail(cast)
    assert size(cast) == before


def test_a_nested_change_that_fails_leaves_only_the_outer_entry(cast: Cast) -> None:
    before = size(cast)

    with record.transaction():
        record_one(cast)
        with pytest.raises(RuntimeError):
            record_and_fail(cast)
    assert size(cast) == before + 1


def test_an_entry_that_cannot_be_written_undoes_the_change(cast: Cast) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE registry_ledgerentry RENAME TO registry_elsewhere")
    with pytest.raises(Unavailable, match="nothing was changed"), transaction.atomic():
        make_system(cast)
    assert not System.objects.exists()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE registry_elsewhere RENAME TO registry_ledgerentry")


def test_an_event_outside_a_transaction_is_refused(cast: Cast) -> None:
    with pytest.raises(RuntimeError, match="outside"):
        record_one(cast)


def test_an_event_that_is_not_in_the_catalogue_is_refused() -> None:
    with pytest.raises(KeyError, match="not in the event catalogue"):
        events.check("system.renamed", {})


def test_missing_and_undeclared_keys_are_refused() -> None:
    with pytest.raises(ValueError, match=r"missing keys \['name'\], undeclared keys \['title'\]"):
        events.check("organisation.created", {"slug": "a", "title": "b"})


def test_personal_text_stays_out_of_the_hashed_bytes(cast: Cast) -> None:
    system = make_system(cast)
    make_document(cast, system, title="About Erika Mustermann")
    entry = LedgerEntry.objects.filter(event="document.added").get()
    assert b"Erika" not in bytes(entry.body)
    assert cast.dev.display_name.encode() not in bytes(entry.body)

    text = PersonalText.objects.get(organisation_id=cast.acme.pk, index=entry.index, key="title")
    commitment = json.loads(bytes(entry.body))["data"]["title"]["commitment"]
    assert commitment == "sha256:" + hashlib.sha256(bytes(text.salt) + text.text.encode()).hexdigest()


def test_each_organisation_has_its_own_log(cast: Cast) -> None:
    other = Organisation.objects.get(slug="other")
    make_system(cast)
    assert LedgerHead.objects.get(organisation_id=other.pk).size == 2
    origins = set(LedgerHead.objects.values_list("origin", flat=True))
    assert len(origins) == 2
