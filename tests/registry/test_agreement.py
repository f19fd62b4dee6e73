"""Places outside are asked for every epoch of a log, also when a process starts; who does not answer is shown."""

import json
from pathlib import Path
from typing import Any

import pytest

from registry.ledger import epochs, halts
from registry.ledger.anchors.base import Disagrees
from registry.ledger.anchors.file import FileAnchor
from registry.ledger.anchors.witness import WitnessAnchor
from registry.ledger.chain import EMPTY_ROOT
from registry.ledger.checkpoint_models import LedgerEpoch, LedgerKey
from registry.ledger.models import LedgerEntry, LedgerHead
from registry.ledger.place_models import LedgerPlace
from registry.services import anchors, checkpoints, reopenings
from registry.stages import Role
from registry.tasks import compare_logs
from tests.cast import Cast, grant
from tests.registry.ledger.lifted import lifted
from tests.registry.test_checkpoint_page import read
from tests.registry.test_checkpoints import append, folders, issued
from tests.registry.test_tampering_and_anchors import backup, memory, restore
from tests.registry.test_witnesses import origin, witness

__all__ = ["backup", "folders", "witness"]


@pytest.fixture
def volume(tmp_path: Path, settings: Any) -> Path:
    folder = tmp_path / "volume"
    folder.mkdir()
    settings.ASSAY_LOG_ANCHORS = [f"file:{folder}"]
    return folder


@pytest.fixture
def copied(volume: Path, backup: tuple[int, str]) -> tuple[int, str]:
    """The size and the memory of a copy, after which five entries more were anchored in the folder."""
    return backup


def said(cast: Cast) -> str:
    return LedgerPlace.objects.get(organisation_id=cast.acme.pk).silence


def reopened(cast: Cast) -> None:
    asked = reopenings.propose(actor=cast.actor("cora"), organisation=cast.acme, reason="The disk died.")
    reopenings.confirm(actor=cast.actor("rita"), reopening=asked)
    reopenings.carry_out(asked.pk)


def stopped(cast: Cast, folders: Path, copied: tuple[int, str]) -> int:
    """The database and the memory of the copy, continued; how many entries lie outside."""
    restore(cast, folders, copied)
    append(cast, 2)
    with pytest.raises(Disagrees):
        checkpoints.compare(cast.acme.pk)
    return copied[0] + 5


def test_a_log_that_two_people_opened_goes_on(cast: Cast, folders: Path, copied: tuple[int, str]) -> None:
    grant(cast, "rita", Role.OPERATOR)
    lost = stopped(cast, folders, copied)
    reopened(cast)
    (entry,) = LedgerEntry.objects.filter(event="log.reopened")
    assert json.loads(bytes(entry.body))["data"]["anchored_size"] == lost
    for _ in range(2):
        assert not anchors.anchor(cast.acme.pk)[0].failed
        checkpoints.compare(cast.acme.pk)
        append(cast)
        issued(cast)
    assert not halts.reason(cast.acme.pk)


def test_an_epoch_that_nobody_opened_does_not_hide_the_earlier_one(
    cast: Cast, folders: Path, copied: tuple[int, str]
) -> None:
    restore(cast, folders, copied)
    append(cast, 9)
    forged = epochs.named(origin(cast), 1)
    with lifted():
        LedgerEpoch.objects.create(
            organisation_id=cast.acme.pk,
            number=1,
            origin=forged,
            from_size=copied[0],
            opened_at=LedgerEntry.objects.latest("recorded_at").recorded_at,
        )
    fresh = {"origin": forged, "size": 0, "root": EMPTY_ROOT.hex(), "frontier": [], "note": "", "key": ""}
    memory(folders, cast).write_text(json.dumps(fresh))
    with pytest.raises(Disagrees, match="are not those of the checkpoint"):
        checkpoints.issue(cast.acme.pk)
    assert not LedgerKey.objects.filter(origin=forged).exists()  # nothing was signed


