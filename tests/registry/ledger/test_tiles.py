"""Proofs from tiles say what the definition of RFC 6962 says, and read few tiles."""

import json
from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.ledger import chain
from registry.ledger.tiles import HASH, WIDTH, Place, Reader, Tiled, _siblings, _steps
from tests.shared import shared

LEAVES = [chain.leaf_hash(str(number).encode()) for number in range(WIDTH * WIDTH + 3 * WIDTH + 77)]


def reader(leaves: list[bytes], reads: Counter[tuple[int, int]] | None = None) -> Reader:
    """Tiles made from all leaves, by the recursive definition."""
    made: dict[tuple[int, int], bytes] = {}

    def read(places: Sequence[Place]) -> list[bytes]:
        return [tile(*place) for place in places]

    def tile(row: int, number: int, count: int) -> bytes:
        if reads is not None:
            reads[row, number] += 1
        width = WIDTH**row
        for at in range(number * WIDTH, number * WIDTH + count):
            if (row, at) not in made:
                made[row, at] = chain.root_of(leaves[at * width : (at + 1) * width])
        return b"".join(made[row, at] for at in range(number * WIDTH, number * WIDTH + count))

    return read


def test_published_tree() -> None:
    tree = json.loads(shared("vectors", "rfc6962", "tree.json").read_text())
    leaves = [chain.leaf_hash(bytes.fromhex(row)) for row in tree["leaf_inputs"]]
    roots = [Tiled(size, reader(leaves)).root().hex() for size in range(len(leaves) + 1)]
    assert roots == tree["roots"]


@given(st.integers(1, 700), st.data())
def test_paths_by_definition(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    old = data.draw(st.integers(0, size))
    tiled = Tiled(size, reader(LEAVES))
    assert tiled.root() == chain.root_of(LEAVES[:size])
    assert tiled.inclusion(index) == path(index, LEAVES[:size])
    assert tiled.consistency(old) == (subproof(old, LEAVES[:size], whole=True) if old else [])


def path(index: int, leaves: list[bytes]) -> list[bytes]:
    """PATH of RFC 6962, 2.1.1, word for word."""
    if len(leaves) == 1:
        return []
    k = 1 << (len(leaves) - 1).bit_length() - 1
    if index < k:
        return [*path(index, leaves[:k]), chain.root_of(leaves[k:])]
    return [*path(index - k, leaves[k:]), chain.root_of(leaves[:k])]


def subproof(old: int, leaves: list[bytes], *, whole: bool) -> list[bytes]:
    """SUBPROOF of RFC 6962, 2.1.2, word for word."""
    if old == len(leaves):
        return [] if whole else [chain.root_of(leaves)]
    k = 1 << (len(leaves) - 1).bit_length() - 1
    if old <= k:
        return [*subproof(old, leaves[:k], whole=whole), chain.root_of(leaves[k:])]
    return [*subproof(old - k, leaves[k:], whole=False), chain.root_of(leaves[:k])]


@pytest.mark.parametrize("index", [0, 255, 256, 65_535, 65_536, len(LEAVES) - 1])
def test_few_tiles_are_read(index: int) -> None:
    reads: Counter[tuple[int, int]] = Counter()
    tiled = Tiled(len(LEAVES), reader(LEAVES, reads))
    assert len(tiled.inclusion(index)) in range(1, 20)
    assert sum(reads.values()) <= 5  # two of each level but the last


@given(st.integers(1, 10**12), st.data())
def test_a_proof_is_short_however_long_the_log(size: int, data: st.DataObject) -> None:
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    assert len(_siblings(index, 0, size)) <= (size - 1).bit_length()
    assert len(_steps(old, size)) <= size.bit_length() + 1


def test_the_frontier_is_what_an_append_needs() -> None:
    tree = chain.Tree()
    for leaf in LEAVES[:777]:
        tree = tree.append(leaf)
    assert Tiled(777, reader(LEAVES)).frontier() == tree.frontier


def test_an_empty_log() -> None:
    assert Tiled(0, reader([])).root() == chain.EMPTY_ROOT
    assert Tiled(0, reader([])).consistency(0) == []


@pytest.mark.parametrize("index", [-1, 5, 10**18])
def test_what_is_not_in_the_log_has_no_proof(index: int) -> None:
    with pytest.raises(IndexError):
        Tiled(5, reader(LEAVES)).inclusion(index)
    with pytest.raises(IndexError):
        Tiled(5, reader(LEAVES)).consistency(index if index < 0 else index + 1)


def test_a_tile_that_lost_hashes_is_not_used() -> None:
    with pytest.raises(ValueError, match="Tile 0 of level 0 holds 32 bytes, not 160"):
        Tiled(5, lambda places: [bytes(HASH)] * len(places)).root()
