"""The page on which a version stands beside the one in production."""

import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_POST, require_safe

from audits.charts import Bar, interval_chart
from audits.checks.comparison import Change, Compared
from governance.services import comparisons
from governance.services.comparisons import Comparison
from governance.web.errors import status_of
from registry import selectors as facts
from registry.actors import Actor
from registry.errors import AssayError
from registry.models import ModelVersion
from registry.web.requests import acting

ROWS_SHOWN = 60
# What the charts draw, where both results have it; the table has everything.
DRAWN = ("accuracy", "favourable_impact_ratio", "tpr", "mae")
STATES = {
    Change.WORSE: "failed",
    Change.UNCLEAR: "insufficient",
    Change.BETTER: "passed",
    Change.SAME: "met",
    Change.ONE_SIDED: "insufficient",
}


class AcknowledgeForm(forms.Form):
    """Which comparison was read."""

    champion = forms.UUIDField()
    digest = forms.CharField(max_length=71)
    comment = forms.CharField(required=False, max_length=comparisons.MAX_COMMENT)


@dataclass(frozen=True)
class Line:
    """A row of the table with its state for the eye."""

    row: Compared
    state: str


@dataclass(frozen=True)
class Side:
    """A comparison as the page shows it."""

    of: Comparison
    lines: Sequence[Line]
    left_out: int
    worse: int
    hidden: int
    charts: Sequence[SafeString]
    form: AcknowledgeForm


@require_safe
def comparison_page(request: HttpRequest, version_id: uuid.UUID) -> HttpResponse:
    """What got better and worse, slice by slice."""
    actor = acting(request)
    version = _version(actor, version_id)
    return render(request, "governance/comparison.html", _context(actor, version, AcknowledgeForm()))


@require_POST
def acknowledge_comparison(request: HttpRequest, version_id: uuid.UUID) -> HttpResponse:
    """Say that one has read it; what was typed is never lost."""
    actor = acting(request)
    version, form, status = _version(actor, version_id), AcknowledgeForm(request.POST), 400
    if form.is_valid():
        data = form.cleaned_data
        try:
            comparisons.acknowledge(
                actor=actor,
                version=version,
                champion_id=data["champion"],
                digest=data["digest"],
                comment=data["comment"],
            )
        except AssayError as error:
            form.add_error(None, error.message)
            status = status_of(error)
        else:
            messages.success(request, "It is recorded that you have read this comparison.")
            return redirect("comparison", version.pk)
    return render(request, "governance/comparison.html", _context(actor, version, form), status=status)


def _version(actor: Actor, version_id: uuid.UUID) -> ModelVersion:
    return facts.get(ModelVersion.objects.select_related("model__system"), actor, pk=version_id)


def _context(actor: Actor, version: ModelVersion, form: AcknowledgeForm) -> dict[str, Any]:
    found = comparisons.of_version(actor, version)
    return {"version": version, "sides": [_side(one, version, form) for one in found]}


def _side(of: Comparison, version: ModelVersion, form: AcknowledgeForm) -> Side:
    lines = [Line(row, STATES[row.change]) for row in of.rows]
    return Side(
        of=of,
        lines=lines[:ROWS_SHOWN],
        left_out=max(0, len(lines) - ROWS_SHOWN),
        worse=sum(row.change is Change.WORSE for row in of.rows),
        hidden=sum(row.hidden for row in of.rows),
        charts=[chart for code in DRAWN if (chart := _chart(of, version.version, code)) is not None],
        form=form,
    )


def _chart(of: Comparison, version: str, code: str) -> SafeString | None:
    """One metric on every slice, the champion's interval above the candidate's."""
    rows = sorted((row for row in of.rows if row.code == code), key=lambda row: row.slice != "all rows")
    drawn = [
        Bar(f"{name}: {_short(row.slice)}", one.value, one.low, one.high, one.n)
        for row in rows[:12]
        for name, one in ((of.champion.version, row.champion), (version, row.candidate))
        if one is not None and one.value is not None
    ]
    if len(drawn) < 2:
        return None
    svg = interval_chart(drawn, None, f"{rows[0].title}: {of.champion.version} and {version}", rows[0].title)
    # audits.charts escapes every text it is given; nothing else of the string comes from outside.
    return mark_safe(svg)  # noqa: S308


def _short(name: str) -> str:
    """A slice without the names of its columns, for the little room beside a line: `60+, woman`."""
    return re.sub(r"\w+: ", "", name).replace(" and ", ", ")
