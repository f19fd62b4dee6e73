"""Anchors: places outside the database keep checkpoints, and a log that is no longer theirs is stopped."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command

from registry import tasks
from registry.ledger import anchors as places
from registry.ledger import record, safety
from registry.ledger.anchors.base import Sent
from registry.ledger.anchors.file import FileAnchor
from registry.ledger.checkpoint_models import LedgerAnchor, LedgerCheckpoint
from registry.ledger.models import LedgerHead
from registry.ledger.notes import Checkpoint
from registry.models import Organisation
from registry.services import anchors, checkpoints
from tests.cast import Cast
from tests.registry.test_checkpoints import append, folders, issued

__all__ = ["folders"]


@pytest.fixture
def volume(tmp_path: Path, settings: Any) -> Path:
    folder = tmp_path / "volume"
    folder.mkdir()
    settings.ASSAY_LOG_ANCHORS = [f"file:{folder}"]
    return folder


@pytest.fixture
def repository(tmp_path: Path, settings: Any) -> Path:
    folder = tmp_path / "anchors.git"
    subprocess.run(["git", "init", "--quiet", "--bare", str(folder)], check=True)
    settings.ASSAY_LOG_ANCHORS = [f"git+file://{folder}"]
    return folder


def git(repository: Path, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=repository, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def anchored(cast: Cast, count: int = 1) -> LedgerCheckpoint:
    append(cast, count)
    made = issued(cast)
    (told,) = anchors.anchor(cast.acme.pk)
    assert (told.size, told.failed) == (made.size, "")
    return made


def test_it_works(cast: Cast, volume: Path) -> None:
    made = [anchored(cast), anchored(cast)]
    (file,) = volume.iterdir()
    assert file.read_text() == made[0].note + made[1].note
    kept = LedgerAnchor.objects.order_by("size")
    assert [(row.kind, row.size) for row in kept] == [("file", one.size) for one in made]
    assert kept[1].reference == f"{file.name} at byte {len(made[0].note.encode())}"
    assert anchors.anchor(cast.acme.pk)[0].size == made[1].size  # nothing to do
    assert file.read_text().count("\n\n") == 2


def test_a_checkpoint_that_somebody_put_into_the_database_is_taken_nowhere(cast: Cast, volume: Path) -> None:
    """What a place has taken it keeps: a false one would stop the log for good."""
    made = anchored(cast)
    LedgerCheckpoint.objects.create(
        organisation_id=cast.acme.pk,
        origin=made.origin,
        size=made.size + 100,
        root=bytes(32),
        note=f"{made.origin}\n{made.size + 100}\nforged\n\n— forged AAAA\n",
        signed_at=made.signed_at,
    )
    (told,) = anchors.anchor(cast.acme.pk)
    assert (told.size, told.failed) == (made.size, "")
    (file,) = volume.iterdir()
    assert file.read_text() == made.note


def test_the_worker_anchors_every_log(cast: Cast, volume: Path) -> None:
    tasks.issue_checkpoints()
    tasks.anchor_checkpoints()
    assert len(list(volume.iterdir())) == LedgerHead.objects.count() == LedgerAnchor.objects.count()


def test_a_volume_that_is_not_mounted_keeps_nothing(cast: Cast, volume: Path) -> None:
    volume.rmdir()
    issued(cast)
    (told,) = anchors.anchor(cast.acme.pk)
    assert "No such file or directory" in told.failed
    assert not LedgerAnchor.objects.exists()
    append(cast)
    issued(cast)  # a place that does not answer stops no log
    volume.mkdir()
    assert not anchors.anchor(cast.acme.pk)[0].failed


def test_a_place_that_fails_stops_no_other(cast: Cast, volume: Path, settings: Any) -> None:
    settings.ASSAY_LOG_ANCHORS = [f"file:{volume}/none", f"git+file://{volume}/none", f"file:{volume}"]
    issued(cast)
    first, second, third = anchors.anchor(cast.acme.pk)
    assert first.failed
    assert "git ls-remote failed" in second.failed
    assert not third.failed
    assert LedgerAnchor.objects.get().place == f"file:{volume}"


def test_a_note_that_was_written_and_not_told_is_not_written_twice(cast: Cast, volume: Path) -> None:
    made = anchored(cast)
    sent = Sent(
        made.note, Checkpoint(made.origin, made.size, bytes(made.root)), 0, lambda _: [], lambda: made.size
    )
    assert FileAnchor(f"file:{volume}").put(sent).reference.endswith("at byte 0")
    (file,) = volume.iterdir()
    assert file.read_text() == made.note


@pytest.mark.parametrize("left", [1, 10, 100])
def test_half_a_note_after_a_power_cut_is_cut_off(cast: Cast, volume: Path, left: int) -> None:
    first = anchored(cast)
    (file,) = volume.iterdir()
    with file.open("a") as torn:
        torn.write(first.note[:left])
    assert FileAnchor(f"file:{volume}").newest(first.origin) == [first.note]
    second = anchored(cast)
    assert file.read_text() == first.note + second.note


def test_a_long_file_is_read_from_its_end(cast: Cast, volume: Path) -> None:
    first = anchored(cast)
    (file,) = volume.iterdir()
    file.write_text(first.note * 1000)
    second = anchored(cast)
    assert FileAnchor(f"file:{volume}").newest(first.origin) == [second.note]
    assert LedgerAnchor.objects.get(size=second.size).reference.endswith(str(1000 * len(first.note.encode())))


def test_a_file_of_something_else_is_left_alone(cast: Cast, volume: Path) -> None:
    anchored(cast)
    (file,) = volume.iterdir()
    file.write_text("x" * 100_000)
    append(cast)
    issued(cast)
    assert "does not hold checkpoints" in anchors.anchor(cast.acme.pk)[0].failed
    assert file.read_text() == "x" * 100_000


def test_git_takes_a_commit_for_each_checkpoint(cast: Cast, repository: Path) -> None:
    made = [anchored(cast), anchored(cast)]
    commits = git(repository, "rev-list", "main").split()
    assert [row.reference for row in LedgerAnchor.objects.order_by("-size")] == [
        f"commit {one}" for one in commits
    ]
    (name,) = git(repository, "ls-tree", "--name-only", "main").split()
    assert git(repository, "show", f"main:{name}") == made[1].note.strip()
    (place,) = places.configured()
    assert place.newest(made[1].origin) == [made[1].note]


def test_git_keeps_what_others_committed(cast: Cast, repository: Path) -> None:
    for organisation in Organisation.objects.all():
        checkpoints.issue(organisation.pk)
        anchors.anchor(organisation.pk)
    assert len(git(repository, "ls-tree", "--name-only", "main").split()) == 2


def test_a_push_that_is_refused_anchors_nothing(cast: Cast, repository: Path) -> None:
    hook = repository / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    issued(cast)
    (told,) = anchors.anchor(cast.acme.pk)
    assert "git push failed" in told.failed
    assert not LedgerAnchor.objects.exists()
    hook.unlink()
    assert not anchors.anchor(cast.acme.pk)[0].failed


def test_a_branch_and_no_password_in_what_is_shown(settings: Any) -> None:
    settings.ASSAY_LOG_ANCHORS = ["git+https://robot:secret@git.example/log.git#anchors"]
    (place,) = places.configured()
    assert place.place == "git+https://git.example/log.git#anchors"


@pytest.mark.parametrize(
    ("addresses", "words"),
    [
        (["ftp://x"], "A place begins with"),
        (["file:anchors"], "full path"),
        (["git+http://x/y"], "address of a repository"),
        (["file:/a", "file:/a"], "one place twice"),
        ([f"file:/{'a' * 200}"], "longer than 200"),
    ],
)
def test_an_address_that_is_none_is_refused(settings: Any, addresses: list[str], words: str) -> None:
    settings.ASSAY_LOG_ANCHORS = addresses
    with pytest.raises(ImproperlyConfigured, match=words):
        safety.refuse_unsafe()


def test_the_command_tells_of_anchors(cast: Cast, volume: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("checkpoint_logs", "--organisation", "acme")
    assert f"file:{volume}: kept up to" in capsys.readouterr().out
    append(cast)
    (file,) = volume.iterdir()
    file.unlink()
    volume.rmdir()
    with pytest.raises(CommandError, match="1 of 1 logs could not be signed or anchored"):
        call_command("checkpoint_logs", "--organisation", "acme")


def test_a_log_that_grew_by_whole_tiles_still_agrees(cast: Cast, volume: Path) -> None:
    for count in (300, 300):
        anchored(cast, count)


def test_an_anchor_of_more_than_there_is_ends_no_anchoring(cast: Cast, volume: Path) -> None:
    head = LedgerHead.objects.get(organisation_id=cast.acme.pk)
    LedgerAnchor.objects.create(
        organisation_id=cast.acme.pk, origin=head.origin, size=10**12, place=f"file:{volume}", kind="file",
        reference="x", anchored_at=record.head(cast.acme.pk).now,
    )  # fmt: skip
    issued(cast)
    tasks.anchor_checkpoints()
    organisation = Organisation.objects.get(pk=cast.acme.pk)
    told = anchors.standing(cast.actor("aud"), organisation)
    assert told.newest is not None
    assert told.newest.size <= LedgerHead.objects.get(organisation_id=cast.acme.pk).size
