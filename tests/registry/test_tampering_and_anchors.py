"""What an administrator of the database can do who also puts back the checkpointer's memory: anchors notice it."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from registry.errors import Unavailable
from registry.ledger import chain, halts
from registry.ledger.anchors.base import Disagrees
from registry.ledger.checkpoint_models import LedgerAnchor, LedgerCheckpoint, LedgerKey
from registry.ledger.models import LedgerEntry, PersonalText
from registry.services import anchors, checkpoints
from tests.cast import Cast
from tests.registry.ledger.lifted import lifted
from tests.registry.test_checkpoints import append, folders, issued, of_acme, rewrite
from tests.registry.test_verifications import tamper

__all__ = ["folders"]


def folder(where: Path) -> str:
    where.mkdir()
    return f"file:{where}"


def bare(where: Path) -> str:
    subprocess.run(["git", "init", "--quiet", "--bare", str(where)], check=True)
    return f"git+file://{where}"


@pytest.fixture(autouse=True, params=[folder, bare])
def place(request: pytest.FixtureRequest, tmp_path: Path, settings: Any) -> None:
    make: Callable[[Path], str] = request.param
    settings.ASSAY_LOG_ANCHORS = [make(tmp_path / "place")]


def memory(folders: Path, cast: Cast) -> Path:
    return folders / "state" / f"{cast.acme.pk}.json"


@pytest.fixture
def backup(cast: Cast, folders: Path) -> tuple[int, str]:
    """A copy of database and memory, after which five entries more were anchored."""
    size = issued(cast).size
    copy = memory(folders, cast).read_text()
    append(cast, 5)
    issued(cast)
    assert not anchors.anchor(cast.acme.pk)[0].failed
    return size, copy


def restore(cast: Cast, folders: Path, backup: tuple[int, str]) -> None:
    """The database and the memory as they were."""
    size, copy = backup
    acme = {"organisation_id": cast.acme.pk}
    tamper(
        f'DELETE FROM registry_ledgerentry WHERE organisation_id = %s AND "index" >= {size}', of_acme(cast)
    )
    with lifted():
        PersonalText.objects.filter(**acme, index__gte=size).delete()
        LedgerCheckpoint.objects.filter(**acme, size__gt=size).delete()
        LedgerAnchor.objects.filter(**acme, size__gt=size).delete()
    rewrite(cast, tree_of(bodies(cast)))
    memory(folders, cast).write_text(copy)


def bodies(cast: Cast) -> list[bytes]:
    rows = LedgerEntry.objects.filter(organisation_id=cast.acme.pk).order_by("index")
    return [bytes(body) for body in rows.values_list("body", flat=True)]


def tree_of(bodies: list[bytes]) -> chain.Tree:
    tree = chain.Tree()
    for body in bodies:
        tree = tree.append(chain.leaf_hash(body))
    return tree


def stopped(cast: Cast, words: str) -> None:
    assert words in halts.reason(cast.acme.pk)
    with pytest.raises(Unavailable, match="The log of this organisation is stopped"):
        append(cast)


def test_nothing_was_done_and_nothing_is_noticed(cast: Cast, backup: tuple[int, str]) -> None:
    checkpoints.compare(cast.acme.pk)
    append(cast, 300)
    issued(cast)
    anchors.anchor(cast.acme.pk)
    checkpoints.compare(cast.acme.pk)
    assert not halts.reason(cast.acme.pk)


def test_a_log_that_grew_over_a_tile_since_it_was_signed(cast: Cast, folders: Path) -> None:
    """The tile is stored with the next checkpoint; until then the anchor's tree is made from the entries."""
    append(cast, 300)
    issued(cast)
    anchors.anchor(cast.acme.pk)
    append(cast, 300)
    checkpoints.compare(cast.acme.pk)
    issued(cast)
    assert not halts.reason(cast.acme.pk)


def test_t7_a_tail_that_was_cut_with_its_checkpoints(
    cast: Cast, folders: Path, backup: tuple[int, str]
) -> None:
    restore(cast, folders, backup)
    with pytest.raises(Disagrees, match=f"keeps a checkpoint of {backup[0] + 5}"):
        checkpoints.compare(cast.acme.pk)
    stopped(cast, "restored from a copy")


def test_t10_an_old_backup_that_was_continued(cast: Cast, folders: Path, backup: tuple[int, str]) -> None:
    restore(cast, folders, backup)
    append(cast, 9)
    with pytest.raises(Disagrees, match="are not those of the checkpoint"):
        checkpoints.issue(cast.acme.pk)
    stopped(cast, "are not those")
    assert LedgerCheckpoint.objects.filter(organisation_id=cast.acme.pk).count() == 1


def test_t11_another_continuation_of_the_same_length(
    cast: Cast, folders: Path, backup: tuple[int, str]
) -> None:
    restore(cast, folders, backup)
    append(cast, 5)
    with pytest.raises(Disagrees, match=f"The first {backup[0] + 5} entries are not those"):
        checkpoints.issue(cast.acme.pk)
    stopped(cast, "are not those")


def test_t12_a_new_key_for_a_rewritten_history(cast: Cast, folders: Path, backup: tuple[int, str]) -> None:
    rows = bodies(cast)
    rows[1] = rows[1].replace(b'"at":"2', b'"at":"1')
    leaf, mark = chain.leaf_hash(rows[1]), "%s"
    tamper(
        f"UPDATE registry_ledgerentry SET body = {mark}, leaf_hash = {mark}"
        ' WHERE organisation_id = %s AND "index" = 1',
        rows[1],
        leaf,
        of_acme(cast),
    )
    rewrite(cast, tree_of(rows))
    with lifted():
        for table in (LedgerKey, LedgerCheckpoint, LedgerAnchor):
            table._default_manager.all().delete()
    memory(folders, cast).unlink()
    with pytest.raises(Disagrees, match="are not those of the checkpoint"):
        checkpoints.issue(cast.acme.pk)
    stopped(cast, "are not those")
    assert not LedgerKey.objects.exists()
