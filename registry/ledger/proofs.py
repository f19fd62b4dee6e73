"""The tree of a log as its tables keep it: complete tiles, and leaf hashes of what came after them."""

import uuid
from collections.abc import Mapping, Sequence
from functools import reduce
from operator import or_

from django.db.models import Q

from registry.errors import Unavailable
from registry.ledger import chain
from registry.ledger.checkpoint_models import LedgerTile
from registry.ledger.models import LedgerEntry
from registry.ledger.tiles import HASH, WIDTH, Place, Reader, Tiled, root_by_path


class Damaged(Unavailable):
    """The stored tree of a log is not the one that was signed, so nothing can be shown from it."""

    code = "log.damaged"


def tiled(organisation_id: uuid.UUID, size: int, epoch: int = 0) -> Tiled:
    """The tree of the first `size` entries of a log, as it is kept in one of its epochs."""
    return Tiled(size, reader(organisation_id, epoch))


def reader(organisation_id: uuid.UUID, epoch: int = 0) -> Reader:
    """Reads any number of tiles: complete ones in one query, two more where one is not complete or not stored yet."""
    tiles = LedgerTile.objects.filter(organisation_id=organisation_id, epoch=epoch)
    entries = LedgerEntry.objects.filter(organisation_id=organisation_id)

    def complete(places: Sequence[Place]) -> dict[Place, bytes]:
        these = [Q(level=place.level, number=place.number) for place in places]
        rows = tiles.filter(reduce(or_, these)).values_list("level", "number", "hashes")
        found = {(level, number): bytes(hashes) for level, number, hashes in rows}
        return {place: found[place[:2]][: place.hashes * HASH] for place in places if place[:2] in found}

    def leaves(place: Place) -> bytes:
        inside = _inside(place)
        rows = entries.filter(index__gte=inside.start, index__lt=inside.stop).order_by("index")
        return b"".join(bytes(leaf) for leaf in rows.values_list("leaf_hash", flat=True))

    def roots(places: Sequence[Place]) -> dict[Place, bytes]:
        """The hashes of tiles above the leaves: each is the root of a complete tile one level below."""
        below = [
            Q(level=place.level - 1, number__gte=inside.start, number__lt=inside.stop)
            for place, inside in ((place, _inside(place)) for place in places)
        ]
        rows = tiles.filter(reduce(or_, below)).values_list("level", "number", "root")
        found = {(level, number): bytes(root) for level, number, root in rows}
        # A tile is stored with the checkpoint after it; until then its root is made from what it will hold.
        late = [
            Place(place.level - 1, number, WIDTH)
            for place in places
            for number in _inside(place)
            if (place.level - 1, number) not in found
        ]
        for place, hashes in zip(late, read(late), strict=True):
            found[place[:2]] = chain.root_of(_cut(hashes))
        return {
            place: b"".join(found[place.level - 1, number] for number in _inside(place)) for place in places
        }

    def read(places: Sequence[Place]) -> list[bytes]:
        found = complete(places) if places else {}
        rest = [place for place in places if place not in found]
        found |= {place: leaves(place) for place in rest if not place.level}
        if above := [place for place in rest if place.level]:
            found |= roots(above)
        return [found[place] for place in places]

    return read


def _inside(place: Place) -> range:
    """The numbers of a tile's hashes, one level below it."""
    first = place.number * WIDTH
    return range(first, first + place.hashes)


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
    try:
        paths = tree.inclusions(list(bodies))
    except ValueError as error:
        raise _damaged(tree.size) from error
    for index, path in paths.items():
        if root_by_path(chain.leaf_hash(bodies[index]), index, tree.size, path) != root:
            raise _damaged(tree.size)
    return paths


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
