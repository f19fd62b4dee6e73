"""Checkpoints: signed out of the database's reach, and only when the log goes on from the last one."""

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.management import CommandError, call_command
from django.db import connection

from registry.errors import Conflict, Denied, Invalid, Unavailable
from registry.ledger import chain, halts, keys, notes, proofs, record
from registry.ledger.checkpoint_models import LedgerCheckpoint, LedgerKey, LedgerTile
from registry.ledger.models import LedgerEntry, LedgerHead
from registry.ledger.notes import Checkpoint, VerifierKey
from registry.ledger.tiles import root_by_path
from registry.services import checkpoints, log_keys, receipts
from registry.services.checkpoints import Diverged
from registry.tasks import compare_logs
from tests.cast import Cast
from tests.registry.ledger.lifted import lifted
from tests.registry.test_verifications import tamper


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, settings: Any) -> Path:
    settings.ASSAY_LOG_STATE_DIR = tmp_path / "state"
    settings.ASSAY_LOG_KEYS = f"file:{tmp_path / 'keys'}"
    return tmp_path


def append(cast: Cast, count: int = 1) -> None:
    with record.transaction():
        for _ in range(count):
            record.event(
                "member.reactivated",
                organisation_id=cast.acme.pk,
                subject=cast.acme,
                actor=cast.actor("olga"),
                user_id="1",
                user="Somebody",
            )


def issued(cast: Cast) -> LedgerCheckpoint:
    made = checkpoints.issue(cast.acme.pk)
    assert made is not None
    return made


def trusted(cast: Cast) -> list[VerifierKey]:
    rows = LedgerKey.objects.filter(organisation_id=cast.acme.pk).order_by("from_size")
    return [VerifierKey(row.origin, bytes(row.public)) for row in rows]


def of_acme(cast: Cast) -> str:
    return str(cast.acme.pk) if connection.vendor == "postgresql" else cast.acme.pk.hex


def test_it_works(cast: Cast) -> None:
    made, head = issued(cast), LedgerHead.objects.get(pk=cast.acme.pk)
    note = notes.parse(made.note)
    assert note.verified_by(trusted(cast)) == trusted(cast)
    assert Checkpoint.read(note.text) == Checkpoint(head.origin, head.size, bytes(head.root))
    assert checkpoints.issue(cast.acme.pk) is None  # nothing new to sign


def test_it_goes_on_from_what_it_remembers(cast: Cast) -> None:
    sizes = []
    for count in (1, 300, 5, 520, 1):
        append(cast, count)
        sizes.append(issued(cast).size)
    head = LedgerHead.objects.get(pk=cast.acme.pk)
    leaves = [
        bytes(leaf)
        for leaf in LedgerEntry.objects.filter(organisation_id=cast.acme.pk)
        .order_by("index")
        .values_list("leaf_hash", flat=True)
    ]
    assert sizes[-1] == head.size == len(leaves)
    assert LedgerTile.objects.filter(organisation_id=cast.acme.pk, level=0).count() == head.size // 256
    for row in LedgerCheckpoint.objects.filter(organisation_id=cast.acme.pk):
        assert bytes(row.root) == chain.root_of(leaves[: row.size])


def test_every_entry_is_shown_to_be_in_the_log(cast: Cast) -> None:
    append(cast, 300)
    made = issued(cast)
    for index in (0, 1, 255, 256, made.size - 1):
        body = bytes(LedgerEntry.objects.get(organisation_id=cast.acme.pk, index=index).body)
        path = proofs.inclusion(cast.acme.pk, index, made.size, bytes(made.root), body)
        assert root_by_path(chain.leaf_hash(body), index, made.size, path) == bytes(made.root)


def test_a_proof_takes_few_queries(cast: Cast, django_assert_max_num_queries: Any) -> None:
    append(cast, 800)
    made = issued(cast)
    body = bytes(LedgerEntry.objects.get(organisation_id=cast.acme.pk, index=3).body)
    with django_assert_max_num_queries(5):
        proofs.inclusion(cast.acme.pk, 3, made.size, bytes(made.root), body)


