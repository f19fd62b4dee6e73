"""Steps of the lifecycle: taken whole, or refused with every reason."""

import pytest

from governance import lifecycle
from governance.models import ApprovalRequest, Decision
from governance.services import approvals, asking, transitions
from registry.errors import Denied, GateRefused, Invalid, NotFound, TransitionNotAllowed
from registry.ledger.verify import verify_log
from registry.models import LedgerEntry, ModelVersion, System
from registry.stages import RiskTier, SystemStage, VersionStage
from tests.cast import Cast
from tests.governance import staging
from tests.make import make_dataset_version, make_document, make_system, make_version


def events(subject: System | ModelVersion, code: str) -> int:
    return LedgerEntry.objects.filter(event=code, subject_id=subject.pk).count()


def move(cast: Cast, version: ModelVersion, to: str, *, by: str = "dev", reason: str = "") -> ModelVersion:
    return transitions.request(actor=cast.actor(by), version=version, to=to, reason=reason)


def test_it_works(cast: Cast, printer: None) -> None:
    version = staging.allowed(cast)
    moved = move(cast, version, "production")
    assert moved.stage == VersionStage.PRODUCTION
    assert ModelVersion.objects.get(pk=version.pk).stage == VersionStage.PRODUCTION
    assert events(version, "transition.completed") == 3
    assert ApprovalRequest.objects.get().state == "used"
    assert verify_log(cast.acme.pk).holds


def test_a_refusal_has_every_reason_and_stays_in_the_log(cast: Cast) -> None:
    version = staging.at_compliance(cast)
    with pytest.raises(GateRefused) as refused:
        move(cast, version, "production")
    open_ = {finding["code"] for finding in refused.value.findings if finding["state"] != "met"}
    assert open_ == {
        "approvals.validator",
        "approvals.compliance_officer",
        "approvals.approver",
        "report.validation_report",
    }
    assert ModelVersion.objects.get(pk=version.pk).stage == VersionStage.COMPLIANCE
    assert events(version, "transition.refused") == 1
    decision = Decision.objects.get(pk=refused.value.decision_id)
    assert decision.verdict == "deny"
    assert asking.replay(decision) == decision.outcome


def test_every_decision_on_the_way_replays_byte_for_byte(cast: Cast, printer: None) -> None:
    move(cast, staging.allowed(cast), "production")
    decisions = list(Decision.objects.all())
    assert len(decisions) == 6
    for decision in decisions:
        assert asking.replay(decision) == decision.outcome


@pytest.mark.parametrize("here", VersionStage.values)
def test_a_step_that_is_not_in_the_table_does_not_exist(cast: Cast, here: str) -> None:
    version = make_version(cast, make_system(cast))
    ModelVersion.objects.filter(pk=version.pk).update(stage=here)
    for there in [*VersionStage.values, "moon"]:
        if lifecycle.find(lifecycle.MODEL_VERSION, here, there) is None:
            with pytest.raises(TransitionNotAllowed, match=f"no step from {here} to {there}"):
                move(cast, version, there)
    assert ModelVersion.objects.get(pk=version.pk).stage == here


@pytest.mark.parametrize("here", SystemStage.values)
def test_a_systems_step_that_is_not_in_the_table_does_not_exist(cast: Cast, here: str) -> None:
    system = make_system(cast)
    System.objects.filter(pk=system.pk).update(stage=here)
    for there in [*SystemStage.values, "moon"]:
        if lifecycle.find(lifecycle.SYSTEM, here, there) is None:
            with pytest.raises(TransitionNotAllowed):
                transitions.request_system(actor=cast.actor("dev"), system=system, to=there)


def test_a_version_waits_for_its_system(cast: Cast) -> None:
    staging.make_policies(cast)
    version = make_version(cast, make_system(cast))
    with pytest.raises(GateRefused) as refused:
        move(cast, version, "validation")
    assert "system.stage" in {f["code"] for f in refused.value.findings if f["state"] != "met"}


def test_nothing_moves_without_a_policy(cast: Cast) -> None:
    version = make_version(cast, make_system(cast))
    with pytest.raises(GateRefused, match="No policy is published"):
        move(cast, version, "validation")


def test_nothing_unacceptable_moves(cast: Cast) -> None:
    staging.make_policies(cast)
    system = make_system(cast, tier=RiskTier.UNACCEPTABLE)
    make_document(cast, system)
    with pytest.raises(GateRefused) as refused:
        transitions.request_system(actor=cast.actor("dev"), system=system, to="data_sourcing")
    assert {f["code"] for f in refused.value.findings} >= {"tier.unacceptable"}


