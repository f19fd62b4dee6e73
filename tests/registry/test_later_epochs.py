"""A log that was opened again: its keys, its numbers after a restore, and what happens when opening it fails."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from registry.errors import Conflict, Denied, NotFound
from registry.ledger import epochs, halts, notes
from registry.ledger.checkpoint_models import LedgerCheckpoint, LedgerEpoch, LedgerKey
from registry.ledger.models import LedgerEntry, LedgerHead
from registry.ledger.notes import VerifierKey
from registry.ledger.remembered import Memories, Memory
from registry.models import OrganisationPermission, Reopening
from registry.services import checkpoints, log_keys, reopenings
from registry.stages import Role
from registry.tasks import issue_checkpoints
from tests.cast import Cast, grant
from tests.registry.test_checkpoints import append, folders, issued, of_acme, trusted
from tests.registry.test_verifications import tamper

__all__ = ["folders"]


def confirmed(cast: Cast) -> Reopening:
    asked = reopenings.propose(
        actor=cast.actor("cora"), organisation=cast.acme, reason="The disk was exchanged."
    )
    return reopenings.confirm(actor=cast.actor("rita"), reopening=asked)


@pytest.fixture(autouse=True)
def stopped(cast: Cast) -> None:
    grant(cast, "rita", Role.OPERATOR)
    append(cast, 5)
    issued(cast)
    halts.halt(cast.acme.pk, "Somebody pulled the cord.")


def reopened(cast: Cast) -> list[dict[str, Any]]:
    rows = LedgerEntry.objects.filter(organisation_id=cast.acme.pk, event="log.reopened").order_by("index")
    return [json.loads(bytes(body))["data"] for body in rows.values_list("body", flat=True)]


def test_a_key_is_replaced_in_the_epoch_that_is_signed_now(cast: Cast) -> None:
    reopenings.carry_out(confirmed(cast).pk)
    (first,) = trusted(cast)[:1]
    made = log_keys.replace(actor=cast.actor("cora"), organisation=cast.acme, reason="It was stolen.")
    assert made is not None
    origin = epochs.current(cast.acme.pk)
    rows = LedgerKey.objects.filter(organisation_id=cast.acme.pk, origin=origin).order_by("from_size")
    old, new = (VerifierKey(row.origin, bytes(row.public)) for row in rows)
    assert notes.parse(made.note).verified_by([old, new]) == [new, old]
    append(cast)
    assert notes.parse(issued(cast).note).verified_by([first, old, new]) == [new]
    entry = LedgerEntry.objects.get(organisation_id=cast.acme.pk, event="log.key_replaced")
    assert json.loads(bytes(entry.body))["data"]["old_key"] == str(old)


def test_two_workers_open_it_once(cast: Cast) -> None:
    """The command opens it itself, while the message that the confirmation sent does so too."""
    asked = confirmed(cast)

    class Slow(Memories):
        @contextmanager
        def opened(self, organisation_id: Any) -> Iterator[Memory | None]:
            if not LedgerEpoch.objects.exists():
                reopenings.carry_out(asked.pk)
            with super().opened(organisation_id) as memory:
                yield memory

    reopenings.carry_out(asked.pk, Slow(Path(settings.ASSAY_LOG_STATE_DIR)))
    assert [told["epoch"] for told in reopened(cast)] == [1]


def test_a_database_from_before_an_epoch_never_signs_under_its_name_again(cast: Cast, folders: Path) -> None:
    reopenings.carry_out(confirmed(cast).pk)
    append(cast, 3)
    signed = issued(cast)
    for table in ("registry_ledgerepoch", "registry_ledgercheckpoint", "registry_ledgerkey"):
        tamper(f"DELETE FROM {table} WHERE organisation_id = %s", of_acme(cast))
    halts.halt(cast.acme.pk, "A copy from before was restored.")
    reopenings.carry_out(confirmed(cast).pk)
    told = reopened(cast)[-1]
    assert (told["epoch"], told["signed_origin"], told["signed_size"]) == (2, signed.origin, signed.size)
    assert epochs.current(cast.acme.pk).endswith("/epoch/2")
    assert not LedgerCheckpoint.objects.filter(origin=signed.origin).exists()
    kept = [json.loads(path.read_text())["origin"] for path in folders.rglob("*before-epoch*.json")]
    assert sorted(kept) == [LedgerHead.objects.get(pk=cast.acme.pk).origin, signed.origin]


def test_who_lost_the_permission_meanwhile_opens_nothing_and_others_can_ask(cast: Cast) -> None:
    asked = confirmed(cast)
    OrganisationPermission.objects.filter(user=cast.cora).delete()
    with pytest.raises((Denied, NotFound)):
        reopenings.carry_out(asked.pk)
    assert halts.reason(cast.acme.pk)
    reopenings.propose(actor=cast.actor("rita"), organisation=cast.acme, reason="The disk was exchanged.")


def test_a_log_that_cannot_be_opened_keeps_no_other_from_being_signed(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    confirmed(cast)

    def full(*_: object) -> None:
        raise OSError("The disk is full.")

    with monkeypatch.context() as broken:
        broken.setattr(reopenings, "_told", full)
        broken.setattr(checkpoints, "issue_all", lambda: signed.append("all"))
        signed: list[str] = []
        issue_checkpoints()
    assert signed == ["all"]


def test_a_memory_that_cannot_be_read_is_replaced_by_a_kept_checkpoint(cast: Cast, folders: Path) -> None:
    kept = LedgerCheckpoint.objects.get(organisation_id=cast.acme.pk).note
    path = folders / "state" / f"{cast.acme.pk}.json"
    path.write_text('{"size": 3')
    assert checkpoints.adopt(cast.acme.pk, kept).size == json.loads(path.read_text())["size"]
    with pytest.raises(Conflict):
        checkpoints.adopt(cast.acme.pk, kept)


def test_what_is_put_away_stays(tmp_path: Path, cast: Cast) -> None:
    memories = Memories(tmp_path)
    first, later = Memory("log.example/a", 7), Memory("log.example/a", 9)
    assert memories.put_away(cast.acme.pk, first, "before-epoch-1") == first
    assert memories.put_away(cast.acme.pk, later, "before-epoch-1") == first