def test_proofs_of_many_entries_take_as_few(cast: Cast, django_assert_max_num_queries: Any) -> None:
    append(cast, 800)
    made = issued(cast)
    rows = LedgerEntry.objects.filter(
        organisation_id=cast.acme.pk, index__in=(0, 3, 255, 256, 700, made.size - 1)
    )
    bodies = {index: bytes(body) for index, body in rows.values_list("index", "body")}
    tree = proofs.tiled(cast.acme.pk, made.size)
    with django_assert_max_num_queries(5):
        paths = proofs.inclusions(tree, bodies, bytes(made.root))
    for index, body in bodies.items():
        assert paths[index] == proofs.inclusion(cast.acme.pk, index, made.size, bytes(made.root), body)
    with pytest.raises(proofs.Damaged):
        proofs.inclusions(tree, {**bodies, 3: b"another entry"}, bytes(made.root))


def test_a_cut_log_is_not_signed_and_stops(cast: Cast) -> None:
    append(cast, 3)
    made = issued(cast)
    tamper(
        f'DELETE FROM registry_ledgerentry WHERE organisation_id = %s AND "index" >= {made.size - 2}',
        of_acme(cast),
    )
    leaves = [
        bytes(leaf)
        for leaf in LedgerEntry.objects.filter(organisation_id=cast.acme.pk)
        .order_by("index")
        .values_list("leaf_hash", flat=True)
    ]
    tree = chain.Tree()
    for leaf in leaves:
        tree = tree.append(leaf)
    rewrite(cast, tree)
    with pytest.raises(Diverged, match="It was cut, or restored from a copy"):
        checkpoints.issue(cast.acme.pk)
    assert halts.reason(cast.acme.pk)
    with pytest.raises(Unavailable, match="The log of this organisation is stopped"):
        append(cast)
    assert LedgerEntry.objects.filter(organisation_id=cast.acme.pk).count() == len(leaves)


def rewrite(cast: Cast, tree: chain.Tree) -> None:
    """As the administrator of the database would, to hide what was done to the entries."""
    values = [tree.size, tree.root(), b"".join(tree.frontier)]
    tamper(
        "UPDATE registry_ledgerhead SET size = %s, root = %s, frontier = %s WHERE organisation_id = %s",
        *values,
        of_acme(cast),
    )


def set_back(cast: Cast, size: int) -> None:
    tamper("UPDATE registry_ledgerhead SET size = %s WHERE organisation_id = %s", size, of_acme(cast))


def test_a_log_that_was_rewritten_to_its_end_is_noticed(cast: Cast) -> None:
    issued(cast)
    append(cast)
    entries = LedgerEntry.objects.filter(organisation_id=cast.acme.pk).order_by("index")
    bodies = [bytes(body) for body in entries.values_list("body", flat=True)]
    bodies[1] = bodies[1].replace(b'"at":"2', b'"at":"1')
    tree = chain.Tree()
    for body in bodies:
        tree = tree.append(chain.leaf_hash(body))
    rewrite(cast, tree)
    with pytest.raises(Diverged, match="give another root than the head"):
        checkpoints.issue(cast.acme.pk)


def test_bytes_that_changed_since_the_last_checkpoint_are_named(cast: Cast) -> None:
    size = issued(cast).size
    append(cast, 2)
    tamper(
        f'UPDATE registry_ledgerentry SET body = leaf_hash WHERE organisation_id = %s AND "index" = {size + 1}',
        of_acme(cast),
    )
    with pytest.raises(Diverged, match=f"The bytes of entry {size + 1} do not have the stored hash"):
        checkpoints.issue(cast.acme.pk)


def test_an_entry_that_is_missing_is_named(cast: Cast) -> None:
    size = issued(cast).size
    append(cast, 3)
    tamper(
        f'DELETE FROM registry_ledgerentry WHERE organisation_id = %s AND "index" = {size + 1}', of_acme(cast)
    )
    with pytest.raises(Diverged, match=f"Entry {size + 1} is missing"):
        checkpoints.issue(cast.acme.pk)


def test_a_log_of_another_name_is_not_signed(cast: Cast) -> None:
    issued(cast)
    tamper("UPDATE registry_ledgerhead SET origin = 'evil.example' WHERE organisation_id = %s", of_acme(cast))
    with pytest.raises(Diverged, match=r"is called evil\.example"):
        checkpoints.issue(cast.acme.pk)


