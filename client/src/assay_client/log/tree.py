"""The Merkle tree of RFC 6962 and the proofs of RFC 9162, section 2.1."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256

HASH = 32
EMPTY_ROOT = sha256(b"").digest()


def leaf_hash(entry: bytes) -> bytes:
    """The hash of one entry."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of two neighbours."""
    return sha256(b"\x01" + left + right).digest()


def root(hashes: Sequence[bytes]) -> bytes:
    """The head of a tree over these leaf hashes, or over the roots of equal, whole subtrees."""
    if not hashes:
        return EMPTY_ROOT
    row = list(hashes)
    while len(row) > 1:
        # One left over at the end goes up unchanged: that is how RFC 6962 splits at powers of two.
        odd = row[len(row) & ~1 :]
        row = [sha256(b"\x01" + left + right).digest() for left, right in zip(row[::2], row[1::2])]
        row += odd
    return row[0]


def folded(lefts: Sequence[bytes], last: bytes) -> bytes:
    """The head of ever smaller whole subtrees, with what comes after them."""
    for left in reversed(lefts):
        last = node_hash(left, last)
    return last


def includes(*, leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether the proof leads from this leaf at this index to this head (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size or not _hashes([leaf, root, *proof]):
        return False
    at, last, found = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if at & 1 or at == last:
            found = node_hash(sibling, found)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and found == root


def extends(*, size1: int, root1: bytes, size2: int, root2: bytes, proof: Sequence[bytes]) -> bool:
    """Whether the proof shows that the second tree is the first with more leaves (RFC 9162, 2.1.4.2)."""
    if size1 == size2:
        same = root1 == root2 and not proof
        return same and (size1 > 0 or root1 == EMPTY_ROOT)
    if not 0 < size1 < size2 or not proof or not _hashes([root1, root2, *proof]):
        return False
    whole = size1 & (size1 - 1) == 0
    path = [root1, *proof] if whole else list(proof)
    at, last = size1 - 1, size2 - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    old = new = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            new = node_hash(new, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and old == root1 and new == root2


def _hashes(values: Iterable[bytes]) -> bool:
    return all(len(value) == HASH for value in values)
