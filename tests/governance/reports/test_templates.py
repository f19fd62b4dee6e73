"""Templates: nothing unbound can be printed, nothing bound is left out, everything missing is said."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest
from django.template import Context

from governance.reports import filters, strict
from governance.reports.codec import to_json
from governance.reports.errors import Unbound
from governance.reports.pages import TEMPLATES, engine, to_html
from tests.governance.reports.specimen import specimen, with_texts

REPORT_TEMPLATES = sorted(path.name for path in TEMPLATES.glob("*.html"))


def words(html: str) -> str:
    """The text a reader sees, spaces evened out."""

    class Reader(HTMLParser):
        said = ""

        def handle_data(self, data: str) -> None:
            self.said += data

    reader = Reader()
    reader.feed(html)
    return re.sub(r"\s+", " ", reader.said)


@pytest.mark.parametrize("name", REPORT_TEMPLATES)
def test_every_template_prints_bound_values_only(name: str) -> None:
    engine().get_template(name)


@pytest.mark.parametrize(
    "source",
    [
        "{{ report.seed }}",
        "{{ report.seed|safe }}",
        "{{ report.seed|cite|safe }}",
        "{{ report.seed|floatformat }}",
        "{{ report.rows|length }}",
        "{{ forloop.counter }}",
        "{{ 7 }}",
        "{% now 'Y' %}",
        "{% widthratio 1 2 100 %}",
        "{% cycle 'a' 'b' %}",
        "{% filter upper %}x{% endfilter %}",
        "{% autoescape off %}{{ report.title|name }}{% endautoescape %}",
        "<p>The model reached 0.83.</p>",
        "<p>{% if report.title %}4 of 5{% endif %}</p>",
        "{% for one in report.checks %}<p>No. 1</p>{% empty %}{% endfor %}",
        "<script>x</script>",
        '<p style="color:red">x</p>',
        '<p onclick="x">x</p>',
        '<link rel="attachment" href="x">',
        "<object data=x></object>",
    ],
)
def test_a_template_that_could_print_something_unbound_does_not_build(source: str) -> None:
    with pytest.raises(Unbound):
        strict.check(engine().from_string(source))


@pytest.mark.parametrize("name", sorted(filters.register.filters))
@pytest.mark.parametrize("value", [0.83, 12, True, None, "", b"x", object()])
def test_every_filter_raises_on_what_it_is_not_for(name: str, value: object) -> None:
    template = engine().from_string("{{ value|" + name + " }}")
    with pytest.raises(Unbound):
        template.render(Context({"value": value}, use_l10n=False, use_tz=False))


@pytest.mark.parametrize("name", sorted(filters.register.filters))
def test_a_value_that_does_not_exist_is_never_printed_as_nothing(name: str) -> None:
    with pytest.raises(Unbound):
        engine().from_string("{{ report.typo|" + name + " }}").render(Context({"report": specimen()}))


def test_every_text_of_the_document_reaches_the_reader() -> None:
    count = iter(range(10_000))
    document = with_texts(lambda _text: f"mark{next(count)}x")
    html = to_html(document).lower()
    assert next(count) > 250
    hidden = {path for path, text in leaves(json.loads(to_json(document))) if text not in html}
    # Who supplies a part is said where the part is missing.
    assert {path for path in hidden if not path.endswith("/supplied_by")} == set()


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every marked text with its place."""
    if isinstance(value, dict):
        for name, one in value.items():
            yield from leaves(one, f"{path}/{name}")
    elif isinstance(value, list):
        for index, one in enumerate(value):
            yield from leaves(one, f"{path}[{index}]")
    elif isinstance(value, str) and re.fullmatch(r"mark\d+x", value):
        yield path, value


def test_every_number_carries_its_evidence() -> None:
    html = to_html(specimen())
    assert re.search(r'<data value="0.835" data-evidence="E1">0.835</data>', html)
    assert not re.search(r"<data(?![^>]*data-evidence)", html)


def test_a_value_that_could_not_be_measured_prints_its_reason() -> None:
    assert "– no champion is in production" in words(to_html(specimen()))


def test_a_verdict_is_shape_word_and_colour() -> None:
    html = to_html(specimen())
    assert '<span class="sign failed"><span class="shape">■</span> failed</span>' in html
    assert '<span class="sign insufficient"><span class="shape">▲</span> not enough evidence</span>' in html


def test_it_is_a_draft_until_signed() -> None:
    assert "Draft until signed" in words(to_html(specimen()))
    digest = specimen().binding.subject_digest
    first = replace(specimen().approvals[0], subject_digest=digest)
    signed = words(to_html(replace(specimen(), approvals=(first,))))
    assert "Draft until signed" not in signed
    assert "every signature that the policy asks for is given on this subject" in signed


def test_what_is_missing_is_said_and_never_left_out() -> None:
    parts = (
        "scope model soundness implementation monitoring independence training datasets lineage performance "
        "comparisons checks limits findings untested waivers challenges documents next_review approvals"
    )
    empty: dict[str, Any] = dict.fromkeys(parts.split(), ())
    bare = replace(specimen(), explanation=None, opinion=None, **empty)
    text = words(to_html(bare))
    for sentence in (
        "Nobody is recorded as the validator.", "No training record was registered.", "No dataset version is linked",
        "Performance was not measured.", "No comparison between groups was measured.", "The model was not explained.",
        "No check has been run", "No limits of use are stated.", "Nobody has been asked to sign yet.",
        "has not given an opinion yet", "No next review is set.", "No question to the developers is recorded.",
    ):  # fmt: skip
        assert sentence in text, sentence
    table = text.split("Missing from this report")[-1]
    assert all(
        part in table for part in ("Training record", "Explanation of the model", "Opinion of the validator")
    )


def test_no_heading_stands_without_something_under_it() -> None:
    headings = re.sub(r"<(?!/?h[234])[^>]*>", "", to_html(specimen()))
    assert not re.search(r"</h[234]>\s*<h[2]\b", headings)


def test_tables_have_headers_with_a_scope() -> None:
    html = to_html(specimen())
    assert html.count("<th ") == html.count('<th scope="')
    assert "<th>" not in html
