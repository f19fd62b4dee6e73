"""Documents: incomplete ones are kept, and say what they lack."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.models import Document
from registry.services import outlines
from tests.cast import Cast
from tests.make import make_document, make_system

DATASHEET = dict.fromkeys(outlines.SECTIONS["dataset_datasheet"], "Said.")
FEATURES = {
    "income": {"definition": "Yearly, in euro.", "source": "Payslip.", "rationale": "Ability to pay."},
    "age": "Years, from the application form.",
    "zip": {"definition": "Postcode.", "source": ""},
    "empty": " ",
}


def test_an_incomplete_document_is_kept_with_what_it_lacks(cast: Cast) -> None:
    system = make_system(cast)
    made = make_document(cast, system, "dataset_datasheet", content={"motivation": "Why.", "uses": "TBD"})
    assert made.outline["missing"] == [
        "composition",
        "collection",
        "preprocessing",
        "uses",
        "distribution",
        "maintenance",
    ]
    whole = make_document(cast, system, "dataset_datasheet", content=DATASHEET)
    assert (whole.number, whole.outline["missing"]) == (2, [])


@pytest.mark.parametrize("name", ["Collection process", "collection", "COLLECTION-process", "  Collection:"])
def test_sections_are_found_as_people_write_them(name: str) -> None:
    content = {key: text for key, text in DATASHEET.items() if key != "collection"} | {name: "By form."}
    assert outlines.outline("dataset_datasheet", content)["missing"] == []


@pytest.mark.parametrize("nothing", ["", " ", "-", "TBD", "To do", None, [], {}, {"a": ""}, ["?"]])
def test_a_placeholder_says_nothing(nothing: Any) -> None:
    assert outlines.outline("dataset_datasheet", {**DATASHEET, "uses": nothing})["missing"] == ["uses"]


def test_another_word_is_not_the_section() -> None:
    found = outlines.outline("model_card", {"metricsystem": "No.", "factorsx": "No."})
    assert {"metrics", "factors"} <= set(found["missing"])


def test_features_count_when_something_is_said_of_them() -> None:
    found = outlines.outline("feature_documentation", {"Features": FEATURES})
    assert found == {"missing": [], "features": ["age", "income"], "dropped": []}
    assert outlines.outline("feature_documentation", {"text": "income and age"})["missing"] == ["features"]


def test_people_read_words_and_no_braces() -> None:
    of_income = {"definition": "Income of a year", "source": "payroll", "used": True}
    document = Document(
        content={"text": "Why.", "features": {"income": of_income, "zip": "Where."}, "by": ["a", "b"]}
    )
    assert document.told() == (
        ("text", "Why."),
        ("features: income", "definition: Income of a year; source: payroll; used: yes"),
        ("features: zip", "Where."),
        ("by", "a, b"),
    )


def test_a_decision_needs_its_reason() -> None:
    decisions = {
        "income": {"decision": "keep", "reason": "Needed to judge the ability to pay."},
        "zip": {"decision": "drop", "reason": "Stands for origin."},
        "age": {"decision": "keep", "reason": "-"},
        "name": {"decision": "maybe", "reason": "Unclear."},
        "job": "keep",
    }
    found = outlines.outline("proxy_review", {"decisions": decisions})
    assert found == {"missing": [], "features": ["income", "zip"], "dropped": ["zip"]}


def test_kinds_without_a_table_lack_nothing() -> None:
    assert outlines.outline("problem_definition", {"text": "Why."})["missing"] == []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)


@given(kind=st.sampled_from(sorted(outlines.SECTIONS)), content=st.dictionaries(st.text(max_size=14), JSON))
def test_whatever_is_written_can_be_read(kind: str, content: dict[str, Any]) -> None:
    found = outlines.outline(kind, content)
    assert set(found["missing"]) <= set(outlines.SECTIONS[kind])
    assert set(found["dropped"]) <= set(found["features"])
