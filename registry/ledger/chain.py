"""The Merkle tree of RFC 6962 / RFC 9162 over canonical entry bytes. Pure: no Django, no database, no clock."""

import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import rfc8785

# RFC 8785 numbers are doubles; beyond this a whole number would change.
LARGEST = 2**53 - 1
EMPTY_ROOT = hashlib.sha256(b"").digest()


def canonical(value: Any) -> bytes:
    """The one byte string of a JSON value (RFC 8785). Floats are refused: use decimal strings."""
    _refuse_floats(value, "$")
    return rfc8785.dumps(value)


def exact(value: Any, path: str = "$") -> Any:
    """A JSON value as the canonical form takes it: fractions and huge whole numbers as decimal text."""
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{path} is {value}, which is no result.")
        return repr(value)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > LARGEST:
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): exact(item, f"{path}.{key}") for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [exact(item, f"{path}[{position}]") for position, item in enumerate(value)]
    return value


def digest(data: bytes) -> str:
    """`sha256:<hex>` of the bytes."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def digest_of(value: Any) -> str:
    """`sha256:<hex>` of the canonical bytes of a JSON value."""
    return digest(canonical(value))


def leaf_hash(entry: bytes) -> bytes:
    """SHA-256(0x00 || entry), RFC 6962 section 2.1."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 || left || right), RFC 6962 section 2.1."""
    return hashlib.sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True)
class Tree:
    """A tree head that can grow: its size and the roots of its perfect subtrees, largest first.

    `frontier` has one hash for each 1-bit of `size`; that is all an append needs (the compact range of
    Trillian and Tessera).
    """

    size: int = 0
    frontier: tuple[bytes, ...] = ()

    def append(self, leaf: bytes) -> "Tree":
        """The tree with one more leaf hash."""
        frontier, height, node = list(self.frontier), self.size, leaf
        while height & 1:
            node = node_hash(frontier.pop(), node)
            height >>= 1
        return Tree(self.size + 1, (*frontier, node))

    def root(self) -> bytes:
        """The RFC 6962 Merkle tree hash of all leaves."""
        if not self.frontier:
            return EMPTY_ROOT
        node = self.frontier[-1]
        for left in reversed(self.frontier[:-1]):
            node = node_hash(left, node)
        return node


def root_of(leaves: Sequence[bytes]) -> bytes:
    """The Merkle tree hash by the recursive definition of RFC 6962 2.1: the second code path for checks."""
    if not leaves:
        return EMPTY_ROOT
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return node_hash(root_of(leaves[:split]), root_of(leaves[split:]))


@dataclass(frozen=True)
class Break:
    """The first place where a log does not hold, and what is wrong there."""

    index: int
    kind: str  # gap | leaf-mismatch | root-mismatch | malformed
    sentence: str


def replay(entries: Iterable[tuple[int, bytes, bytes]]) -> tuple[Tree, Break | None]:
    """Grow a tree from (index, body, leaf hash) rows in order; stop at the first row that does not hold."""
    tree = Tree()
    for index, body, stored_leaf in entries:
        if index != tree.size:
            return tree, Break(
                tree.size, "gap", f"Entry {tree.size} is missing; the next one found is {index}."
            )
        leaf = leaf_hash(body)
        if leaf != stored_leaf:
            return tree, Break(
                index, "leaf-mismatch", f"The bytes of entry {index} do not have the stored hash."
            )
        tree = tree.append(leaf)
    return tree, None


def _refuse_floats(value: Any, path: str) -> None:
    if isinstance(value, float):
        raise TypeError(f"{path} is a float; the ledger keeps numbers as integers or decimal strings.")
    if isinstance(value, dict):
        for key, item in value.items():
            _refuse_floats(item, f"{path}.{key}")
    elif isinstance(value, list | tuple):
        for position, item in enumerate(value):
            _refuse_floats(item, f"{path}[{position}]")
