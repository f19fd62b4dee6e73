"""The only ways a value gets from a report into a template. Each takes one type and raises on every other."""

import re
from datetime import date, datetime

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from governance.reports.errors import Unbound
from governance.reports.figures import Figure
from governance.reports.printable import printable
from governance.reports.signs import SHAPES, WORDS
from governance.reports.values import NARROW, Cited, State, Statement, check_digest

register = template.Library()
ID = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,40}")
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
SHORT = len("sha256:") + 12
BRIEF = 48
LONGEST_NAME = 300


@register.filter
def cite(number: object) -> SafeString:
    """A number with its unit, carrying its evidence; where there is none, the reason."""
    if not isinstance(number, Cited):
        raise Unbound(f"{number!r} is printed as a number but is not bound to evidence.")
    if number.value is None:
        return format_html('<span class="none">– {}</span>', printable(number.reason))
    unit = f"{NARROW}{printable(number.unit)}" if number.unit else ""
    pattern = '<data value="{}" data-evidence="{}">{}{}</data>'
    return format_html(pattern, repr(number.value), name_id(number.evidence_id), number.words, unit)


@register.filter
def bare(number: object) -> SafeString:
    """A number without its unit, for columns whose heading names it."""
    if isinstance(number, Cited) and number.value is not None:
        pattern = '<data value="{}" data-evidence="{}">{}</data>'
        return format_html(pattern, repr(number.value), name_id(number.evidence_id), number.words)
    return cite(number)


@register.filter
def whole(number: object) -> SafeString:
    """A number that names something, such as a seed: figures only, nothing between thousands."""
    if not isinstance(number, Cited) or not isinstance(number.value, int):
        raise Unbound(f"{number!r} is printed as a whole number but is not one bound to evidence.")
    return format_html(
        '<data value="{0}" data-evidence="{1}">{0}</data>', number.value, name_id(number.evidence_id)
    )


@register.filter
def say(statement: object) -> SafeString:
    """A sentence with links to the evidence it rests on."""
    if not isinstance(statement, Statement):
        raise Unbound(f"{statement!r} is printed as a sentence but names no evidence.")
    begin, space, last = printable(statement.text).rpartition(" ")
    # The last word and the links stay together, so that no line begins with a bare link.
    pattern = '{}{}<span class="together">{} {}</span>'
    return format_html(pattern, begin, space, last, _links(statement.evidence))


@register.filter
def sources(number: object) -> SafeString:
    """Links to the evidence of a number or a statement."""
    if isinstance(number, Cited):
        return _links((number.evidence_id,))
    if isinstance(number, Statement):
        return _links(number.evidence)
    raise Unbound(f"{number!r} has no evidence to link to.")


def _links(evidence: tuple[str, ...]) -> SafeString:
    return format_html_join(" ", '<a class="ref" href="#{0}">{0}</a>', ((name_id(one),) for one in evidence))


@register.filter
def name(text: object) -> SafeString:
    """A name or label somebody gave, literally."""
    if not isinstance(text, str) or not text:
        raise Unbound(f"{text!r} is printed as a name but is not one.")
    return format_html("{}", printable(text, LONGEST_NAME))


@register.filter
def prose(text: object) -> SafeString:
    """A passage somebody wrote, literally, which may be long."""
    if not isinstance(text, str) or not text:
        raise Unbound(f"{text!r} is printed as a text but is not one.")
    return format_html("{}", printable(text))


@register.filter
def ident(text: object) -> SafeString:
    """An identifier of our own, safe as an anchor."""
    return format_html("{}", name_id(text))


def name_id(text: object) -> str:
    """The identifier, if it is one."""
    if not isinstance(text, str) or not ID.fullmatch(text):
        raise Unbound(
            f"{str(text)[:60]!r} cannot be an evidence id: a letter, then letters, figures and hyphens."
        )
    return text


@register.filter
def brief(text: object) -> SafeString:
    """A name where there is little room, such as a running header; it stands in full elsewhere."""
    if not isinstance(text, str) or not text:
        raise Unbound(f"{text!r} is printed as a name but is not one.")
    kept = printable(text[:BRIEF])
    return format_html("{}", f"{kept[:BRIEF]}…" if len(text) > BRIEF or len(kept) > BRIEF else kept)


@register.filter
def heading(text: object) -> SafeString:
    """A name at the beginning of a line, its first letter a capital."""
    if not isinstance(text, str) or not text:
        raise Unbound(f"{text!r} is printed as a heading but is not one.")
    return format_html("{}", printable(text[0].upper() + text[1:], LONGEST_NAME))


@register.filter
def language(text: object) -> SafeString:
    """A language tag."""
    if not isinstance(text, str) or not LANGUAGE.fullmatch(text):
        raise Unbound(f"{str(text)[:60]!r} is not a language tag such as en or en-GB.")
    return format_html("{}", text)


@register.filter
def digest(text: object) -> SafeString:
    """A digest in full."""
    return format_html('<code class="digest">{}</code>', check_digest(str(text)))


@register.filter
def short(text: object) -> SafeString:
    """The beginning of a digest that stands in full elsewhere in the report."""
    return format_html('<code class="digest">{}…</code>', check_digest(str(text))[:SHORT])


@register.filter
def when(moment: object) -> SafeString:
    """A moment in words, always UTC."""
    if not isinstance(moment, datetime) or moment.utcoffset() is None:
        raise Unbound(f"{moment!r} is printed as a time but has no time zone.")
    written = f"{moment:%d} {MONTHS[moment.month - 1]} {moment:%Y, %H:%M} UTC".lstrip("0")
    return format_html('<time datetime="{}">{}</time>', moment.isoformat(), written)


@register.filter
def iso(moment: object) -> SafeString:
    """A moment for machines."""
    if not isinstance(moment, datetime) or moment.utcoffset() is None:
        raise Unbound(f"{moment!r} is printed as a time but has no time zone.")
    return format_html("{}", f"{moment:%Y-%m-%dT%H:%M:%SZ}")


@register.filter
def day(moment: object) -> SafeString:
    """A day in words."""
    if not isinstance(moment, date):
        raise Unbound(f"{moment!r} is printed as a day but is not one.")
    written = f"{moment:%d} {MONTHS[moment.month - 1]} {moment:%Y}".lstrip("0")
    return format_html('<time datetime="{}">{}</time>', f"{moment:%Y-%m-%d}", written)


@register.filter
def sign(value: object, words: str = "check") -> SafeString:
    """A state as shape, word and colour; `words` chooses the vocabulary."""
    if not isinstance(value, State):
        raise Unbound(f"{value!r} is printed as a verdict but is not one.")
    pattern = '<span class="sign {}"><span class="shape">{}</span> {}</span>'
    return format_html(pattern, value.value, SHAPES[value], WORDS[words][value])


@register.filter
def shape(value: object) -> SafeString:
    """A state's shape with its word for those who do not see it."""
    if not isinstance(value, State):
        raise Unbound(f"{value!r} is printed as a verdict but is not one.")
    return format_html('<span class="shape">{}</span>', SHAPES[value])


@register.filter
def state(value: object) -> SafeString:
    """The name of a state, for the class that colours a panel."""
    if not isinstance(value, State):
        raise Unbound(f"{value!r} is printed as a verdict but is not one.")
    return format_html("{}", value.value)


@register.filter
def figure(drawn: object) -> SafeString:
    """A chart drawn by our own renderer from cited values."""
    if not isinstance(drawn, Figure):
        raise Unbound(f"{type(drawn).__name__} is printed as a chart but is not one.")
    return SafeString(drawn.svg)
