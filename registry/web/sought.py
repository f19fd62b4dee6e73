"""What somebody looks for in the log: by event, by subject, by who did it, by day."""

import uuid
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import QueryDict

from registry.ledger.events import EVENTS
from registry.ledger.models import LedgerEntry
from registry.models import Organisation, User

FIELDS: Final = ("event", "subject", "actor", "since", "until")


@dataclass
class Filter:
    """What was asked for, what it means for the rows, and what of it cannot be understood."""

    chosen: dict[str, str]
    lookups: dict[str, Any] = field(default_factory=dict)
    wrong: dict[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return any(self.chosen.values())

    @property
    def query(self) -> str:
        """The filter as the end of an address."""
        return urlencode({key: value for key, value in self.chosen.items() if value})

    def of(self, rows: QuerySet[LedgerEntry]) -> QuerySet[LedgerEntry]:
        """The rows that match; none while a part cannot be understood, for showing all would mislead."""
        return rows.none() if self.wrong else rows.filter(**self.lookups)


def asked(organisation: Organisation, query: QueryDict) -> Filter:
    """The filter in an address."""
    found = Filter({key: query.get(key, "").strip() for key in FIELDS})
    chosen = found.chosen
    if chosen["event"] in EVENTS:
        found.lookups["event"] = chosen["event"]
    elif chosen["event"]:
        found.wrong["event"] = "There is no such event."
    if chosen["subject"]:
        _subject(found)
    if chosen["actor"]:
        found.lookups["actor_id__in"] = _actors(organisation, chosen["actor"])
    if chosen["since"] and (day := _day(found, "since")):
        found.lookups["recorded_at__gte"] = day
    if chosen["until"] and (day := _day(found, "until")):
        found.lookups["recorded_at__lt"] = day + timedelta(days=1)
    return found


def _subject(found: Filter) -> None:
    try:
        found.lookups["subject_id"] = uuid.UUID(found.chosen["subject"])
    except ValueError:
        found.wrong["subject"] = "This is no identifier. Copy it from an entry or from an address."


def _actors(organisation: Organisation, text: str) -> list[str]:
    """An identifier as it stands in entries, and that of the member who is called so."""
    if "\x00" in text:  # which PostgreSQL takes in no text
        return []
    named = User.objects.filter(memberships__organisation=organisation, username=text)
    return [text, *(str(key) for key in named.values_list("pk", flat=True)[:1])]


def _day(found: Filter, name: str) -> datetime | None:
    try:
        return datetime.combine(date.fromisoformat(found.chosen[name]), time(), UTC)
    except ValueError:
        found.wrong[name] = "Write the day as 2026-11-21."
        return None


def number(text: str) -> int | None:
    """An index in an address; None where it is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
