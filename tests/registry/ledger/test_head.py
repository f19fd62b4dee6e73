"""The head of the log: seen beforehand, or held until the end."""

from typing import Any

import pytest

from registry.ledger import record
from registry.ledger.entries import Entry
from registry.ledger.models import LedgerEntry, LedgerHead, PersonalText
from registry.ledger.record import Head
from registry.ledger.verify import verify_log
from tests.cast import Cast
from tests.make import make_artifact, make_system


def head_of(cast: Cast) -> Head:
    return record._locked(cast.acme.pk)


def record_one(cast: Cast, by: str = "olga") -> Entry:
    return record.event(
        "organisation.created",
        organisation_id=cast.acme.pk,
        subject=cast.acme,
        actor=cast.actor(by),
        slug="acme",
        name="Acme",
    )


def test_a_head_that_was_seen_is_not_read_again(cast: Cast, django_assert_num_queries: Any) -> None:
    seen = head_of(cast)
    # savepoint, head, entry, texts, release
    with django_assert_num_queries(5), record.transaction(seen=seen):
        entry = record_one(cast)
    assert entry.index == seen.size
    assert verify_log(cast.acme.pk).holds


def test_a_head_that_moved_since_is_read_again(cast: Cast) -> None:
    seen = head_of(cast)
    make_system(cast)
    with record.transaction(seen=seen):
        entry = record_one(cast)
    assert entry.index == seen.size + 1
    assert PersonalText.objects.filter(organisation_id=cast.acme.pk, index=entry.index, key="name").exists()
    assert verify_log(cast.acme.pk).holds


def test_a_head_of_another_history_is_read_again(cast: Cast) -> None:
    seen = head_of(cast)
    forged = Head(seen.organisation_id, seen.origin, seen.size, b"\x00" * 32, seen.frontier, seen.now)
    with record.transaction(seen=forged):
        record_one(cast)
    assert verify_log(cast.acme.pk).holds


def test_a_held_log_is_appended_to_by_its_holder(cast: Cast) -> None:
    with record.transaction():
        record.hold(cast.acme.pk)
        make_artifact(cast)
        with record.transaction():
            entry = record_one(cast)
    assert entry.index == LedgerHead.objects.get(organisation_id=cast.acme.pk).size - 1
    assert verify_log(cast.acme.pk).holds


def test_the_log_is_held_inside_a_transaction_only(cast: Cast) -> None:
    with pytest.raises(RuntimeError, match="inside"):
        record.hold(cast.acme.pk)


def test_a_persons_name_stays_out_of_the_bytes_and_a_machines_does_not(cast: Cast) -> None:
    with record.transaction():
        person, machine = record_one(cast), record_one(cast, "ci")
    bodies = {
        entry.index: bytes(entry.body).decode()
        for entry in LedgerEntry.objects.filter(organisation_id=cast.acme.pk, index__gte=person.index)
    }
    assert "Olga" not in bodies[person.index or 0]
    assert '"name":"acme-ci"' in bodies[machine.index or 0]
