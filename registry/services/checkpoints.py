"""Signing checkpoints, in a step of its own that believes the database nothing but the bytes of the entries.

The step goes on from what it remembers outside the database: it reads the entries since then, hashes their bytes,
builds the root level by level, and compares it with the head. Only a tree that continues the remembered one is signed,
then remembered, then published. Anything else stops the log: changes are answered 503 until people have looked.
"""

import logging
import uuid
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Final

from django.conf import settings
from django.db import DatabaseError
from django.db.models import QuerySet

from registry.errors import AssayError, Conflict, Invalid, Unavailable
from registry.ledger import chain, epochs, halts, keys, notes, proofs, record
from registry.ledger.anchors.base import Disagrees
from registry.ledger.bottom_up import Heap
from registry.ledger.checkpoint_models import LedgerCheckpoint, LedgerKey, LedgerTile
from registry.ledger.models import LedgerEntry, LedgerHead
from registry.ledger.notes import Checkpoint, Note, VerifierKey
from registry.ledger.record import Head
from registry.ledger.remembered import Memories, Memory
from registry.ledger.tiles import WIDTH, Place
from registry.services import agreement

logger = logging.getLogger(__name__)
PORTION: Final = 4096  # entries read at once


class Diverged(Unavailable):
    """The database shows another log than the one that was signed before."""

    code = "log.diverged"


def issue_all() -> int:
    """Sign a checkpoint of every log that grew; how many were signed."""
    done = 0
    for organisation_id in LedgerHead.objects.order_by("pk").values_list("pk", flat=True):
        try:
            done += issue(organisation_id) is not None
        except (AssayError, DatabaseError, OSError):
            # One log cannot be read or signed; the others must not wait for it.
            logger.exception("checkpoint_failed", extra={"organisation_id": str(organisation_id)})
    return done


def issue(organisation_id: uuid.UUID, memories: Memories | None = None) -> LedgerCheckpoint | None:
    """Sign the log as it is, or as it was when its key was replaced; None when that is signed already."""
    memories = memories or Memories(settings.ASSAY_LOG_STATE_DIR)
    with memories.opened(organisation_id) as memory:
        head = record.head(organisation_id)
        with halts.halting(organisation_id, Diverged, Disagrees):
            known = _begun(head, memory)
            head = replace(head, origin=known.origin)
            heap, tiles = _grown(head, known)
            if heap.size > known.size:
                agreement.agree(head)
        if memory is not None and head.size == memory.size:
            _publish(head, memory)  # after a crash between remembering and publishing
            return None
        _store(head, tiles)  # first, for what is remembered is never read again
        note, key = _signed(head, heap, known)
        frontier = tuple(node.hex() for node in heap.frontier)
        new = Memory(head.origin, heap.size, heap.root().hex(), frontier, str(note), str(key))
        memories.keep(organisation_id, new)
        return _publish(head, new)


def compare(organisation_id: uuid.UUID, silent: dict[str, str] | None = None) -> None:
    """Stop a log that is shorter than what was signed or anchored of it, or another; called when a process starts."""
    head = record.head(organisation_id)
    with halts.halting(organisation_id, Diverged, Disagrees):
        known = _begun(head, Memories(settings.ASSAY_LOG_STATE_DIR).read(organisation_id))
        _Builder(organisation_id, known)
        agreement.agree_at_start(replace(head, origin=known.origin), known, {} if silent is None else silent)


def compare_all() -> None:
    """Compare every log with what is remembered of it; a log that is another is stopped, and the others go on."""
    silent: dict[str, str] = {}  # places that do not answer are not waited for once for each log
    for organisation_id in LedgerHead.objects.order_by("pk").values_list("pk", flat=True):
        try:
            compare(organisation_id, silent)
        except (AssayError, DatabaseError, OSError):
            logger.exception("log_comparison_failed", extra={"organisation_id": str(organisation_id)})


