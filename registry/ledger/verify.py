"""Reads a log in order, recomputes every hash, and says in sentences what it found."""

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from registry.ledger import chain, events
from registry.ledger.entries import moment
from registry.ledger.located import located
from registry.ledger.models import LedgerEntry, LedgerHead


@dataclass(frozen=True)
class Verification:
    """The outcome for one log: its recomputed head, and the first break if there is one."""

    organisation_id: uuid.UUID
    origin: str
    size: int
    root: str
    broken: chain.Break | None

    @property
    def holds(self) -> bool:
        """Whether every entry has its hash, its place and its catalogue row, and the head agrees."""
        return self.broken is None


def verify_log(organisation_id: uuid.UUID) -> Verification:
    """Recompute one organisation's log from its stored bytes and compare with its head.

    Entries appended while it reads are left for the next time.
    """
    head = LedgerHead.objects.get(organisation_id=organisation_id)
    reader = _Reader(head)
    tree, broken = chain.replay(reader.rows())
    broken = reader.broken if broken is None or _earlier(reader.broken, broken) else broken
    if broken is None and _is_beyond(head):
        broken = chain.Break(
            head.size, "root-mismatch", f"Entry {head.size} lies beyond the head of the log."
        )
    if broken is None and (tree.size != head.size or tree.root() != bytes(head.root)):
        broken = _mismatch(head, tree)
    return Verification(organisation_id, head.origin, tree.size, tree.root().hex(), broken)


def _mismatch(head: LedgerHead, tree: chain.Tree) -> chain.Break:
    """Every entry has its hash, and the root is another: stored tiles and checkpoints tell from where on."""
    told = f"The head names {head.size} entries; the {tree.size} stored entries give another root."
    if tree.size != head.size:
        return chain.Break(min(tree.size, head.size), "root-mismatch", told)
    index, sentence = located(head.organisation_id, tree.size)
    return chain.Break(index, "root-mismatch", f"{told} {sentence}")


def _is_beyond(head: LedgerHead) -> bool:
    """Whether there are entries that the head, which did not move meanwhile, knows nothing of."""
    later = LedgerEntry.objects.filter(organisation_id=head.organisation_id, index__gte=head.size)
    unmoved = LedgerHead.objects.filter(organisation_id=head.organisation_id, size=head.size)
    return later.exists() and unmoved.exists()


def _earlier(one: chain.Break | None, other: chain.Break) -> bool:
    return one is not None and one.index < other.index


class _Reader:
    """Streams rows and checks that the searchable columns say what the hashed bytes say."""

    def __init__(self, head: LedgerHead) -> None:
        self.head = head
        self.broken: chain.Break | None = None

    def rows(self) -> Iterator[tuple[int, bytes, bytes]]:
        entries = LedgerEntry.objects.filter(
            organisation_id=self.head.organisation_id, index__lt=self.head.size
        )
        for entry in entries.order_by("index").iterator(chunk_size=2000):
            body = bytes(entry.body)
            if self.broken is None:
                self.broken = self._disagreement(entry, body)
            yield entry.index, body, bytes(entry.leaf_hash)

    def _disagreement(self, entry: LedgerEntry, body: bytes) -> chain.Break | None:
        try:
            told = json.loads(body)
            same = (
                told["index"] == entry.index
                and told["log"] == self.head.origin
                and told["at"] == moment(entry.recorded_at)
                and told["event"] == entry.event
                and told["actor"]["id"] == entry.actor_id
                and told["actor"]["kind"] == entry.actor_kind
                and told["subject"] == {"kind": entry.subject_kind, "id": str(entry.subject_id)}
                and told["system"] == (str(entry.system_id) if entry.system_id else None)
                and told["event"] in events.EVENTS
            )
        except (ValueError, KeyError, TypeError):
            return chain.Break(entry.index, "malformed", f"Entry {entry.index} is not a well-formed event.")
        if same:
            return None
        return chain.Break(
            entry.index, "malformed", f"The columns of entry {entry.index} differ from its hashed bytes."
        )
