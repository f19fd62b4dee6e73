"""What the lines about votes say, whole: how it stands, whose it is, and what clears it."""

from dataclasses import replace

import pytest

from governance.gates.requirements.approvals import Approvals
from governance.gates.spec import Dossier, Finding, HolderFacts, State
from governance.gates.voted import ConditionFacts
from governance.gates.votes import Seat
from tests.governance.gates import facts

VALIDATOR = Approvals((Seat("validator"),))


def line(dossier: Dossier, code: str) -> Finding:
    return next(found for found in VALIDATOR.findings(dossier) if found.code == code)


@pytest.mark.parametrize(
    ("verdict", "code", "did", "requirement", "cleared_by"),
    [
        ("reject", "rejected", "rejected exactly this subject", "No rejection", "what the rejection names"),
        (
            "request_changes",
            "changes",
            "asked for changes to exactly this subject",
            "No change asked for",
            "what was asked for",
        ),
    ],
)
def test_a_word_against(verdict: str, code: str, did: str, requirement: str, cleared_by: str) -> None:
    dossier = facts.asked(facts.bare())
    against = facts.vote(dossier, "vera", "validator", verdict=verdict)
    assert line(replace(dossier, votes=(against,)), f"approvals.{code}.validator") == Finding(
        code=f"approvals.{code}.validator",
        state=State.OPEN,
        sentence=f"A validator {did}.",
        requirement=requirement,
        owner_role="validator",
        clears=f"Change {cleared_by}; or ask again, and the same person approves.",
    )


def test_a_lapsed_condition() -> None:
    dossier = facts.voted(facts.asked(facts.bare()), vera="validator")
    request = dossier.requests[-1].id
    condition = ConditionFacts("c-1", request, "vera", "validator", "dev", facts.ago(days=1), None)
    told = line(replace(dossier, conditions=(condition,)), "approvals.condition.validator")
    assert told == Finding(
        code="approvals.condition.validator",
        state=State.OPEN,
        sentence=f"A condition of the validator's approval was due on {condition.due_on} and is not met; "
        "the approval does not count.",
        requirement="Conditions of the approvals",
        owner_role="validator",
        clears="The owner of the condition does what was asked, and a validator confirms it.",
    )


@pytest.mark.parametrize("made", ["version", "system"])
def test_too_few_people(made: str) -> None:
    dossier = replace(facts.bare(), holders=(HolderFacts("adam", "approver"),))
    if made == "system":
        dossier = replace(dossier, version=None)
    assert line(dossier, "approvals.staffing") == Finding(
        code="approvals.staffing",
        state=State.OPEN,
        sentence="There are not enough people who could lawfully vote as validator.",
        requirement="Enough independent people",
        owner_role="owner",
        clears=f"Give the role of validator to someone who took no part in this {made}.",
    )


def test_each_role_has_a_turn_and_signs_of_its_own() -> None:
    of = [
        {"role": "validator", "order": 1, "signs": ["evidence"]},
        {"role": "approver", "order": 2, "signs": ["datasets"]},
        {"role": "validator", "order": 1, "signs": ["evidence"], "count": 2},
    ]
    assert list(Approvals.mistakes({"of": of, "exclude": []})) == []
    of[2] = {"role": "validator", "order": 2}
    assert list(Approvals.mistakes({"of": of, "exclude": []})) == [
        (["of", 2], "The role 'validator' has a seat with another 'order'. Give it one."),
        (["of", 2], "The role 'validator' has a seat with another 'signs'. Give it one."),
    ]
