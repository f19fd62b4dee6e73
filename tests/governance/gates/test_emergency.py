"""Break-glass opens one door for some hours, over what a policy asks, and never over what nobody may pass."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from governance.gates.decide import judge
from governance.gates.spec import Dossier, GateDecision, State, Step, Verdict
from tests.governance.gates import facts


def at_door(dossier: Dossier, **changes: Any) -> Dossier:
    """Asked at the door to production, while an emergency release runs."""
    return replace(dossier, environment="production", break_glass=(facts.emergency(**changes),))


def decided(dossier: Dossier, body: str = "") -> GateDecision:
    return judge(dossier, body or facts.body_with_waivers())


def test_it_works() -> None:
    decision = decided(at_door(facts.bare()))
    assert decision.verdict is Verdict.ALLOW_WITH_WAIVER
    assert decision.waivers == ("break_glass:emergency-1",)
    notice = decision.findings[0]
    assert (notice.code, notice.state) == ("break_glass.running", State.WAIVED)
    assert "until 21 Nov 2026, 19:00 UTC" in notice.sentence
    assert decision.unblock_plan == ()
    assert decision.holds_until == facts.emergency().ends
    passed = next(f for f in decision.findings if f.code == "approvals.validator")
    assert passed.state is State.WAIVED
    assert passed.sentence.endswith("Passed over by the emergency release emergency-1.")


def test_without_it_the_door_is_closed() -> None:
    assert decided(replace(at_door(facts.bare()), break_glass=())).verdict is Verdict.DENY


def test_what_is_complete_is_still_said_to_go_by_an_emergency() -> None:
    complete = replace(facts.allowing(), environment="production")
    running = facts.reported(replace(complete, break_glass=(facts.emergency(),)))
    assert decided(running).verdict is Verdict.ALLOW_WITH_WAIVER


@pytest.mark.parametrize("stage", ["superseded", "suspended", "monitoring"])
def test_a_rollback_to_what_was_stopped_takes_an_emergency(stage: str) -> None:
    dossier = at_door(facts.bare())
    assert dossier.version is not None
    stopped = replace(dossier, version=replace(dossier.version, stage=stage))
    assert decided(stopped).verdict is Verdict.ALLOW_WITH_WAIVER
    assert decided(replace(stopped, break_glass=())).verdict is Verdict.DENY


@pytest.mark.parametrize(
    "changes",
    [
        {"model_version": "version-2"},
        {"environment": "staging"},
        {"ends": facts.NOW},
        {"ends": facts.NOW - timedelta(seconds=1)},
        {"starts": facts.NOW + timedelta(seconds=1)},
        {"starts": facts.ago(hours=2)},  # nine hours, where the policy gives eight
        {"confirmer": "olga"},
    ],
    ids=str,
)
def test_it_opens_nothing_else(changes: dict[str, Any]) -> None:
    assert decided(at_door(facts.bare(), **changes)).verdict is Verdict.DENY


def test_it_moves_no_stage() -> None:
    assert decided(replace(at_door(facts.bare()), environment="")).verdict is Verdict.DENY


def test_it_needs_a_policy_that_knows_it() -> None:
    assert decided(at_door(facts.bare()), facts.body()).verdict is Verdict.DENY


def unacceptable(dossier: Dossier) -> Dossier:
    return replace(dossier, system=replace(dossier.system, tier="unacceptable"))


def tampered_policy(dossier: Dossier) -> Dossier:
    assert dossier.policy is not None
    return replace(dossier, policy=replace(dossier.policy, intact=False))


def tampered_evidence(dossier: Dossier) -> Dossier:
    return replace(dossier, runs=(facts.run(intact=False, checks=()),))


def unreviewed(dossier: Dossier) -> Dossier:
    """An earlier emergency, of another version of the system, that nobody reviewed in time."""
    return replace(dossier, break_glass=(*dossier.break_glass, earlier()))


def earlier(**changes: Any) -> Any:
    return facts.emergency(
        **{
            "id": "emergency-0",
            "model_version": "version-0",
            "starts": facts.ago(days=9),
            "ends": facts.ago(days=8.9),
            "review_due_at": facts.NOW,
            **changes,
        }
    )


@pytest.mark.parametrize("beyond", [unacceptable, tampered_policy, tampered_evidence, unreviewed])
def test_it_stands_over_no_prohibition_no_tampering_and_no_missing_review(beyond: Any) -> None:
    assert decided(at_door(facts.bare())).allows
    decision = decided(beyond(at_door(facts.bare())))
    assert decision.verdict is Verdict.DENY
    assert decision.waivers == ()


def test_a_review_that_is_overdue_closes_every_rollout_of_the_system() -> None:
    ready = facts.reported(replace(facts.allowing(), break_glass=(earlier(),)))
    for dossier in (ready, replace(ready, environment="production")):
        decision = decided(dossier)
        assert [f.code for f in decision.findings if f.blocks] == ["break_glass.review_overdue"]
        assert decision.unblock_plan[0].startswith("A compliance officer who neither asked")


@pytest.mark.parametrize("body", [facts.body(), facts.body_with_waivers()], ids=["key gone", "key there"])
def test_taking_the_key_out_of_the_policy_pays_no_review(body: str) -> None:
    ready = facts.reported(replace(facts.allowing(), break_glass=(earlier(),)))
    assert not decided(ready, body).allows


@pytest.mark.parametrize(
    "changes", [{"reviewed_at": facts.ago(days=1)}, {"review_due_at": facts.NOW + timedelta(1)}]
)
def test_one_that_was_reviewed_or_is_not_due_yet_closes_nothing(changes: dict[str, Any]) -> None:
    decision = decided(facts.reported(replace(facts.allowing(), break_glass=(earlier(**changes),))))
    assert decision.verdict is Verdict.ALLOW
    told = [f.sentence for f in decision.findings if f.code == "break_glass.review"]
    assert bool(told) == ("review_due_at" in changes)


def test_a_review_that_falls_due_bounds_how_long_an_allow_holds() -> None:
    due = facts.NOW + timedelta(hours=2)
    decision = decided(facts.reported(replace(facts.allowing(), break_glass=(earlier(review_due_at=due),))))
    assert decision.allows
    assert decision.holds_until == due


def test_a_step_that_rolls_nothing_out_waits_for_no_review() -> None:
    dossier = replace(
        facts.bare(), step=Step("model_version", "validation", "compliance"), break_glass=(earlier(),)
    )
    assert all(not f.code.startswith("break_glass") for f in decided(dossier).findings)
