"""The way to green: what a closed gate says has to be done, done, opens it."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from governance.gates.plan import Line, numbered, shortest
from governance.gates.requirements.base import Place
from governance.gates.requirements.measured import AUDIT
from governance.gates.spec import Dossier, Finding, State
from tests.governance.gates import facts
from tests.governance.gates.test_decide import decided

ASK = "Ask for approval. A {} votes on the approval request."


def do(dossier: Dossier, action: str) -> Dossier:
    """The facts after somebody did this."""
    for said, change in ACTIONS.items():
        if action.startswith(said):
            return change(dossier)
    raise AssertionError(f"nobody knows how to: {action}")


def _document(kind: str) -> Callable[[Dossier], Dossier]:
    return lambda dossier: replace(dossier, documents=(*dossier.documents, facts.document(kind)))


def _vote(voter: str) -> Callable[[Dossier], Dossier]:
    def change(dossier: Dossier) -> Dossier:
        asked = dossier if dossier.requests else facts.asked(dossier)
        return facts.voted(asked, **{voter: facts.VOTERS[voter]})

    return change


def _report(dossier: Dossier) -> Dossier:
    return facts.reported(dossier)


def _again(voter: str) -> Callable[[Dossier], Dossier]:
    return lambda dossier: facts.voted(
        facts.asked(dossier, id=f"again-{voter}"), **{voter: facts.VOTERS[voter]}
    )


ACTIONS: dict[str, Callable[[Dossier], Dossier]] = {
    "Add the document “Model card”": _document("model_card"),
    "Add the document “Intended-use statement”": _document("intended_use_statement"),
    AUDIT: lambda dossier: replace(dossier, runs=(facts.run(),)),
    "Seal a plan with": lambda dossier: replace(dossier, runs=(facts.run(),)),
    ASK.format("validator"): _vote("vera"),
    ASK.format("compliance officer"): _vote("cora"),
    ASK.format("business approver"): _vote("adam"),
    "A business approver votes": _vote("adam"),
    "Ask for approval again. A validator": _again("vera"),
    "Ask for approval again. A compliance officer": _again("cora"),
    "Ask for approval again. A business approver": _again("adam"),
    "Generate the": _report,
}


def _without(kind: str, dossier: Dossier) -> Dossier:
    return replace(dossier, documents=tuple(d for d in dossier.documents if d.kind != kind))


@pytest.mark.parametrize(
    "dossier",
    [
        facts.bare(),
        replace(facts.bare(), runs=()),
        _without("model_card", facts.bare()),
        _without("model_card", facts.allowing()),
        _without("intended_use_statement", facts.allowing()),
        facts.voted(facts.asked(facts.bare()), vera="validator", cora="compliance_officer"),
        facts.voted(facts.asked(facts.bare())),
    ],
    ids=["bare", "unmeasured", "no card", "card lost", "use lost", "a vote short", "unreported"],
)
def test_following_it_opens_the_gate(dossier: Dossier) -> None:
    plan = decided(dossier).unblock_plan
    assert plan
    for action in plan:
        dossier = do(dossier, action)
    assert decided(dossier).allows, decided(dossier).unblock_plan


def test_each_action_is_named_once() -> None:
    plan = decided(replace(facts.bare(), runs=(), documents=())).unblock_plan
    assert len(plan) == len(set(plan))
    assert plan.count(AUDIT) == 1


def test_the_report_comes_last_and_votes_before_it() -> None:
    plan = decided(replace(facts.bare(), runs=())).unblock_plan
    assert plan[0] == AUDIT
    assert plan[-1] == "Generate the validation report."
    assert all("votes" in action for action in plan[-4:-1])


def test_new_evidence_asks_for_the_votes_again() -> None:
    without = replace(facts.run(), kinds=("bias", "performance"))
    dossier = facts.reported(facts.voted(facts.asked(replace(facts.bare(), runs=(without,)))))
    plan = decided(dossier).unblock_plan
    assert plan[0] == AUDIT
    assert "Ask for approval again. A validator votes on what changed." in plan
    assert plan[-1] == "Generate the report again."


def test_only_those_who_voted_are_asked_to_vote_again() -> None:
    """What else stands among the approvals, as met conditions do, is nobody's vote."""
    changed = Line(
        Place.EVIDENCE, Finding("x", State.OPEN, "No.", "x", "developer", "Audit it."), disturbs=True
    )
    met = Line(Place.APPROVALS, Finding("conditions", State.MET, "None.", "Conditions", "owner"))
    assert shortest([changed, met]) == ("Audit it.",)


def test_a_missing_report_is_all_that_is_left() -> None:
    dossier = facts.voted(facts.asked(facts.bare()))
    assert decided(dossier).unblock_plan == ("Generate the validation report.",)


def test_what_nobody_can_clear_is_no_action() -> None:
    dossier = facts.allowing()
    plan = decided(replace(dossier, system=replace(dossier.system, tier="unacceptable"))).unblock_plan
    assert plan[0] == "Publish a policy that covers this system, step and environment."
    assert all("votes on what changed" in action for action in plan[1:4])
    assert plan[4:] == ("Generate the report again.",)
    hopeless = Line(Place.POLICY, Finding("x", State.OPEN, "No.", "x", "owner"))
    assert shortest([hopeless]) == ()


def test_one_report_does_not_ask_for_another() -> None:
    missing = Line(Place.REPORT, Finding("a", State.OPEN, "No.", "a", "validator", "Generate a."))
    there = Line(Place.REPORT, Finding("b", State.MET, "Yes.", "b", "validator"))
    assert shortest([missing, there]) == ("Generate a.",)


def test_equal_codes_are_numbered_and_nothing_else_of_a_line_changes() -> None:
    first = Finding("a", State.OPEN, "No.", "a", "owner", "Do it.", "Or ask for a waiver.")
    other = Finding("b", State.MET, "Yes.", "b", "owner")
    lines = [
        Line(Place.EVIDENCE, first, disturbs=True),
        Line(Place.REPORT, other),
        Line(Place.MODEL, first, disturbs=True),
        Line(Place.PEOPLE, first),
    ]
    assert numbered(lines) == [
        Line(Place.EVIDENCE, first, disturbs=True),
        Line(Place.REPORT, other),
        Line(Place.MODEL, replace(first, code="a#2"), disturbs=True),
        Line(Place.PEOPLE, replace(first, code="a#3")),
    ]
