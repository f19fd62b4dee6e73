"""The second way to a root comes to the same one as the first, however the entries come in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.ledger import chain
from registry.ledger.bottom_up import Heap

LEAVES = [chain.leaf_hash(str(number).encode()) for number in range(600)]


def grown(size: int) -> chain.Tree:
    tree = chain.Tree()
    for leaf in LEAVES[:size]:
        tree = tree.append(leaf)
    return tree


@given(st.lists(st.integers(0, 70), max_size=8))
def test_same_root_in_any_portions(portions: list[int]) -> None:
    heap = Heap(0, ())
    for portion in portions:
        heap.add(LEAVES[heap.size : heap.size + portion])
        assert (heap.root(), heap.frontier) == (grown(heap.size).root(), grown(heap.size).frontier)


@given(st.integers(0, 500), st.integers(0, 99))
def test_going_on_from_a_frontier(size: int, more: int) -> None:
    heap = Heap(size, grown(size).frontier)
    heap.add(LEAVES[size : size + more])
    assert heap.root() == chain.root_of(LEAVES[: size + more])


def test_a_frontier_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="A tree of 3 entries has 2 perfect subtrees, not 1"):
        Heap(3, [LEAVES[0]])