def adopt(organisation_id: uuid.UUID, text: str, memories: Memories | None = None) -> Checkpoint:
    """Remember a checkpoint that was kept elsewhere, when the memory itself was lost or cannot be read.

    It must be signed by the log's key and be the beginning of the log as it is; the entries up to it are read anew.
    """
    memories = memories or Memories(settings.ASSAY_LOG_STATE_DIR)
    with memories.held(organisation_id):
        if memories.remembers(organisation_id):
            raise Conflict("A checkpoint of this log is remembered already.", code="log.remembered")
        head = replace(record.head(organisation_id), origin=epochs.current(organisation_id))
        note, told = _read(text)
        signers = note.verified_by(VerifierKey(head.origin, public) for public in _own_keys(head))
        if told.origin != head.origin or not signers:
            raise Invalid(
                "This is no checkpoint of this log, signed by its key.", errors=[("checkpoint", "foreign")]
            )
        heap = Heap(0, ())
        for leaves in _portions(head, 0, min(told.size, head.size)):
            heap.add(leaves)
        if (heap.size, heap.root()) != (told.size, told.root):
            raise Diverged(f"The first {told.size} entries are not those of this checkpoint.")
        frontier = tuple(node.hex() for node in heap.frontier)
        memories.keep(
            organisation_id,
            Memory(head.origin, heap.size, heap.root().hex(), frontier, text, str(signers[0])),
        )
    return told


def _own_keys(head: Head) -> Iterator[bytes]:
    """The public keys of a log whose private halves are ours: whoever has the database can put in others."""
    held = keys.configured()
    for row in _keys_of(head):
        with suppress(Unavailable):
            yield held.signer(head.organisation_id, bytes(row.public)).public


def _read(text: str) -> tuple[Note, Checkpoint]:
    try:
        note = notes.parse(text)
        return note, Checkpoint.read(note.text)
    except notes.Malformed as error:
        raise Invalid(f"This is no checkpoint. {error}", errors=[("checkpoint", "malformed")]) from error


def _begun(head: Head, memory: Memory | None) -> Memory:
    """What the step goes on from; refuses a log that is shorter than remembered, or of which memory was lost."""
    if memory is None:
        if LedgerCheckpoint.objects.filter(organisation_id=head.organisation_id).exists():
            raise Unavailable(
                "Checkpoints of this log were signed, but the checkpointer remembers none. Give it the last anchored"
                " one (manage.py checkpoint_logs --adopt FILE).",
                code="log.memory_lost",
            )
        return Memory(origin=head.origin)
    if not epochs.belongs(memory.origin, head.origin):
        raise Diverged(f"The log is called {head.origin} now; {memory.origin} was signed.")
    if head.size < memory.size:
        raise Diverged(
            f"The log has {head.size} entries now; {memory.size} were signed. It was cut, or restored from a copy."
        )
    if head.size == memory.size and head.root.hex() != memory.root:
        raise Diverged(f"The root of the {head.size} entries is another than the one that was signed.")
    return memory


def _grown(head: Head, known: Memory) -> tuple[Heap, list[LedgerTile]]:
    """The tree with every entry since what is remembered, and the tiles that it completes."""
    heap, builder = Heap(known.size, known.hashes), _Builder(head.organisation_id, known)
    for leaves in _portions(head, known.size, _end(head, known.size)):
        heap.add(leaves)
        builder.add(leaves)
    if heap.size == head.size and heap.root() != head.root:
        raise Diverged(f"The {head.size} entries give another root than the head of the log has.")
    return heap, builder.tiles


def _portions(head: Head, start: int, end: int) -> Iterator[list[bytes]]:
    """The leaf hashes of the entries from `start` to before `end`, made from their bytes."""
    entries = LedgerEntry.objects.filter(organisation_id=head.organisation_id).order_by("index")
    while start < end:
        rows = list(
            entries.filter(index__gte=start, index__lt=min(start + PORTION, end)).values_list(
                "index", "body", "leaf_hash"
            )
        )
        leaves = []
        for expected, (index, body, stored) in enumerate(rows, start):
            leaf = chain.leaf_hash(bytes(body))
            if index != expected:
                raise Diverged(f"Entry {expected} is missing.")
            if leaf != bytes(stored):
                raise Diverged(f"The bytes of entry {index} do not have the stored hash.")
            leaves.append(leaf)
        if not leaves:
            raise Diverged(f"Entry {start} is missing.")
        yield leaves
        start += len(leaves)


def _end(head: Head, start: int) -> int:
    """How far to sign: up to the head, or to where a new key begins, which both keys sign."""
    begins = LedgerKey.objects.filter(
        organisation_id=head.organisation_id, origin=head.origin, from_size__gt=start
    )
    sizes = begins.filter(from_size__lte=head.size).order_by("from_size").values_list("from_size", flat=True)
    return sizes.first() or head.size


