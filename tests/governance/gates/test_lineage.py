"""Who did what, and so may not judge it; and whether anybody is left who may."""

from dataclasses import replace

import pytest

from governance.gates import lineage, staffing
from governance.gates.spec import Dossier, HolderFacts, PlanFacts
from governance.gates.votes import Seat
from tests.governance.gates import facts


def asked_by(dossier: Dossier, *people: str) -> Dossier:
    for number, person in enumerate(people):
        dossier = facts.asked(
            dossier, id=str(number), requester=person, requested_at=facts.ago(days=9 - number)
        )
    return dossier


@pytest.mark.parametrize(
    ("name", "people"),
    [
        ("version_author", {"dev"}),
        ("dataset_author", {"stew"}),
        ("run_starter", {"vera", "paul"}),
        ("system_owner", {"olga"}),
        ("document_author", {"dev"}),
        ("requester", {"rob"}),
        ("dataset_owner", {"stew"}),
        ("committer", {"kim"}),
        ("evidence_producer", {"vera", "paul", "ida"}),
        ("policy_editor", {"cora"}),
        ("waiver_requester", {"dev"}),
    ],
)
def test_it_names_the_people(name: str, people: set[str]) -> None:
    dossier = asked_by(facts.bare(), "ann", "rob")
    plan = replace(dossier.plans[0], sealer="paul")
    idle = PlanFacts("idle", facts.digest("idle"), "data-1", "ida", facts.ago(days=8))
    assert dossier.version is not None
    assert dossier.policy is not None
    dossier = replace(
        dossier,
        plans=(plan, idle),
        version=replace(dossier.version, committers=("kim",)),
        policy=replace(dossier.policy, editors=("cora",)),
        waivers=(facts.covering(facts.bare()),),
    )
    assert set(lineage.excluded(dossier, (name,))) == people


def test_the_first_reason_is_the_one_that_is_told() -> None:
    dossier = asked_by(facts.bare(), "dev")
    assert lineage.excluded(dossier, ("version_author", "requester")) == {"dev": "registered this version"}


def test_who_asked_for_another_step_may_judge_this_one() -> None:
    other = replace(facts.bare(), step=replace(facts.TO_PRODUCTION, from_stage="suspended"))
    dossier = replace(asked_by(other, "rob"), step=facts.TO_PRODUCTION)
    assert lineage.excluded(dossier, ("requester",)) == {}
    assert lineage.excluded(replace(dossier, step=None), ("requester",)) == {}


@pytest.mark.parametrize("name", lineage.ROLES_IN_LINEAGE)
def test_where_a_thing_is_not_nobody_made_it(name: str) -> None:
    system = replace(facts.bare(), version=None, step=None, policy=None)
    expected = {
        "dataset_author": {"stew"},
        "dataset_owner": {"stew"},
        "evidence_producer": {"vera"},
        "run_starter": {"vera"},
        "system_owner": {"olga"},
        "document_author": {"dev"},
    }
    assert set(lineage.excluded(system, (name,))) == expected.get(name, set())


@pytest.mark.parametrize(
    ("words", "to_you"),
    [
        ("owns its data", "own its data"),
        ("acts for someone who owns its data", "act for someone who owns its data"),
        ("asked for a waiver", "asked for a waiver"),
    ],
)
def test_a_reason_is_said_to_oneself(words: str, to_you: str) -> None:
    assert lineage.to_you(words) == to_you


def test_a_delegate_of_somebody_excluded_is_told_for_whom() -> None:
    lent = HolderFacts("dora", "approver", "dev")
    dossier = replace(facts.bare(), holders=(lent,))
    assert lineage.excluded(dossier, ("version_author",)) == {
        "dev": "registered this version",
        "dora": "acts for someone who registered this version",
    }


def test_seats_that_are_taken_need_nobody() -> None:
    holders = [HolderFacts("a", "validator"), HolderFacts("b", "validator")]
    seats = [Seat("validator", 3)]
    assert staffing.unfillable(holders, seats, {}, {}) == ("validator",)
    assert staffing.unfillable(holders, seats, {}, {"c": "validator"}) == ()
    assert staffing.unfillable(holders, seats, {}, {"a": "validator"}) == ("validator",)
    assert staffing.unfillable(holders, seats, {}, {"c": "approver"}) == ("validator",)
    assert staffing.unfillable(holders, seats, {"b": "did it"}, {"c": "validator"}) == ("validator",)
