"""Charts: one picture for page and print, readable without seeing it, unmoved by hostile labels."""

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from audits.charts import Bar, bar_chart, interval_chart
from audits.charts.text import visible, width
from tests.shared import shared

SVG = "{http://www.w3.org/2000/svg}"
CSS = Path(__file__).resolve().parents[2] / "governance" / "static" / "charts.css"
GROUPS = (
    Bar("male", 1.0, n=5393),
    Bar("female", 0.835, 0.809, 0.861, 1204, "passed"),
    Bar("under 25", 0.71, 0.65, 0.77, 612, "failed"),
    Bar("65 and over", 0.82, 0.75, 0.89, 357, "insufficient"),
    Bar("not stated", None, n=7, reason="fewer than 30 rows"),
)


def intervals(rows: tuple[Bar, ...] = GROUPS, bar: float | None = 0.8) -> str:
    return interval_chart(rows, bar, "Impact ratio by sex", "impact ratio", bar_label="bar, at least")


def texts(svg: str) -> list[str]:
    return ["".join(one.itertext()) for one in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def test_it_draws_every_group_with_its_interval_and_the_bar() -> None:
    svg = intervals()
    drawn = {"male", "female", "under 25", "0.83", "[0.81, 0.86]", "n 1\u202f204", "bar, at least 0.80"}
    assert drawn <= set(texts(svg))
    assert all(svg.count(f'class="chart-{state}"') == 1 for state in ("passed", "failed", "insufficient"))


def test_a_verdict_changes_the_shape_and_not_only_the_colour() -> None:
    root = ElementTree.fromstring(intervals())
    marks = [one for one in root if one.get("fill") and one.tag != f"{SVG}text"]
    shapes = {one.get("class"): one.tag.removeprefix(SVG) for one in marks}
    assert shapes == {
        "chart-mark": "circle",
        "chart-passed": "circle",
        "chart-failed": "rect",
        "chart-insufficient": "polygon",
    }


def test_it_says_in_words_what_it_shows() -> None:
    root = ElementTree.fromstring(intervals())
    title, description = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert root.get("role") == "img"
    assert title is not None
    assert title.text == "Impact ratio by sex"
    assert root.get("aria-labelledby") == title.get("id")
    assert description is not None
    assert description.text is not None
    assert "under 25: 0.71 [0.65, 0.77], n 612" in description.text
    assert "The bar is 0.80." in description.text


def test_a_group_without_a_value_shows_its_reason() -> None:
    assert "fewer than 30 rows" in texts(intervals())


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf"), None])
def test_what_is_not_a_number_is_never_drawn(value: float | None) -> None:
    for svg in (
        intervals((Bar("a", value, value, value, 3), *GROUPS)),
        bar_chart([Bar("a", value)], "t", "u"),
    ):
        assert not re.search(r"\b(nan|inf|None)\b", svg)


def test_no_groups_give_a_sentence_and_no_axis() -> None:
    assert texts(intervals(())) == ["No groups to show."]
    assert texts(bar_chart([], "t", "u")) == ["No features to show."]


@pytest.mark.parametrize("only", [0.0, 0.5, -3.0, 1e-12, 1e300])
def test_a_single_group_still_has_an_axis(only: float) -> None:
    assert len(texts(intervals((Bar("one", only, only, only, 9),), None))) >= 5


def test_five_hundred_groups_are_cut_to_the_largest_and_counted() -> None:
    rows = tuple(Bar(f"group {index}", 0.9, 0.8, 1.0, n=index) for index in range(500))
    shown = texts(intervals(rows))
    assert "… and 460 smaller groups in the table" in shown
    assert "group 499" in shown
    assert "group 459" not in shown


def test_features_are_drawn_longest_first_from_nought() -> None:
    rows = [Bar("small", 0.1), Bar("large", 0.9, 0.8, 1.0), Bar("lost", None), Bar("middle", 0.5)]
    svg = bar_chart(rows, "SHAP", "mean absolute attribution")
    labels = [one for one in texts(svg) if one in {"small", "large", "middle", "lost"}]
    assert labels == ["large", "middle", "small", "lost"]
    assert "chart-zero" in svg


def test_a_declared_bar_keeps_all_its_decimals() -> None:
    assert "bar, at least 0.125" in texts(intervals(bar=0.125))


def test_it_is_the_same_every_time() -> None:
    assert intervals() == intervals()


def test_it_carries_no_style_attribute_no_script_and_no_link() -> None:
    svg = intervals()
    assert not re.search(r"\sstyle=|<style|<script|href|url\(", svg)


def test_every_class_takes_its_colour_from_the_page() -> None:
    known = set(re.findall(r"\.(chart-[a-z-]+)", CSS.read_text(encoding="utf-8")))
    used = set(" ".join(re.findall(r'class="([^"]+)"', intervals() + bar_chart(GROUPS, "t", "u"))).split())
    assert used - known <= {"chart", "chart-figures"}


def test_a_long_label_is_cut_and_kept_in_its_title() -> None:
    name = "applicants whose household has moved more than three times in the last two years"
    svg = intervals((Bar(name, 0.9, 0.8, 1.0, 50),))
    whole = [one.text for one in ElementTree.fromstring(svg).iter(f"{SVG}title")]
    assert name in whole
    assert any(one.endswith("…") and name.startswith(one[:-1].rstrip()) for one in texts(svg))


def test_no_text_leaves_the_picture() -> None:
    rows = tuple(Bar("W" * 80, -123456.789 * index, -2e6, 2e6, 10**9, reason="x" * 500) for index in range(9))
    for svg in (
        intervals(rows),
        bar_chart(rows, "t", "u" * 400),
        intervals((Bar("a", None, reason="y" * 900),)),
    ):
        root = ElementTree.fromstring(svg)
        right = float(root.get("width", "0"))
        for one in root.iter(f"{SVG}text"):
            size = width("".join(one.itertext()), float(one.get("font-size", "12")))
            x = float(one.get("x", "0"))
            start = {"end": x - size, "middle": x - size / 2}.get(one.get("text-anchor", ""), x)
            assert start >= -2, "".join(one.itertext())
            assert start + size <= right + 2, "".join(one.itertext())


def naughty() -> list[str]:
    return [one for one in json.loads(shared("vectors/naughty-strings/blns.json").read_text("utf-8")) if one]


def test_hostile_labels_are_printed_literally() -> None:
    for label in naughty():
        svg = intervals((Bar(label, 0.9, 0.8, 1.0, 50, reason=label), Bar("b", None, reason=label)))
        root = ElementTree.fromstring(svg)
        description = root.find(f"{SVG}desc")
        assert description is not None
        assert visible(label) in (description.text or "")
        assert {one.tag.removeprefix(SVG) for one in root.iter()} <= {
            "svg", "title", "desc", "g", "text", "line", "circle", "rect", "polygon",
        }  # fmt: skip


def test_what_could_turn_or_hide_text_is_printed_by_its_number() -> None:
    assert visible("a\u202eb\u200bc\x00d") == "a‹U+202E›b‹U+200B›c‹U+0000›d"
    assert visible("de\u0301ja\u0300") == "de\u0301ja\u0300"
    assert visible("e" + "\u0301" * 5).count("‹U+0301›") == 2
