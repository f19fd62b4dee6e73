"""Every published vector of trees, proofs, notes and checkpoints, through the commands for conformance tests."""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from assay_client.log import checkpoints, notes, receipts, tree

from tests.client.command import Command
from tests.client.shared import vectors
from tests.shared import shared

# Read here, or in test_shared_vectors.py (dsse and the keys of signed notes). A new file has to find its test.
READ = {
    "checkpoint/bodies.json", "checkpoint/signed.json", "dsse/pae.json", "rfc6962/tree.json",
    "signed-note/open.json", "signed-note/vkeys.json", "tlog-proof/malformed.json",
}  # fmt: skip
# Of other parts: canonical JSON and the tree of the service, what a witness answers, files for people's names and data.
ELSEWHERE = {"jcs-rfc8785", "tlog-witness", "naughty-strings", "parquet-bad", "webhooks", "README.md"}


def test_no_vector_file_is_left_out() -> None:
    folder = shared("vectors")
    names = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    ours = {name for name in names if name.split("/")[0] not in ELSEWHERE}
    assert {name for name in ours if not name.startswith("merkle/")} == READ
    proofs = {name for name in ours if name.startswith("merkle/testdata/")}
    assert len(proofs) == len(list(merkle("inclusion"))) + len(list(merkle("consistency"))) == 196


def merkle(kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for path in sorted(shared("vectors", "merkle", "testdata", kind).rglob("*.json")):
        yield path.name, json.loads(path.read_text("utf-8"))


def hexed(coded: str) -> str:
    return base64.b64decode(coded).hex()


def proof(case: dict[str, Any], folder: Path) -> str:
    path = folder / "proof"
    path.write_text("".join(hexed(one) + "\n" for one in case["proof"] or []), encoding="ascii")
    return str(path)


def test_all_inclusion_proofs(offline: Command, tmp_path: Path) -> None:
    said: Counter[int] = Counter()
    for name, case in merkle("inclusion"):
        ran = offline(
            "verify-inclusion", "--leaf-hash", hexed(case["leafHash"]), "--index", str(case["leafIdx"]),
            "--size", str(case["treeSize"]), "--root", hexed(case["root"]), "--proof", proof(case, tmp_path),
        )  # fmt: skip
        assert ran.code == (1 if case["wantErr"] else 0), name
        said[ran.code] += 1
    assert said == {0: 6, 1: 92}


def test_all_consistency_proofs(offline: Command, tmp_path: Path) -> None:
    said: Counter[int] = Counter()
    for name, case in merkle("consistency"):
        ran = offline(
            "verify-consistency", "--size1", str(case["size1"]), "--root1", hexed(case["root1"]),
            "--size2", str(case["size2"]), "--root2", hexed(case["root2"]), "--proof", proof(case, tmp_path),
        )  # fmt: skip
        assert ran.code == (1 if case["wantErr"] else 0), name
        said[ran.code] += 1
    assert said == {0: 6, 1: 92}


def test_all_signed_notes(offline: Command, tmp_path: Path) -> None:
    said: Counter[int] = Counter()
    for case in vectors("signed-note/open.json")["cases"]:
        (tmp_path / "note").write_bytes(base64.b64decode(case["note_b64"]))
        ran = offline("verify-note", "--note", str(tmp_path / "note"), "--vkey", *case["vkeys"])
        assert ran.code == (0 if case["want"] == "accept" else 1), case["id"]
        said[ran.code] += 1
    assert said == {0: 6, 1: 14}


def test_who_signed_the_notes() -> None:
    for case in vectors("signed-note/open.json")["cases"]:
        if case["want"] == "accept":
            known = list(map(notes.verifier_key, case["vkeys"]))
            signed = notes.signed(notes.parse(base64.b64decode(case["note_b64"])), known)
            assert [key.name for key in signed.by] == case["verified_names"], case["id"]


def test_all_verifier_keys(offline: Command, tmp_path: Path) -> None:
    said: Counter[str] = Counter()
    first = vectors("signed-note/open.json")["cases"][0]
    (tmp_path / "note").write_bytes(base64.b64decode(first["note_b64"]))
    for case in vectors("signed-note/vkeys.json")["cases"]:
        if case["want"] == "accept":
            assert notes.verifier_key(case["vkey"]).supported
        else:
            assert offline("verify-note", "--note", str(tmp_path / "note"), "--vkey", case["vkey"]).code == 1
        said[case["want"]] += 1
    assert said == {"accept": 3, "reject": 6}


def test_no_part_and_no_neighbour_of_a_verifier_key_is_one() -> None:
    whole = vectors("signed-note/vkeys.json")["cases"][0]["vkey"]
    parts = [whole[:end] for end in range(len(whole))] + [whole[start:] for start in range(1, len(whole))]
    neighbours = [whole[:i] + chr(ord(whole[i]) + 1) + whole[i + 1 :] for i in range(len(whole))]
    for text in parts + neighbours:
        with pytest.raises(notes.BadVerifierKey):
            notes.verifier_key(text)


def test_all_checkpoint_bodies(offline: Command, tmp_path: Path) -> None:
    said: Counter[int] = Counter()
    for case in vectors("checkpoint/bodies.json")["cases"]:
        (tmp_path / "body").write_bytes(case["body"].encode())
        ran = offline("parse-checkpoint", "--body", str(tmp_path / "body"))
        said[ran.code] += 1
        if case["want"] == "accept":
            assert ran.out == f"{case['origin']}\n{case['size']}\n{case['hash_b64']}\n", case["id"]
        else:
            assert (ran.code, ran.out) == (1, ""), case["id"]
    assert said == {0: 3, 1: 16}


def test_signed_checkpoints_of_real_logs_are_read_and_not_believed_without_a_key() -> None:
    cases = vectors("checkpoint/signed.json")["cases"]
    read = [notes.parse(case["note"].encode()) for case in cases]
    assert [checkpoints.body(note.text).size for note in read] == [798034, 56]
    assert [notes.signed(note, []).by for note in read] == [(), ()]
    assert [case["vkey"] for case in cases] == [None, None], "now there are keys: verify with them"


def test_all_malformed_receipts_are_refused() -> None:
    cases = vectors("tlog-proof/malformed.json")["cases"]
    assert {case["want"] for case in cases} == {"reject"}
    for case in cases:
        with pytest.raises(receipts.BadReceipt):
            receipts.parse(case["proof"].encode())
    assert len(cases) == 8


def test_the_tree_of_rfc_6962() -> None:
    vector = vectors("rfc6962/tree.json")
    leaves = [tree.leaf_hash(bytes.fromhex(one)) for one in vector["leaf_inputs"]]
    assert tree.EMPTY_ROOT.hex() == vector["empty_root"]
    assert [tree.root(leaves[:size]).hex() for size in range(9)] == vector["roots"]
    row, rows = leaves, [leaves]
    while len(row) > 1:
        row = [tree.node_hash(*row[at : at + 2]) for at in range(0, len(row), 2)]
        rows.append(row)
    assert [[one.hex() for one in row] for row in rows] == vector["node_hashes"]


def test_the_hasher_of_rfc_6962() -> None:
    for case in vectors("rfc6962/tree.json")["hasher"]:
        if case["op"] == "leaf":
            data = bytes.fromhex(case["in_hex"]) if "in_hex" in case else case["in_ascii"].encode()
            assert tree.leaf_hash(data).hex() == case["out"]
        else:
            made = tree.node_hash(case["left_ascii"].encode(), case["right_ascii"].encode())
            assert made.hex() == case["out"]
