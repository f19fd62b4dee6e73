"""The second way to a root: level by level from the bottom, as the append path never does. Pure.

What is already vouched for is a frontier: the roots of the perfect subtrees of a remembered size. The leaves after it
are hashed anew from their bytes. Two neighbours give their parent, level after level; what has no neighbour stays, and
the root folds what stayed from the right. `chain.Tree.append` goes leaf by leaf instead; an error in one is no error in
the other.
"""

import hashlib
from collections.abc import Iterator, Sequence


class Heap:
    """Subtrees that wait for their neighbours, one level a row."""

    def __init__(self, size: int, frontier: Sequence[bytes]) -> None:
        levels = [level for level in range(size.bit_length()) if size >> level & 1]
        if len(levels) != len(frontier):
            raise ValueError(
                f"A tree of {size} entries has {len(levels)} perfect subtrees, not {len(frontier)}."
            )
        self.size = size
        self._waiting: dict[int, bytes] = dict(zip(reversed(levels), frontier, strict=True))

    def add(self, leaves: Sequence[bytes]) -> None:
        """Put the hashes of the next entries in a row at the bottom."""
        row, level, first = list(leaves), 0, self.size
        while row:
            if first % 2:  # the first of the row is a right child; its left one has been waiting
                row.insert(0, self._waiting.pop(level))
                first -= 1
            if len(row) % 2:
                self._waiting[level] = row.pop()
            row = [hashlib.sha256(b"\x01" + row[at] + row[at + 1]).digest() for at in range(0, len(row), 2)]
            level, first = level + 1, first // 2
        self.size += len(leaves)

    @property
    def frontier(self) -> tuple[bytes, ...]:
        """The roots of the perfect subtrees, largest first."""
        return tuple(self._waiting[level] for level in sorted(self._waiting, reverse=True))

    def root(self) -> bytes:
        """The tree hash, folded from the right."""
        rest = self._upwards()
        found = next(rest, None)
        if found is None:
            return hashlib.sha256().digest()
        for node in rest:
            found = hashlib.sha256(b"\x01" + node + found).digest()
        return found

    def _upwards(self) -> Iterator[bytes]:
        return (self._waiting[level] for level in sorted(self._waiting))
