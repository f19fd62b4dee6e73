"""Asking the places outside whether the log is still the one that they keep, in its present epoch and all others."""

import json
import logging
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final

from django.db.models import Max
from django.utils import timezone

from registry.errors import AssayError
from registry.ledger import anchors, epochs, notes, proofs, record
from registry.ledger.anchors.base import Anchor, Disagrees, NotAnchored, Recall, Sent
from registry.ledger.checkpoint_models import LedgerAnchor
from registry.ledger.models import LedgerEntry
from registry.ledger.notes import Checkpoint
from registry.ledger.place_models import LedgerPlace
from registry.ledger.record import Head
from registry.ledger.remembered import Memory

logger = logging.getLogger(__name__)
AT_START: Final = 10  # seconds for one step with a place while a process waits to start


@dataclass(frozen=True)
class Said:
    """What a place says that it keeps of a log, and what is wrong with that; or why it says nothing."""

    kept: tuple[Checkpoint, ...] = ()
    silence: str = ""


def agree(known: Head) -> None:
    """Disagrees where a place keeps a longer log than the database, or another.

    A place that does not answer is passed over, and the page says so. Who signed what it keeps is not asked: whoever
    rewrites a log can also replace the keys in the database.
    """
    _compared(known, _read_back(known.organisation_id, anchors.configured()))


def agree_at_start(known: Head, memory: Memory, silent: dict[str, str]) -> None:
    """The same when a process starts, in short; also the places that can only be given the last checkpoint again.

    `silent` are places that have not answered for another log: they are not waited for once more.
    """
    places = anchors.configured(seconds=AT_START)
    kept = _read_back(known.organisation_id, places, silent)
    for place in places:
        if place.recall is Recall.AGAIN and memory.note:
            checkpoint = Checkpoint(memory.origin, memory.size, bytes.fromhex(memory.root))
            again = sent(known.organisation_id, memory.note, checkpoint, memory.size)
            _asked(known.organisation_id, place, partial(_given_again, place, again), silent)
    _compared(known, kept)


def sent(organisation_id: uuid.UUID, note: str, checkpoint: Checkpoint, known: int) -> Sent:
    """A checkpoint on its way, with what shows that it continues a smaller one."""
    path = partial(_path, organisation_id, checkpoint)
    return Sent(note, checkpoint, known, path, lambda: record.head(organisation_id).size)


def kept_outside(organisation_id: uuid.UUID) -> tuple[int | None, int]:
    """The size of the largest checkpoint of any epoch that lies outside, and the newest epoch that one is of.

    As far as that can be found out: None where nothing is known to lie there.
    """
    found = [(told.size, told.origin) for _, told in _read_back(organisation_id, anchors.configured())]
    rows = LedgerAnchor.objects.filter(organisation_id=organisation_id)
    found += rows.values_list("origin").annotate(largest=Max("size")).values_list("largest", "origin")
    sizes, newest = [size for size, _ in found], [epochs.number_of(origin) for _, origin in found]
    return max(sizes, default=None), max(newest, default=0)


def _read_back(
    organisation_id: uuid.UUID, places: list[Anchor], silent: dict[str, str] | None = None
) -> list[tuple[Anchor, Checkpoint]]:
    """The newest checkpoint of each epoch that each place keeps; of the next epoch too, which nobody opened here."""
    log, newest = record.head(organisation_id).origin, epochs.number_of(epochs.current(organisation_id))
    origins = [epochs.named(log, number) for number in range(newest + 2)]
    found = []
    for place in places:
        if place.recall is Recall.READ:
            read = partial(_read, organisation_id, place, origins)
            found += [(place, told) for told in _asked(organisation_id, place, read, silent)]
    return found


