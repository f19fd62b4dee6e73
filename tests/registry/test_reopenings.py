"""The way back for a stopped log: two people, a new epoch, an entry about what was lost."""

import json
from pathlib import Path
from typing import Any

import pytest
from assay_client import cli
from django.core.management import CommandError, call_command
from rest_framework.test import APIClient

from registry.errors import Conflict, Denied, Invalid, Unavailable
from registry.ledger import epochs, halts, proofs
from registry.ledger.chain import Tree
from registry.ledger.checkpoint_models import LedgerCheckpoint, LedgerEpoch
from registry.ledger.models import LedgerEntry, LedgerHead
from registry.ledger.verify import verify_log
from registry.models import Reopening
from registry.services import checkpoints, exports, receipts, reopenings
from registry.services.checkpoints import Diverged
from registry.stages import Role
from tests.cast import Cast, grant
from tests.registry.test_checkpoints import append, folders, issued, of_acme, rewrite
from tests.registry.test_verifications import tamper

__all__ = ["folders"]


@pytest.fixture
def stopped(cast: Cast) -> int:
    """A log whose last entries were cut off together with its head; how many were signed."""
    grant(cast, "rita", Role.OPERATOR)
    append(cast, 300)
    before = LedgerHead.objects.get(pk=cast.acme.pk)
    tree = proofs.tiled(cast.acme.pk, before.size)
    append(cast, 7)
    size = issued(cast).size
    for table in ("registry_ledgerentry", "registry_personaltext"):
        tamper(f'DELETE FROM {table} WHERE organisation_id = %s AND "index" >= {before.size}', of_acme(cast))
    rewrite(cast, Tree(before.size, tree.frontier()))
    with pytest.raises(Diverged):
        checkpoints.issue(cast.acme.pk)
    return size


def opened(cast: Cast) -> Reopening:
    asked = reopenings.propose(
        actor=cast.actor("cora"), organisation=cast.acme, reason="The disk was exchanged."
    )
    reopenings.confirm(actor=cast.actor("rita"), reopening=asked)
    reopenings.carry_out(asked.pk)
    asked.refresh_from_db()
    return asked


def test_two_people_open_it_and_the_log_says_what_was_lost(cast: Cast, stopped: int) -> None:
    assert opened(cast).done_at
    entry = LedgerEntry.objects.get(organisation_id=cast.acme.pk, event="log.reopened")
    told = json.loads(bytes(entry.body))["data"]
    head = LedgerHead.objects.get(pk=cast.acme.pk)
    assert (told["signed_size"], told["lost"], told["size"]) == (stopped, 7, entry.index)
    assert (told["epoch"], told["origin"]) == (1, f"{head.origin}/epoch/1")
    assert told["proposed_by_id"] == str(cast.cora.pk)
    assert verify_log(cast.acme.pk).holds
    append(cast)  # changes go on


def test_what_was_signed_before_is_never_contradicted(cast: Cast, stopped: int) -> None:
    opened(cast)
    append(cast, 20)
    checkpoints.issue(cast.acme.pk)
    rows = LedgerCheckpoint.objects.filter(organisation_id=cast.acme.pk).order_by("pk")
    assert len({row.origin for row in rows}) == 2
    new = rows.filter(origin=epochs.current(cast.acme.pk)).latest("size")
    assert new.size == LedgerHead.objects.get(pk=cast.acme.pk).size > stopped


def test_the_new_epoch_is_verified_elsewhere(cast: Cast, stopped: int, tmp_path: Path) -> None:
    opened(cast)
    append(cast, 300)
    checkpoints.issue(cast.acme.pk)
    exports.export(cast.acme.pk, tmp_path / "log")
    keys = [vars(one) for one in receipts.ranges(cast.acme.pk)]
    told = {"origin": epochs.current(cast.acme.pk), "keys": keys, "witnesses": [], "quorum": 0}
    (tmp_path / "policy.json").write_text(json.dumps(told))
    arguments = ["--export", str(tmp_path / "log"), "--policy", str(tmp_path / "policy.json")]
    assert cli.main(["verify-log", *arguments]) == 0
    (tmp_path / "receipt").write_text(receipts.shown(cast.acme.pk, 2).receipt)
    assert (
        cli.main(["verify", "receipt", str(tmp_path / "receipt"), "--policy", str(tmp_path / "policy.json")])
        == 0
    )


