"""The tree is the one of RFC 6962, checked against published vectors and against a second way of computing it."""

import hashlib
import json

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from registry.ledger import chain
from tests.shared import shared

LEAVES = st.lists(st.binary(max_size=40), max_size=70)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
)


def grow(entries: list[bytes]) -> chain.Tree:
    tree = chain.Tree()
    for entry in entries:
        tree = tree.append(chain.leaf_hash(entry))
    return tree


def test_it_gives_the_published_roots() -> None:
    vectors = json.loads(shared("vectors", "rfc6962", "tree.json").read_text())
    leaves = [bytes.fromhex(text) for text in vectors["leaf_inputs"]]
    assert [chain.leaf_hash(leaf).hex() for leaf in leaves] == vectors["node_hashes"][0]
    assert [grow(leaves[:size]).root().hex() for size in range(9)] == vectors["roots"]


def test_it_gives_the_published_canonical_bytes() -> None:
    folder = shared("vectors", "jcs-rfc8785", "testdata")
    names = sorted(path.stem for path in (folder / "input").iterdir())
    assert len(names) == 6
    for name in names:
        value = json.loads((folder / "input" / f"{name}.json").read_text())
        expected = bytes.fromhex((folder / "outhex" / f"{name}.txt").read_text())
        # Numbers with fractions occur in two of them; the ledger itself refuses those.
        assert rfc8785.dumps(value) == expected


@given(LEAVES)
def test_growing_and_computing_at_once_agree(entries: list[bytes]) -> None:
    assert grow(entries).root() == chain.root_of([chain.leaf_hash(entry) for entry in entries])


@given(LEAVES)
def test_the_frontier_has_one_hash_for_each_bit_of_the_size(entries: list[bytes]) -> None:
    assert len(grow(entries).frontier) == len(entries).bit_count()


@given(VALUES)
def test_canonical_bytes_read_back_as_the_same_value(value: object) -> None:
    assert json.loads(chain.canonical(value)) == value


def test_floats_are_refused_with_their_place() -> None:
    with pytest.raises(TypeError, match=r"\$\.a\[1\] is a float"):
        chain.canonical({"a": [1, 0.5]})


def rows(entries: list[bytes]) -> list[tuple[int, bytes, bytes]]:
    return [(index, entry, chain.leaf_hash(entry)) for index, entry in enumerate(entries)]


@given(st.lists(st.binary(max_size=20), min_size=1, max_size=30), st.data())
def test_any_changed_byte_is_found_at_its_index(entries: list[bytes], data: st.DataObject) -> None:
    log = rows(entries)
    index = data.draw(st.integers(0, len(log) - 1))
    log[index] = (index, log[index][1] + b"x", log[index][2])
    _, broken = chain.replay(log)
    assert broken is not None
    assert (broken.index, broken.kind) == (index, "leaf-mismatch")


@given(st.lists(st.binary(max_size=20), min_size=2, max_size=30), st.data())
def test_any_missing_row_is_found_at_its_index(entries: list[bytes], data: st.DataObject) -> None:
    log = rows(entries)
    index = data.draw(st.integers(0, len(log) - 2))
    del log[index]
    _, broken = chain.replay(log)
    assert broken is not None
    assert (broken.index, broken.kind) == (index, "gap")


def test_the_digest_names_its_algorithm() -> None:
    assert chain.digest(b"") == f"sha256:{hashlib.sha256(b'').hexdigest()}"
