"""The log page: what happened, newest first, each entry with the bytes that were hashed."""

import json
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from registry import selectors
from registry.ledger.events import EVENTS
from registry.ledger.models import LedgerEntry, LedgerHead, PersonalText
from registry.web.requests import acting

PAGE = 50


@dataclass(frozen=True)
class Line:
    """One entry as a page tells it."""

    index: int
    sentence: str
    event: str
    actor: str
    at: datetime
    body: str
    leaf_hash: str
    subject_id: uuid.UUID


@require_safe
def log(request: HttpRequest) -> HttpResponse:
    """One page of an organisation's log, filtered by event or subject."""
    actor = acting(request)
    organisation = selectors.organisation_for(actor, request.GET.get("organisation"))
    rows = selectors.log_of(actor, organisation)
    chosen = {"event": request.GET.get("event", ""), "subject": request.GET.get("subject", "")}
    if chosen["event"] in EVENTS:
        rows = rows.filter(event=chosen["event"])
    if (subject := _uuid(chosen["subject"])) is not None:
        rows = rows.filter(subject_id=subject)
    if (before := request.GET.get("before", "")).isdigit():
        rows = rows.filter(index__lt=int(before))
    found = list(rows[: PAGE + 1])
    head = LedgerHead.objects.get(organisation_id=organisation.pk)
    context = {
        "organisation": organisation,
        "head": head,
        "verified": selectors.last_verification(organisation.pk),
        "root": bytes(head.root).hex(),
        "lines": _lines(found[:PAGE]),
        "older": found[PAGE - 1].index if len(found) > PAGE else None,
        "events": sorted(EVENTS),
        "chosen": chosen,
    }
    return render(request, "registry/log.html", context)


def _lines(entries: list[LedgerEntry]) -> list[Line]:
    if not entries:
        return []
    texts: dict[tuple[int, str], str] = {
        (text.index, text.key): text.text
        for text in PersonalText.objects.filter(
            organisation_id=entries[0].organisation_id, index__in=[entry.index for entry in entries]
        )
    }
    return [_line(entry, texts) for entry in entries]


def _line(entry: LedgerEntry, texts: dict[tuple[int, str], str]) -> Line:
    body = bytes(entry.body).decode()
    told = json.loads(body)
    data = {key: _told(entry.index, key, value, texts) for key, value in told["data"].items()}
    return Line(
        index=entry.index,
        sentence=EVENTS[entry.event].sentence.format_map(_Known(data)),
        event=entry.event,
        actor=texts.get((entry.index, "actor.name"), _machine(told["actor"])),
        at=entry.recorded_at,
        body=json.dumps(told, indent=2, ensure_ascii=False),
        leaf_hash=bytes(entry.leaf_hash).hex(),
        subject_id=entry.subject_id,
    )


def _machine(actor: dict[str, Any]) -> str:
    """A machine's own name stands in the entry; of a person whose name was erased only the identifier is left."""
    return actor["name"] if isinstance(actor["name"], str) else str(actor["id"])


class _Known(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "–"


def _told(index: int, key: str, value: Any, texts: dict[tuple[int, str], str]) -> Any:
    if isinstance(value, dict) and "commitment" in value:
        return texts.get((index, key), "(erased)")
    return str(value).replace("_", " ") if key in {"role", "verdict", "kind", "to", "state"} else value


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
