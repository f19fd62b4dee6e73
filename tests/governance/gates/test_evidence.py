"""Which runs count, and what a run that counts opens."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from governance.gates import evidence
from governance.gates.requirements.checks import ChecksPassed
from governance.gates.requirements.measured import EvidencePresent
from governance.gates.spec import Dossier, PlanFacts, RunFacts, State
from tests.governance.gates import facts
from tests.governance.gates.test_decide import decided, finding, unmet


def with_runs(*runs: RunFacts, **changes: Any) -> Dossier:
    return replace(facts.bare(), runs=runs, **changes)


def test_another_seed_does_not_undo_a_failure() -> None:
    failed = facts.run(id="a", state="failed", seed=1, finished_at=facts.ago(days=5))
    passed = facts.run(id="b", seed=2, finished_at=facts.ago(days=1))
    assert evidence.counted(with_runs(failed, passed)) == (failed,)


def test_another_seed_does_not_turn_too_little_data_into_enough() -> None:
    undecided = facts.run(id="a", state="insufficient", seed=1, finished_at=facts.ago(days=5))
    passed = facts.run(id="b", seed=2, finished_at=facts.ago(days=1))
    assert evidence.counted(with_runs(undecided, passed)) == (undecided,)


def test_what_could_not_be_measured_is_replaced_by_a_later_run() -> None:
    errored = facts.run(id="a", state="errored", checks=(), finished_at=facts.ago(days=5))
    passed = facts.run(id="b", finished_at=facts.ago(days=1))
    assert evidence.counted(with_runs(errored, passed)) == (passed,)
    assert evidence.counted(with_runs(errored)) == (errored,)


def test_newer_code_measures_anew() -> None:
    failed = facts.run(id="a", state="failed", code_version="1", finished_at=facts.ago(days=5))
    passed = facts.run(id="b", code_version="2", finished_at=facts.ago(days=1))
    assert evidence.counted(with_runs(failed, passed)) == (passed,)


def test_a_failure_on_one_dataset_is_not_outweighed_by_another() -> None:
    other = PlanFacts("plan-2", facts.digest("plan-2"), "data-1", "vera", facts.ago(days=4))
    failed = facts.run(state="failed", checks=(facts.check(verdict="failed"),))
    passed = facts.run(id="b", plan="plan-2", requested_at=facts.ago(days=3))
    dossier = with_runs(failed, passed, plans=(*facts.bare().plans, other))
    assert finding(decided(dossier), "checks.Impact ratio by sex").state is State.OPEN


def test_a_newer_plan_that_was_not_run_closes_the_gate() -> None:
    newer = PlanFacts("plan-2", facts.digest("plan-2"), "data-2", "vera", facts.ago(days=4))
    dossier = replace(facts.allowing(), plans=(*facts.allowing().plans, newer))
    assert f"checks.plan.{newer.digest[7:19]}" in unmet(decided(dossier))


@pytest.mark.parametrize(
    ("verdict", "state"),
    [("failed", State.OPEN), ("errored", State.OPEN), ("insufficient", State.INSUFFICIENT)],
)
def test_only_passed_opens(verdict: str, state: State) -> None:
    run = facts.run(state="insufficient", checks=(facts.check(verdict=verdict),))
    assert finding(decided(with_runs(run)), "checks.Impact ratio by sex").state is state


def test_an_advisory_check_stops_nobody_and_opens_nothing() -> None:
    advisory = facts.check("Told only", blocking=False, verdict="failed")
    run = facts.run(state="failed", checks=(facts.check(), advisory))
    assert not any(code.startswith("checks") for code in unmet(decided(with_runs(run))))
    alone = facts.run(checks=(replace(facts.check(), blocking=False),))
    assert "checks" in unmet(decided(with_runs(alone)))


def test_a_laxer_bar_than_the_policys_opens_nothing() -> None:
    lax = facts.run(checks=(facts.check(threshold="0.5"),))
    assert "checks.absent.favourable_impact_ratio" in unmet(decided(with_runs(lax)))
    strict = facts.run(checks=(facts.check(threshold="0.85", comparison=">"),))
    assert "checks.absent.favourable_impact_ratio" not in unmet(decided(with_runs(strict)))


def test_the_wrong_side_of_a_bar_opens_nothing() -> None:
    turned = facts.run(checks=(facts.check(comparison="<="),))
    assert "checks.absent.favourable_impact_ratio" in unmet(decided(with_runs(turned)))


def test_a_result_that_was_touched_is_no_evidence() -> None:
    states = unmet(decided(with_runs(facts.run(intact=False))))
    assert {"evidence.bias", "evidence.performance", "evidence.explainability"} <= states.keys()
    assert any(code.startswith("checks.plan.") for code in states)


def test_a_run_before_its_plan_is_exploratory() -> None:
    early = facts.run(requested_at=facts.ago(days=8))
    decision = decided(with_runs(early))
    assert "exploratory" in finding(decision, "evidence.bias").sentence
    assert any(code.startswith("checks.plan.") for code in unmet(decision))


def test_old_measurements_are_stale() -> None:
    old = facts.run(finished_at=facts.ago(days=181), requested_at=facts.ago(days=200))
    plan = replace(facts.bare().plans[0], sealed_at=facts.ago(days=300))
    assert finding(decided(with_runs(old, plans=(plan,))), "evidence.bias").state is State.STALE


def test_a_missing_kind_of_evidence_is_open() -> None:
    unexplained = facts.run(kinds=("bias", "performance"))
    assert unmet(decided(with_runs(unexplained)))["evidence.explainability"] is State.OPEN


def test_a_plan_sealed_in_the_same_moment_is_sealed_before() -> None:
    plan = facts.bare().plans[0]
    together = facts.run(requested_at=plan.sealed_at)
    assert evidence.locked(with_runs(together), together)


def test_a_run_is_held_against_its_own_plan() -> None:
    late = PlanFacts("plan-2", facts.digest("plan-2"), "data-1", "vera", facts.ago(days=1))
    dossier = with_runs(facts.run(), plans=(late, *facts.bare().plans))
    assert evidence.locked(dossier, facts.run())
    assert not evidence.locked(dossier, facts.run(plan="plan-2"))
    assert not evidence.locked(dossier, facts.run(plan="gone"))


def checks(dossier: Dossier, **demand: Any) -> dict[str, bool]:
    found = ChecksPassed.of({"all": True, **demand}).findings(dossier)
    return {finding.code: finding.met for finding in found}


def test_a_policy_may_name_the_checks_it_wants() -> None:
    assert checks(facts.bare(), names=["Impact ratio by sex"]) == {"checks.Impact ratio by sex": True}
    both = checks(facts.bare(), names=["Impact ratio by sex", "Impact ratio by age"])
    assert both == {"checks.Impact ratio by sex": True, "checks.absent.Impact ratio by age": False}


@pytest.mark.parametrize(
    ("metric", "comparison", "threshold", "holds"),
    [
        ("gap", "<=", "0.1", True),
        ("gap", "<", "0.05", True),
        ("gap", "<=", "0.11", False),
        ("gap", ">=", "0.1", False),
        ("other", "<=", "0.1", False),
    ],
)
def test_a_bar_is_held_when_the_plan_is_no_laxer(
    metric: str, comparison: str, threshold: str, holds: bool
) -> None:
    run = facts.run(checks=(facts.check(metric=metric, comparison=comparison, threshold=threshold),))
    found = checks(with_runs(run), bars=[[{"metric": "gap", "at_most": "0.1"}]])
    assert ("checks.absent.gap" not in found) == holds


def test_one_of_the_bars_of_a_line_will_do() -> None:
    line = [
        {"metric": "mae_ratio", "at_least": "0.8"},
        {"metric": "favourable_impact_ratio", "at_least": "0.8"},
    ]
    assert set(checks(facts.bare(), bars=[line])) == {"checks.Impact ratio by sex"}


def test_a_run_that_ended_badly_without_saying_why_opens_nothing() -> None:
    for state in ("failed", "insufficient", "errored"):
        found = unmet(decided(with_runs(facts.run(state=state))))
        assert f"checks.plan.{facts.digest('plan')[7:19]}" in found


def test_evidence_holds_until_the_newest_grows_old() -> None:
    demand = EvidencePresent("bias", within_days=10)
    older = facts.run(id="b", plan="plan-2", finished_at=facts.ago(days=9), requested_at=facts.ago(days=9))
    second = PlanFacts("plan-2", facts.digest("2"), "data-1", "vera", facts.ago(days=20))
    dossier = with_runs(facts.run(), older, plans=(*facts.bare().plans, second))
    assert demand.holds_until(dossier) == facts.ago(days=-5)
    assert demand.holds_until(with_runs()) is None
    assert EvidencePresent("bias").holds_until(dossier) is None


def plan_line(run: RunFacts) -> tuple[State, str]:
    found = finding(decided(with_runs(run)), f"checks.plan.{facts.digest('plan')[7:19]}")
    return found.state, found.sentence


@pytest.mark.parametrize(
    ("run", "state", "says"),
    [
        (facts.run(intact=False), State.OPEN, "no longer has the digest"),
        (facts.run(requested_at=facts.ago(days=8)), State.OPEN, "before its plan was sealed, or"),
        (facts.run(state="insufficient"), State.INSUFFICIENT, "ended as insufficient"),
        (facts.run(state="errored", checks=()), State.OPEN, "ended as errored"),
        (facts.run(checks=()), State.OPEN, "no check that the gate waits for"),
        (facts.run(checks=(facts.check(blocking=False),)), State.OPEN, "no check that the gate waits for"),
    ],
)
def test_what_is_wrong_with_the_whole_is_said(run: RunFacts, state: State, says: str) -> None:
    found = plan_line(run)
    assert found[0] is state
    assert says in found[1]


@pytest.mark.parametrize(("verdict", "owner"), [("failed", "developer"), ("insufficient", "validator")])
def test_a_failure_is_the_developers_and_a_doubt_the_validators(verdict: str, owner: str) -> None:
    run = facts.run(state=verdict, checks=(facts.check(verdict=verdict),))
    assert finding(decided(with_runs(run)), "checks.Impact ratio by sex").owner_role == owner


def test_evidence_holds_no_longer_than_what_would_do_by_itself() -> None:
    demand = EvidencePresent("bias", within_days=10)
    exploratory = facts.run(id="b", plan="plan-2", seed=1, finished_at=facts.ago(days=1))
    second = PlanFacts("plan-2", facts.digest("2"), "data-1", "vera", facts.ago(days=20), 0)
    dossier = with_runs(facts.run(), exploratory, plans=(*facts.bare().plans, second))
    until = facts.ago(days=-5)
    assert demand.holds_until(dossier) == until
    lines = [demand.findings(replace(dossier, now=at))[0] for at in (until - timedelta(seconds=1), until)]
    assert [line.met for line in lines] == [True, False]


def test_evidence_that_is_too_old_holds_until_nothing() -> None:
    demand = EvidencePresent("bias", within_days=5)
    assert demand.holds_until(with_runs(facts.run(finished_at=facts.ago(days=5)))) is None
    assert demand.holds_until(with_runs(facts.run(finished_at=facts.ago(days=6)))) is None
    assert "Nothing was measured" in demand.findings(with_runs())[0].sentence
