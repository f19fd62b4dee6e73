"""The page that says who has read what, for auditors."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from registry import selectors
from registry.models import Read
from registry.services import bound_reads, reads
from registry.web.requests import acting
from registry.web.sought import number

PAGE: Final = 50
COUNTED: Final = 10_000
WAYS: Final = {"session": "in the portal", "token": "with a token", "command": "on the command line"}


@dataclass(frozen=True)
class Line:
    """A reading as the page tells it."""

    number: int
    at: datetime
    who: str
    actor_id: str
    what: str
    way: str
    object_kind: str
    object_id: UUID
    bound: bool


@require_safe
def who_read_what(request: HttpRequest) -> HttpResponse:
    """One page of the readings, filtered by person, object, kind or day; the look at it is a reading too."""
    actor = acting(request)
    organisation = selectors.organisation_for(actor, request.GET.get("organisation"))
    wanted, wrong = reads.wanted(organisation, request.GET)
    matching = reads.told(actor, organisation, wanted)
    matching = matching.none() if wrong else matching
    before = number(request.GET.get("before", ""))
    found = list((matching if before is None else matching.filter(pk__lt=before))[: PAGE + 1])
    matches = matching.order_by()[: COUNTED + 1].count()
    reads.note(actor, "reads.page", organisation)
    chosen = {key: request.GET.get(key, "").strip() for key in reads.FIELDS}
    bound = bound_reads.last(organisation.pk)
    context = {
        "organisation": organisation,
        "auditing": True,
        "lines": _lines(found[:PAGE], bound.last if bound else 0),
        "matches": matches,
        "counted": COUNTED,
        "bound": bound,
        "kinds": reads.KINDS.values(),
        "chosen": chosen,
        "sought": any(chosen.values()),
        "query": urlencode({key: value for key, value in chosen.items() if value}),
        "wrong": wrong,
        "older": found[PAGE - 1].pk if len(found) > PAGE else None,
        "later": before is not None,
    }
    return render(request, "registry/reads.html", context)


def _lines(rows: list[Read], bound: int) -> list[Line]:
    names = reads.names(rows)
    return [
        Line(
            number=row.pk,
            at=row.at,
            who="whoever runs the service" if row.way == "command" else names.get(row.actor_id, row.actor_id),
            actor_id=row.actor_id,
            what=reads.KINDS[row.what].told if row.what in reads.KINDS else row.what,
            way=WAYS.get(row.way, row.way),
            object_kind=row.object_kind,
            object_id=row.object_id,
            bound=row.pk <= bound,
        )
        for row in rows
    ]