def test_a_copy_from_before_a_log_was_opened_again_is_stopped(
    cast: Cast, folders: Path, copied: tuple[int, str], volume: Path
) -> None:
    later = FileAnchor(f"file:{volume}")
    (note,) = later.newest(origin(cast))
    other = note.replace(origin(cast), epochs.named(origin(cast), 1))
    later._path(epochs.named(origin(cast), 1)).write_text(other)
    with pytest.raises(Disagrees, match="which nobody opened here"):
        checkpoints.compare(cast.acme.pk)
    assert "restored from a copy from before" in halts.reason(cast.acme.pk)


def test_a_place_that_lost_what_it_took_is_shown(cast: Cast, copied: tuple[int, str], volume: Path) -> None:
    assert "agrees" in read(cast)
    for file in volume.iterdir():
        file.unlink()
    checkpoints.compare(cast.acme.pk)
    assert said(cast) == f"It no longer keeps the checkpoint of {copied[0] + 5} entries that it took."
    assert "not confirmed" in read(cast)


def test_a_place_that_does_not_answer_is_shown_and_does_not_pass(
    cast: Cast, copied: tuple[int, str], volume: Path
) -> None:
    volume.rename(volume.with_name("gone"))
    checkpoints.compare(cast.acme.pk)
    assert "Is its volume mounted?" in said(cast)
    text = read(cast)
    assert "not confirmed" in text
    assert "agrees" not in text
    append(cast)
    issued(cast)
    anchors.anchor(cast.acme.pk)
    assert "not taken" in read(cast)


def test_a_place_that_does_not_answer_is_waited_for_once(
    cast: Cast, volume: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    volume.rmdir()
    waited: list[float] = []
    newest = FileAnchor.newest

    def slow(place: FileAnchor, *origins: str) -> list[str]:
        waited.append(place.seconds)
        return newest(place, *origins)

    monkeypatch.setattr(FileAnchor, "newest", slow)
    compare_logs()
    assert waited == [10]
    assert LedgerPlace.objects.exclude(silence="").count() == LedgerHead.objects.count() > 1


def test_a_place_that_the_settings_no_longer_name_is_shown_as_such(
    cast: Cast, copied: tuple[int, str], settings: Any
) -> None:
    settings.ASSAY_LOG_ANCHORS = []
    assert "No longer in use." in read(cast)


def test_a_witness_is_given_the_last_checkpoint_again(cast: Cast, witness: Any) -> None:
    anchors.anchor(cast.acme.pk)
    checkpoints.compare(cast.acme.pk)
    assert said(cast) == ""
    assert "agrees" in read(cast)


def test_a_witness_stops_a_log_that_was_put_back_before_anything_is_signed(
    cast: Cast, folders: Path, witness: Any
) -> None:
    size, copy = LedgerHead.objects.get(pk=cast.acme.pk).size, memory(folders, cast).read_text()
    append(cast, 5)
    issued(cast)
    anchors.anchor(cast.acme.pk)
    restore(cast, folders, (size, copy))
    append(cast, 2)
    with pytest.raises(Disagrees, match="which are not there any more"):
        checkpoints.compare(cast.acme.pk)
    assert halts.reason(cast.acme.pk)


def test_a_witness_that_is_away_when_a_process_starts_has_not_agreed(cast: Cast, witness: Any) -> None:
    anchors.anchor(cast.acme.pk)
    witness.stop()
    checkpoints.compare(cast.acme.pk)
    assert "does not answer" in said(cast)
    assert "not confirmed" in read(cast)


def test_a_witness_is_waited_for_in_short_when_a_process_starts(
    cast: Cast, witness: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []
    put = WitnessAnchor.put

    def slow(place: WitnessAnchor, sent: Any) -> Any:
        waited.append(place.seconds)
        return put(place, sent)

    monkeypatch.setattr(WitnessAnchor, "put", slow)
    checkpoints.compare(cast.acme.pk)
    anchors.anchor(cast.acme.pk)
    assert waited == [10, 15]
