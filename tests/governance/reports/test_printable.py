"""What a report prints of a text: literally, completely seen, never an empty box."""

import json

from governance.reports.printable import draws_upright, fallbacks, printable, typeface_for
from tests.shared import shared


def test_it_prints_what_its_typefaces_have() -> None:
    european = ("Zürich, Łódź, Ærø, Tiếng Việt", "Ελληνικά", "Кредит")
    for text in (*european, "王小明", "信用スコア", "신용", "שלום", "سلام", "नमस्ते", "สวัสดี"):
        assert printable(text) == text


def test_it_prints_the_number_of_what_they_have_not() -> None:
    assert printable("done \U0001f600") == "done ‹U+1F600›"
    assert printable("a\u202eb") == "a‹U+202E›b"


def test_it_loads_only_the_typefaces_a_text_needs() -> None:
    assert fallbacks("Impact ratio ≥ 0.80 ● ▲ ■") == []
    assert fallbacks("王小明 سلام") == ["droid-sans-fallback", "noto-sans-arabic"]


def test_every_character_it_prints_has_a_typeface() -> None:
    for text in json.loads(shared("vectors/naughty-strings/blns.json").read_text("utf-8")):
        assert all(typeface_for(one) for one in printable(text)), text


def test_a_very_long_text_is_cut_and_says_so() -> None:
    shown = printable("x" * 10_000_000)
    assert len(shown) < 5_000
    assert shown.endswith("9996000 more characters stand in the machine-readable twin)")


def test_a_chart_sets_only_scripts_whose_letters_stand_alone() -> None:
    assert draws_upright("Zürich 王小明 Ελλ")
    assert not draws_upright("سلام")
    assert not draws_upright("नमस्ते")