def test_a_checkpoint_by_a_key_that_was_put_in_beside_is_not_adopted(cast: Cast, folders: Path) -> None:
    """Whoever has the database can give the log a key; its private half is not where ours are."""
    kept = issued(cast).note
    (folders / "state" / f"{cast.acme.pk}.json").unlink()
    private, head = Ed25519PrivateKey.generate(), record.head(cast.acme.pk)
    public = private.public_key().public_bytes_raw()
    LedgerKey.objects.create(
        organisation_id=cast.acme.pk, origin=head.origin, public=public, from_size=1, added_at=head.now
    )
    told = Checkpoint.read(notes.parse(kept).text)
    with pytest.raises(Invalid, match="signed by its key"):
        checkpoints.adopt(cast.acme.pk, str(notes.sign(told, VerifierKey(head.origin, public), private.sign)))


def test_a_checkpoint_after_a_change_of_keys_is_adopted(cast: Cast, folders: Path) -> None:
    issued(cast)
    log_keys.replace(actor=cast.actor("cora"), organisation=cast.acme, reason="The yearly change.")
    append(cast, 3)
    kept = issued(cast).note
    (folders / "state" / f"{cast.acme.pk}.json").unlink()
    assert checkpoints.adopt(cast.acme.pk, kept).size == LedgerHead.objects.get(pk=cast.acme.pk).size
    append(cast)
    issued(cast)


def test_lost_memory_signs_nothing_and_a_kept_checkpoint_brings_it_back(cast: Cast, folders: Path) -> None:
    kept = issued(cast).note
    append(cast)
    (folders / "state" / f"{cast.acme.pk}.json").unlink()
    with pytest.raises(Unavailable, match="remembers none"):
        checkpoints.issue(cast.acme.pk)
    with pytest.raises(Invalid, match="This is no checkpoint"):
        checkpoints.adopt(cast.acme.pk, "nothing")
    forged = notes.sign(
        Checkpoint.read(notes.parse(kept).text),
        VerifierKey(trusted(cast)[0].name, bytes(32)),
        lambda _: bytes(64),
    )
    with pytest.raises(Invalid, match="signed by its key"):
        checkpoints.adopt(cast.acme.pk, str(forged))
    checkpoints.adopt(cast.acme.pk, kept)
    issued(cast)
    with pytest.raises(Conflict):
        checkpoints.adopt(cast.acme.pk, kept)


