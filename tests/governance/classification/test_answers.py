"""Answers as they come in, are kept, and are compared."""

import pytest

from governance.classification import answers
from governance.classification.answers import Given
from governance.classification.questions import HEADINGS, Answer, questionnaire
from registry.errors import Invalid
from tests.governance.classification.answering import harmless, sent


def test_every_question_has_a_section_a_reference_and_a_sentence() -> None:
    found = questionnaire()
    assert [section.id for section in found.sections] == list(HEADINGS)
    assert len(found.questions) == sum(len(section.questions) for section in found.sections) == 59
    assert all(one.ref and one.sentence.endswith((".", "?", ")")) for one in found.questions.values())


def test_every_prohibited_practice_has_its_day() -> None:
    section = next(one for one in questionnaire().sections if one.id == "prohibited")
    assert len(section.questions) == 10
    assert all(one.applies_from for one in section.questions)


def test_answers_come_back_as_they_were_kept() -> None:
    given = harmless(A3_5b="yes")
    assert answers.read(answers.text(given)) == given
    assert answers.checked(sent(given)) == given


@pytest.mark.parametrize(
    ("raw", "field", "words"),
    [
        ({"XX": {"answer": "yes"}}, "XX", "no such question"),
        ({"SC1": {"answer": "maybe"}}, "SC1", "Answer with one of"),
        ({"SC1": {}}, "SC1", "Answer with one of"),
        ({"SC3": {"answer": "yes", "reason": "  "}}, "SC3", "Say why"),
        ({"EX-a": {"answer": "yes"}}, "EX-a", "Say why"),
        ({"SC1": {"answer": "yes", "reason": "x" * 2001}}, "SC1", "at most 2000"),
    ],
)
def test_a_mistake_is_named_by_its_question(raw: dict[str, dict[str, str]], field: str, words: str) -> None:
    with pytest.raises(Invalid) as refused:
        answers.checked(raw)
    assert [name for name, _ in refused.value.errors] == [field]
    assert words in refused.value.errors[0][1]


def test_a_claim_that_does_not_matter_needs_no_reason() -> None:
    given = sent(harmless())
    given["EX-a"] = {"answer": "yes", "reason": ""}
    assert answers.checked(given)["EX-a"].answer is Answer.YES


def test_it_tells_what_was_answered_otherwise() -> None:
    before, after = harmless(), harmless(A3_5b="yes")
    del after["TR1"]
    found = answers.changes(before, after)
    assert [(one.id, one.before, one.after) for one in found] == [
        ("A3-5b", Given(Answer.NO), Given(Answer.YES)),
        ("TR1", Given(Answer.NO), None),
    ]
