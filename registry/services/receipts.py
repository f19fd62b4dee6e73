"""What shows that an entry stands in the signed log: proofs and receipts, for whoever wants to keep them elsewhere."""

import base64
import json
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from django.db.models import QuerySet, Subquery

from registry.access import check
from registry.actors import Actor
from registry.errors import Conflict, Invalid, NotFound
from registry.ledger import epochs, proofs
from registry.ledger.checkpoint_models import LedgerCheckpoint, LedgerKey
from registry.ledger.models import LedgerEntry, LedgerHead
from registry.ledger.notes import VerifierKey
from registry.models import Organisation

HEADER: Final = "c2sp.org/tlog-proof@v1"
MAX_LINE: Final = 65_535  # bytes of a line that readers take


@dataclass(frozen=True)
class Shown:
    """An entry's bytes, its place in a signed tree, and the way from one to the other."""

    index: int
    body: bytes
    path: list[bytes]
    checkpoint: LedgerCheckpoint

    @property
    def receipt(self) -> str:
        """The C2SP tlog-proof with the entry's bytes as its extra data.

        Bytes that make a line longer than readers take are left out: they lie beside it then.
        """
        extra = f"extra {_base64(self.body)}"
        return self._proof(f"{extra}\n" if len(extra) <= MAX_LINE else "", self.checkpoint.note)

    def beside(self, note: str) -> str:
        """The tlog-proof for where the entry's bytes lie beside it, with this text of its checkpoint."""
        return self._proof("", note)

    def _proof(self, extra: str, note: str) -> str:
        hashes = "".join(f"{_base64(node)}\n" for node in self.path)
        return f"{HEADER}\n{extra}index {self.index}\n{hashes}\n{note}"


@dataclass(frozen=True)
class KeyRange:
    """A public key in the form others pin, and the tree sizes that it signs; the end is open while it is in use."""

    vkey: str
    from_size: int
    until_size: int | None


def newest_checkpoint(actor: Actor, organisation: Organisation, size: int | None = None) -> LedgerCheckpoint:
    """The newest checkpoint of a log, or the one of a size."""
    check.require(actor, "view_log", organisation)
    return _checkpoint(organisation.pk, size)


def key_ranges(actor: Actor, organisation: Organisation) -> list[KeyRange]:
    """The keys of a log, oldest first."""
    check.require(actor, "view_log", organisation)
    return ranges(organisation.pk)


def ranges(organisation_id: uuid.UUID) -> list[KeyRange]:
    """The keys of a log with the sizes each may sign; both sign the size where they change over."""
    mine = LedgerKey.objects.filter(organisation_id=organisation_id, origin=epochs.current(organisation_id))
    rows = list(mine.order_by("from_size", "pk"))
    ends: list[int | None] = [row.from_size for row in rows[1:]]
    return [
        KeyRange(str(VerifierKey(row.origin, bytes(row.public))), row.from_size, end)
        for row, end in zip(rows, [*ends, None], strict=False)  # a log without keys has no end either
    ]


def show(actor: Actor, organisation: Organisation, index: int) -> Shown:
    """One entry in the newest signed tree, for who may read the log."""
    check.require(actor, "view_log", organisation)
    return shown(organisation.pk, index)


def shown(organisation_id: uuid.UUID, index: int) -> Shown:
    """One entry in the newest signed tree; who may see it has been asked."""
    entries = LedgerEntry.objects.filter(organisation_id=organisation_id, index=index)
    body = entries.values_list("body", flat=True).first()
    if body is None:
        raise NotFound(f"The log has no entry {index}.")
    checkpoint = _signed(organisation_id).filter(size__gt=index)
    if (newest := checkpoint.order_by("-size").first()) is None:
        raise Conflict(
            f"No signed checkpoint covers entry {index} yet. Ask again in a minute.", code="log.not_covered"
        )
    data = bytes(body)
    epoch = epochs.number_of(newest.origin)
    path = proofs.inclusion(organisation_id, index, newest.size, bytes(newest.root), data, epoch)
    return Shown(index, data, path, newest)


@dataclass(frozen=True)
class Together:
    """Several entries in one signed tree: their bytes and paths by index."""

    checkpoint: LedgerCheckpoint
    entries: dict[int, Shown]


def together(organisation_id: uuid.UUID, indices: Iterable[int]) -> Together:
    """These entries in the newest signed tree; who may see them has been asked.

    Tiles are read once for all of them: how many queries it takes depends on how far they lie apart.
    """
    wanted = sorted(set(indices))
    newest = _signed(organisation_id).order_by("-size", "-pk").first()
    if newest is None or (wanted and wanted[-1] >= newest.size):
        raise Conflict(
            f"No signed checkpoint covers entry {max(wanted, default=0)} yet. Ask again in a minute.",
            code="log.not_covered",
        )
    rows = LedgerEntry.objects.filter(organisation_id=organisation_id, index__in=wanted)
    bodies = {index: bytes(body) for index, body in rows.values_list("index", "body")}
    tree = proofs.tiled(organisation_id, newest.size, epochs.number_of(newest.origin))
    root = bytes(newest.root)
    paths = proofs.inclusions(tree, bodies, root)
    found = {index: Shown(index, bodies[index], path, newest) for index, path in paths.items()}
    return Together(newest, found)


def of_event(organisation_id: uuid.UUID, code: str, subject_id: uuid.UUID, **data: str) -> Shown:
    """The first entry of an event about a subject, with these data; who may see it has been asked."""
    return shown(organisation_id, told(organisation_id, code, subject_id, **data))


def told(organisation_id: uuid.UUID, code: str, subject_id: uuid.UUID, **data: str) -> int:
    """The index of the first entry of an event about a subject, with these data."""
    rows = LedgerEntry.objects.filter(organisation_id=organisation_id, subject_id=subject_id, event=code)
    for index, body in rows.order_by("index").values_list("index", "body"):
        if data.items() <= json.loads(bytes(body))["data"].items():
            return index
    raise NotFound("The log tells nothing of this. Run manage.py verify_ledger.")


def consistency(
    actor: Actor, organisation: Organisation, old: int, new: int
) -> tuple[LedgerCheckpoint, LedgerCheckpoint, list[bytes]]:
    """Two checkpoints, and the hashes that show that the older one's tree begins the newer one's."""
    check.require(actor, "view_log", organisation)
    if old > new:
        raise Invalid("The old size must not be larger than the new one.", errors=[("old", "too large")])
    first, second = _checkpoint(organisation.pk, old), _checkpoint(organisation.pk, new)
    heads = ((old, bytes(first.root)), (new, bytes(second.root)))
    path = proofs.consistency(organisation.pk, *heads, epochs.number_of(second.origin))
    return first, second, path


def _signed(organisation_id: uuid.UUID) -> QuerySet[LedgerCheckpoint]:
    """The checkpoints of a log in its present epoch; one that is longer than the log was not signed by us."""
    size = LedgerHead.objects.filter(organisation_id=organisation_id).values("size")
    origin = epochs.current(organisation_id)
    return LedgerCheckpoint.objects.filter(
        organisation_id=organisation_id, origin=origin, size__lte=Subquery(size)
    )


def _checkpoint(organisation_id: uuid.UUID, size: int | None) -> LedgerCheckpoint:
    rows = _signed(organisation_id)
    if size is not None:
        rows = rows.filter(size=size)
    found = rows.order_by("-size", "-pk").first()
    if found is None:
        known = (
            "No checkpoint is signed yet." if size is None else f"No checkpoint was signed of size {size}."
        )
        raise NotFound(f"{known} The worker signs one a minute while the log grows.")
    return found


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
