"""The log for other tools: lines that a SIEM reads (OCSF), plain JSON lines, and a table for spreadsheets.

They carry what the hashed bytes say and nothing else: of people their identifiers, never the texts that can be erased
here, for nobody could erase them there.
"""

import csv
import io
import json
import uuid
from collections.abc import Callable, Iterator
from typing import Any, Final

from registry.access import check
from registry.actors import Actor
from registry.ledger.events import EVENTS
from registry.ledger.models import LedgerEntry
from registry.models import Organisation
from registry.version import VERSION

PORTION: Final = 500  # entries read at once
PAGE: Final = 1000  # entries of one answer
PAGE_BYTES: Final = 4 * 1024 * 1024  # after which an answer takes no further entry
OCSF: Final = "1.1.0"
ENTITY_MANAGEMENT: Final = 3004
USER_TYPES: Final = {"person": (1, "User"), "system": (3, "System")}  # any other is 99 with its own name
SEVERITIES: Final = {1: "Informational", 3: "Medium"}
STATUSES: Final = {1: "Success", 2: "Failure"}
OTHER: Final = 99
# What the last word of an event's code is among OCSF's activities; any other is 99 with its own name.
ACTIVITIES: Final = {
    **dict.fromkeys(
        ("added", "created", "drafted", "generated", "granted", "issued", "opened", "proposed", "registered"),
        (1, "Create"),
    ),
    **dict.fromkeys(("requested", "sealed", "stored", "given"), (1, "Create")),
    **dict.fromkeys(("deactivated", "ended", "revoked", "withdrawn"), (4, "Delete")),
    **dict.fromkeys(
        ("classified", "completed", "finished", "published", "reactivated", "superseded"), (3, "Update")
    ),
}
COLUMNS: Final = (
    "index", "at", "event", "sentence", "actor_kind", "actor_id", "subject_kind", "subject_id", "system_id",
    "leaf_hash", "data",
)  # fmt: skip
RISKY: Final = ("=", "+", "-", "@", "\t", "\r", "\n")  # what makes a spreadsheet compute a cell
Line = Callable[[LedgerEntry], str]


def page(actor: Actor, organisation: Organisation, after: int) -> tuple[str, int]:
    """The next lines for a SIEM behind an index, and the index to ask from next."""
    check.require(actor, "view_log", organisation)
    lines, size = [], 0
    for entry in _entries(organisation.pk, after, PAGE):
        lines.append(ocsf(entry))
        size, after = size + len(lines[-1]), entry.index
        if size >= PAGE_BYTES:
            break
    return "".join(lines), after


def written(organisation_id: uuid.UUID, form: str, after: int) -> Iterator[str]:
    """The whole log behind an index in one of the forms, a line at a time; for the operator on the command line."""
    if form == "csv":
        yield _row(COLUMNS)
    line = FORMS[form]
    for entry in _entries(organisation_id, after):
        yield line(entry)


def ocsf(entry: LedgerEntry) -> str:
    """An entry as an Entity Management event of OCSF; what has no place there is under `unmapped`."""
    told = json.loads(bytes(entry.body))
    word = entry.event.rpartition(".")[2]
    number, name = ACTIVITIES.get(word, (OTHER, word.replace("_", " ").capitalize()))
    severity, status = (3, 2) if _failed(word) else (1, 1)
    return _json(
        {
            "metadata": _metadata(entry, told),
            "time": int(entry.recorded_at.timestamp() * 1000),
            "category_uid": 3,
            "category_name": "Identity & Access Management",
            "class_uid": ENTITY_MANAGEMENT,
            "class_name": "Entity Management",
            "activity_id": number,
            "activity_name": name,
            "type_uid": ENTITY_MANAGEMENT * 100 + number,
            "severity_id": severity,
            "severity": SEVERITIES[severity],
            "status_id": status,
            "status": STATUSES[status],
            "timezone_offset": 0,
            "message": sentence(told),
            "actor": {"user": _user(told["actor"])},
            "entity": {"uid": str(entry.subject_id), "type": entry.subject_kind},
            "unmapped": {
                "data": told["data"],
                "system": told["system"],
                "version": told["version"],
                "leaf_hash": bytes(entry.leaf_hash).hex(),
            },
        }
    )


def _failed(word: str) -> bool:
    """Whether the last word of an event's code says that something was refused or went wrong."""
    return word in {"denied", "failed"} or word.endswith("refused")


def plain(entry: LedgerEntry) -> str:
    """An entry as it was hashed, with its hash."""
    told = json.loads(bytes(entry.body))
    return _json({"index": entry.index, "leaf_hash": bytes(entry.leaf_hash).hex(), "entry": told})


def table_row(entry: LedgerEntry) -> str:
    """An entry as a row for spreadsheets."""
    told = json.loads(bytes(entry.body))
    actor, subject = told["actor"], told["subject"]
    cells = (entry.index, told["at"], told["event"], sentence(told), actor["kind"], actor["id"])
    data = json.dumps(told["data"], ensure_ascii=False)
    rest = (subject["kind"], subject["id"], told["system"], bytes(entry.leaf_hash).hex(), data)
    return _row((*cells, *rest))


FORMS: Final[dict[str, Line]] = {"ocsf": ocsf, "jsonl": plain, "csv": table_row}


def sentence(told: dict[str, Any]) -> str:
    """What happened, without the texts about people."""
    data = {key: "(not told)" if isinstance(value, dict) else value for key, value in told["data"].items()}
    return EVENTS[told["event"]].sentence.format_map(_Known(data))


def safe(value: object) -> str:
    """A cell that no spreadsheet takes for a formula."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(RISKY) else text


class _Known(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "–"


def _entries(organisation_id: uuid.UUID, after: int, most: int | None = None) -> Iterator[LedgerEntry]:
    """Entries behind an index in their order, a portion at a time, so that a long log takes no more memory."""
    rows = LedgerEntry.objects.filter(organisation_id=organisation_id).order_by("index")
    while most is None or most > 0:
        found = list(rows.filter(index__gt=after)[: PORTION if most is None else min(PORTION, most)])
        if not found:
            return
        yield from found
        after = found[-1].index
        most = None if most is None else most - len(found)


def _metadata(entry: LedgerEntry, told: dict[str, Any]) -> dict[str, Any]:
    return {
        "version": OCSF,
        "profiles": [
            "host"
        ],  # which `actor` belongs to, until OCSF 1.4 gave it to every event of this category
        "product": {"name": "Assay", "vendor_name": "Assay", "version": VERSION},
        "uid": f"{told['log']}#{entry.index}",
        "event_code": entry.event,
        "log_name": told["log"],
        "sequence": entry.index,
        "tenant_uid": str(entry.organisation_id),
        "original_time": told["at"],
    }


def _user(actor: dict[str, Any]) -> dict[str, Any]:
    name = {"name": actor["name"]} if isinstance(actor["name"], str) else {}
    number, caption = USER_TYPES.get(actor["kind"], (OTHER, actor["kind"]))
    return {"uid": actor["id"], "type_id": number, "type": caption, **name}


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n"


def _row(cells: tuple[object, ...]) -> str:
    text = io.StringIO()
    csv.writer(text).writerow([safe(cell) for cell in cells])
    return text.getvalue()
