"""What a policy says of waivers, what a waiver rests on, and which of several counts."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from governance.gates import live, waiving
from governance.gates.plan import Line
from governance.gates.requirements.base import Place
from governance.gates.spec import Dossier, Finding, HolderFacts, State
from governance.gates.waiving import WaiverRules
from registry.ledger import chain
from tests.governance.gates import facts
from tests.governance.gates.test_waiving import CHECK, complete, decided, failing

RULES = WaiverRules(("checks.", "documents.model_card"), (("validator",), ("approver",)), 30, 60)


def test_a_policy_says_what_who_and_how_long() -> None:
    params = {
        "allowed": ["checks.", "documents.model_card"],
        "approvers": [["validator"], ["approver"]],
        "max_days": 30,
        "budget_days": 60,
    }
    assert WaiverRules.of(params) == RULES
    assert list(waiving.mistakes(params)) == []
    assert list(waiving.mistakes({**params, "budget_days": 30})) == []


def test_every_mistake_has_its_place_and_its_words() -> None:
    params = {
        "allowed": ["checks.", "ledger.verified"],
        "approvers": [["validator"], ["reviewer", "approver", "validator"], ["reviewer", "approver"]],
        "max_days": 30,
        "budget_days": 29,
    }
    assert list(waiving.mistakes(params)) == [
        (["allowed", 1], "'ledger.verified' can never be waived: it is whether the log holds."),
        (
            ["approvers", 1],
            "Renewal 1 must be approved higher than what it renews, so not by validator.",
        ),
        (
            ["approvers", 2],
            "Renewal 2 must be approved higher than what it renews, so not by approver, reviewer.",
        ),
        (["budget_days"], "The budget does not hold a single waiver of the longest time."),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("code", "named"),
    [
        ("checks.Accuracy", True),
        ("checks.Accuracy#2", True),
        ("checks", False),
        ("documents.model_card", True),
        ("documents.model_card#2", True),
        ("documents.model_card#two", False),
        ("documents.model_card_of_others", False),
        ("documents.dpia", False),
    ],
)
def test_a_code_without_a_point_at_its_end_is_one_code(code: str, named: bool) -> None:
    assert RULES.names(code) is named


def test_what_may_be_waived_has_no_reason_against_it() -> None:
    assert waiving.never("checks.Accuracy") == ""
    assert waiving.never("tier.unacceptable") == "what the law or the house prohibits"


def test_who_may_approve_is_told_in_words() -> None:
    assert waiving.roles_words(("owner", "validator")) == "an owner or a validator"
    assert waiving.roles_words(RULES.roles_for(2)) == "nobody"


# --- what it rests on


def line(code: str, place: Place) -> Line:
    return Line(place, Finding(code, State.OPEN, "No.", "x", "owner"))


@pytest.mark.parametrize(
    ("code", "place", "results"),
    [
        ("checks.Gap 0.1 by age", Place.EVIDENCE, [facts.digest("gap")]),
        ("checks.Gap 0.1 by age#2", Place.EVIDENCE, [facts.digest("gap")]),
        ("checks.Accuracy", Place.EVIDENCE, ["run-2"]),
        ("evidence.bias", Place.EVIDENCE, ["run-2", facts.digest("gap")]),
        ("checks", Place.EVIDENCE, ["run-2", facts.digest("gap")]),
        ("documents.model_card", Place.DOCUMENTS, []),
    ],
)
def test_it_rests_on_the_finding_and_on_the_results_behind_it(
    code: str, place: Place, results: list[str]
) -> None:
    second = replace(facts.bare().plans[0], id="plan-2", dataset_version="data-1")
    dossier = replace(
        facts.bare(),
        plans=(*facts.bare().plans, second),
        runs=(
            facts.run(checks=(facts.check("Gap 0.1 by age"),), result_digest=facts.digest("gap")),
            facts.run(id="run-2", plan="plan-2", checks=(facts.check("Accuracy"),), result_digest=""),
        ),
    )
    assert waiving.standing(dossier, line(code, place)) == chain.digest_of(
        {"code": code, "state": "open", "sentence": "No.", "results": results}
    )


def test_its_approver_had_no_part_and_nobody_acts_for_one_who_had() -> None:
    dossier = replace(facts.bare(), holders=(HolderFacts("dora", "validator", "dev"),))
    taken = {
        "cora": "approved the waiver that this one renews",
        "dev": "registered this version",
        "olga": "asked for it",
    }
    acting = {"dora": "acts for someone who registered this version"}
    assert waiving.part_takers(dossier, "olga", ["cora"]) == {**taken, **acting}
    assert waiving.part_takers(replace(dossier, version=None), "olga") == {"olga": "asked for it"}


# --- which counts


def two(**later: Any) -> tuple[Dossier, WaiverRules]:
    """The newer of two that cover the same finding stands first among the facts."""
    dossier, rules = failing(), WaiverRules(("checks.",), (("validator",),), 90, 90)
    older, newer = facts.covering(dossier, CHECK), facts.covering(dossier, CHECK, id="waiver-2", **later)
    return replace(dossier, waivers=(newer, older)), rules


@pytest.mark.parametrize("later", [{}, {"starts": facts.NOW}], ids=["by id", "by beginning"])
def test_the_older_of_two_counts(later: dict[str, Any]) -> None:
    dossier, rules = two(**later)
    assert [waiver.id for waiver in waiving.in_force(dossier, rules)] == ["waiver-1", "waiver-2"]
    assert decided(complete(dossier)).waivers == ("waiver-1",)


def test_an_earlier_beginning_comes_before_a_lower_id() -> None:
    dossier, rules = two(starts=facts.ago(days=2))
    assert [waiver.id for waiver in waiving.in_force(dossier, rules)] == ["waiver-2", "waiver-1"]


def test_without_rules_a_version_or_a_step_none_is_in_force() -> None:
    dossier, rules = two()
    assert waiving.in_force(dossier, None) == ()
    assert waiving.in_force(replace(dossier, version=None), rules) == ()
    assert waiving.in_force(replace(dossier, step=None), rules) == ()


def test_every_waiver_that_was_needed_is_named() -> None:
    both = (facts.check("A", verdict="failed"), facts.check("B", verdict="failed"), facts.check())
    dossier = replace(facts.bare(), runs=(facts.run(state="failed", checks=both),))
    one = facts.covering(dossier, "checks.A")
    other = facts.covering(dossier, "checks.B", id="waiver-2")
    assert decided(complete(replace(dossier, waivers=(one, other)))).waivers == ("waiver-1", "waiver-2")


def test_only_moments_to_come_of_waivers_on_this_step_end_an_answer() -> None:
    soon, late = facts.NOW + timedelta(days=1), facts.NOW + timedelta(days=29)
    running = facts.covering(failing(), CHECK, starts=facts.NOW)
    coming = replace(running, id="waiver-2", starts=soon)
    other = replace(running, id="waiver-3", step="validation→compliance", expires_at=facts.NOW + timedelta(3))
    dossier = replace(failing(), waivers=(running, coming, other))
    assert list(waiving.ends(dossier)) == [late, soon, late]
    assert list(waiving.ends(replace(dossier, step=None))) == []


def test_all_steps_together_are_asked_about_by_naming_none() -> None:
    there = facts.covering(failing(), CHECK)
    elsewhere = replace(there, id="waiver-2", step="validation→compliance", digest=facts.digest("other"))
    dossier = replace(failing(), waivers=(there, elsewhere))
    assert live.digests(dossier) == tuple(sorted([there.digest, elsewhere.digest]))
    assert live.digests(dossier, there.step) == (there.digest,)
