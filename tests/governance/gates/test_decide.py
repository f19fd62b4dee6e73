"""The gate opens when every finding is met, and never otherwise."""

from dataclasses import replace

import pytest

from governance.gates import subject
from governance.gates.decide import decide, judge, step_to
from governance.gates.policy import Policy, Section, parse
from governance.gates.requirements.documents import DocumentsPresent
from governance.gates.spec import Dossier, Finding, GateDecision, State, Step, Verdict
from tests.governance.gates import facts


def decided(dossier: Dossier, tier: str = "high") -> GateDecision:
    return judge(dossier, facts.body(tier))


def unmet(decision: GateDecision) -> dict[str, State]:
    return {finding.code: finding.state for finding in decision.findings if not finding.met}


def finding(decision: GateDecision, code: str) -> Finding:
    return next(finding for finding in decision.findings if finding.code == code)


def test_it_works() -> None:
    decision = decided(facts.allowing())
    assert decision.verdict is Verdict.ALLOW
    assert unmet(decision) == {}
    assert decision.unblock_plan == ()
    assert decision.policy is not None
    assert decision.policy.name == "High risk"


def test_it_says_everything_that_is_missing_not_only_the_first() -> None:
    dossier = replace(facts.bare(), documents=(), runs=())
    assert set(unmet(decided(dossier))) == {
        "documents.problem_definition",
        "documents.intended_use_statement",
        "documents.dataset_datasheet",
        "documents.model_card",
        "evidence.performance",
        "evidence.bias",
        "evidence.explainability",
        "checks",
        "checks.absent.favourable_impact_ratio",
        f"checks.plan.{facts.digest('plan')[7:19]}",
        "report.validation_report",
        "approvals.validator",
        "approvals.compliance_officer",
        "approvals.approver",
    }


def test_it_denies_without_a_policy() -> None:
    assert unmet(judge(replace(facts.allowing(), policy=None), "")) == {"policy.missing": State.OPEN}


def test_it_denies_under_a_policy_that_cannot_be_read() -> None:
    assert unmet(judge(facts.allowing(), "transitions: 7")) == {"policy.unreadable": State.OPEN}


def test_it_denies_under_a_policy_whose_text_was_changed() -> None:
    dossier = facts.allowing()
    assert dossier.policy is not None
    tampered = replace(dossier, policy=replace(dossier.policy, intact=False))
    assert "policy.tampered" in unmet(decided(tampered))


def test_it_denies_a_step_the_policy_says_nothing_about() -> None:
    step = replace(facts.TO_PRODUCTION, from_stage="monitoring", to_stage="monitoring")
    assert unmet(decided(replace(facts.allowing(), step=step))) == {"policy.no_section": State.OPEN}


def test_it_denies_an_environment_the_policy_does_not_know() -> None:
    decision = decided(replace(facts.allowing(), step=None, environment="moon"))
    assert unmet(decision) == {"environment.unknown": State.OPEN}
    assert "production" in decision.findings[0].sentence


def test_it_denies_when_the_policy_asks_for_nothing() -> None:
    section = Section("model_version", "compliance", "production", ("production",), ())
    decision = decide(facts.allowing(), Policy("Empty", "high", "", (section,)))
    assert "policy.empty" in unmet(decision)


def test_it_denies_under_the_policy_of_another_tier() -> None:
    assert "policy.other_tier" in unmet(decided(facts.allowing(), "limited"))


@pytest.mark.parametrize("tier", ["unacceptable", "high"])
def test_an_unacceptable_use_never_passes(tier: str) -> None:
    dossier = facts.allowing()
    dossier = replace(dossier, system=replace(dossier.system, tier="unacceptable"))
    decision = judge(dossier, facts.body(tier))
    assert decision.verdict is Verdict.DENY
    assert "tier.unacceptable" in unmet(decision)


def test_steps_are_taken_in_order() -> None:
    dossier = facts.allowing()
    assert dossier.version is not None
    early = replace(dossier, version=replace(dossier.version, stage="validation"))
    assert unmet(decided(early)) == {"version.stage": State.OPEN}