def test_a_systems_gate_tells_what_it_lacks(cast: Cast) -> None:
    staging.make_policies(cast)
    system = make_system(cast)
    make_document(cast, system, "problem_definition")
    with pytest.raises(GateRefused) as refused:
        transitions.request_system(actor=cast.actor("dev"), system=system, to="data_sourcing")
    open_ = {f["code"] for f in refused.value.findings if f["state"] != "met"}
    assert open_ == {"documents.intended_use_statement"}
    assert Decision.objects.get().model_version is None


@pytest.mark.parametrize("tier", [RiskTier.MINIMAL, RiskTier.LIMITED])
def test_lower_tiers_ask_for_less(cast: Cast, tier: RiskTier) -> None:
    system = staging.ready_system(cast, tier)
    version = staging.at_compliance(cast, system)
    request = staging.ask(cast, version)
    for name in ("adam",) if tier == RiskTier.MINIMAL else ("vera", "adam"):
        staging.vote(cast, request, name)
    assert move(cast, version, "production").stage == VersionStage.PRODUCTION


def test_it_needs_the_permission(cast: Cast) -> None:
    version = staging.at_compliance(cast)
    for name in ("aud", "vera", "stew"):
        with pytest.raises(Denied):
            move(cast, version, "production", by=name)


@pytest.mark.parametrize("name", ["oscar", "root"])
def test_to_outsiders_it_does_not_exist(cast: Cast, name: str) -> None:
    version = make_version(cast, make_system(cast))
    with pytest.raises(NotFound):
        move(cast, version, "validation", by=name)


def test_a_step_without_a_gate_needs_a_reason(cast: Cast) -> None:
    version = staging.at_validation(cast)
    with pytest.raises(Invalid, match="needs a reason"):
        move(cast, version, "rejected", by="vera", reason=" ")
    assert move(cast, version, "rejected", by="vera", reason="Unsound.").stage == VersionStage.REJECTED
    entry = LedgerEntry.objects.filter(event="transition.completed").last()
    assert entry is not None
    assert b"Unsound" not in bytes(entry.body)  # free text stays out of the hashed bytes


def test_only_reviewers_reject(cast: Cast) -> None:
    with pytest.raises(Denied):
        move(cast, staging.at_validation(cast), "rejected", by="dev", reason="I do not like it.")


def test_after_a_stop_the_same_gate_asks_for_new_votes(cast: Cast, printer: None) -> None:
    version = move(cast, staging.allowed(cast), "production")
    move(cast, version, "suspended", by="cora", reason="Complaints.")
    with pytest.raises(GateRefused) as refused:
        move(cast, version, "production")
    open_ = {f["code"] for f in refused.value.findings if f["state"] != "met"}
    assert {"approvals.validator", "approvals.approver", "approvals.compliance_officer"} <= open_
    version.refresh_from_db()
    staging.approve(cast, version)
    staging.report(cast, version)
    assert move(cast, version, "production").stage == VersionStage.PRODUCTION


def test_options_tell_what_asking_would_do(cast: Cast, printer: None) -> None:
    version = staging.at_compliance(cast)
    by_stage = {
        option.transition.to_stage: option for option in transitions.options(cast.actor("dev"), version)
    }
    assert set(by_stage) == {"production", "development", "rejected", "retired"}
    assert not by_stage["production"].possible
    assert by_stage["production"].decided is not None
    assert by_stage["production"].decided.unblock_plan
    assert by_stage["retired"].possible
    assert not by_stage["rejected"].permitted
    staging.allowed(cast, version)
    options = transitions.options(cast.actor("dev"), version)
    assert next(o for o in options if o.transition.to_stage == "production").possible
    assert not Decision.objects.filter(transition="compliance→production").exists()  # looking decides nothing


def test_a_second_system_does_not_lend_its_documents(cast: Cast) -> None:
    staging.ready_system(cast)
    other = make_system(cast, "other")
    make_dataset_version(cast, other)
    with pytest.raises(GateRefused):
        transitions.request_system(actor=cast.actor("dev"), system=other, to="data_sourcing")


def test_the_request_is_pinned_to_its_step(cast: Cast) -> None:
    version = staging.at_validation(cast)
    with pytest.raises(TransitionNotAllowed, match="No gate leads to"):
        approvals.request(actor=cast.actor("dev"), version=version, to="retired")
