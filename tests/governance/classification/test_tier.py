"""From answers to the tier: known cases, and what holds of all answers."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.classification.answers import Given, asked, counts
from governance.classification.questions import Answer, questionnaire
from governance.classification.tier import ORDER, classify
from registry.stages import RiskTier
from tests.governance.classification.answering import harmless

TODAY = date(2026, 11, 21)
EXEMPT = {"A3_5b": "yes", "EX_0": "yes", "EX_a": "yes"}

CASES: list[tuple[str, dict[str, str], str]] = [
    ("a spam filter", {}, "minimal"),
    ("credit scoring", {"A3_5b": "yes"}, "high"),
    ("screening of applicants", {"A3_4a": "yes"}, "high"),
    ("a chatbot", {"TR1": "yes"}, "limited"),
    ("a generator of images", {"TR2": "yes"}, "limited"),
    ("a general-purpose model", {"GP1": "yes"}, "limited"),
    ("social scoring", {"PR_c": "yes"}, "unacceptable"),
    ("a chatbot that scores people socially", {"TR1": "yes", "PR_c": "yes"}, "unacceptable"),
    ("a safety component assessed by a third party", {"A1": "yes", "A2": "yes", "A3": "yes"}, "high"),
    ("a safety component that nobody must assess", {"A1": "yes", "A2": "no", "A3": "yes"}, "minimal"),
    ("a narrow procedural task in lending", EXEMPT, "minimal"),
    ("the same, talking to people", {**EXEMPT, "TR1": "yes"}, "limited"),
    ("the same, profiling people", {**EXEMPT, "EX_p": "yes"}, "high"),
    ("the same, with a significant risk", {**EXEMPT, "EX_0": "no"}, "high"),
    ("no condition of the exemption", {**EXEMPT, "EX_a": "no"}, "high"),
    ("a preparatory task", {"A3_4a": "yes", "EX_0": "yes", "EX_d": "yes"}, "minimal"),
    ("credit scoring for the moon", {"A3_5b": "yes", "SC2": "no"}, "high"),
    ("not sure about social scoring", {"PR_c": "unsure"}, "unacceptable"),
    ("not sure about recruitment", {"A3_4a": "unsure"}, "high"),
    ("not sure whether it profiles", {**EXEMPT, "EX_p": "unsure"}, "high"),
    ("not sure whether a condition holds", {**EXEMPT, "EX_a": "unsure"}, "high"),
    ("not sure about telling people", {"TR4": "unsure"}, "limited"),
]


@pytest.mark.parametrize(("case", "answers", "tier"), CASES, ids=[case for case, _, _ in CASES])
def test_a_known_case(case: str, answers: dict[str, str], tier: str) -> None:
    assert classify(harmless(**answers), TODAY).tier == tier


def test_it_says_why() -> None:
    found = classify(harmless(A3_5b="yes"), TODAY)
    assert found.grounds == ("A3-5b",)
    assert found.reasons[0].startswith("High risk: Annex III 5b, Essential services: creditworthiness")


def test_no_answers_at_all_are_the_worst_answers() -> None:
    found = classify({}, TODAY)
    assert found.tier == "unacceptable"
    assert found.in_scope
    assert set(found.open) == set(questionnaire().questions)
    assert {"provider", "deployer", "importer", "distributor", "gpai_provider"} == set(found.roles)


def test_a_practice_is_flagged_before_its_day_and_prohibited_from_it() -> None:
    answers = harmless(PR_ba="yes", TR2="yes")
    before, after = classify(answers, date(2026, 12, 1)), classify(answers, date(2026, 12, 2))
    assert (before.tier, after.tier) == ("limited", "unacceptable")
    assert before.changes_on == "2026-12-02"
    assert "Prohibited from 2026-12-02, the tier is then unacceptable" in before.reasons[0]
    assert after.changes_on == ""
    assert after.prohibited == ("PR-ba",)


def test_out_of_scope_is_a_claim_and_the_tier_follows_the_words_of_risk() -> None:
    found = classify(harmless(A3_5b="yes", SC3="yes"), TODAY)
    assert (found.tier, found.in_scope, found.claims) == ("high", False, ("out_of_scope",))
    assert any("by the words of risk only" in reason for reason in found.reasons)


def test_an_exemption_is_a_claim_only_where_it_has_an_effect() -> None:
    assert classify(harmless(**EXEMPT), TODAY).claims == ("exemption",)
    assert classify(harmless(**{**EXEMPT, "EX_p": "yes"}), TODAY).claims == ()
    assert classify(harmless(EX_0="yes", EX_a="yes"), TODAY).claims == ()


def test_an_exempt_system_keeps_the_duty_to_say_so() -> None:
    found = classify(harmless(**EXEMPT), TODAY)
    assert found.risks == ("annex_iii_exempt",)
    assert found.routes == ("annex_iii",)


def test_questions_that_do_not_matter_are_not_open() -> None:
    answers = harmless()
    for key in ("A2", "A3", "EX-0", "EX-a", "EX-b", "EX-c", "EX-d", "EX-p", "GP2"):
        del answers[key]
    assert classify(answers, TODAY).open == ()


ANSWERS = st.dictionaries(
    st.sampled_from(sorted(questionnaire().questions)),
    st.sampled_from(list(Answer)).map(lambda answer: Given(answer, "why")),
)
DAYS = st.dates(date(2025, 1, 1), date(2029, 1, 1))


def rank(tier: str) -> int:
    return ORDER.index(RiskTier(tier))


@given(st.builds(lambda some: {**harmless(), **some}, ANSWERS) | ANSWERS, st.data(), DAYS)
@settings(max_examples=400)
def test_the_worse_answer_never_lowers_the_tier(
    answers: dict[str, Given], data: st.DataObject, day: date
) -> None:
    key = data.draw(st.sampled_from(sorted(questionnaire().questions)))
    worse = {**answers, key: Given(questionnaire().questions[key].worse)}
    assert rank(classify(worse, day).tier) >= rank(classify(answers, day).tier)


@given(st.builds(lambda some: {**harmless(), **some}, ANSWERS) | ANSWERS, st.data(), DAYS)
@settings(max_examples=400)
def test_not_to_know_and_to_be_silent_are_the_worse_answer(
    answers: dict[str, Given], data: st.DataObject, day: date
) -> None:
    key = data.draw(st.sampled_from(sorted(questionnaire().questions)))
    worse = classify({**answers, key: Given(questionnaire().questions[key].worse)}, day)
    silent = {other: one for other, one in answers.items() if other != key}
    for left in (silent, {**answers, key: Given(Answer.UNSURE)}):
        found = classify(left, day)
        assert (found.tier, found.in_scope, found.roles, found.risks) == (
            worse.tier,
            worse.in_scope,
            worse.roles,
            worse.risks,
        )
        assert (key in found.open) == (key in asked(left))


@given(ANSWERS, DAYS, DAYS)
def test_time_never_lowers_a_tier(answers: dict[str, Given], one: date, other: date) -> None:
    before, after = sorted((one, other))
    assert rank(classify(answers, before).tier) <= rank(classify(answers, after).tier)


@given(ANSWERS, DAYS)
def test_it_says_when_time_alone_will_change_it(answers: dict[str, Given], day: date) -> None:
    found = classify(answers, day)
    if not found.changes_on:
        assert classify(answers, date(2099, 1, 1)).tier == found.tier
    else:
        then = date.fromisoformat(found.changes_on)
        assert then > day
        assert rank(classify(answers, then).tier) > rank(found.tier)


@given(ANSWERS)
def test_a_tier_below_high_has_no_ground_for_a_higher_one(answers: dict[str, Given]) -> None:
    found = classify(answers, TODAY)
    met = {
        key
        for key in questionnaire().questions
        if counts(key, answers) is questionnaire().questions[key].worse
    }
    if rank(found.tier) < rank("high"):
        assert not {"A1", "A2", "A3"} <= met
        assert "exemption" in found.claims or not any(key.startswith("A3-") for key in met)
    if found.tier == "minimal":
        assert not any(key.startswith("TR") or key == "GP1" for key in met)
