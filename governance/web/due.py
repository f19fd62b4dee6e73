"""The page of everything with a date, soonest first; and what you were mailed about it."""

from dataclasses import dataclass

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from governance.models import Digest
from governance.services import due as services
from governance.services.due import Due, Scope
from registry.web.requests import acting

PAGE = 50
MAILS_SHOWN = 10


@dataclass(frozen=True)
class DueLine:
    """A line, and whether its day has passed and whether it is the reader's."""

    due: Due
    overdue: bool
    mine: bool


@require_safe
def due_page(request: HttpRequest) -> HttpResponse:
    """What is due: yours or all, of every system or one."""
    actor, now = acting(request), timezone.now()
    everything = [
        DueLine(line, line.due_at <= now, actor.user.pk in line.people)
        for line in services.items(Scope(actor=actor))
    ]
    chosen = {name: request.GET.get(name, "") for name in ("whose", "system")}
    shown = [
        line
        for line in everything
        if (chosen["whose"] != "mine" or line.mine) and chosen["system"] in ("", line.due.system.slug)
    ]
    context = {
        "page": Paginator(shown, PAGE).get_page(request.GET.get("page")),
        "overdue": sum(line.overdue for line in shown),
        "mine": sum(line.mine for line in shown),
        "count": len(shown),
        "hidden": len(everything) - len(shown),
        "systems": sorted({(line.due.system.slug, line.due.system.name) for line in everything}),
        "chosen": chosen,
        "mails": _mails(request),
    }
    return render(request, "governance/due.html", context)


def _mails(request: HttpRequest) -> list[Digest]:
    rows = Digest.objects.filter(recipient=acting(request).user).select_related("organisation")
    return list(rows.prefetch_related("lines")[:MAILS_SHOWN])
