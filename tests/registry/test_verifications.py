"""Logs verified by themselves."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.utils import timezone

from registry.ledger import record
from registry.ledger.models import LedgerEntry, LedgerHead, LedgerVerification
from registry.ledger.verify import verify_log
from registry.models import Organisation
from registry.services import checkpoints, verifications
from tests.attack.database import Database
from tests.cast import Cast
from tests.make import make_system
from tests.registry.ledger.lifted import lifted


def tamper(sql: str, *parameters: Any) -> None:
    """As whoever has the database's file may: with the guards down."""
    with lifted(), connection.cursor() as cursor:
        cursor.execute(sql, parameters)


def append(cast: Cast, count: int) -> None:
    """Everyday entries."""
    with record.transaction():
        for _ in range(count):
            record.event(
                "member.reactivated", organisation_id=cast.acme.pk, subject=cast.acme, actor=cast.actor("olga"),
                user_id="1", user="Somebody",
            )  # fmt: skip


def break_log(cast: Cast) -> None:
    tamper(
        'UPDATE registry_ledgerentry SET body = leaf_hash WHERE organisation_id = %s AND "index" = 1',
        str(cast.acme.pk) if connection.vendor == "postgresql" else cast.acme.pk.hex,
    )


def age(hours: float) -> None:
    """As if the verifications had been made so long ago."""
    with lifted():
        LedgerVerification.objects.update(verified_at=timezone.now() - timedelta(hours=hours))


def last(cast: Cast) -> LedgerVerification:
    return LedgerVerification.objects.filter(organisation_id=cast.acme.pk).latest("verified_at")


def test_it_works(cast: Cast) -> None:
    size = LedgerHead.objects.get(organisation_id=cast.acme.pk).size
    assert verifications.verify_due() == 2
    kept = last(cast)
    assert (kept.holds, kept.size, kept.broken_at) == (True, size, None)
    entry = LedgerEntry.objects.get(organisation_id=cast.acme.pk, event="log.verified")
    assert (entry.actor_kind, entry.index) == ("system", size)
    assert verify_log(cast.acme.pk).holds


def test_a_fresh_verification_is_not_repeated_and_an_old_one_is(cast: Cast) -> None:
    verifications.verify_due()
    assert verifications.verify_due() == 0
    age(hours=24 * 7)  # the worker was down for a week
    assert verifications.verify_due() == 2
    assert verifications.verify_due() == 0


def test_a_break_is_kept_with_its_place_and_told_in_the_log(cast: Cast) -> None:
    make_system(cast)
    break_log(cast)
    verifications.verify_due()
    kept = last(cast)
    assert (kept.holds, kept.broken_at) == (False, 1)
    assert kept.sentence
    other = LedgerVerification.objects.exclude(organisation_id=cast.acme.pk).get()
    assert other.holds


def test_an_entry_beyond_the_head_is_a_break(cast: Cast) -> None:
    head = LedgerHead.objects.get(organisation_id=cast.acme.pk)
    tamper(
        "UPDATE registry_ledgerhead SET size = size - 1 WHERE origin = %s",
        head.origin,
    )
    found = verify_log(cast.acme.pk)
    assert not found.holds


@pytest.mark.parametrize(
    ("index", "named"), [(3, 3), (256, 256), (299, 299), (530, 520), (600, 560), (700, 610)]
)
def test_an_entry_with_a_hash_of_its_own_is_named_as_near_as_can_be(
    cast: Cast, index: int, named: int, tmp_path: Path, settings: Any
) -> None:
    """The very one in a complete tile; else the last checkpoint up to which the entries are those that were signed."""
    settings.ASSAY_LOG_STATE_DIR, settings.ASSAY_LOG_KEYS = tmp_path / "state", f"file:{tmp_path / 'keys'}"
    database = Database(cast.acme.pk)
    for size in (520, 560, 610):
        append(cast, size - len(database.rows()))
        checkpoints.issue(cast.acme.pk)
    append(cast, 701 - 610)
    row = database.rows()[index]
    with lifted():
        database.update(row.saying({**row.told, "version": 99}))
    broken = verify_log(cast.acme.pk).broken
    assert broken is not None
    assert (broken.index, broken.kind) == (named, "root-mismatch")


def test_what_is_appended_while_it_reads_is_no_break(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    real = LedgerHead.objects.get

    def then_appended(**lookup: object) -> LedgerHead:
        head = real(**lookup)
        monkeypatch.undo()
        make_system(cast)
        return head

    monkeypatch.setattr(LedgerHead.objects, "get", then_appended)
    assert verify_log(cast.acme.pk).holds


def test_one_log_that_cannot_be_read_stops_no_other(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    real, first = verifications.verify, Organisation.objects.order_by("pk")[0]

    def broken(organisation: Organisation) -> LedgerVerification | None:
        if organisation == first:
            raise DatabaseError("The disk is gone.")
        return real(organisation)

    monkeypatch.setattr(verifications, "verify", broken)
    assert verifications.verify_due() == 1
