"""Proofs of a tree that is kept in tiles: 256 hashes of one level in one row. Pure: who reads tiles is given.

The tiles are those of C2SP tlog-tiles: tile (L, N) holds the roots of the perfect subtrees of 256^L leaves with the
numbers 256·N to 256·N + 255. A proof reads two rows for every 256-fold growth of the log, never the whole log.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from registry.ledger.chain import EMPTY_ROOT, node_hash

HEIGHT: Final = 8
WIDTH: Final = 1 << HEIGHT
HASH: Final = 32  # bytes


class Place(NamedTuple):
    """A tile: its level, its number, and how many hashes it has in the tree that is asked about."""

    level: int
    number: int
    hashes: int


# The hashes of each of the tiles that are asked for at once: who reads them from a database asks it few questions.
Reader = Callable[[Sequence[Place]], list[bytes]]


class Tiled:
    """The tree of the first `size` entries, read from its tiles as they are needed."""

    def __init__(self, size: int, read: Reader) -> None:
        self.size = size
        self._read = read
        self._tiles: dict[tuple[int, int], bytes] = {}

    def root(self, size: int | None = None) -> bytes:
        """The RFC 6962 tree hash of the first `size` entries."""
        (found,) = self._ranges([(0, self.size if size is None else size)])
        return found or EMPTY_ROOT

    def inclusion(self, index: int) -> list[bytes]:
        """The audit path of an entry, leaf first (RFC 6962, section 2.1.1)."""
        if not 0 <= index < self.size:
            raise IndexError(f"A log of {self.size} entries has no entry {index}.")
        return self._ranges(_siblings(index, 0, self.size))

    def inclusions(self, indices: Sequence[int]) -> dict[int, list[bytes]]:
        """The audit paths of several entries; what they need is read in one go."""
        if outside := [index for index in indices if not 0 <= index < self.size]:
            raise IndexError(f"A log of {self.size} entries has no entry {outside[0]}.")
        ways = {index: _siblings(index, 0, self.size) for index in indices}
        self._fetch(place for way in ways.values() for place in way)
        return {index: self._ranges(way) for index, way in ways.items()}

    def consistency(self, old: int) -> list[bytes]:
        """Hashes that show that the first `old` entries are where this tree begins (RFC 6962, section 2.1.2)."""
        if not 0 <= old <= self.size:
            raise IndexError(f"A log of {self.size} entries has no earlier size {old}.")
        return self._ranges(_steps(old, self.size))

    def frontier(self) -> tuple[bytes, ...]:
        """The roots of the perfect subtrees of this size, largest first."""
        self._fetch([(0, self.size)])
        return tuple(self._node(level, start >> level) for start, level in _perfect(0, self.size))

    def _ranges(self, ranges: Sequence[tuple[int, int]]) -> list[bytes]:
        self._fetch(ranges)
        return [self._range(start, end) for start, end in ranges]

    def _fetch(self, ranges: Iterable[tuple[int, int]]) -> None:
        """Read what these ranges need and is not known yet, in one go."""
        wanted = {
            _home(level, begin >> level)[:2] for start, end in ranges for begin, level in _perfect(start, end)
        }
        places = [
            Place(row, number, min(WIDTH, (self.size >> HEIGHT * row) - WIDTH * number))
            for row, number in sorted(wanted - self._tiles.keys())
        ]
        for place, hashes in zip(places, self._read(places) if places else (), strict=True):
            if len(hashes) != place.hashes * HASH:
                raise ValueError(
                    f"Tile {place.number} of level {place.level} holds {len(hashes)} bytes, not"
                    f" {place.hashes * HASH}."
                )
            self._tiles[place.level, place.number] = hashes

    def _range(self, start: int, end: int) -> bytes:
        """The tree hash of the entries from start to before end, where start begins a subtree of at least that size."""
        nodes = [self._node(level, begin >> level) for begin, level in _perfect(start, end)]
        found = nodes.pop() if nodes else b""
        while nodes:
            found = node_hash(nodes.pop(), found)
        return found

    def _node(self, level: int, number: int) -> bytes:
        """The root of the perfect subtree of 2^level entries with this number."""
        row, tile, first, count = _home(level, number)
        hashes = self._tiles[row, tile]
        level_hashes = [hashes[at : at + HASH] for at in range(first * HASH, (first + count) * HASH, HASH)]
        while len(level_hashes) > 1:
            pairs = zip(level_hashes[::2], level_hashes[1::2], strict=True)
            level_hashes = [node_hash(left, right) for left, right in pairs]
        return level_hashes[0]


def _home(level: int, number: int) -> tuple[int, int, int, int]:
    """Where a node comes from: the tile's level and number, its first hash there, and how many hashes it spans."""
    row, inside = divmod(level, HEIGHT)
    tile, first = divmod(number << inside, WIDTH)
    return row, tile, first, 1 << inside


def _perfect(start: int, end: int) -> Iterator[tuple[int, int]]:
    """The perfect subtrees of a range that begins at one, largest first: where each begins, and its level."""
    while start < end:
        level = (end - start).bit_length() - 1
        yield start, level
        start += 1 << level


def _split(count: int) -> int:
    """The largest power of two below a count."""
    return 1 << (count - 1).bit_length() - 1


def _siblings(index: int, start: int, end: int) -> list[tuple[int, int]]:
    """The ranges beside the way from an entry up to the root, lowest first."""
    found = []
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            found.append((middle, end))
            end = middle
        else:
            found.append((start, middle))
            start = middle
    return found[::-1]


def _steps(old: int, size: int) -> list[tuple[int, int]]:
    """The ranges of a consistency proof, lowest first: SUBPROOF of RFC 6962 without its recursion."""
    if old in (0, size):
        return []
    found, start, end, whole = [], 0, size, True
    while old != end:
        middle = start + _split(end - start)
        if old <= middle:
            found.append((middle, end))
            end = middle
        else:
            found.append((start, middle))
            start, whole = middle, False
    if not whole:
        found.append((start, end))
    return found[::-1]


def root_by_path(leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes | None:
    """The root that an audit path leads to (RFC 9162, section 2.1.3.2); None when it is no path of that place."""
    if not 0 <= index < size:
        return None
    place, last, found = index, size - 1, leaf
    for hash_ in path:
        if last == 0:
            return None
        if place & 1 or place == last:
            found = node_hash(hash_, found)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            found = node_hash(found, hash_)
        place, last = place >> 1, last >> 1
    return found if last == 0 else None
