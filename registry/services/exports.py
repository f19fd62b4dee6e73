"""Writing a log to a folder that anybody can verify: docs/reference/log-export.md."""

import base64
import hashlib
import json
import os
import uuid
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from django.db.models import Max, OuterRef, Subquery

from registry.durable import sync_folder
from registry.errors import Conflict, Unavailable
from registry.ledger import epochs, proofs, record
from registry.ledger.checkpoint_models import LedgerAnchor, LedgerCheckpoint
from registry.ledger.models import LedgerEntry
from registry.ledger.record import Head
from registry.ledger.tiles import WIDTH, Place, Tiled
from registry.services import bound_reads, receipts

FORMAT: Final = "assay-log-export/1"
ENTRIES: Final = 4096  # in a file


@dataclass(frozen=True)
class Exported:
    """What a folder holds now, and how much of it is new."""

    origin: str
    size: int
    added: int


def export(organisation_id: uuid.UUID, folder: Path) -> Exported:
    """Write what the folder does not hold yet; `log.json` comes last, so an interrupted export is no whole one."""
    # First, for the log only grows: it is never shorter than what was signed.
    longest = _longest_signed(organisation_id)
    head = replace(record.head(organisation_id), origin=epochs.current(organisation_id))
    folder.mkdir(parents=True, exist_ok=True)
    start = _held(folder, head)
    _write_entries(folder, head, start)
    _write_tiles(folder, head, start)
    _write_checkpoints(folder, head, longest)
    _write_stamps(folder, head)
    _write_reads(folder, head)
    keys = [vars(key) for key in receipts.ranges(organisation_id)]
    _put(folder / "keys.json", json.dumps(keys, indent=1).encode())
    told = {
        "format": FORMAT,
        "origin": head.origin,
        "size": head.size,
        "root": base64.b64encode(head.root).decode(),
    }
    _put(folder / "log.json", json.dumps(told, indent=1).encode())
    return Exported(head.origin, head.size, head.size - start)


def _held(folder: Path, head: Head) -> int:
    """How many entries the folder holds; those of another log, or more than there are, are left alone."""
    path = folder / "log.json"
    if not path.exists():
        return 0
    told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    if told.get("format") != FORMAT or told.get("origin") != head.origin:
        raise Conflict(f"The folder {folder} holds another log. Name an empty one.", code="export.other_log")
    size = int(told["size"])
    held = base64.b64encode(_tree(head, size).root()).decode() if size <= head.size else ""
    if held != told["root"]:
        raise Conflict(
            f"The folder {folder} holds {size} entries that this log does not begin with. Keep it: it is evidence."
            " Verify both, and export to an empty folder.",
            code="export.diverged",
        )
    return size


def _tree(head: Head, size: int) -> Tiled:
    return proofs.tiled(head.organisation_id, size, epochs.number_of(head.origin))


def _write_entries(folder: Path, head: Head, start: int) -> None:
    (folder / "entries").mkdir(exist_ok=True)
    first = start - start % ENTRIES
    while first < head.size:
        end = min(first + ENTRIES, head.size)
        rows = LedgerEntry.objects.filter(
            organisation_id=head.organisation_id, index__gte=first, index__lt=end
        )
        lines = []
        for expected, (index, body) in enumerate(rows.order_by("index").values_list("index", "body"), first):
            if index != expected:
                break
            lines.append(bytes(body) + b"\n")
        if len(lines) != end - first:
            raise Unavailable(
                f"Entries are missing from {first + len(lines)} on. Run manage.py verify_ledger.",
                code="log.damaged",
            )
        _put(folder / "entries" / f"{first:012}.jsonl", b"".join(lines))
        first = end


def _write_tiles(folder: Path, head: Head, start: int) -> None:
    """The tiles that have grown since `start` entries; a level above has a hash for each complete tile below."""
    level, count, before = 0, head.size, start
    read = proofs.reader(head.organisation_id, epochs.number_of(head.origin))
    while count:
        for number in range(before // WIDTH, -(-count // WIDTH)):
            width = min(WIDTH, count - number * WIDTH)
            _put(folder / _tile(level, number, width), *read([Place(level, number, width)]))
        level, count, before = level + 1, count // WIDTH, before // WIDTH


def _tile(level: int, number: int, width: int) -> Path:
    """Where a tile lies: C2SP tlog-tiles, groups of three digits."""
    groups = [f"{number % 1000:03}"]
    while number := number // 1000:
        groups.insert(0, f"x{number % 1000:03}")
    path = Path("tile", str(level), *groups)
    return path if width == WIDTH else path.with_name(f"{path.name}.p") / str(width)


def _longest_signed(organisation_id: uuid.UUID) -> int:
    """The size of the largest checkpoint that there is."""
    rows = LedgerCheckpoint.objects.filter(organisation_id=organisation_id)
    found = rows.filter(origin=epochs.current(organisation_id)).aggregate(largest=Max("size"))
    return int(found["largest"] or 0)


def _write_checkpoints(folder: Path, head: Head, longest: int) -> None:
    """All that were signed up to now. One of a longer log shows that this one was cut, and must not be left out."""
    (folder / "checkpoints").mkdir(exist_ok=True)
    mine = {"organisation_id": head.organisation_id, "origin": head.origin}
    rows = LedgerCheckpoint.objects.filter(**mine, size__lte=max(head.size, longest))
    signed = LedgerAnchor.objects.filter(**mine, kind="witness")
    lines: dict[int, list[str]] = {}
    for size, line in signed.values_list("size", "evidence"):
        lines.setdefault(size, []).append(line)
    for size, note in rows.order_by("size").values_list("size", "note").iterator():
        text = note + "".join(lines.get(size, []))
        path = folder / "checkpoints" / f"{size:012}.note"
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            _put(path, text.encode())


def _write_stamps(folder: Path, head: Head) -> None:
    """Time stamps of checkpoints, each as the authority gave it, beside the very bytes that it is of."""
    mine = {"organisation_id": head.organisation_id, "origin": head.origin}
    notes = LedgerCheckpoint.objects.filter(**mine, size=OuterRef("size")).values("note")[:1]
    rows = (
        LedgerAnchor.objects.filter(**mine, kind="timestamp").annotate(note=Subquery(notes)).order_by("size")
    )
    for size, place, evidence, note in rows.values_list("size", "place", "evidence", "note"):
        authority = hashlib.sha256(place.encode()).hexdigest()[:8]
        path = folder / "timestamps" / f"{size:012}-{authority}.tsr"
        if not path.exists():
            _put(path.with_name(f"{size:012}.note"), (note or "").encode())  # empty: somebody took it away
            _put(path, base64.b64decode(evidence))


def _write_reads(folder: Path, head: Head) -> None:
    """The readings that each entry `reads.bound` speaks of; the SHA-256 of a file is the one in that entry."""
    for said, lines in bound_reads.files(head.organisation_id):
        path = folder / "reads" / f"{said.index:012}.jsonl"
        if said.index < head.size and not path.exists():
            _put(path, b"".join(lines))


def _put(path: Path, data: bytes) -> None:
    """Whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    with part.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    sync_folder(path.parent)
