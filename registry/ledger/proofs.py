"""The tree of a log as its tables keep it: complete tiles, and leaf hashes of what came after them."""

import uuid
from collections.abc import Mapping

from registry.errors import Unavailable
from registry.ledger import chain
from registry.ledger.checkpoint_models import LedgerTile
from registry.ledger.models import LedgerEntry
from registry.ledger.tiles import HASH, WIDTH, Reader, Tiled, root_by_path


class Damaged(Unavailable):
    """The stored tree of a log is not the one that was signed, so nothing can be shown from it."""

    code = "log.damaged"


def tiled(organisation_id: uuid.UUID, size: int, epoch: int = 0) -> Tiled:
    """The tree of the first `size` entries of a log, as it is kept in one of its epochs."""
    return Tiled(size, reader(organisation_id, epoch))


def reader(organisation_id: uuid.UUID, epoch: int = 0) -> Reader:
    """Reads a tile in one query, two where it is not complete yet, and more where one below it is not stored yet."""

    def read(level: int, place: int, count: int) -> bytes:
        tiles = LedgerTile.objects.filter(organisation_id=organisation_id, epoch=epoch)
        row = tiles.filter(level=level, number=place).values_list("hashes", flat=True).first()
        if row is not None:
            return bytes(row)[: count * HASH]
        first = place * WIDTH
        if level == 0:
            entries = LedgerEntry.objects.filter(organisation_id=organisation_id)
            rows = entries.filter(index__gte=first, index__lt=first + count).order_by("index")
            return b"".join(bytes(leaf) for leaf in rows.values_list("leaf_hash", flat=True))
        below = tiles.filter(level=level - 1, number__gte=first, number__lt=first + count)
        roots = {number: bytes(root) for number, root in below.values_list("number", "root")}
        # A tile is stored with the checkpoint after it; until then its root is made from what it will hold.
        return b"".join(
            roots[number] if number in roots else chain.root_of(_cut(read(level - 1, number, WIDTH)))
            for number in range(first, first + count)
        )

    return read


def _cut(hashes: bytes) -> list[bytes]:
    return [hashes[at : at + HASH] for at in range(0, len(hashes), HASH)]


def inclusion(
    organisation_id: uuid.UUID, index: int, size: int, root: bytes, body: bytes, epoch: int = 0
) -> list[bytes]:
    """The audit path from an entry's bytes to a signed root; Damaged when the stored tree does not lead there."""
    try:
        path = tiled(organisation_id, size, epoch).inclusion(index)
    except ValueError as error:
        raise _damaged(size) from error
    if root_by_path(chain.leaf_hash(body), index, size, path) != root:
        raise _damaged(size)
    return path


def inclusions(tree: Tiled, bodies: Mapping[int, bytes], root: bytes) -> dict[int, list[bytes]]:
    """The audit path of each of these entries to the signed root of one tree; Damaged when one does not lead there."""
    found = {}
    for index, body in bodies.items():
        try:
            path = tree.inclusion(index)
        except ValueError as error:
            raise _damaged(tree.size) from error
        if root_by_path(chain.leaf_hash(body), index, tree.size, path) != root:
            raise _damaged(tree.size)
        found[index] = path
    return found


def consistency(
    organisation_id: uuid.UUID, old: tuple[int, bytes], new: tuple[int, bytes], epoch: int = 0
) -> list[bytes]:
    """Hashes that show that one signed tree (size, root) begins another; Damaged when the stored ones do not."""
    tree = tiled(organisation_id, new[0], epoch)
    try:
        roots = (tree.root(old[0]), tree.root())
        path = tree.consistency(old[0])
    except ValueError as error:
        raise _damaged(new[0]) from error
    if roots != (old[1], new[1]):
        raise _damaged(new[0])
    return path


def _damaged(size: int) -> Damaged:
    return Damaged(
        f"The stored tree of {size} entries does not lead to the signed root. Run manage.py verify_ledger;"
        " it names the first entry that does not hold."
    )
