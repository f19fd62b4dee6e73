"""`assay verify-log`: each tampering is named by its word and by the first entry that is not proven."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.client import logs
from tests.client.command import Command, Ran
from tests.client.logs import Log

SIZE = 600
RIGHT = Log.of(SIZE, 200, 512, SIZE)
LEAVES = RIGHT.leaves
LAST = "checkpoints/000000000600.note"

Verify = Callable[..., Ran]


@pytest.fixture
def verify(offline: Command, tmp_path: Path) -> Verify:
    """Runs the command on a log, with files changed and anchors kept outside."""

    def run(
        log: Log = RIGHT, *anchors: bytes, policy: Any = None, more: Sequence[str] = (), **files: bytes | None
    ) -> Ran:
        log.written(tmp_path / "export", **files)
        (tmp_path / "policy").write_text(json.dumps(policy or logs.policy()), encoding="utf-8")
        told = ["verify-log", "--export", str(tmp_path / "export"), "--policy", str(tmp_path / "policy")]
        for number, anchor in enumerate(anchors):
            (tmp_path / f"anchor{number}").write_bytes(anchor)
            told += ["--anchor", str(tmp_path / f"anchor{number}")]
        return offline(*told, *more)

    return run


def rejected(ran: Ran) -> str:
    assert ran.code == 1, ran
    assert ran.err.startswith("assay: rejected: ")
    return ran.out.strip()


def changed(**entries: bytes) -> list[bytes]:
    """The right entries with some replaced, by index."""
    return [entries.get(f"at{index}", one) for index, one in enumerate(RIGHT.entries)]


def test_a_right_log_holds(verify: Verify) -> None:
    ran = verify()
    assert (ran.code, ran.out, ran.err) == (0, f"{SIZE} {logs.b64(logs.root(LEAVES))}\n", "")


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 511, 513])
def test_right_logs_of_every_shape_hold(verify: Verify, size: int) -> None:
    log = Log.of(size, 1, size)
    assert verify(log, logs.checkpoint(log.leaves, (size + 1) // 2)).code == 0


def test_an_empty_log_holds_once_it_is_signed(verify: Verify) -> None:
    assert verify(Log.of(0)).code == 0
    assert rejected(verify(Log([]), **{"checkpoints/000000000000.note": None})) == "0 signature"


def test_entries_that_nobody_signed_yet_are_counted_or_refused(verify: Verify) -> None:
    ran = verify(Log.of(SIZE, 200))
    assert (ran.code, ran.err) == (0, "assay: no checkpoint covers the last 400 entries yet.\n")
    assert rejected(verify(Log.of(SIZE, 200), more=["--complete"])) == "200 signature"
    assert verify(more=["--complete"]).code == 0
    assert rejected(verify(Log.of(SIZE, 0))) == "0 signature"


def test_anchors_that_agree_are_accepted(verify: Verify) -> None:
    several = logs.checkpoint(LEAVES, 1) + logs.checkpoint(LEAVES, 300) + logs.checkpoint(LEAVES, SIZE)
    assert verify(RIGHT, several, logs.checkpoint(LEAVES, 257)).code == 0


# The tamperings of the threat model, as an exporter that reads the tampered tables would hand them on.


def test_t1_an_edited_entry(verify: Verify) -> None:
    entries = b"".join(one + b"\n" for one in changed(at300=logs.entry(300, forged="yes")))
    assert rejected(verify(**{"entries/000000000000.jsonl": entries})) == "300 leaf-mismatch"


def test_t2_an_edited_entry_with_its_hash_put_right(verify: Verify) -> None:
    log = Log(changed(at300=logs.entry(300, forged="yes")), RIGHT.checkpoints)
    stale = RIGHT.files()["tile/1/000.p/2"]
    assert rejected(verify(log, **{"tile/1/000.p/2": stale})) == "256 chain-break"


def test_t3_an_edited_entry_with_everything_recomputed(verify: Verify) -> None:
    log = Log(changed(at300=logs.entry(300, forged="yes")), RIGHT.checkpoints)
    assert rejected(verify(log)) == "200 root-mismatch"


def test_t4_a_removed_entry(verify: Verify) -> None:
    entries = b"".join(one + b"\n" for one in RIGHT.entries[:300] + RIGHT.entries[301:])
    assert rejected(verify(**{"entries/000000000000.jsonl": entries})) == "300 gap"


def test_t5_a_removed_entry_with_the_rest_renumbered(verify: Verify) -> None:
    log = Log(
        [logs.entry(index) for index in range(300)]
        + [logs.entry(index, was=index + 1) for index in range(300, 599)]
    )
    assert (
        rejected(
            verify(replace(log, checkpoints={200: RIGHT.checkpoints[200]}), logs.checkpoint(LEAVES, 512))
        )
        == "200 fork"
    )


def test_t7_a_cut_tail_with_its_checkpoints(verify: Verify) -> None:
    log = Log.of(400, 200)
    assert verify(log).code == 0, "nothing inside can notice it"
    assert rejected(verify(log, logs.checkpoint(LEAVES, 512))) == "400 rollback"


def test_a_cut_tail_with_a_checkpoint_left(verify: Verify) -> None:
    log = replace(Log.of(400), checkpoints={size: RIGHT.checkpoints[size] for size in (200, 512)})
    assert rejected(verify(log)) == "400 rollback"


def test_t9_two_swapped_entries(verify: Verify) -> None:
    entries = changed(at40=RIGHT.entries[41], at41=RIGHT.entries[40])
    assert rejected(verify(Log(entries, RIGHT.checkpoints))) == "40 gap"


def test_t10_an_old_backup_that_went_on(verify: Verify) -> None:
    log = Log([*RIGHT.entries[:300], *(logs.entry(index, again="yes") for index in range(300, 700))])
    leaves = log.leaves
    log.checkpoints = {200: RIGHT.checkpoints[200], 700: logs.checkpoint(leaves, 700)}
    assert verify(log).code == 0, "nothing inside can notice it"
    assert rejected(verify(log, logs.checkpoint(LEAVES, 512))) == "200 fork"


def test_t12_a_new_key_over_a_new_history(verify: Verify) -> None:
    log = Log([logs.entry(index, forged="yes") for index in range(SIZE)])
    log.checkpoints = {SIZE: logs.checkpoint(log.leaves, SIZE, logs.NEXT)}
    assert rejected(verify(log)) == "0 signature"


def test_t14_a_flipped_bit_in_a_stored_hash(verify: Verify) -> None:
    tile = bytearray(RIGHT.files()["tile/0/001"])
    tile[32 * 10] ^= 1
    assert rejected(verify(**{"tile/0/001": bytes(tile)})) == "266 leaf-mismatch"


# Files that are not what they must be.

HEAD = json.loads(RIGHT.files()["log.json"])


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("tile/0/001", None, "256 leaf-mismatch"),
        ("tile/0/002.p/88", b"", "512 leaf-mismatch"),
        ("tile/1/000.p/2", None, "0 chain-break"),
        ("entries/000000000000.jsonl", None, "0 gap"),
        ("entries/000000000000.jsonl", b"", "0 gap"),
        ("entries/000000004096.jsonl", b"", "600 gap"),
        ("entries/more.jsonl", b"", "600 gap"),
        (LAST, b"", "512 signature"),
        (LAST, RIGHT.checkpoints[512], "512 root-mismatch"),
        ("checkpoints/000000000601.note", RIGHT.checkpoints[512], "600 rollback"),
        ("checkpoints/600.note", RIGHT.checkpoints[600], "0 signature"),
        ("log.json", None, "0 policy"),
        ("log.json", b"[]", "0 policy"),
        ("log.json", json.dumps({**HEAD, "format": "assay-log-export/2"}).encode(), "0 policy"),
        ("log.json", json.dumps({**HEAD, "origin": "other.example/acme"}).encode(), "0 policy"),
        ("log.json", json.dumps({**HEAD, "more": 1}).encode(), "0 policy"),
        ("log.json", json.dumps({**HEAD, "size": True}).encode(), "0 policy"),
        ("log.json", json.dumps({**HEAD, "size": 601}).encode(), "512 leaf-mismatch"),
        ("log.json", json.dumps({**HEAD, "size": 2**63}).encode(), "0 chain-break"),
        ("log.json", json.dumps({**HEAD, "root": logs.b64(bytes(32))}).encode(), "600 root-mismatch"),
    ],
)
def test_a_file_that_is_not_right(verify: Verify, name: str, data: bytes | None, said: str) -> None:
    assert rejected(verify(**{name: data})) == said


def test_an_export_without_any_checkpoint_proves_nothing(verify: Verify) -> None:
    assert rejected(verify(Log(RIGHT.entries))) == "0 signature"


def test_what_is_no_entry_is_a_gap_even_when_its_hash_fits(verify: Verify) -> None:
    for odd in (b"{}", b"", b"[" * 9999, b'{"index":40,"index":40}', logs.entry(40, "other.example/acme")):
        log = Log(changed(at40=odd))
        log.checkpoints = {SIZE: logs.checkpoint(log.leaves, SIZE)}
        assert rejected(verify(log)) == "40 gap"


def test_data_that_look_like_the_end_of_an_entry_do_not_pass_for_it(verify: Verify) -> None:
    tail = logs.entry(40).split(b'"number":40}')[1].decode()
    log = Log(changed(at40=logs.entry(41, text=tail)))
    log.checkpoints = {SIZE: logs.checkpoint(log.leaves, SIZE)}
    assert rejected(verify(log)) == "40 gap"


def test_an_entry_in_another_order_of_fields_is_still_an_entry(verify: Verify) -> None:
    document = json.loads(logs.entry(40))
    log = Log(changed(at40=json.dumps(dict(reversed(document.items()))).encode()))
    log.checkpoints = {SIZE: logs.checkpoint(log.leaves, SIZE)}
    assert verify(log).code == 0


# Keys, ranges and witnesses.


def rotated(until: int | None, start: int) -> dict[str, Any]:
    old = {"vkey": logs.vkey(), "from_size": 0, "until_size": until}
    return logs.policy(keys=[old, {"vkey": logs.vkey(logs.NEXT), "from_size": start, "until_size": None}])


def test_each_checkpoint_is_verified_with_the_keys_of_its_size(verify: Verify) -> None:
    log = replace(RIGHT, checkpoints={**RIGHT.checkpoints, SIZE: logs.checkpoint(LEAVES, SIZE, logs.NEXT)})
    assert verify(log, policy=rotated(512, 512)).code == 0
    assert rejected(verify(log, policy=rotated(511, 512))) == "200 policy"
    assert rejected(verify(log, policy=rotated(512, 601))) == "512 policy"
    assert (
        rejected(verify(log, logs.checkpoint(LEAVES, 300, logs.NEXT), policy=rotated(512, 512))) == "0 policy"
    )


def test_the_newest_checkpoint_needs_the_quorum(verify: Verify) -> None:
    text = logs.checkpoint_text(LEAVES, SIZE)
    seen = logs.signature(text, logs.WITNESS, "w1", kind=4)
    witnesses = [
        {"name": "w1", "vkey": logs.vkey(logs.WITNESS, "w1", kind=4)},
        {"name": "w2", "vkey": logs.vkey(logs.OTHER_WITNESS, "w2")},
    ]
    log = replace(
        RIGHT, checkpoints={**RIGHT.checkpoints, SIZE: logs.note(text, logs.signature(text), seen, seen)}
    )
    assert verify(log, policy=logs.policy(witnesses=witnesses, quorum=1)).code == 0
    assert rejected(verify(log, policy=logs.policy(witnesses=witnesses, quorum=2))) == "600 policy"
    both = logs.note(text, logs.signature(text), seen, logs.signature(text, logs.OTHER_WITNESS, "w2"))
    log.checkpoints[SIZE] = both
    assert verify(log, policy=logs.policy(witnesses=witnesses, quorum=2)).code == 0


def test_a_witness_whose_signature_does_not_hold_spoils_the_checkpoint(verify: Verify) -> None:
    text = logs.checkpoint_text(LEAVES, SIZE)
    wrong = logs.signature(logs.checkpoint_text(LEAVES, 512), logs.WITNESS, "w1", kind=4)
    policy = logs.policy(witnesses=[{"name": "w1", "vkey": logs.vkey(logs.WITNESS, "w1", kind=4)}])
    assert (
        rejected(verify(policy=policy, **{LAST: logs.note(text, logs.signature(text), wrong)}))
        == "512 signature"
    )


KEY = logs.policy()["keys"][0]
SEEN = {"name": "w1", "vkey": logs.vkey(logs.WITNESS, "w1")}


@pytest.mark.parametrize(
    "changes",
    [
        {"more": 1}, {"origin": ""}, {"origin": "other"}, {"keys": []}, {"keys": {}}, {"keys": [KEY, None]},
        {"keys": [{name: KEY[name] for name in ("vkey", "until_size")}]}, {"keys": [{**KEY, "from_size": None}]},
        {"keys": [{name: KEY[name] for name in ("vkey", "from_size")}]}, {"keys": [{**KEY, "from_size": True}]},
        {"keys": [{**KEY, "from_size": 5, "until_size": 4}]}, {"keys": [{**KEY, "until_size": "600"}]},
        {"keys": [{**KEY, "vkey": KEY["vkey"][:-4]}]}, {"keys": [{**KEY, "vkey": logs.vkey(kind=4)}]},
        {"quorum": 1}, {"quorum": -1}, {"quorum": 0.0}, {"quorum": None}, {"witnesses": [{**SEEN, "name": "w2"}]},
        {"witnesses": [SEEN, SEEN]}, {"witnesses": [{"name": "w", "vkey": logs.vkey(name="w", kind=4)}]},
    ],
)  # fmt: skip
def test_a_policy_that_says_too_little_is_refused(verify: Verify, changes: dict[str, Any]) -> None:
    assert rejected(verify(policy={**logs.policy(), **changes})) == "0 policy"


def test_an_unknown_kind_of_key_is_not_supported_unless_the_log_is_broken(verify: Verify) -> None:
    text = logs.checkpoint_text(LEAVES, SIZE)
    log = replace(RIGHT, checkpoints={SIZE: logs.note(text, logs.signature(text, kind=6))})
    policy = logs.policy(keys=[{**KEY, "vkey": logs.vkey(kind=6)}])
    assert verify(log, policy=policy).code == 3
    assert rejected(verify(log, policy=policy, **{"tile/0/001": None})) == "256 leaf-mismatch"


def test_an_anchor_that_is_none_is_not_passed_over(verify: Verify) -> None:
    for anchor in (
        b"",
        b"\n",
        logs.checkpoint(LEAVES, 512) + b"more",
        logs.checkpoint(LEAVES, 512, logs.NEXT),
    ):
        assert rejected(verify(RIGHT, anchor)) == "0 signature"


def test_the_checkpoint_of_a_receipt_is_an_anchor(verify: Verify) -> None:
    kept = logs.receipt(RIGHT.entries[:512], 500)
    assert verify(RIGHT, kept).code == 0
    assert rejected(verify(Log.of(400, 200), kept)) == "400 rollback"
    assert rejected(verify(RIGHT, kept.replace(b"index 500", b"index"))) == "0 signature"


def test_a_time_stamp_is_told_to_be_unknown_and_never_counts(verify: Verify) -> None:
    stamp = b"\x30\x82\x05\x00" + "— ".encode() + bytes(1280)
    ran = verify(RIGHT, stamp)
    assert (ran.code, ran.out) == (3, "")
    assert "openssl ts -verify" in ran.err
    assert verify(RIGHT, stamp, logs.checkpoint(LEAVES, 300)).code == 3
    assert rejected(verify(RIGHT, stamp, logs.checkpoint(LEAVES, 512, logs.NEXT))) == "0 signature"


def test_an_anchor_of_another_log_is_refused(verify: Verify) -> None:
    text = logs.checkpoint_text(LEAVES, 512, "other.example/acme")
    assert rejected(verify(RIGHT, logs.note(text, logs.signature(text)))) == "0 policy"


def test_what_is_no_file_or_far_too_large_is_not_read(
    verify: Verify, offline: Command, tmp_path: Path
) -> None:
    verify()
    told = ["verify-log", "--export", str(tmp_path / "export"), "--policy", str(tmp_path / "policy")]
    for name, said in (
        ("tile/0/000", "0 leaf-mismatch"), ("tile/1/000.p/2", "0 chain-break"), (LAST, "512 signature"),
        ("entries/000000000000.jsonl", "0 gap"), ("log.json", "0 policy"),
    ):  # fmt: skip
        path = tmp_path / "export" / name
        right = path.read_bytes()
        for odd in (Path.mkdir, os.mkfifo, lambda path: path.symlink_to("/dev/zero")):
            path.unlink()
            odd(path)
            assert rejected(offline(*told)) == said
            path.rmdir() if path.is_dir() else path.unlink()
            path.write_bytes(right)
        path.write_bytes(right + b" " * 9_000_000)
        assert offline(*told).code == 1
        path.write_bytes(right)
    assert offline(*told).code == 0
    assert offline(*told[:1], "--export", "x" * 5000, *told[3:]).code == 2
    (tmp_path / "anchor").write_bytes(b" " * 64_000_001)
    assert offline(*told, "--anchor", str(tmp_path / "anchor")).code == 2
