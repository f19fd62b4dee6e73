"""The commands for conformance tests: 0 accept, 1 reject, 3 not supported, and nothing else for what files say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.client import logs
from tests.client.command import Command

LEAVES = [logs.leaf(logs.entry(index)) for index in range(7)]
ROOT = logs.root(LEAVES).hex()


def lines(path: Path, hashes: list[bytes]) -> str:
    path.write_text("".join(f"{one.hex()}\n" for one in hashes), encoding="ascii")
    return str(path)


def inclusion(offline: Command, path: str, **changed: str) -> int:
    told = {"leaf-hash": LEAVES[4].hex(), "index": "4", "size": "7", "root": ROOT, "proof": path, **changed}
    return offline("verify-inclusion", *(part for name in told for part in (f"--{name}", told[name]))).code


def test_an_inclusion_proof_is_accepted(offline: Command, tmp_path: Path) -> None:
    path = lines(tmp_path / "proof", logs.inclusion(LEAVES, 4))
    assert inclusion(offline, path) == 0
    assert inclusion(offline, path, root=ROOT.upper()) == 0


@pytest.mark.parametrize(
    "changed",
    [
        {"index": "5"}, {"index": "-1"}, {"index": "7"}, {"index": str(2**64 - 1)}, {"size": "6"}, {"size": "0"},
        {"size": str(2**64)}, {"leaf-hash": ""}, {"leaf-hash": "zz"}, {"root": ROOT[:-1]}, {"root": ROOT[:-2]},
        {"root": "٣" * 64}, {"leaf-hash": ROOT + "00"},
    ],
)  # fmt: skip
def test_another_claim_is_rejected(offline: Command, tmp_path: Path, changed: dict[str, str]) -> None:
    path = lines(tmp_path / "proof", logs.inclusion(LEAVES, 4))
    assert inclusion(offline, path, **changed) == 1


def test_every_entry_of_every_small_tree(offline: Command, tmp_path: Path) -> None:
    for size in range(1, 8):
        for index in range(size):
            path = lines(tmp_path / "proof", logs.inclusion(LEAVES[:size], index))
            told = {"leaf-hash": LEAVES[index].hex(), "root": logs.root(LEAVES[:size]).hex()}
            assert inclusion(offline, path, index=str(index), size=str(size), **told) == 0


def test_every_pair_of_small_trees(offline: Command, tmp_path: Path) -> None:
    for new in range(1, 8):
        for old in range(1, new + 1):
            path = lines(tmp_path / "proof", logs.consistency(LEAVES[:new], old))
            roots = [logs.root(LEAVES[:size]).hex() for size in (old, new)]
            told = ["--size1", str(old), "--root1", roots[0], "--size2", str(new), "--proof", path]
            assert offline("verify-consistency", *told, "--root2", roots[1]).code == 0
            assert offline("verify-consistency", *told, "--root2", "00" * 32).code == 1


def test_the_empty_tree_extends_itself_only(offline: Command, tmp_path: Path) -> None:
    path, empty = lines(tmp_path / "proof", []), logs.root([]).hex()
    told = ["--size1", "0", "--root1", empty, "--size2", "0", "--proof", path]
    assert offline("verify-consistency", *told, "--root2", empty).code == 0
    assert (
        offline("verify-consistency", *told[:4], "--size2", "7", "--root2", ROOT, "--proof", path).code == 1
    )


@pytest.mark.parametrize(
    "text", ["\n", "zz\n", "ab cd\n", "00" * 31 + "\n", "00" * 32 + "\r\n", "00" * 33, "é"]
)
def test_a_proof_that_is_not_one_is_rejected(offline: Command, tmp_path: Path, text: str) -> None:
    (tmp_path / "proof").write_text(text, encoding="utf-8", newline="")
    assert inclusion(offline, str(tmp_path / "proof")) == 1


def test_wrong_usage_is_neither_accepted_nor_rejected(offline: Command, tmp_path: Path) -> None:
    path = lines(tmp_path / "proof", logs.inclusion(LEAVES, 4))
    assert inclusion(offline, str(tmp_path / "nothing")) == 2
    assert inclusion(offline, path, index="four") == 2
    assert offline("verify-inclusion", "--proof", path).code == 2
    (tmp_path / "policy").write_text(json.dumps(logs.policy()), encoding="utf-8")
    assert offline("verify-log", "--export", path, "--policy", str(tmp_path / "policy")).code == 2


def note_of(path: Path, *signatures: str, text: str = "text\n") -> str:
    path.write_bytes(logs.note(text, *signatures))
    return str(path)


def test_keys_can_be_given_one_by_one_or_together(offline: Command, tmp_path: Path) -> None:
    path = note_of(tmp_path / "note", logs.signature("text\n"))
    other = logs.vkey(logs.NEXT, "other")
    assert offline("verify-note", "--note", path, "--vkey", other, "--vkey", logs.vkey()).code == 0
    assert offline("verify-note", "--note", path, "--vkey", other, logs.vkey()).code == 0
    assert offline("verify-note", "--note", path, "--vkey", other).code == 1
    assert offline("verify-note", "--note", path).code == 1


def test_a_cosignature_is_verified_with_its_time(offline: Command, tmp_path: Path) -> None:
    path = note_of(tmp_path / "note", logs.signature("text\n", logs.WITNESS, "w", kind=4))
    assert offline("verify-note", "--note", path, "--vkey", logs.vkey(logs.WITNESS, "w", kind=4)).code == 0
    assert offline("verify-note", "--note", path, "--vkey", logs.vkey(logs.WITNESS, "w")).code == 1


def test_an_unknown_kind_of_key_is_not_supported_when_nothing_else_decides(
    offline: Command, tmp_path: Path
) -> None:
    unknown = logs.vkey(logs.NEXT, "other", kind=6)
    line = logs.signature("text\n", logs.NEXT, "other", kind=6)
    path = note_of(tmp_path / "note", line)
    assert offline("verify-note", "--note", path, "--vkey", unknown).code == 3
    path = note_of(tmp_path / "note", line, logs.signature("text\n"))
    assert offline("verify-note", "--note", path, "--vkey", unknown, logs.vkey()).code == 0
    path = note_of(tmp_path / "note", line, logs.signature("another\n"))
    assert offline("verify-note", "--note", path, "--vkey", unknown, logs.vkey()).code == 1
    path = note_of(tmp_path / "note", logs.signature("text\n"))
    assert offline("verify-note", "--note", path, "--vkey", unknown).code == 1


def test_an_origin_that_a_terminal_would_obey_is_printed_with_escapes(
    offline: Command, tmp_path: Path
) -> None:
    (tmp_path / "body").write_text(f"a\u202eb\u009b\n0\n{logs.b64(logs.root([]))}\n", encoding="utf-8")
    ran = offline("parse-checkpoint", "--body", str(tmp_path / "body"))
    assert (ran.code, ran.out.split("\n")[0]) == (0, "a\\u202eb\\x9b")
