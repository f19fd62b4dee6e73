"""What somebody looks for in the log: by event, by subject, by who did it, by day."""

import uuid
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from django.db.models import F, Max, Min, QuerySet
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
    times: dict[str, datetime] = field(default_factory=dict)
    wrong: dict[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return any(self.chosen.values())

    @property
    def query(self) -> str:
        """The filter as the end of an address."""
        return urlencode({key: value for key, value in self.chosen.items() if value})

    def of(self, rows: QuerySet[LedgerEntry]) -> QuerySet[LedgerEntry]:
        """The rows that match; none while a part cannot be understood, for showing all would mislead.

        Times cost one query more: the least and the greatest index among them. No database knows that time and index
        grow together, so it would read all newer entries on the way to an old day, or sort all of a long time. They
        need not grow together (a clock can be set back), so the times themselves are asked for as well.
        """
        if self.wrong:
            return rows.none()
        matching = rows.filter(**self.lookups, **self.times)
        if not self.times:
            return matching
        place = (
            F("index") + 0
        )  # plainly written, PostgreSQL looks for the first and the last by walking the whole log
        ends = rows.filter(**self.times).order_by().aggregate(first=Min(place), last=Max(place))
        if ends["first"] is None:
            return rows.none()
        return matching.filter(index__gte=ends["first"], index__lte=ends["last"])


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
        found.times["recorded_at__gte"] = day
    if chosen["until"] and (day := _day(found, "until")):
        found.times["recorded_at__lt"] = day + timedelta(days=1)
    return found


def _subject(found: Filter) -> None:
    try:
        found.lookups["subject_id"] = uuid.UUID(found.chosen["subject"])
    except ValueError:
        found.wrong["subject"] = "This is no identifier. Copy it from an entry or from an address."


def _actors(organisation: Organisation, text: str) -> list[str]:
    """An identifier as it stands in entries, or that of the member who is called so.

    Both, where a machine is called as a member is. Else one alone, for which the index gives the newest first.
    """
    if "\x00" in text:  # which PostgreSQL takes in no text
        return []
    named = User.objects.filter(memberships__organisation=organisation, username=text)
    if (key := named.values_list("pk", flat=True).first()) is None:
        return [text]
    literal = LedgerEntry.objects.filter(organisation_id=organisation.pk, actor_id=text)
    return [text, str(key)] if literal.exists() else [str(key)]


def _day(found: Filter, name: str) -> datetime | None:
    try:
        return datetime.combine(date.fromisoformat(found.chosen[name]), time(), UTC)
    except ValueError:
        found.wrong[name] = "Write the day as 2026-11-21."
        return None


def number(text: str) -> int | None:
    """An index in an address; None where it is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
