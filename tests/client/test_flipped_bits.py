"""Whatever bit is flipped in a good note, checkpoint, proof, envelope, receipt or export, it is refused."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from datetime import datetime
from io import FileIO
from pathlib import Path

import pytest
from assay_client import statement, strict_json, summary
from assay_client.keys import PinnedKey
from assay_client.log import check, checkpoints, notes, policy, receipts, tree
from assay_client.log.check import Broken
from assay_client.log.export import Export
from assay_client.times import UTC

from tests.client import logs
from tests.client.command import DIGEST
from tests.client.logs import Log
from tests.client.shared import vectors
from tests.client.verdicts import SIGNER, VERIFIER, answer, envelope, public, question
from tests.client.verdicts import statement as statement_of

POLICY = policy.parse(json.dumps(logs.policy()).encode())


def flips(data: bytes) -> Iterator[bytes]:
    """The data with one bit flipped, each bit once."""
    for place in range(8 * len(data)):
        changed = bytearray(data)
        changed[place // 8] ^= 1 << place % 8
        yield bytes(changed)


def accepted(data: bytes, accept: Callable[[bytes], object], *refusals: type[Exception]) -> list[bytes]:
    """The data with one bit flipped that are accepted all the same; anything but a refusal is a fault."""
    found = []
    for changed in flips(data):
        try:
            accept(changed)
        except refusals:
            continue
        found.append(changed)
    return found


def opened(data: bytes, keys: list[notes.VerifierKey]) -> None:
    if not notes.signed(notes.parse(data), keys).by:
        raise notes.BadNote


@pytest.mark.parametrize("name", ["c2sp-example", "one-known-one-unknown"])
def test_notes(name: str) -> None:
    (case,) = (case for case in vectors("signed-note/open.json")["cases"] if case["id"] == name)
    data, keys = base64.b64decode(case["note_b64"]), list(map(notes.verifier_key, case["vkeys"]))
    opened(data, keys)
    # The line of a key that nobody knows says nothing, so it may say anything; what is below it may not.
    unknown = data.index("— Enoch".encode()) if b"Enoch" in data else len(data)
    for changed in accepted(data, lambda one: opened(one, keys), notes.BadNote):
        assert changed[:unknown] == data[:unknown]


def test_signed_checkpoints() -> None:
    leaves = Log.of(5).leaves
    text = logs.checkpoint_text(leaves, 5)
    seen = {"name": "w1", "vkey": logs.vkey(logs.WITNESS, "w1", kind=4)}
    both = policy.parse(json.dumps(logs.policy(witnesses=[seen], quorum=1)).encode())
    data = logs.note(text, logs.signature(text), logs.signature(text, logs.WITNESS, "w1", kind=4))

    def accept(one: bytes) -> None:
        both.require_quorum(both.proven(one))

    accept(data)
    assert accepted(data, accept, policy.NotProven) == []


def test_checkpoint_bodies_mean_something_else_or_nothing() -> None:
    for case in vectors("checkpoint/bodies.json")["cases"]:
        if case["want"] == "accept":
            data = case["body"].encode()
            right = checkpoints.body(data)
            for changed in accepted(data, checkpoints.body, checkpoints.BadCheckpoint):
                told = checkpoints.body(changed)
                assert told != right or changed.split(b"\n")[3:] != data.split(b"\n")[3:]


@pytest.mark.parametrize(("size", "index"), [(1, 0), (2, 1), (7, 4), (7, 6), (8, 0), (300, 256)])
def test_inclusion_proofs(size: int, index: int) -> None:
    leaves = [logs.leaf(logs.entry(at)) for at in range(size)]
    proof, root = logs.inclusion(leaves, index), logs.root(leaves)

    def holds(leaf: bytes = leaves[index], proof: list[bytes] = proof, root: bytes = root) -> bool:
        return tree.includes(leaf=leaf, index=index, size=size, proof=proof, root=root)

    assert holds()
    assert not any(holds(leaf=one) for one in flips(leaves[index]))
    assert not any(holds(root=one) for one in flips(root))
    for place, node in enumerate(proof):
        assert not any(holds(proof=[*proof[:place], one, *proof[place + 1 :]]) for one in flips(node))
        assert not holds(proof=proof[:place] + proof[place + 1 :])
    assert not holds(proof=[*proof, root])


@pytest.mark.parametrize(("size1", "size2"), [(1, 2), (3, 7), (4, 7), (6, 8), (255, 300)])
def test_consistency_proofs(size1: int, size2: int) -> None:
    leaves = [logs.leaf(logs.entry(at)) for at in range(size2)]
    proof = logs.consistency(leaves, size1)
    roots = [logs.root(leaves[:size1]), logs.root(leaves)]

    def holds(root1: bytes = roots[0], root2: bytes = roots[1], proof: list[bytes] = proof) -> bool:
        return tree.extends(size1=size1, root1=root1, size2=size2, root2=root2, proof=proof)

    assert holds()
    assert not any(holds(root1=one) for one in flips(roots[0]))
    assert not any(holds(root2=one) for one in flips(roots[1]))
    for place, node in enumerate(proof):
        assert not any(holds(proof=[*proof[:place], one, *proof[place + 1 :]]) for one in flips(node))
        assert not holds(proof=proof[:place] + proof[place + 1 :])


def test_receipts() -> None:
    data = logs.receipt([logs.entry(index) for index in range(7)], 4)
    receipts.kept(data, POLICY)
    assert accepted(data, lambda one: receipts.kept(one, POLICY), receipts.BadReceipt, policy.NotProven) == []


def test_envelopes() -> None:
    now = datetime(2030, 1, 1, 12, 0, 0, tzinfo=UTC)
    door = summary.VerdictPolicy((PinnedKey(VERIFIER, public(SIGNER)),))
    whole = envelope(statement_of(answer(question(), now)))
    # The hint of the key is not signed and says nothing; it is left out here.
    data = json.dumps({**whole, "signatures": [{"sig": whole["signatures"][0]["sig"]}]}).encode()

    def accept(one: bytes) -> None:
        summary.proven(strict_json.parse(one), door, artifact=DIGEST, resource="production", now=now)

    accept(data)
    assert accepted(data, accept, statement.NotProven, strict_json.NotJson) == []


def test_exports(tmp_path: Path) -> None:
    log = Log.of(2)
    export = Export(log.written(tmp_path / "export"))
    assert check.check(export, POLICY).head.size == 2
    for name, data in log.files().items():
        if name == "keys.json":  # for people only: nothing reads it
            continue
        with (tmp_path / "export" / name).open("r+b", buffering=0) as stream:

            def accept(one: bytes, stream: FileIO = stream) -> None:
                stream.seek(0)
                stream.write(one)
                check.check(export, POLICY)

            assert accepted(data, accept, Broken) == [], name
            stream.seek(0)
            stream.write(data)
    assert check.check(export, POLICY).head.size == 2


def test_a_log_with_levels_of_tiles(tmp_path: Path) -> None:
    log = Log.of(257)
    export = Export(log.written(tmp_path / "export"))
    for name in ("tile/1/000.p/1", "tile/0/001.p/1"):
        path, data = tmp_path / "export" / name, log.files()[name]
        for changed in flips(data):
            path.write_bytes(changed)
            with pytest.raises(Broken):
                check.check(export, POLICY)
        path.write_bytes(data)