def test_a_crash_between_remembering_and_publishing_is_made_good(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    append(cast, 300)

    def crash(*_: object) -> None:
        raise OSError("power cut")

    with monkeypatch.context() as broken:
        broken.setattr(checkpoints, "_publish", crash)
        with pytest.raises(OSError, match="power cut"):
            checkpoints.issue(cast.acme.pk)
    assert not LedgerCheckpoint.objects.exists()
    checkpoints.issue(cast.acme.pk)
    made = LedgerCheckpoint.objects.get(organisation_id=cast.acme.pk)
    assert proofs.tiled(cast.acme.pk, made.size).root() == bytes(made.root)


def test_a_half_written_memory_is_no_memory(cast: Cast, folders: Path) -> None:
    issued(cast)
    (folders / "state" / f"{cast.acme.pk}.json").write_text('{"size": 3')
    with pytest.raises(Unavailable, match="cannot be read"):
        checkpoints.issue(cast.acme.pk)


def test_what_is_remembered_is_for_its_owner_only(cast: Cast, folders: Path) -> None:
    issued(cast)
    for path in (*folders.rglob("*.json"), *folders.rglob("*.pem")):
        assert path.stat().st_mode & 0o077 == 0, path


def test_start_up_compares(cast: Cast) -> None:
    made = issued(cast)
    checkpoints.compare(cast.acme.pk)
    set_back(cast, made.size - 1)
    with pytest.raises(Diverged):
        checkpoints.compare(cast.acme.pk)
    assert halts.reason(cast.acme.pk)


def test_a_starting_worker_stops_what_was_cut(cast: Cast) -> None:
    made = issued(cast)
    set_back(cast, made.size - 1)
    compare_logs()
    assert "It was cut, or restored from a copy" in halts.reason(cast.acme.pk)


def test_a_replaced_key_is_signed_by_the_one_before(cast: Cast) -> None:
    first = issued(cast)
    made = log_keys.replace(actor=cast.actor("cora"), organisation=cast.acme, reason="The yearly change.")
    assert made is not None
    old, new = trusted(cast)
    assert notes.parse(made.note).verified_by([old, new]) == [new, old]
    entry = LedgerEntry.objects.get(organisation_id=cast.acme.pk, event="log.key_replaced")
    told = json.loads(bytes(entry.body))["data"]
    assert (told["old_key"], told["new_key"], told["from_size"]) == (str(old), str(new), made.size)
    append(cast)
    later = notes.parse(issued(cast).note)
    assert later.verified_by([old, new]) == [new]
    assert notes.parse(first.note).verified_by([old, new]) == [old]


def test_who_may_replace_the_key(cast: Cast) -> None:
    issued(cast)
    for name in ("dev", "aud", "olga"):
        with pytest.raises(Denied):
            log_keys.replace(actor=cast.actor(name), organisation=cast.acme, reason="Mine.")
    with pytest.raises(Invalid, match="Say why"):
        log_keys.replace(actor=cast.actor("cora"), organisation=cast.acme, reason=" ")


def test_a_key_that_a_database_administrator_put_in_signs_nothing(cast: Cast) -> None:
    head = record.head(cast.acme.pk)
    LedgerKey.objects.create(
        organisation_id=cast.acme.pk, origin=head.origin, public=bytes(32), from_size=0, added_at=head.now
    )
    with pytest.raises(Unavailable, match="is not where ASSAY_LOG_KEYS points"):
        checkpoints.issue(cast.acme.pk)


def test_a_key_that_follows_nothing_is_refused(cast: Cast, folders: Path) -> None:
    issued(cast)
    append(cast)
    made = keys.configured().following(cast.acme.pk)
    with lifted():
        LedgerKey.objects.all().delete()
    head = record.head(cast.acme.pk)
    LedgerKey.objects.create(
        organisation_id=cast.acme.pk, origin=head.origin, public=made.public, from_size=0, added_at=head.now
    )
    with pytest.raises(Diverged, match="the key before it has not signed"):
        checkpoints.issue(cast.acme.pk)


def test_keys_in_the_environment(
    cast: Cast, settings: Any, monkeypatch: pytest.MonkeyPatch, folders: Path
) -> None:
    issued(cast)
    pems = [path.read_text() for path in folders.rglob("*.pem")]
    settings.ASSAY_LOG_KEYS = "env:LOG_KEY"
    append(cast)
    with pytest.raises(Unavailable, match="is not where ASSAY_LOG_KEYS points"):
        checkpoints.issue(cast.acme.pk)
    monkeypatch.setenv("LOG_KEY", pems[0])
    issued(cast)


def test_the_commands(cast: Cast, folders: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("checkpoint_logs")
    told = capsys.readouterr().out
    assert told.count("entries signed") == 2
    call_command("replace_log_key", "acme", "--by", "cora", "--reason", "The yearly change.")
    kept = folders / "kept.txt"
    kept.write_text(capsys.readouterr().out.rstrip("\n") + "\n")
    (folders / "state" / f"{cast.acme.pk}.json").unlink()
    call_command("checkpoint_logs", "--organisation", "acme", "--adopt", str(kept))
    with pytest.raises(CommandError, match="Say whose checkpoint"):
        call_command("checkpoint_logs", "--adopt", str(kept))
    with pytest.raises(CommandError, match="no organisation"):
        call_command("checkpoint_logs", "--organisation", "nobody")
    with pytest.raises(CommandError, match="may not"):
        call_command("replace_log_key", "acme", "--by", "dev", "--reason", "Mine.")
    set_back(cast, 1)
    with pytest.raises(CommandError, match="1 of 2 logs could not be signed or anchored"):
        call_command("checkpoint_logs")


def test_a_checkpoint_that_somebody_put_in_is_not_published_for_the_signed_one(cast: Cast) -> None:
    size = issued(cast).size + 1
    append(cast)
    forged = put_in(cast, size)
    with pytest.raises(Diverged, match=rf"a checkpoint of {size} entries that was not signed here"):
        checkpoints.issue(cast.acme.pk)
    assert halts.reason(cast.acme.pk)
    assert LedgerCheckpoint.objects.get(size=size).note == forged.note


def test_a_checkpoint_of_more_than_there_is_spoils_no_receipt(cast: Cast) -> None:
    made = issued(cast)
    put_in(cast, 10**12)
    assert receipts.shown(cast.acme.pk, 0).checkpoint == made


def put_in(cast: Cast, size: int) -> LedgerCheckpoint:
    """What the role of the service may do: add a row."""
    head = record.head(cast.acme.pk)
    return LedgerCheckpoint.objects.create(
        organisation_id=cast.acme.pk, origin=head.origin, size=size, root=bytes(32), note="x", signed_at=head.now
    )  # fmt: skip
