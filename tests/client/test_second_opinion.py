"""Another project's transparency log (aics-tlog) and ours say the same about trees, proofs, notes and tiles."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from assay_client.log import checkpoints, notes, tree

from tests.client import logs
from tests.client.logs import Log
from tests.client.verdicts import public

theirs = pytest.importorskip("aics_tlog", reason="LEFT OUT: aics-tlog is not installed. Run: make setup")

ENTRIES = [logs.entry(index) for index in range(70)]
THEIR_TREE = theirs.MerkleTree(ENTRIES)
LEAVES = [logs.leaf(entry) for entry in ENTRIES]


def test_heads_of_trees() -> None:
    assert [tree.root(LEAVES[:size]) for size in range(71)] == [THEIR_TREE.root(size) for size in range(71)]
    assert [tree.leaf_hash(entry) for entry in ENTRIES] == [theirs.leaf_hash(entry) for entry in ENTRIES]


def test_their_inclusion_proofs_hold_here() -> None:
    for size in range(1, 71):
        for index in range(0, size, 3):
            proof, root = THEIR_TREE.inclusion_proof(index, size), THEIR_TREE.root(size)
            assert tree.includes(leaf=LEAVES[index], index=index, size=size, proof=proof, root=root)


def test_their_consistency_proofs_hold_here() -> None:
    for new in range(1, 71):
        for old in range(1, new + 1, 3):
            proof, roots = (
                THEIR_TREE.consistency_proof(old, new),
                (THEIR_TREE.root(old), THEIR_TREE.root(new)),
            )
            assert tree.extends(size1=old, root1=roots[0], size2=new, root2=roots[1], proof=proof)


def test_both_refuse_the_same_damaged_proofs() -> None:
    chance, both = random.Random(4), {True: 0, False: 0}
    for _ in range(3000):
        size, index = chance.randint(1, 70), chance.randint(0, 70)
        proof = THEIR_TREE.inclusion_proof(min(index, size - 1), size)
        if chance.random() < 0.7:
            damage(proof, chance)
        at = chance.choice([index, min(index, size - 1)])
        leaf, root = LEAVES[min(index, size - 1)], THEIR_TREE.root(size)
        ours = tree.includes(leaf=leaf, index=at, size=size, proof=proof, root=root)
        assert ours == theirs.verify_inclusion(leaf, at, size, proof, root)
        old = chance.randint(1, size)
        proof, roots = THEIR_TREE.consistency_proof(old, size), (THEIR_TREE.root(old), root)
        if chance.random() < 0.5:
            damage(proof, chance)
        holds = tree.extends(size1=old, root1=roots[0], size2=size, root2=root, proof=proof)
        assert holds == theirs.verify_consistency(old, size, roots[0], root, proof)
        both[ours] += 1
    assert min(both.values()) > 500


def damage(proof: list[bytes], chance: random.Random) -> None:
    """Drop, double, swap or change a hash."""
    kind = chance.randrange(4)
    if not proof or kind == 0:
        proof.insert(chance.randint(0, len(proof)), chance.choice(LEAVES))
    elif kind == 1:
        proof.pop(chance.randrange(len(proof)))
    elif kind == 2:
        proof.reverse()
    else:
        proof[chance.randrange(len(proof))] = chance.choice(LEAVES)


def test_their_signed_checkpoint_and_cosignature_hold_here() -> None:
    said = theirs.Checkpoint(logs.ORIGIN, 70, THEIR_TREE.root())
    signed = theirs.sign_checkpoint(said, logs.LOG, logs.ORIGIN)
    _, line = theirs.sign_cosignature(logs.WITNESS, "w1", 1_900_000_000, logs.ORIGIN, 70, THEIR_TREE.root())
    note = notes.parse(theirs.Note(signed.text, (*signed.signatures, line)).serialise().encode())
    assert checkpoints.body(note.text) == checkpoints.Checkpoint(logs.ORIGIN, 70, tree.root(LEAVES))
    keys = (notes.verifier_key(logs.vkey()), notes.verifier_key(logs.vkey(logs.WITNESS, "w1", kind=4)))
    assert notes.signed(note, keys).by == keys


def test_the_checkpoints_of_our_tests_hold_there() -> None:
    note = theirs.parse_note(logs.checkpoint(LEAVES, 70).decode())
    key = theirs.parse_vkey(logs.vkey())
    assert key.public_key == public(logs.LOG)
    assert theirs.verify_checkpoint(note, key, expected_origin=logs.ORIGIN).ok


@pytest.mark.parametrize("size", [1, 255, 256, 257, 700])
def test_the_tiles_of_an_export_make_the_same_tree_there(tmp_path: Path, size: int) -> None:
    log = Log.of(size)
    reader = theirs.FileSystemTileReader(log.written(tmp_path / "export"))
    assert theirs.tree_root_from_tiles(reader, size) == tree.root(log.leaves)
