"""Whether an exported log holds, from its first entry to its last checkpoint and against what was kept outside.

The export is read once, in blocks of 256 entries; what is kept meanwhile grows with the logarithm of its size.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256

from assay_client.log import entries, tree
from assay_client.log.entries import Canonical, log_of
from assay_client.log.export import TILE, BadHead, Export, Head, Missing
from assay_client.log.policy import LogPolicy, NotProven, NotSupported, Proven

LEAF, GAP, CHAIN, ROOT = "leaf-mismatch", "gap", "chain-break", "root-mismatch"
SIGNATURE, ROLLBACK, FORK, POLICY = "signature", "rollback", "fork", "policy"
# How a time stamp (RFC 3161) begins: a DER sequence with a length of two bytes, which no text can begin with.
STAMP = b"\x30\x82"
NO_STAMPS = (
    "An anchor is a time stamp (RFC 3161), which this version cannot verify, so it does not count."
    " Verify it with: openssl ts -verify -in STAMP.tsr -data CHECKPOINT.note -CAfile ROOTS.pem"
)
WORDS = (LEAF, GAP, CHAIN, ROOT, SIGNATURE, ROLLBACK, FORK, POLICY)


class Broken(Exception):
    """The log does not hold: the first entry that is not proven, in which way, and a sentence."""

    def __init__(self, index: int, word: str, sentence: str) -> None:
        super().__init__(sentence)
        self.index = index
        self.word = word


@dataclass(frozen=True)
class Held:
    """A log that holds: its head, and up to where signatures cover it."""

    head: Head
    checkpoints: int
    anchors: int
    newest: Proven

    @property
    def unsigned(self) -> int:
        """How many entries at its end no checkpoint covers yet."""
        return self.head.size - self.newest.checkpoint.size


@dataclass(frozen=True)
class _Mark:
    """A signed head that the log must have had at its size."""

    size: int
    anchor: Proven | None  # None: the checkpoint of the export, read when its turn comes


def check(export: Export, policy: LogPolicy, anchors: Iterable[bytes] = ()) -> Held:
    """The log in the export, if it holds; else Broken."""
    try:
        head = export.head()
    except BadHead as error:
        raise Broken(0, POLICY, str(error)) from None
    if head.origin != policy.origin:
        raise Broken(0, POLICY, f"The export is of the log {head.origin!a}, not of {policy.origin!a}.")
    return _Check(export, policy, head, anchors).run()


class _Check:
    """One pass over an export."""

    def __init__(self, export: Export, policy: LogPolicy, head: Head, anchors: Iterable[bytes]) -> None:
        self._export, self._policy, self._head = export, policy, head
        self._unsupported: NotSupported | None = None
        self._marks = iter(
            sorted(self._all_marks(anchors), key=lambda mark: (mark.size, mark.anchor is not None))
        )
        self._mark = next(self._marks, None)
        self._canonical = Canonical(head.origin)
        self._lines = export.lines(head.size)
        self._lefts: list[tuple[int, bytes]] = []  # whole subtrees so far: entries under each, and its root
        self._tower = _Tower(export, head.size)
        self._held: list[Proven] = []
        self._counts = {"checkpoint": 0, "anchor": 0}

    def run(self) -> Held:
        """All blocks in order, then what lies behind the last entry."""
        last = tree.EMPTY_ROOT
        self._look_at_marks(0, [])
        for start in range(0, self._head.size, TILE):
            leaves = self._leaves(start, min(TILE, self._head.size - start))
            whole = tree.root(leaves) if len(leaves) == TILE else b""
            if whole:
                self._tower.add(1, whole)
            self._look_at_marks(start, leaves)
            if start + len(leaves) == self._head.size:
                last = self._root(leaves, len(leaves))
            if whole:
                self._grow(whole)
        self._look_behind(last)
        return self._result()

    def _all_marks(self, anchors: Iterable[bytes]) -> Iterator[_Mark]:
        """Every signed head; at one size the checkpoint of the export is to come before anchors."""
        try:
            for size in self._export.checkpoint_sizes():
                yield _Mark(size, None)
        except Missing as error:
            raise Broken(0, SIGNATURE, f"{error}.") from None
        yield from filter(None, map(self._anchor, anchors))

    def _anchor(self, data: bytes) -> _Mark | None:
        if data.startswith(STAMP):
            self._unsupported = NotSupported(NO_STAMPS)
            return None
        try:
            proven = self._policy.proven(data)
        except NotProven as error:
            raise Broken(0, error.word, f"An anchor: {error}") from None
        except NotSupported as error:
            self._unsupported = error
            return None
        return _Mark(proven.checkpoint.size, proven)

    def _leaves(self, start: int, width: int) -> list[bytes]:
        """The leaf hashes of a block, each equal to the one in its tile."""
        lines = [line for _, line in zip(range(width), self._lines)]
        stored = self._export.tile(0, start // TILE, width)
        fits, leaves, index = self._canonical.fits, [], start
        for line in lines:
            body = line[:-1]
            leaf = sha256(b"\x00" + body).digest()
            at = 32 * (index - start)
            if not fits(body, index) or leaf != stored[at : at + 32] or line[-1:] != b"\n":
                self._look_closer(index, line, leaf == stored[at : at + 32])
            leaves.append(leaf)
            index += 1
        if len(lines) < width:
            raise Broken(index, GAP, f"Entry {index} is missing.")
        return leaves

    def _look_closer(self, index: int, line: bytes, right: bool) -> None:
        """Say what is wrong with an entry; an entry that is only written in another order is right."""
        body, found = line[:-1], None
        try:
            found = entries.entry(body)
        except entries.NotAnEntry as error:
            reason = f"Entry {index} is no entry: {error}."
        if not line:
            raise Broken(index, GAP, f"Entry {index} is missing.")
        if found is not None and found.index != index:
            raise Broken(index, GAP, f"Where entry {index} must be stands entry {found.index}.")
        if not right:
            raise Broken(index, LEAF, f"The bytes of entry {index} do not have the hash in its tile.")
        if found is None:
            raise Broken(index, GAP, reason)
        if found.log != log_of(self._head.origin):
            raise Broken(index, GAP, f"Entry {index} is of another log.")
        if line[-1:] != b"\n":
            raise Broken(index, GAP, f"Entry {index} does not end its line.")

    def _grow(self, root: bytes) -> None:
        size = TILE
        while self._lefts and self._lefts[-1][0] == size:
            root = tree.node_hash(self._lefts.pop()[1], root)
            size *= 2
        self._lefts.append((size, root))

    def _root(self, leaves: Sequence[bytes], count: int) -> bytes:
        """The head of the tree that ends with so many leaves of this block."""
        return tree.folded([root for _, root in self._lefts], tree.root(leaves[:count]))

    def _look_at_marks(self, start: int, leaves: Sequence[bytes]) -> None:
        """Compare every checkpoint and anchor whose size lies in this block with the tree of that size."""
        while self._mark is not None and self._mark.size <= start + len(leaves):
            mark = self._mark
            root = self._root(leaves, mark.size - start) if mark.size else tree.EMPTY_ROOT
            try:
                self._look_at(mark, root)
            except NotProven as error:
                kind = "anchor" if mark.anchor else "checkpoint"
                raise Broken(self._sure, error.word, f"The {kind} of size {mark.size}: {error}") from None
            except NotSupported as error:
                self._unsupported = error
            self._mark = next(self._marks, None)

    def _look_at(self, mark: _Mark, root: bytes) -> None:
        if mark.anchor is not None:
            proven, word = mark.anchor, FORK
            self._counts["anchor"] += 1
        else:
            try:
                proven, word = self._policy.proven(self._export.checkpoint(mark.size)), ROOT
            except Missing as error:
                raise NotProven(SIGNATURE, f"{error}.") from None
            self._counts["checkpoint"] += 1
        if proven.checkpoint.size != mark.size:
            raise NotProven(ROOT, f"it is one of size {proven.checkpoint.size}.")
        if proven.checkpoint.root != root:
            raise NotProven(word, "it was signed over another tree than these entries make.")
        self._held.append(proven)

    @property
    def _sure(self) -> int:
        """The first entry that no signature has proven so far."""
        return self._held[-1].checkpoint.size if self._held else 0

    def _look_behind(self, root: bytes) -> None:
        size = self._head.size
        if root != self._head.root:
            raise Broken(self._sure, ROOT, "The root in log.json is not the one that these entries make.")
        if next(self._lines, None) is not None or self._export.too_much(size):
            raise Broken(size, GAP, f"There are more entries than the {size} of log.json.")
        if self._mark is not None:
            what = "An anchor" if self._mark.anchor else "A checkpoint"
            raise Broken(size, ROLLBACK, f"{what} has {self._mark.size} entries, the export only {size}.")

    def _result(self) -> Held:
        if self._held:
            newest = max(self._held, key=lambda one: (one.checkpoint.size, len(one.witnesses)))
            try:
                self._policy.require_quorum(newest)
            except NotProven as error:
                raise Broken(self._sure, error.word, f"The newest checkpoint: {error}") from None
        if self._unsupported is not None:
            raise self._unsupported
        if not self._held or (self._head.size and not newest.checkpoint.size):
            raise Broken(0, SIGNATURE, "No checkpoint covers any entry of the export: nobody signed it.")
        return Held(self._head, self._counts["checkpoint"], self._counts["anchor"], newest)


class _Tower:
    """The tiles above level 0: each hash must be that of the 256 below it."""

    def __init__(self, export: Export, size: int) -> None:
        self._export, self._size = export, size
        self._levels: dict[int, list[bytes]] = {}
        self._counts: dict[int, int] = {}
        self._stored: dict[int, bytes] = {}

    def add(self, level: int, root: bytes) -> None:
        """The next hash of a level, as computed from below."""
        position = self._counts.get(level, 0)
        at = position % TILE
        if at == 0:
            width = min(TILE, (self._size >> 8 * level) - position)
            self._stored[level] = self._export.tile(level, position // TILE, width)
        if self._stored[level][32 * at : 32 * at + 32] != root:
            raise Broken(
                position << 8 * level,
                CHAIN,
                f"Hash {position} of tile level {level} is not that of its entries.",
            )
        row = self._levels.setdefault(level, [])
        row.append(root)
        self._counts[level] = position + 1
        if len(row) == TILE:
            whole = tree.root(row)
            row.clear()
            self.add(level + 1, whole)
