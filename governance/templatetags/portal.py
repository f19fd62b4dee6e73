"""How pages print verdicts, digests, times and numbers: the same everywhere."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from django import template
from django.db import DatabaseError
from django.template.context import RequestContext
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timesince import timesince

from registry import selectors
from registry.access import sessions
from registry.models import LedgerHalt, Organisation
from registry.services.documents import KINDS
from registry.version import VERSION

register = template.Library()

# state → (shape, words); PORTAL rule: shape, word and colour, readable in grey.
VERDICTS: dict[str, tuple[str, str]] = {
    "passed": ("●", "passed"),
    "met": ("●", "met"),
    "allow": ("●", "allowed"),
    "approve": ("●", "approved"),
    "ready": ("●", "ready"),
    "allow_with_waiver": ("◐", "allowed with waiver"),
    "waived": ("◐", "waived"),
    "insufficient": ("▲", "not enough evidence"),
    "failed": ("■", "failed"),
    "open": ("■", "open"),
    "deny": ("■", "blocked"),
    "reject": ("■", "rejected"),
    "request_changes": ("▲", "asked for changes"),
    "withdrawn": ("✕", "taken back"),
    "lapsed": ("■", "lapsed"),
    "stale": ("↻", "changed since signed"),
    "running": ("◌", "running"),
    "queued": ("◌", "waiting for a worker"),
    "waiting": ("◌", "waiting"),
    "errored": ("✕", "could not be measured"),
    "cancelled": ("✕", "cancelled"),
    "draft": ("◌", "draft"),
    "published": ("●", "in force"),
    "superseded": ("✕", "superseded"),
    "done": ("●", "done"),
    "tightens": ("●", "tightens"),
    "loosens": ("■", "loosens"),
    "neutral": ("◌", "means the same"),
    "rewords": ("◌", "rewords"),
}
PLACES = (
    ("overview", "Overview", ("/",)),
    (
        "systems",
        "Systems",
        ("/systems", "/versions", "/runs", "/decisions", "/deviations", "/dataset-versions"),
    ),
    ("inbox", "Inbox", ("/inbox", "/approvals", "/delegations")),
    ("due", "Due", ("/due",)),
    ("policies", "Policies", ("/policies",)),
    ("waivers", "Exceptions", ("/waivers", "/break-glass", "/issues")),
    ("reports", "Reports", ("/reports",)),
    ("people", "People", ("/people",)),
    ("log", "Log", ("/log",)),
)


@register.simple_tag
def assay_version() -> str:
    """The version of the service."""
    return VERSION


@register.simple_tag(takes_context=True)
def stopped_logs(context: RequestContext) -> list[tuple[Organisation, LedgerHalt]]:
    """The logs of whoever is signed in that take no entries; none where the database cannot even say that."""
    request = context["request"]
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated or sessions.lacking(request):
        return []
    try:
        return selectors.stopped_logs(sessions.actor(request))
    except DatabaseError:  # this may be the page that tells of it
        return []


@register.simple_tag(takes_context=True)
def navigation(context: RequestContext) -> SafeString:
    """The main links; the present place is marked."""
    path = context["request"].path
    rows = (
        (
            reverse(name),
            SafeString(' aria-current="page"') if _here(path, prefixes) else "",
            label,
        )
        for name, label, prefixes in PLACES
    )
    return format_html_join("", '<li><a href="{}"{}>{}</a></li>', rows)


def _here(path: str, prefixes: tuple[str, ...]) -> bool:
    return any(path == prefix or (prefix != "/" and path.startswith(prefix)) for prefix in prefixes)


@register.filter
def verdict(state: Any, words: str = "") -> SafeString:
    """A verdict as shape and word in its colour."""
    name = str(state)
    shape, known = VERDICTS.get(name, ("◌", name.replace("_", " ")))
    return format_html(
        '<span class="verdict is-{}"><span aria-hidden="true">{}</span><span>{}</span></span>',
        name,
        shape,
        words or known,
    )


@register.filter
def digest(value: str) -> SafeString:
    """A digest, short, with the whole one to copy and in the title."""
    if not value:
        return SafeString("–")
    _, _, hexadecimal = value.partition(":")
    return format_html(
        '<span class="nowrap"><code class="digest" title="{}">{}…</code> '
        '<button type="button" class="copy" data-copy="{}" aria-label="Copy the whole digest">copy</button></span>',
        value,
        (hexadecimal or value)[:12],
        value,
    )


@register.filter
def when(moment: datetime | None) -> SafeString:
    """`20 Nov 2026, 14:05 UTC`, with the time since beside it for the eye."""
    if moment is None:
        return SafeString("–")
    utc = moment.astimezone(UTC)
    now = datetime.now(UTC)
    ago = f"in {timesince(now, utc)}" if utc > now else f"{timesince(utc, now)} ago"
    return format_html(
        '<time datetime="{}" title="{}" class="nowrap">{}</time>',
        utc.isoformat(timespec="seconds"),
        ago.replace("\xa0", " "),
        f"{utc.day} {utc:%b %Y, %H:%M} UTC",
    )


@register.filter
def last_day(end: datetime) -> str:
    """The day before a midnight: the last on which something holds."""
    day = (end - timedelta(microseconds=1)).astimezone(UTC)
    return f"{day.day} {day:%b %Y}"


@register.filter
def day(value: Any) -> str:
    """A day as a date field of a browser takes it; what was typed stays as it is."""
    return value.isoformat() if isinstance(value, date) else str(value or "")


@register.filter
def document_kind(kind: str) -> str:
    """The name of a kind of document."""
    return KINDS.get(kind, kind.replace("_", " "))


@register.filter
def ago(moment: datetime | None) -> str:
    """How long since."""
    return f"{timesince(moment, datetime.now(UTC)).split(',')[0]} ago" if moment else "–"


@register.filter
def figure(value: float | None, digits: int = 3) -> str:
    """A number with a fixed count of decimals, or a dash where there is none."""
    return "–" if value is None else f"{value:.{digits}f}"


@register.filter
def amount(value: float | None) -> str:
    """A count without decimals, anything else with four."""
    if value is None:
        return "–"
    return (
        f"{value:,.0f}".replace(",", "\u202f") if value == int(value) and abs(value) > 1 else f"{value:.4f}"
    )


@register.filter
def interval(row: Any, digits: int = 3) -> str:
    """`0.83 [0.76, 0.90]` of anything with value, low and high."""
    if row.value is None:
        return "–"
    text = f"{row.value:.{digits}f}"
    return (
        text
        if row.low is None or row.high is None
        else f"{text} [{row.low:.{digits}f}, {row.high:.{digits}f}]"
    )
