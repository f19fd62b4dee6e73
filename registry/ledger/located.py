"""Where a log stops being the one that was hashed, when its root alone says that it is another."""

import uuid
from collections.abc import Iterator

from registry.ledger import chain, epochs
from registry.ledger.checkpoint_models import LedgerCheckpoint, LedgerTile
from registry.ledger.models import LedgerEntry
from registry.ledger.tiles import HASH, WIDTH


def located(organisation_id: uuid.UUID, size: int) -> tuple[int, str]:
    """The first entry that is not shown to be right, and a sentence that says why it and no earlier one.

    A complete tile still has the hash of its entries, so it names the very one. In what no tile covers yet, the last
    checkpoint whose root these entries give is how far they are right.
    """
    origin = epochs.current(organisation_id)
    roots = _roots(organisation_id, origin)
    tree, sure = chain.Tree(), 0
    tiles = _tiles(organisation_id, epochs.number_of(origin))
    tile = next(tiles, b"")
    for leaf in _leaves(organisation_id, size):
        at = tree.size % WIDTH * HASH
        if tile and leaf != tile[at : at + HASH]:
            return tree.size, f"The hash of entry {tree.size} is another than the one in its tile."
        tree = tree.append(leaf)
        if tree.size % WIDTH == 0:
            tile = next(tiles, b"")
        if tree.size in roots:
            if tree.root() != roots[tree.size]:
                break
            sure = tree.size
    if sure:
        return (
            sure,
            f"Up to the checkpoint of {sure} entries they are those that were signed; from there on nobody knows.",
        )
    return 0, "No checkpoint and no tile tells from which entry on."


def _roots(organisation_id: uuid.UUID, origin: str) -> dict[int, bytes]:
    rows = LedgerCheckpoint.objects.filter(organisation_id=organisation_id, origin=origin)
    return {size: bytes(root) for size, root in rows.values_list("size", "root")}


def _tiles(organisation_id: uuid.UUID, epoch: int) -> Iterator[bytes]:
    """The complete tiles of hashes of entries, one after the other up to the first that is missing."""
    rows = LedgerTile.objects.filter(organisation_id=organisation_id, epoch=epoch, level=0).order_by("number")
    for expected, (number, hashes) in enumerate(rows.values_list("number", "hashes").iterator()):
        if number != expected:
            return
        yield bytes(hashes)


def _leaves(organisation_id: uuid.UUID, size: int) -> Iterator[bytes]:
    rows = LedgerEntry.objects.filter(organisation_id=organisation_id, index__lt=size).order_by("index")
    yield from map(bytes, rows.values_list("leaf_hash", flat=True).iterator(chunk_size=2000))
