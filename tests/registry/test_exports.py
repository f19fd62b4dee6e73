"""A log in a folder: verified by the client, which shares no code with the exporter."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from assay_client import cli
from django.core.management import CommandError, call_command

from registry.errors import Conflict, Unavailable
from registry.ledger.models import LedgerHead
from registry.services import checkpoints, exports, receipts
from tests.attack.database import Database
from tests.cast import Cast
from tests.registry.ledger.lifted import lifted
from tests.registry.test_checkpoints import append, folders, of_acme
from tests.registry.test_verifications import tamper

__all__ = ["folders"]
Verify = Callable[[Path], int]


@pytest.fixture
def verify(cast: Cast, tmp_path: Path) -> Verify:
    """What the client says of a folder, with the keys pinned at the time."""

    def verified(folder: Path) -> int:
        origin = LedgerHead.objects.get(pk=cast.acme.pk).origin
        keys = [vars(one) for one in receipts.ranges(cast.acme.pk)]
        policy = tmp_path / "policy.json"
        policy.write_text(json.dumps({"origin": origin, "keys": keys, "witnesses": [], "quorum": 0}))
        return cli.main(["verify-log", "--export", str(folder), "--policy", str(policy)])

    return verified


def exported(cast: Cast, folder: Path) -> exports.Exported:
    checkpoints.issue(cast.acme.pk)
    return exports.export(cast.acme.pk, folder)


def test_it_works(cast: Cast, tmp_path: Path, verify: Verify) -> None:
    append(cast, 700)
    done = exported(cast, tmp_path / "log")
    assert done.added == done.size == LedgerHead.objects.get(pk=cast.acme.pk).size
    assert verify(tmp_path / "log") == 0


def test_it_goes_on_where_it_stopped(cast: Cast, tmp_path: Path, verify: Verify) -> None:
    for count in (1, 254, 300, 4096):
        append(cast, count)
        done = exported(cast, tmp_path / "log")
        assert done.added >= count
        assert verify(tmp_path / "log") == 0
    assert exported(cast, tmp_path / "log").added == 0


def test_an_interrupted_export_is_made_whole(
    cast: Cast, tmp_path: Path, verify: Verify, monkeypatch: pytest.MonkeyPatch
) -> None:
    exported(cast, tmp_path / "log")
    append(cast, 300)

    def crash(*_: object) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as broken:
        broken.setattr(exports, "_write_checkpoints", crash)
        with pytest.raises(OSError, match="disk full"):
            exported(cast, tmp_path / "log")
    exported(cast, tmp_path / "log")
    assert verify(tmp_path / "log") == 0


def test_entries_without_a_checkpoint_are_there_too(cast: Cast, tmp_path: Path, verify: Verify) -> None:
    exported(cast, tmp_path / "log")
    append(cast, 3)
    exports.export(cast.acme.pk, tmp_path / "log")
    assert verify(tmp_path / "log") == 0


def test_a_changed_entry_is_told_by_the_export(
    cast: Cast, tmp_path: Path, verify: Verify, capsys: pytest.CaptureFixture[str]
) -> None:
    append(cast, 5)
    checkpoints.issue(cast.acme.pk)
    tamper(
        'UPDATE registry_ledgerentry SET body = leaf_hash WHERE organisation_id = %s AND "index" = 4',
        of_acme(cast),
    )
    exports.export(cast.acme.pk, tmp_path / "log")
    assert verify(tmp_path / "log") == 1
    assert capsys.readouterr().out.split()[:2] == ["4", "leaf-mismatch"]


def test_the_first_entry_that_is_missing_is_named(cast: Cast, tmp_path: Path) -> None:
    append(cast, 20)
    tamper('DELETE FROM registry_ledgerentry WHERE organisation_id = %s AND "index" = 7', of_acme(cast))
    with pytest.raises(Unavailable, match="Entries are missing from 7 on"):
        exports.export(cast.acme.pk, tmp_path / "log")


def test_a_checkpoint_of_a_longer_log_is_not_left_out(
    cast: Cast, tmp_path: Path, verify: Verify, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever cuts the log and forgets its checkpoints is told by them."""
    append(cast, 5)
    checkpoints.issue(cast.acme.pk)
    append(cast, 5)
    checkpoints.issue(cast.acme.pk)
    size = LedgerHead.objects.get(pk=cast.acme.pk).size - 3
    with lifted():
        Database(cast.acme.pk).cut(size)
    exports.export(cast.acme.pk, tmp_path / "log")
    assert verify(tmp_path / "log") == 1
    assert capsys.readouterr().out.split()[:2] == [str(size), "rollback"]


def test_a_log_that_grew_over_a_tile_since_it_was_signed(cast: Cast, tmp_path: Path, verify: Verify) -> None:
    exported(cast, tmp_path / "log")
    for count in (300, 300, 5):
        append(cast, count)  # no checkpoint, so the tiles are not stored yet
        exports.export(cast.acme.pk, tmp_path / "log")
        assert verify(tmp_path / "log") == 0


def test_a_folder_with_another_history_is_kept(cast: Cast, tmp_path: Path) -> None:
    append(cast, 5)
    exported(cast, tmp_path / "log")
    told = json.loads((tmp_path / "log" / "log.json").read_text())
    (tmp_path / "log" / "log.json").write_text(json.dumps({**told, "size": told["size"] - 1}))
    with pytest.raises(Conflict, match="Keep it: it is evidence"):
        exported(cast, tmp_path / "log")
    (tmp_path / "log" / "log.json").write_text(json.dumps({**told, "origin": "other"}))
    with pytest.raises(Conflict, match="holds another log"):
        exported(cast, tmp_path / "log")


def test_the_command(cast: Cast, tmp_path: Path, capsys: Any, verify: Verify) -> None:
    checkpoints.issue(cast.acme.pk)
    call_command("export_ledger", str(tmp_path / "log"), "--organisation", "acme")
    assert "of them new" in capsys.readouterr().out
    assert verify(tmp_path / "log") == 0
    with pytest.raises(CommandError, match="Say whose log: --organisation, one of acme, other"):
        call_command("export_ledger", str(tmp_path / "log"))
