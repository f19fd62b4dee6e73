"""`assay verify log`, `receipt` and `checkpoint`: sentences for people, exit codes for scripts, pinned keys only."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.client import logs
from tests.client.command import Command
from tests.client.logs import Log

LOG = Log.of(300, 200, 300)
LEAVES = LOG.leaves


@pytest.fixture
def export(tmp_path: Path) -> str:
    return str(LOG.written(tmp_path / "export"))


def file(path: Path, data: bytes | dict[str, Any]) -> str:
    path.write_bytes(data if isinstance(data, bytes) else json.dumps(data).encode())
    return str(path)


def test_a_log_that_holds(offline: Command, tmp_path: Path, export: str) -> None:
    anchor = file(tmp_path / "anchor", logs.checkpoint(LEAVES, 250))
    ran = offline(
        "verify", "log", export, "--policy", file(tmp_path / "policy", logs.policy()), "--anchor", anchor
    )
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines() == [
        f"● the log holds: 300 entries of {logs.ORIGIN}",
        f"  root: {logs.b64(logs.root(LEAVES))}",
        "  checkpoints: 2, the newest of 300 entries",
        "  witnesses: none",
        "  anchors: 1 agree",
    ]


def test_it_says_what_nothing_proves(offline: Command, tmp_path: Path) -> None:
    folder = str(replace(LOG, checkpoints={200: LOG.checkpoints[200]}).written(tmp_path / "export"))
    ran = offline("verify", "log", folder, "--key", logs.vkey())
    assert ran.code == 0
    assert "  anchors: none given, so a log that was cut or rewritten" in ran.out
    assert "  not signed yet: the last 100 entries\n" in ran.out


def test_a_log_that_does_not_hold(offline: Command, tmp_path: Path) -> None:
    folder = str(LOG.written(tmp_path / "export", **{"tile/0/000": bytes(8192)}))
    ran = offline("verify", "log", folder, "--key", logs.vkey())
    assert ran.code == 1
    assert ran.out.splitlines()[0] == "■ the log does not hold, first at entry 0: leaf-mismatch"
    assert "  means: An entry was changed after it was written." in ran.out
    ran = offline("verify", "log", folder, "--key", logs.vkey(), "--json")
    assert ran.code == ran.document["exit_code"] == 1
    assert (ran.document["holds"], ran.document["index"], ran.document["word"]) == (False, 0, "leaf-mismatch")


def test_a_receipt_shows_the_entry_that_the_log_kept(offline: Command, tmp_path: Path) -> None:
    path = file(tmp_path / "receipt", logs.receipt(LOG.entries, 17))
    ran = offline("verify", "receipt", path, "--key", logs.vkey())
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith(
        f"● the log kept it: entry 17 of {logs.ORIGIN}\n  index: 17\n  event: version.submitted\n"
    )
    assert offline("verify", "receipt", path, "--key", logs.vkey(), "--json").document["holds"] is True


@pytest.mark.parametrize("size", [1, 2, 3, 255, 256, 257])
def test_every_place_in_a_log_has_a_receipt(offline: Command, tmp_path: Path, size: int) -> None:
    for index in {0, size // 2, size - 1}:
        path = file(tmp_path / "receipt", logs.receipt(LOG.entries[:size], index))
        assert offline("verify", "receipt", path, "--key", logs.vkey()).code == 0


def test_an_entry_that_is_too_large_lies_beside_its_receipt(offline: Command, tmp_path: Path) -> None:
    whole = logs.receipt(LOG.entries, 17)
    bare = b"".join(line for line in whole.splitlines(keepends=True) if not line.startswith(b"extra "))
    path, entry = file(tmp_path / "receipt", bare), file(tmp_path / "entry", LOG.entries[17])
    assert offline("verify", "receipt", path, "--entry", entry, "--key", logs.vkey()).code == 0
    for other, says in ((LOG.entries[16], "does not lead"), (LOG.entries[17] + b" ", "does not lead")):
        wrong = file(tmp_path / "other", other)
        ran = offline("verify", "receipt", path, "--entry", wrong, "--key", logs.vkey())
        assert ran.code == 1
        assert says in ran.out
    ran = offline("verify", "receipt", path, "--key", logs.vkey())
    assert ran.code == 1
    assert "have to be given beside it" in ran.out
    held = file(tmp_path / "held", whole)
    assert offline("verify", "receipt", held, "--entry", entry, "--key", logs.vkey()).code == 0
    foreign = file(tmp_path / "other", LOG.entries[16])
    assert "another entry" in offline("verify", "receipt", held, "--entry", foreign, "--key", logs.vkey()).out


def test_a_receipt_of_something_else_does_not_hold(offline: Command, tmp_path: Path) -> None:
    right = logs.receipt(LOG.entries, 17)
    renumbered = [*LOG.entries[:17], logs.entry(18), *LOG.entries[18:]]
    elsewhere = [*LOG.entries[:17], logs.entry(17, "other.example/acme"), *LOG.entries[18:]]
    for wrong in (
        logs.receipt(LOG.entries, 17, logs.checkpoint(LEAVES, 299)),
        logs.receipt(LOG.entries, 17, logs.checkpoint(LEAVES, 300, logs.NEXT)),
        logs.receipt(LOG.entries, 17, logs.checkpoint(LEAVES, 300, origin="other.example/acme")),
        right.replace(b"index 17", b"index 16"),
        right.replace(logs.b64(LOG.entries[17]).encode(), logs.b64(LOG.entries[16]).encode()),
        b"".join(line for line in right.splitlines(keepends=True) if not line.startswith(b"extra ")),
        logs.receipt(renumbered, 17),
        logs.receipt(elsewhere, 17),
        logs.receipt([b"no entry"], 0),
    ):
        ran = offline("verify", "receipt", file(tmp_path / "receipt", wrong), "--key", logs.vkey())
        assert ran.code == 1
        assert ran.out.startswith("■ the receipt does not hold\n  reason: ")


def test_a_receipt_needs_the_quorum_of_the_policy(offline: Command, tmp_path: Path) -> None:
    seen = {"name": "w1", "vkey": logs.vkey(logs.WITNESS, "w1", kind=4)}
    policy = file(tmp_path / "policy", logs.policy(witnesses=[seen], quorum=1))
    text = logs.checkpoint_text(LEAVES, 300)
    cosigned = logs.note(text, logs.signature(text), logs.signature(text, logs.WITNESS, "w1", kind=4))
    for signed, code in ((None, 1), (cosigned, 0)):
        path = file(tmp_path / "receipt", logs.receipt(LOG.entries, 17, signed))
        assert offline("verify", "receipt", path, "--policy", policy).code == code


def test_a_checkpoint(offline: Command, tmp_path: Path) -> None:
    path = file(tmp_path / "note", logs.checkpoint(LEAVES, 200))
    ran = offline("verify", "checkpoint", path, "--key", logs.vkey())
    assert (ran.code, ran.out.splitlines()[0]) == (0, "● the checkpoint holds: 200 entries")
    assert offline("verify", "checkpoint", path, "--key", logs.vkey(logs.NEXT)).code == 1
    assert offline("verify", "checkpoint", path, "--key", logs.vkey(), "--origin", "other").code == 1


def test_a_key_of_another_name_needs_the_origin(offline: Command, tmp_path: Path) -> None:
    text = logs.checkpoint_text(LEAVES, 200)
    path = file(tmp_path / "note", logs.note(text, logs.signature(text, name="key-7")))
    assert offline("verify", "checkpoint", path, "--key", logs.vkey(name="key-7")).code == 1
    assert (
        offline("verify", "checkpoint", path, "--key", logs.vkey(name="key-7"), "--origin", logs.ORIGIN).code
        == 0
    )


def test_an_unknown_kind_of_key_can_tell_nothing(offline: Command, tmp_path: Path) -> None:
    text = logs.checkpoint_text(LEAVES, 300)
    signed = logs.note(text, logs.signature(text, kind=6))
    folder = str(replace(LOG, checkpoints={300: signed}).written(tmp_path / "export"))
    receipt = file(tmp_path / "receipt", logs.receipt(LOG.entries, 3, signed))
    told = (("checkpoint", file(tmp_path / "note", signed)), ("log", folder), ("receipt", receipt))
    for kind, path in told:
        assert offline("verify", kind, path, "--key", logs.vkey(kind=6)).code == 5


def test_keys_have_to_be_told(offline: Command, tmp_path: Path, export: str) -> None:
    policy = file(tmp_path / "policy", logs.policy())
    for told in ([], ["--policy", policy, "--key", logs.vkey()], ["--policy", policy, "--origin", "x"],
                 ["--policy", export], ["--policy", file(tmp_path / "bad", b"{}")], ["--key", "no key"],
                 ["--key", logs.vkey(kind=4)]):  # fmt: skip
        ran = offline("verify", "log", export, *told)
        assert (ran.code, ran.out) == (2, "")


def test_what_is_not_there_is_bad_input(offline: Command, tmp_path: Path) -> None:
    for kind in ("log", "receipt", "checkpoint"):
        assert offline("verify", kind, str(tmp_path / "nothing"), "--key", logs.vkey()).code == 2
    assert offline("verify").code == 2
    assert offline("verify", "bundle", "x").code == 2


def test_nothing_that_a_terminal_would_obey_is_printed(offline: Command, tmp_path: Path) -> None:
    entries = [logs.entry(0).replace(b"version.submitted", "\u202e::set-output\u0085".encode())]
    path = file(tmp_path / "receipt", logs.receipt(entries, 0))
    ran = offline("verify", "receipt", path, "--key", logs.vkey())
    assert ran.code == 0
    assert not {"\u202e", "\u0085", "\x1b"} & set(ran.out)