@pytest.mark.parametrize("stage", ["production", "monitoring"])
def test_what_is_in_production_may_be_deployed_again(stage: str) -> None:
    dossier = facts.allowing()
    assert dossier.version is not None
    there = replace(dossier, environment="production", version=replace(dossier.version, stage=stage))
    assert decided(there).allows
    assert not decided(replace(there, environment="")).allows  # but the step itself cannot be taken twice


@pytest.mark.parametrize("stage", ["suspended", "rejected", "retired", "superseded"])
def test_what_was_stopped_is_not_deployed(stage: str) -> None:
    dossier = facts.allowing()
    assert dossier.version is not None
    stopped = replace(dossier, environment="production", version=replace(dossier.version, stage=stage))
    assert "version.stage" in unmet(decided(stopped))


def test_a_version_waits_for_its_system() -> None:
    dossier = facts.allowing()
    dossier = replace(dossier, system=replace(dossier.system, stage="data_sourcing"))
    assert unmet(decided(dossier)) == {"system.stage": State.OPEN}


def test_codes_of_findings_are_unique() -> None:
    twice = facts.run(checks=(facts.check(), facts.check(verdict="failed")))
    decision = decided(replace(facts.bare(), runs=(twice,)))
    codes = [finding.code for finding in decision.findings]
    assert len(codes) == len(set(codes))
    assert "checks.Impact ratio by sex#2" in codes


def test_it_ends_when_the_first_thing_it_rests_on_grows_old() -> None:
    dossier = facts.allowing()
    assert decided(dossier).holds_until == dossier.runs[0].finished_at + 180 * (facts.NOW - facts.ago(days=1))  # type: ignore[operator]
    assert parse(facts.body()).environments.keys() == {"production"}


def test_it_needs_both_a_policy_and_the_record_of_its_publication() -> None:
    policy = parse(facts.body())
    for dossier, rules in ((replace(facts.allowing(), policy=None), policy), (facts.allowing(), None)):
        assert unmet(decide(dossier, rules)) == {"policy.missing": State.OPEN}


def test_a_policy_may_prohibit_any_tier() -> None:
    section = parse(facts.body()).section("model_version", "compliance", "production")
    assert section is not None
    decision = decide(facts.allowing(), Policy("No", "high", "Not here.", (section,)))
    assert unmet(decision) == {"policy.prohibits": State.OPEN}


def test_a_demand_that_says_nothing_is_not_met() -> None:
    section = Section("model_version", "compliance", "production", (), (DocumentsPresent(()),))
    decision = decide(facts.allowing(), Policy("Silent", "high", "", (section,)))
    assert unmet(decision) == {"policy.silent": State.OPEN}


def test_a_system_is_decided_about_without_a_version() -> None:
    step = Step("system", "problem_definition", "data_sourcing")
    dossier = replace(facts.bare(), version=None, step=step)
    decision = decided(dossier)
    assert decision.allows
    assert {f.code for f in decision.findings} == {
        "documents.problem_definition",
        "documents.intended_use_statement",
    }
    assert decision.subject_digest == subject.subject_digest(dossier)


def test_what_is_met_needs_nothing_and_what_is_not_says_what() -> None:
    for dossier in (facts.allowing(), replace(facts.bare(), documents=(), runs=())):
        for line in decided(dossier).findings:
            assert line.met != bool(line.clears), line
            assert line.sentence.endswith((".", "passed"))


def test_the_policy_says_which_step_guards_a_door() -> None:
    assert step_to(parse(facts.body()), "production") == facts.TO_PRODUCTION
    assert step_to(parse(facts.body()), "moon") is None
    assert step_to(None, "production") is None


def test_where_things_stand_is_said() -> None:
    dossier = facts.allowing()
    assert dossier.version is not None
    sentences = {f.code: f.sentence for f in decided(dossier).findings}
    assert sentences["system.stage"] == "The system stands at “development”."
    assert sentences["version.stage"] == "The version stands at “compliance”."
    early = replace(
        dossier,
        system=replace(dossier.system, stage="data_sourcing"),
        version=replace(dossier.version, stage="validation"),
    )
    sentences = {f.code: f.sentence for f in decided(early).findings}
    assert sentences["system.stage"].endswith(
        "“data sourcing”; its problem, data and features must be accepted first."
    )
    assert sentences["version.stage"] == "The version stands at “validation”, not at “compliance”."
