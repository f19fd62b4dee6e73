"""The demand that the tier follows from answers that still hold."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from governance.gates import codec, plan
from governance.gates.duties import ClassificationFacts
from governance.gates.plan import Line
from governance.gates.requirements.classified import Classified
from governance.gates.spec import Dossier, Finding, State
from tests.governance.gates import facts

DEMAND = Classified(within_days=365)


def classification(**changes: Any) -> ClassificationFacts:
    """High risk, in force, answered nine days ago."""
    row = ClassificationFacts(
        id="classification-1",
        number=1,
        state="in_force",
        tier="high",
        answers_digest=facts.digest("answers"),
        intact=True,
        rules_digest=facts.digest("rules"),
        rules_now=facts.digest("rules"),
        answerer="olga",
        answered_at=facts.ago(days=9),
        confirmer="",
        worse_from=None,
        in_scope=True,
    )
    return replace(row, **changes)


def with_(*rows: ClassificationFacts) -> Dossier:
    return replace(facts.bare(), classifications=rows)


def test_it_is_met_by_a_classification_that_holds() -> None:
    (line,) = DEMAND.findings(with_(classification()))
    assert (line.state, line.sentence) == (State.MET, "Classification 1 is in force: high risk.")


@pytest.mark.parametrize(
    ("changes", "state", "words"),
    [
        ({"intact": False}, State.OPEN, "not those that were recorded"),
        ({"rules_digest": facts.digest("old")}, State.STALE, "questions or rules changed"),
        ({"worse_from": facts.NOW}, State.STALE, "Since 2026-11-21 a prohibition applies"),
        ({"worse_from": facts.ago(days=1)}, State.STALE, "Since 2026-11-20 a prohibition applies"),
        ({"answered_at": facts.ago(days=365)}, State.STALE, "older than 365 days"),
        ({"tier": "limited"}, State.OPEN, "says limited risk, but the system's tier is high"),
        ({"state": "superseded"}, State.OPEN, "No classification"),
    ],
)
def test_it_is_not_met_by_one_that_does_not(changes: dict[str, Any], state: State, words: str) -> None:
    (line,) = DEMAND.findings(with_(classification(**changes)))
    assert line.state is state
    assert words in line.sentence
    assert line.clears
    assert line.owner_role == "owner"


def test_without_any_it_says_what_to_do() -> None:
    (line,) = DEMAND.findings(with_())
    assert (line.state, line.clears) == (State.OPEN, "Answer the risk questionnaire of the system.")


def test_one_that_waits_keeps_the_gate_shut_beside_one_in_force() -> None:
    waiting = classification(number=2, state="proposed", tier="minimal")
    first, second = DEMAND.findings(with_(classification(), waiting))
    assert (first.state, second.state) == (State.MET, State.OPEN)
    assert "Classification 2 as minimal risk waits" in second.sentence
    assert second.owner_role == "compliance_officer"


def test_one_that_waits_alone_asks_for_one_action_only() -> None:
    lines = DEMAND.findings(with_(classification(state="proposed", tier="high")))
    assert [line.state for line in lines] == [State.OPEN, State.OPEN]
    actions = plan.shortest([Line(DEMAND.place, line) for line in lines])
    assert actions == ("A reviewer or compliance officer confirms or rejects classification 1.",)


def test_an_allow_ends_when_the_answers_grow_old_or_a_prohibition_begins() -> None:
    assert DEMAND.holds_until(with_(classification())) == facts.ago(days=9 - 365)
    soon = facts.NOW + timedelta(days=11)
    assert DEMAND.holds_until(with_(classification(worse_from=soon))) == soon
    assert Classified().holds_until(with_(classification())) is None
    assert DEMAND.holds_until(with_()) is None


def test_the_facts_come_back_as_they_were_kept() -> None:
    dossier = with_(classification(worse_from=facts.NOW), classification(number=2, state="proposed"))
    assert codec.read(Dossier, codec.canonical(dossier)) == dossier


AGAIN = "Answer the risk questionnaire of the system again."


@pytest.mark.parametrize(
    ("changes", "state", "sentence", "clears"),
    [
        ({}, State.MET, "Classification 1 is in force: high risk.", ""),
        (
            {"state": "superseded"},
            State.OPEN,
            "No classification of the system is in force.",
            "Answer the risk questionnaire of the system.",
        ),
        (
            {"intact": False},
            State.OPEN,
            "The answers of classification 1 are not those that were recorded.",
            AGAIN,
        ),
        (
            {"rules_digest": "old"},
            State.STALE,
            "The questions or rules changed since classification 1.",
            AGAIN,
        ),
        (
            {"worse_from": facts.NOW},
            State.STALE,
            "Since 2026-11-21 a prohibition applies that classification 1 does not count yet.",
            AGAIN,
        ),
        (
            {"answered_at": facts.ago(days=365)},
            State.STALE,
            "The answers of classification 1 are older than 365 days.",
            AGAIN,
        ),
        (
            {"tier": "limited"},
            State.OPEN,
            "Classification 1 says limited risk, but the system's tier is high.",
            AGAIN,
        ),
    ],
)
def test_what_is_said_of_the_one_in_force(
    changes: dict[str, Any], state: State, sentence: str, clears: str
) -> None:
    assert Classified.of({"within_days": 365}).findings(with_(classification(**changes))) == (
        Finding("classification", state, sentence, "Classification of the system", "owner", clears),
    )


def test_one_that_waits_is_the_compliance_officers_and_takes_over_what_clears_the_other() -> None:
    lines = DEMAND.findings(with_(classification(intact=False), classification(number=2, state="proposed")))
    assert lines[0].clears == ""
    assert lines[1] == Finding(
        code="classification.waiting",
        state=State.OPEN,
        sentence="Classification 2 as high risk waits for another person's word.",
        requirement="No classification waits",
        owner_role="compliance_officer",
        clears="A reviewer or compliance officer confirms or rejects classification 2.",
    )


def test_answers_need_not_grow_old_and_what_is_past_bounds_nothing() -> None:
    assert Classified.of({}) == Classified(None)
    passed = classification(worse_from=facts.NOW, answered_at=facts.ago(days=365))
    assert DEMAND.holds_until(with_(passed)) is None
