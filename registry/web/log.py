"""The log page: what happened, newest first, each entry with the bytes that were hashed."""

import json
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from registry import selectors
from registry.access import check
from registry.ledger import personal_texts
from registry.ledger.events import EVENTS
from registry.ledger.models import LedgerEntry, LedgerHead, PersonalText
from registry.services import anchors, reads
from registry.web.requests import acting
from registry.web.sought import asked, number

PAGE: Final = 50
COUNTED: Final = 10_000  # matches are counted up to here: a million would be counted on every page
WORDS: Final = frozenset({"role", "verdict", "kind", "to", "state", "from_stage", "to_stage", "transition"})
Texts = dict[tuple[int, str], str]
Erased = Callable[[], dict[str, str]]


@dataclass(frozen=True)
class Line:
    """One entry as a page tells it."""

    index: int
    sentence: str
    event: str
    actor: str
    actor_id: str
    at: datetime
    body: str
    leaf_hash: str
    subject_kind: str
    subject_id: uuid.UUID


@require_safe
def log(request: HttpRequest) -> HttpResponse:
    """One page of an organisation's log, filtered by event, subject, actor or day."""
    actor = acting(request)
    organisation = selectors.organisation_for(actor, request.GET.get("organisation"))
    rows = selectors.log_of(actor, organisation)
    sought = asked(organisation, request.GET)
    matching = sought.of(rows)
    before = number(request.GET.get("before", ""))
    page = matching if before is None else matching.filter(index__lt=before)
    found = list(page[: PAGE + 1])
    head = LedgerHead.objects.get(organisation_id=organisation.pk)
    reads.note(actor, "log.page", organisation)
    context = {
        "organisation": organisation,
        "auditing": reads.PERMISSION in check.held(actor, organisation),
        "head": head,
        "verified": selectors.last_verification(organisation.pk),
        "kept": anchors.standing(actor, organisation),
        "root": bytes(head.root).hex(),
        "lines": lines(found[:PAGE]),
        "older": found[PAGE - 1].index if len(found) > PAGE else None,
        "later": before is not None,
        "events": sorted(EVENTS),
        "sought": sought,
        "matches": matching[: COUNTED + 1].count() if sought else head.size,
        "counted": COUNTED if sought else head.size,
    }
    return render(request, "registry/log.html", context)


def lines(entries: list[LedgerEntry]) -> list[Line]:
    """Entries of one log, with the personal texts that are still there."""
    if not entries:
        return []
    rows = PersonalText.objects.filter(
        organisation_id=entries[0].organisation_id, index__in=[entry.index for entry in entries]
    )
    texts = {(text.index, text.key): text.text for text in rows}
    erased = cache(
        partial(personal_texts.erasures, entries[0].organisation_id)
    )  # asked when a text is missing
    return [_line(entry, texts, erased) for entry in entries]


def _line(entry: LedgerEntry, texts: Texts, erased: Erased) -> Line:
    told = _read(bytes(entry.body))
    actor = told.get("actor", {"name": None, "id": entry.actor_id})
    return Line(
        index=entry.index,
        sentence=_sentence(entry, told, texts, erased),
        event=entry.event,
        actor=texts.get((entry.index, "actor.name")) or _nameless(actor, erased),
        actor_id=entry.actor_id,
        at=entry.recorded_at,
        body=json.dumps(told, indent=2, ensure_ascii=False) if told else bytes(entry.body).hex(),
        leaf_hash=bytes(entry.leaf_hash).hex(),
        subject_kind=entry.subject_kind.replace("_", " "),
        subject_id=entry.subject_id,
    )


def _read(body: bytes) -> dict[str, Any]:
    """What the bytes say; nothing where somebody changed them into no entry."""
    try:
        told = json.loads(body)
    except ValueError:
        return {}
    return told if isinstance(told, dict) and isinstance(told.get("data"), dict) else {}


def _sentence(entry: LedgerEntry, told: dict[str, Any], texts: Texts, erased: Erased) -> str:
    event = EVENTS.get(str(told.get("event")))
    if event is None:
        return "These bytes are no entry of this log. Run manage.py verify_ledger."
    data = {key: _told(key, value) for key, value in told["data"].items()}
    for key in event.personal:
        if isinstance(data.get(key), dict):
            whose = data.get(personal_texts.NAMES.get(key, "user_id"), entry.actor_id)
            data[key] = texts.get((entry.index, key)) or _gone(erased(), str(whose), entry.actor_id)
    return event.sentence.format_map(_Known(data))


def _nameless(actor: dict[str, Any], erased: Erased) -> str:
    """A machine's own name stands in the entry; of a person whose name was erased only the identifier is left."""
    if isinstance(actor["name"], str):
        return actor["name"]
    return f"{actor['id']} {erased().get(str(actor['id']), '')}".strip()


def _gone(erased: dict[str, str], *people: str) -> str:
    """When and under which law the text went, by whom it is about or by who wrote it."""
    return next((erased[person] for person in people if person in erased), "(erased)")


class _Known(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "–"


def _told(key: str, value: Any) -> Any:
    """A value of an entry in words: names of stages and the like without underscores, a time as pages write times."""
    if isinstance(value, list):
        return ", ".join(str(_told(key, one)) for one in value)
    if key in WORDS:
        return str(value).replace("_", " ").replace("→", " → ")
    if key.endswith("_at") and isinstance(value, str):
        with suppress(ValueError):
            at = datetime.fromisoformat(value)
            return f"{at.day} {at:%b %Y, %H:%M} UTC"
    return value