def _read(organisation_id: uuid.UUID, place: Anchor, origins: list[str]) -> Said:
    """What can be read back; a place that keeps less than it once took says so too."""
    taken = LedgerAnchor.objects.filter(
        organisation_id=organisation_id, place=place.place, origin__in=origins
    )
    sizes = dict(taken.values_list("origin").annotate(Max("size")))
    try:
        told = [Checkpoint.read(notes.parse(text).text) for text in place.newest(*origins)]
    except notes.Malformed as error:
        raise NotAnchored(f"{place.place} keeps something that is no checkpoint. {error}") from error
    found = {one.origin: one for one in told if one.origin in origins}
    lost = [size for origin, size in sizes.items() if origin not in found or found[origin].size < size]
    silence = f"It no longer keeps the checkpoint of {max(lost)} entries that it took." if lost else ""
    return Said(tuple(found.values()), silence)


def _given_again(place: Anchor, sent: Sent) -> Said:
    place.put(sent)
    return Said()


def _compared(known: Head, kept: list[tuple[Anchor, Checkpoint]]) -> None:
    present = max(map(epochs.number_of, (known.origin, epochs.current(known.organisation_id))))
    head = record.head(known.organisation_id)  # read last, for it only grows
    for place, told in kept:
        number = epochs.number_of(told.origin)
        if number > present:
            raise Disagrees(
                f"{place.place} keeps a checkpoint of {told.origin}, which nobody opened here. The log was restored"
                " from a copy from before."
            )
        if _begins(head, told, present) or (number < present and _is_told(head, told)):
            continue
        if told.size > head.size:
            raise Disagrees(
                f"The log has {head.size} entries now; {place.place} keeps a checkpoint of {told.size}. It was cut, or"
                " restored from a copy."
            )
        raise Disagrees(
            f"The first {told.size} entries are not those of the checkpoint that {place.place} keeps."
        )


def _is_told(head: Head, told: Checkpoint) -> bool:
    """Whether two people opened the log again knowing that it does not continue this checkpoint of an earlier epoch."""
    return any(_tells(data, told) for data in _reopenings(head.organisation_id))


def _tells(data: dict[str, int | str | None], told: Checkpoint) -> bool:
    if int(data["epoch"] or 0) <= epochs.number_of(told.origin):
        return False
    if (data["signed_origin"], data["signed_size"]) == (told.origin, told.size):
        return data["signed_root"] == told.root.hex()
    return told.size <= max(int(data["signed_size"] or 0), int(data["anchored_size"] or 0))


def _reopenings(organisation_id: uuid.UUID) -> Iterator[dict[str, int | str | None]]:
    rows = LedgerEntry.objects.filter(organisation_id=organisation_id, event="log.reopened")
    for body in rows.values_list("body", flat=True):
        yield json.loads(bytes(body))["data"]


def _asked(
    organisation_id: uuid.UUID, place: Anchor, ask: Callable[[], Said], silent: dict[str, str] | None
) -> tuple[Checkpoint, ...]:
    """What a place keeps; nothing when it does not answer, which is noted for the page."""
    said = Said(silence="" if silent is None else silent.get(place.place, ""))
    if not said.silence:
        try:
            said = ask()
        except Disagrees:
            raise
        except AssayError as error:
            said = Said(silence=error.message)
            if silent is not None:
                silent[place.place] = said.silence
    if said.silence:
        logger.error("anchor_silent", extra={"place": place.place, "sentence": said.silence})
    LedgerPlace.objects.update_or_create(
        organisation_id=organisation_id,
        place=place.place,
        defaults={"asked_at": timezone.now(), "silence": said.silence[:300]},
    )
    return said.kept


def _path(organisation_id: uuid.UUID, checkpoint: Checkpoint, old: int) -> list[bytes]:
    epoch = epochs.number_of(checkpoint.origin)
    tree = proofs.tiled(organisation_id, checkpoint.size, epoch)
    heads = ((old, tree.root(old)), (checkpoint.size, checkpoint.root))
    return proofs.consistency(organisation_id, *heads, epoch)


def _begins(head: Head, told: Checkpoint, epoch: int) -> bool:
    """Whether the log begins with the entries of a checkpoint."""
    if told.size > head.size:
        return False
    try:
        # Tiles are stored when they are signed, so only those up to the checkpoint are there for certain.
        return proofs.tiled(head.organisation_id, told.size, epoch).root() == told.root
    except ValueError:
        return False