class _Builder:
    """Collects the hashes of entries into complete tiles."""

    def __init__(self, organisation_id: uuid.UUID, known: Memory) -> None:
        self.tiles: list[LedgerTile] = []
        self._open: list[tuple[int, list[bytes]]] = []  # for each level its number and its hashes so far
        epoch = epochs.number_of(known.origin)
        tree = proofs.tiled(organisation_id, known.size, epoch)
        try:
            holds = tree.frontier() == known.hashes
        except ValueError:
            holds = False
        if not holds:
            raise Diverged(f"The first {known.size} entries are not those that were signed.")
        level, count, read = 0, known.size, proofs.reader(organisation_id, epoch)
        while count:
            number, inside = divmod(count, WIDTH)
            (hashes,) = read([Place(level, number, inside)]) if inside else (b"",)
            self._open.append((number, [hashes[at : at + 32] for at in range(0, len(hashes), 32)]))
            level, count = level + 1, number

    def add(self, leaves: list[bytes]) -> None:
        """Put the next entries' hashes in."""
        for leaf in leaves:
            self._put(0, leaf)

    def _put(self, level: int, node: bytes) -> None:
        if level == len(self._open):
            self._open.append((0, []))
        number, hashes = self._open[level]
        hashes.append(node)
        if len(hashes) == WIDTH:
            root = chain.root_of(hashes)
            self.tiles.append(LedgerTile(level=level, number=number, hashes=b"".join(hashes), root=root))
            self._open[level] = (number + 1, [])
            self._put(level + 1, root)


def _signed(head: Head, heap: Heap, known: Memory) -> tuple[Note, VerifierKey]:
    """The note of the tree, by the key of its size; where a new key begins, by the one before it too."""
    held = keys.configured()
    rows = list(_keys_of(head).filter(from_size__lte=heap.size))
    if not rows:
        if known.key:
            raise Diverged("The log was signed with a key that the database knows nothing of.")
        rows = [_first_key(head, held.first(head.organisation_id))]
    begins_here = len(rows) > 1 and rows[0].from_size == heap.size
    checkpoint = Checkpoint(head.origin, heap.size, heap.root())
    mine = [(row, VerifierKey(head.origin, bytes(row.public))) for row in rows[: 2 if begins_here else 1]]
    if known.key and known.key not in {str(key) for _, key in mine}:
        raise Diverged("The log's key was replaced, and the key before it has not signed that.")
    note = Note(str(checkpoint), ())
    for row, key in mine:
        signer = held.signer(head.organisation_id, bytes(row.public))
        note = note.signed(key.name, key.id, signer.sign(str(checkpoint).encode()))
    if len(notes.parse(str(note)).verified_by(key for _, key in mine)) != len(mine):
        raise Unavailable("A signature that was just made does not hold; nothing was signed.")
    return note, mine[0][1]


def _keys_of(head: Head) -> QuerySet[LedgerKey]:
    """The keys of a log, newest first."""
    return LedgerKey.objects.filter(organisation_id=head.organisation_id, origin=head.origin).order_by(
        "-from_size"
    )


def _first_key(head: Head, signer: keys.Signer) -> LedgerKey:
    return LedgerKey.objects.create(
        organisation_id=head.organisation_id,
        origin=head.origin,
        public=signer.public,
        from_size=0,
        added_at=head.now,
    )


def _store(head: Head, tiles: list[LedgerTile]) -> None:
    for tile in tiles:
        tile.organisation_id, tile.epoch = head.organisation_id, epochs.number_of(head.origin)
    LedgerTile.objects.bulk_create(tiles, batch_size=200, ignore_conflicts=True)


def _publish(head: Head, memory: Memory) -> LedgerCheckpoint:
    made, _ = LedgerCheckpoint.objects.get_or_create(
        organisation_id=head.organisation_id,
        origin=memory.origin,
        size=memory.size,
        defaults={"root": bytes.fromhex(memory.root), "note": memory.note, "signed_at": head.now},
    )
    if (bytes(made.root).hex(), made.note) != (memory.root, memory.note):
        with halts.halting(head.organisation_id, Diverged):
            raise Diverged(
                f"The database holds a checkpoint of {memory.size} entries that was not signed here."
            )
    return made