def test_one_person_cannot(cast: Cast, stopped: int) -> None:
    asked = reopenings.propose(
        actor=cast.actor("cora"), organisation=cast.acme, reason="The disk was exchanged."
    )
    with pytest.raises(Denied, match="Another person"):
        reopenings.confirm(actor=cast.actor("cora"), reopening=asked)
    with pytest.raises(Conflict, match="Nobody has confirmed"):
        reopenings.carry_out(asked.pk)
    with pytest.raises(Unavailable, match="is stopped"):
        append(cast)


def test_a_row_that_was_forged_in_the_database_opens_nothing(cast: Cast, stopped: int) -> None:
    for by in (cast.cora, cast.dev):
        Reopening.objects.all().delete()
        row = Reopening.objects.create(
            organisation=cast.acme,
            reason="Trust me.",
            proposed_by=cast.cora,
            confirmed_by=by,
            confirmed_at=LedgerEntry.objects.latest("recorded_at").recorded_at,
        )
        with pytest.raises((Denied, Unavailable)):
            reopenings.carry_out(row.pk)
    assert halts.reason(cast.acme.pk)


def test_who_may_and_when(cast: Cast, stopped: int) -> None:
    with pytest.raises(Denied):
        reopenings.propose(actor=cast.actor("dev"), organisation=cast.acme, reason="Please.")
    with pytest.raises(Invalid, match="Say what happened"):
        reopenings.propose(actor=cast.actor("cora"), organisation=cast.acme, reason=" ")
    opened(cast)
    with pytest.raises(Conflict, match="The log is not stopped"):
        reopenings.propose(actor=cast.actor("cora"), organisation=cast.acme, reason="Again.")


def test_it_is_asked_for_once(cast: Cast, stopped: int) -> None:
    reopenings.propose(actor=cast.actor("cora"), organisation=cast.acme, reason="The disk was exchanged.")
    with pytest.raises(Conflict, match="Somebody has asked"):
        reopenings.propose(actor=cast.actor("rita"), organisation=cast.acme, reason="The disk was exchanged.")


def test_a_crash_in_the_middle_is_made_good(
    cast: Cast, stopped: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = reopenings.propose(
        actor=cast.actor("cora"), organisation=cast.acme, reason="The disk was exchanged."
    )
    reopenings.confirm(actor=cast.actor("rita"), reopening=asked)

    def crash(*_: object) -> None:
        raise OSError("power cut")

    with monkeypatch.context() as broken:
        broken.setattr(reopenings, "_told", crash)
        with pytest.raises(OSError, match="power cut"):
            reopenings.carry_out(asked.pk)
    assert halts.reason(cast.acme.pk)
    reopenings.carry_out_open()
    entry = LedgerEntry.objects.get(organisation_id=cast.acme.pk, event="log.reopened")
    assert json.loads(bytes(entry.body))["data"]["signed_size"] == stopped


def test_over_the_api(cast: Cast, stopped: int) -> None:
    def post(name: str, path: str, **body: Any) -> Any:
        client = APIClient()
        client.force_login(getattr(cast, name))
        return client.post(f"/api/v1/ledger/{path}", body, format="json")

    asked = post("cora", "reopenings", reason="The disk was exchanged.")
    assert asked.status_code == 201
    address = f"reopenings/{asked.json()['id']}/confirmation"
    assert post("cora", address).json()["code"] == "reopening.same_person"
    assert post("rita", address).status_code == 202


def test_the_command(cast: Cast, stopped: int, capsys: Any) -> None:
    with pytest.raises(CommandError, match="Nobody has asked"):
        call_command("reopen_log", "acme", "--by", "rita", "--confirm")
    call_command("reopen_log", "acme", "--by", "cora", "--reason", "The disk was exchanged.")
    with pytest.raises(CommandError, match="Another person"):
        call_command("reopen_log", "acme", "--by", "cora", "--confirm")
    call_command("reopen_log", "acme", "--by", "rita", "--confirm")
    assert "The log is open again" in capsys.readouterr().out
    assert LedgerEpoch.objects.get(organisation_id=cast.acme.pk).number == 1
