"""The gate asked at a door."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.db.models import F
from django.utils import timezone

from audits.models import AuditRun
from governance.models import Decision, Policy
from governance.services import asking, decisions, policies
from registry.errors import Conflict, Denied, Invalid, NotFound
from registry.models import LedgerEntry, ModelVersion
from registry.services import people, tokens
from registry.stages import RiskTier, Role
from tests.cast import Cast, grant
from tests.governance import staging
from tests.governance.gates.facts import body
from tests.make import make_artifact, make_document, make_system, make_version


def ask(cast: Cast, version: ModelVersion, *, by: str = "ci", **kwargs: Any) -> decisions.Answer:
    return decisions.ask(
        actor=cast.actor(by),
        **{"artifact_digest": version.artifact.digest, "environment": "production", **kwargs},
    )


def test_it_works(cast: Cast, printer: None) -> None:
    version = staging.allowed(cast)
    answer = ask(cast, version)
    assert answer.decided.verdict == "allow"
    assert answer.decided.unblock_plan == ()
    decision = Decision.objects.get(pk=answer.decision_id)
    assert decision.system == version.model.system
    assert asking.replay(decision) == decision.outcome
    assert LedgerEntry.objects.filter(event="decision.made", subject_id=decision.pk).count() == 1


def test_unchanged_facts_give_the_stored_decision(cast: Cast, printer: None) -> None:
    version = staging.allowed(cast)
    first, again = ask(cast, version), ask(cast, version)
    assert again.decision_id == first.decision_id
    assert again.decided == first.decided
    assert again.decided_at == first.decided_at <= again.answered_at


def test_a_log_that_was_cut_leaves_none_standing(cast: Cast, printer: None) -> None:
    version = staging.allowed(cast)
    first = ask(cast, version)
    Decision.objects.update(log_size=F("log_size") + 1_000)  # made when the log was longer than it is
    assert ask(cast, version).decision_id != first.decision_id


def test_what_changes_no_fact_leaves_it_standing(cast: Cast, printer: None) -> None:
    version = staging.allowed(cast)
    first = ask(cast, version)
    make_artifact(cast, b"something else")
    tokens.issue(actor=cast.actor("dev"), organisation=cast.acme, user=cast.dev, name="laptop")
    policies.draft(actor=cast.actor("cora"), organisation=cast.acme, tier=RiskTier.HIGH, body=body())
    make_document(cast, make_system(cast, "other"))
    assert ask(cast, version).decision_id == first.decision_id


@pytest.mark.parametrize("change", ["document", "run", "policy", "role", "vote"])
def test_any_change_of_a_fact_makes_it_decide_again(cast: Cast, printer: None, change: str) -> None:
    grant(cast, "rita", Role.VALIDATOR)
    version = staging.allowed(cast)
    first = ask(cast, version)
    if change == "document":
        make_document(cast, version.model.system, "dpia")
    elif change == "run":
        staging.measure(cast, version, seed=7)
    elif change == "policy":
        draft = policies.draft(
            actor=cast.actor("cora"), organisation=cast.acme, tier=RiskTier.MINIMAL, body=body("minimal")
        )
        policies.publish(actor=cast.actor("cora"), policy=draft)
    elif change == "role":
        people.revoke_role(actor=cast.actor("olga"), grant=cast.aud.memberships.get().grants.get())
    else:
        staging.vote(cast, staging.ask(cast, version), "rita")
    assert ask(cast, version).decision_id != first.decision_id


def test_an_expired_decision_is_made_again(cast: Cast, printer: None, settings: Any) -> None:
    settings.ASSAY_DECISION_HOURS = 1
    version = staging.allowed(cast)
    first = ask(cast, version)
    assert first.expires_at - first.decided_at == timedelta(hours=1)
    Decision.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert ask(cast, version).decision_id != first.decision_id


def test_it_never_outlives_what_it_rests_on(cast: Cast, printer: None, settings: Any) -> None:
    settings.ASSAY_DECISION_HOURS = 24 * 365
    answer = ask(cast, staging.allowed(cast))
    assert answer.decided.holds_until is not None
    assert answer.expires_at == answer.decided.holds_until < answer.decided_at + timedelta(days=181)


def test_a_denial_says_everything(cast: Cast) -> None:
    system = staging.ready_system(cast)
    version = staging.at_validation(cast, system)
    staging.measure(cast, version, favourable_impact_ratio="failed")
    answer = ask(cast, version)
    assert answer.decided.verdict == "deny"
    open_ = {f.code: f for f in answer.decided.findings if not f.met}
    assert set(open_) == {
        "version.stage",
        "checks.Impact ratio by sex",
        "report.validation_report",
        "approvals.validator",
        "approvals.compliance_officer",
        "approvals.approver",
    }
    assert open_["checks.Impact ratio by sex"].owner_role == "developer"
    assert answer.decided.unblock_plan[-1] == "Generate the validation report."


def test_too_little_data_is_insufficient_and_closes(cast: Cast) -> None:
    version = staging.at_validation(cast)
    staging.measure(cast, version, favourable_impact_ratio="insufficient")
    states = {f.code: f.state for f in ask(cast, version).decided.findings}
    assert states["checks.Impact ratio by sex"] == "insufficient"


def test_another_seed_does_not_open_it(cast: Cast) -> None:
    version = staging.at_validation(cast)
    staging.measure(cast, version, favourable_impact_ratio="failed")
    staging.measure(cast, version, seed=99)
    states = {f.code: f.state for f in ask(cast, version).decided.findings}
    assert states["checks.Impact ratio by sex"] == "open"


def test_an_environment_that_no_step_guards_is_denied(cast: Cast) -> None:
    version = staging.at_validation(cast)
    answer = ask(cast, version, environment="moon")
    assert [f.code for f in answer.decided.findings] == ["environment.unknown"]
    assert answer.decided.transition == ""


def test_without_any_policy_it_is_denied(cast: Cast) -> None:
    version = make_version(cast, make_system(cast))
    answer = ask(cast, version)
    assert [f.code for f in answer.decided.findings] == ["policy.missing"]
    assert answer.decided.policy is None


def test_a_policy_changed_in_the_table_is_denied(cast: Cast, printer: None) -> None:
    version = staging.allowed(cast)
    row = Policy.objects.get(tier="high")
    Policy.objects.filter(pk=row.pk).update(body=row.body.replace("at_least: 0.8", "at_least: 0.1"))
    codes = {f.code for f in ask(cast, version).decided.findings if not f.met}
    assert "policy.tampered" in codes


def test_a_result_changed_in_the_table_is_denied(cast: Cast, printer: None) -> None:
    version = staging.at_validation(cast)
    run = staging.measure(cast, version, favourable_impact_ratio="failed")
    AuditRun.objects.filter(pk=run.pk).update(state="passed", result=run.result.replace("failed", "passed"))
    codes = {f.code for f in ask(cast, version).decided.findings if not f.met}
    assert {"evidence.bias", "evidence.performance"} <= codes


def test_an_unknown_digest_has_its_own_code(cast: Cast) -> None:
    with pytest.raises(NotFound) as refused:
        decisions.ask(actor=cast.actor("ci"), artifact_digest="sha256:" + "0" * 64, environment="production")
    assert refused.value.code == "model_version.unknown"


def test_to_outsiders_the_digest_is_unknown(cast: Cast) -> None:
    version = make_version(cast, make_system(cast))
    for name in ("oscar", "root"):
        with pytest.raises(NotFound):
            ask(cast, version, by=name)


def test_it_needs_the_permission(cast: Cast) -> None:
    version = make_version(cast, make_system(cast))
    for name in ("aud", "stew"):
        with pytest.raises(Denied):
            ask(cast, version, by=name)


def test_bytes_registered_twice_must_be_told_apart(cast: Cast) -> None:
    risky, harmless = make_system(cast), make_system(cast, "toy", RiskTier.MINIMAL)
    version = make_version(cast, risky, data=b"same")
    twin = make_version(cast, harmless, data=b"same")
    with pytest.raises(Conflict) as refused:
        ask(cast, version)
    assert refused.value.code == "model_version.ambiguous"
    assert Decision.objects.get(pk=ask(cast, version, system="credit").decision_id).model_version == version
    assert Decision.objects.get(pk=ask(cast, twin, model_version=twin.pk).decision_id).model_version == twin


@pytest.mark.parametrize("environment", ["", "x" * 41])
def test_an_environment_has_a_name(cast: Cast, environment: str) -> None:
    version = make_version(cast, make_system(cast))
    with pytest.raises(Invalid):
        ask(cast, version, environment=environment)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="the embedded database has the same clock")
def test_the_clock_of_the_web_machine_decides_nothing(cast: Cast, printer: None) -> None:
    version = staging.allowed(cast)
    with time_machine.travel(timezone.now() + timedelta(days=400), tick=False):
        answer = ask(cast, version, by="ci")
    assert answer.decided.allows
