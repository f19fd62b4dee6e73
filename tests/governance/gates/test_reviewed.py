"""Periodic reviews at the gate."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.gates import dates
from governance.gates.dates import ReviewFacts
from governance.gates.decide import judge
from governance.gates.policy import Policy, parse
from governance.gates.requirements.documents import DocumentsPresent
from governance.gates.requirements.reviewed import ReviewCurrent, asked, enters_production
from governance.gates.spec import Dossier, Finding, State
from registry.errors import Invalid
from tests.governance.gates.facts import NOW, ago, allowing, bare, body

WATCHED = body() + "review: {every_days: 90, warn_days: 14}\n"


def in_production(dossier: Dossier, stage: str = "production", **review: object) -> Dossier:
    """The version runs, and was reviewed 30 days ago."""
    assert dossier.version is not None
    facts = replace(ReviewFacts(ago(days=30), NOW + timedelta(days=60)), **review)  # type: ignore[arg-type]
    return replace(
        dossier, environment="production", version=replace(dossier.version, stage=stage), review=facts
    )


def review_of(dossier: Dossier, text: str = WATCHED) -> Finding:
    return next(finding for finding in judge(dossier, text).findings if finding.code == "review")


def test_it_works() -> None:
    decision = judge(in_production(allowing()), WATCHED)
    assert decision.allows
    assert decision.holds_until is not None
    assert decision.holds_until <= NOW + timedelta(days=60)
    assert (
        review_of(in_production(allowing())).sentence == "The next periodic review is due on 20 January 2027."
    )


@pytest.mark.parametrize("stage", ["production", "monitoring"])
def test_an_overdue_review_closes_the_door_by_itself(stage: str) -> None:
    dossier = in_production(allowing(), stage, due_at=NOW)
    decision = judge(dossier, WATCHED)
    assert not decision.allows
    open_ = [finding for finding in decision.findings if not finding.met]
    assert [(finding.code, finding.state) for finding in open_] == [("review", State.STALE)]
    assert "periodic review" in decision.unblock_plan[0]
    assert judge(
        replace(dossier, review=ReviewFacts(ago(days=30), NOW + timedelta(seconds=1))), WATCHED
    ).allows


def test_the_answer_holds_only_until_the_review_falls_due() -> None:
    soon = NOW + timedelta(hours=2)
    assert judge(in_production(allowing(), due_at=soon), WATCHED).holds_until == soon


def test_a_policy_in_force_makes_it_earlier_and_never_later() -> None:
    set_then = in_production(allowing(), since=ago(days=30), due_at=NOW + timedelta(days=60))
    assert not judge(set_then, body() + "review: {every_days: 30}\n").allows
    passed = in_production(allowing(), since=ago(days=30), due_at=ago(days=1))
    assert not judge(passed, body() + "review: {every_days: 3660}\n").allows


def test_in_production_without_a_date_it_is_open() -> None:
    dossier = replace(in_production(allowing()), review=None)
    assert review_of(dossier).state is State.OPEN
    assert not judge(dossier, WATCHED).allows


def test_a_date_that_was_not_set_follows_from_the_policy() -> None:
    assert judge(in_production(allowing(), due_at=None), WATCHED).allows
    assert not judge(in_production(allowing(), since=ago(days=90), due_at=None), WATCHED).allows


def test_before_production_nothing_is_due() -> None:
    assert judge(allowing(), WATCHED).allows
    assert review_of(allowing()).sentence == "The first review is due 90 days after it enters production."


def test_a_policy_that_asks_for_none_says_nothing() -> None:
    dossier = in_production(allowing(), due_at=ago(days=1))
    assert not [finding for finding in judge(dossier, body()).findings if finding.code == "review"]


def sections(policy: Policy) -> dict[tuple[str, str], list[ReviewCurrent]]:
    return {
        (section.from_stage, section.to_stage): [
            one for one in section.requirements if isinstance(one, ReviewCurrent)
        ]
        for section in policy.sections
    }


def test_it_is_asked_where_a_step_leads_into_production_and_nowhere_else() -> None:
    found = sections(parse(WATCHED))
    into = [("compliance", "production"), ("suspended", "production")]
    assert {step for step, there in found.items() if there} == set(into)
    assert all(found[step] == [ReviewCurrent(90)] for step in into)


def test_to_write_it_out_is_to_ask_once() -> None:
    written = WATCHED.replace(
        "      - report: {kind: validation_report}",
        "      - report: {kind: validation_report}\n      - review: {}",
    )
    assert sections(parse(written))["compliance", "production"] == [ReviewCurrent(90)]


@pytest.mark.parametrize(
    "text",
    [
        body().replace("      - datasets: {at_least: 1}", "      - review: {}", 1),
        body().replace("      - report: {kind: validation_report}", "      - review: {}", 1),
        WATCHED.replace(
            "      - documents: {kinds: [problem_definition, intended_use_statement]}",
            "      - review: {}",
            1,
        ),
    ],
    ids=["of a system", "without saying how often", "before production"],
)
def test_it_is_refused_where_it_would_say_nothing(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse(text)
    assert any(".review" in place or "[review]" in place for place, _ in refused.value.errors)


@pytest.mark.parametrize(
    "part",
    [
        "review: {}",
        "review: {every_days: 0}",
        "review: {every_days: 1.5}",
        "review: {every_days: 9, often: 1}",
        "reminders: {after_days: 0}",
        "reminders: {loudly: 1}",
    ],
)
def test_a_part_of_another_form_is_refused(part: str) -> None:
    with pytest.raises(Invalid):
        parse(f"{body()}{part}\n")


def test_reminders_have_defaults() -> None:
    assert parse(body()).part("reminders") == dates.Reminding(2, 3, 7)
    assert parse(f"{body()}reminders: {{every_days: 1}}\n").part("reminders") == dates.Reminding(2, 1, 7)


@given(
    since=st.integers(0, 4000),
    due=st.none() | st.integers(-2000, 2000),
    every=st.integers(1, 3660),
    stage=st.sampled_from(["production", "monitoring", "suspended", "compliance"]),
)
def test_met_and_in_production_means_no_known_date_has_passed(
    since: int, due: int | None, every: int, stage: str
) -> None:
    due_at = None if due is None else NOW + timedelta(days=due)
    dossier = in_production(bare(), stage, since=ago(days=since), due_at=due_at)
    demand = ReviewCurrent(every)
    (finding,) = demand.findings(dossier)
    passed = since >= every or (due is not None and due <= 0)
    assert finding.met == (stage in {"suspended", "compliance"} or not passed)
    until = demand.holds_until(dossier)
    assert until is None or until > NOW
    if finding.met and stage in {"production", "monitoring"}:
        assert until is not None
        assert not demand.findings(replace(dossier, now=until))[0].met


@pytest.mark.parametrize(
    ("dossier", "state", "sentence"),
    [
        (allowing(), State.MET, "The first review is due 90 days after it enters production."),
        (
            replace(in_production(allowing()), review=None),
            State.OPEN,
            "It is in production, and no date of review is recorded.",
        ),
        (
            in_production(allowing(), due_at=NOW),
            State.STALE,
            "The periodic review was due on 21 November 2026 and is not completed.",
        ),
        (in_production(allowing()), State.MET, "The next periodic review is due on 20 January 2027."),
    ],
)
def test_what_its_line_says(dossier: Dossier, state: State, sentence: str) -> None:
    clears = "Complete the periodic review: move the version to monitoring, then take the step monitoring→monitoring."
    assert ReviewCurrent(90).findings(dossier) == (
        Finding("review", state, sentence, "Periodic review", "owner", "" if state is State.MET else clears),
    )


def test_without_how_often_the_recorded_date_alone_counts() -> None:
    demand = ReviewCurrent.of({})
    assert demand == ReviewCurrent(None)
    assert demand.holds_until(in_production(allowing())) == NOW + timedelta(days=60)
    assert demand.holds_until(in_production(allowing(), due_at=None)) is None
    assert demand.holds_until(in_production(allowing(), due_at=NOW)) is None
    assert demand.holds_until(replace(in_production(allowing()), version=allowing().version)) is None


@pytest.mark.parametrize(
    ("subject", "start", "end", "into"),
    [
        ("model_version", "compliance", "production", True),
        ("model_version", "suspended", "monitoring", True),
        ("model_version", "production", "monitoring", False),
        ("model_version", "validation", "compliance", False),
        ("system", "compliance", "production", False),
    ],
)
def test_only_a_version_enters_production_and_only_from_outside(
    subject: str, start: str, end: str, into: bool
) -> None:
    assert enters_production(subject, start, end) is into


def test_the_review_is_asked_for_once_beside_what_else_is_asked() -> None:
    card = DocumentsPresent(("model_card",))
    assert asked((card,), 90) == (card, ReviewCurrent(90))
    assert asked((ReviewCurrent(), card), 90) == (ReviewCurrent(90), card)
