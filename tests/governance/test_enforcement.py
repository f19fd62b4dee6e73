"""What happens by itself when a date has passed."""

import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from governance import lifecycle, tasks
from governance.dossier import Gathered, gather_version
from governance.models import ApprovalRequest, Condition, Decision, ReviewDue, Waiver
from governance.services import conditions, decisions, enforcement, transitions, waivers
from governance.services.conditions import Term
from registry.actors import Actor
from registry.errors import AssayError, Unavailable
from registry.ledger.verify import verify_log
from registry.models import LedgerEntry, LedgerVerification, ModelVersion, System
from registry.services import verifications
from registry.stages import VersionStage
from tests.cast import Cast, make_cast
from tests.governance import exceptional, staging, watching
from tests.governance.watching import in_production, monitored, set_due
from tests.make import make_document
from tests.registry.ledger.lifted import lifted

FEW = settings(
    max_examples=25, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def stage(version: ModelVersion) -> str:
    return ModelVersion.objects.get(pk=version.pk).stage


def allows(cast: Cast, version: ModelVersion) -> bool:
    return decisions.ask(
        actor=cast.actor("ci"),
        artifact_digest=version.artifact.digest,
        environment="production",
        model_version=version.pk,
    ).decided.allows


def moves(version: ModelVersion) -> list[LedgerEntry]:
    return list(LedgerEntry.objects.filter(event="transition.completed", subject_id=version.pk))


def test_it_works(cast: Cast) -> None:
    watching.publish(cast, watching.text())
    version = in_production(cast, watching.ready(cast))
    assert allows(cast, version)
    set_due(version, -1)
    tasks.enforce_due()
    assert stage(version) == VersionStage.SUSPENDED
    assert not allows(cast, version)
    entry = moves(version)[-1]
    assert (entry.actor_kind, entry.actor_id) == ("system", "enforcement")
    applied = LedgerEntry.objects.get(event="enforcement.applied", subject_id=version.pk)
    assert b'"causes":["review"]' in bytes(applied.body)
    assert verify_log(cast.acme.pk).holds


def test_done_twice_or_late_it_happens_once(cast: Cast) -> None:
    watching.publish(cast, watching.text())
    version = in_production(cast, watching.ready(cast))
    set_due(version, -7)  # the worker was down for a week
    assert enforcement.enforce_due() == 1
    before = LedgerEntry.objects.count()
    assert [enforcement.enforce_due() for _ in range(3)] == [0, 0, 0]
    assert LedgerEntry.objects.count() == before


def test_before_the_day_nothing_happens(cast: Cast) -> None:
    watching.publish(cast, watching.text())
    version = in_production(cast, watching.ready(cast))
    set_due(version, 1)
    before = LedgerEntry.objects.count()
    assert enforcement.enforce_due() == 0
    assert (stage(version), LedgerEntry.objects.count()) == ("production", before)


def test_another_closed_gate_is_left_to_people(cast: Cast) -> None:
    watching.publish(cast, watching.text())
    version = in_production(cast, watching.ready(cast))
    watching.publish(cast, watching.text().replace("model_card", "dpia"))
    assert not allows(cast, version)
    assert enforcement.enforce_due() == 0
    assert stage(version) == "production"


def test_started_again_it_goes_through_the_gate_and_has_a_new_day(cast: Cast) -> None:
    watching.publish(cast, watching.text())
    version = in_production(cast, watching.ready(cast))
    set_due(version, -1)
    enforcement.enforce_due()
    transitions.request(actor=cast.actor("dev"), version=version, to="production")
    assert enforcement.enforce_due() == 0
    assert allows(cast, version)


def test_a_review_completed_meanwhile_counts(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    watching.publish(cast, watching.text())
    version = monitored(cast, in_production(cast, watching.ready(cast)))
    set_due(version, -1)
    real = enforcement.suspend_if_due

    def late(found: ModelVersion, now: datetime | None) -> bool:
        transitions.request(actor=cast.actor("dev"), version=version, to="monitoring")
        return real(found, now)

    monkeypatch.setattr(enforcement, "suspend_if_due", late)
    assert enforcement.enforce_due() == 0
    assert stage(version) == "monitoring"


def test_one_version_that_cannot_be_looked_at_stops_no_other(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    watching.publish(cast, watching.text())
    broken, other = (in_production(cast, watching.ready(cast, slug)) for slug in ("one", "two"))
    for version in (broken, other):
        set_due(version, -1)
    real = gather_version

    def gather(version: ModelVersion, now: datetime | None) -> Gathered:
        if version.pk == broken.pk:
            raise Unavailable("Its log does not answer.")
        return real(version, now=now)

    monkeypatch.setattr(enforcement, "gather_version", gather)
    assert enforcement.enforce_due() == 1
    assert (stage(broken), stage(other)) == ("production", "suspended")


def test_every_door_of_production_is_looked_at(cast: Cast) -> None:
    body = watching.text().replace("environments: [production]", "environments: [eu, us]")
    watching.publish(cast, body)
    version = in_production(cast, watching.ready(cast))
    set_due(version, -1)
    assert enforcement.enforce_due() == 1


def test_without_a_policy_that_can_be_read_what_runs_is_left_to_people(cast: Cast) -> None:
    watching.publish(cast, watching.text())
    version = in_production(cast, watching.ready(cast))
    set_due(version, -1)
    cast.acme.policies.update(body="not: [a policy")
    assert enforcement.enforce_due() == 0
    assert not allows(cast, version)


@FEW
@given(
    fleet=st.lists(
        st.tuples(st.sampled_from(VersionStage.values), st.integers(-100, 100)), min_size=1, max_size=5
    )
)
def test_done_twice_is_done_once_and_nothing_is_ever_opened(cast: Cast, fleet: list[tuple[str, int]]) -> None:
    with transaction.atomic():  # each example starts from the same cast
        watching.publish(cast, watching.text())
        system = watching.ready(cast)
        versions = []
        for number, (here, days) in enumerate(fleet):
            version = in_production(cast, system, str(number))
            set_due(version, days or 1)
            if here not in lifecycle.DEPLOYED:
                ReviewDue.objects.filter(model_version=version).delete()
            ModelVersion.objects.filter(pk=version.pk).update(stage=here)
            versions.append(version)
        open_before = {version.pk for version in versions if allows(cast, version)}
        enforcement.enforce_due()
        once = [stage(version) for version in versions]
        expected = ["suspended" if here in lifecycle.DEPLOYED and days < 0 else here for here, days in fleet]
        assert once == expected
        assert {version.pk for version in versions if allows(cast, version)} <= open_before
        assert enforcement.enforce_due() == 0
        assert [stage(version) for version in versions] == once
        assert verify_log(cast.acme.pk).holds
        transaction.set_rollback(True)


VOTES = "{approvals: {of: [{role: approver}], exclude: [version_author, requester]}}"


def promoted_on_a_condition(cast: Cast) -> tuple[ModelVersion, Condition]:
    """In production with Adam's approval, on a condition that Dev is to keep within a week."""
    watching.publish(cast, watching.text(demands=VOTES))
    version = watching.at_compliance(cast, watching.ready(cast))
    week = timezone.now().date() + timedelta(days=7)
    term = Term("Watch the drop-out rate.", cast.dev, week)
    staging.vote(cast, staging.ask(cast, version), "adam", terms=[term])
    version = transitions.request(actor=cast.actor("dev"), version=version, to="production")
    return version, Condition.objects.get()


def lapse() -> None:
    Condition.objects.update(due_at=timezone.now() - timedelta(seconds=1))


def test_a_condition_that_is_not_met_in_time_suspends(cast: Cast) -> None:
    version, _ = promoted_on_a_condition(cast)
    assert enforcement.enforce_due() == 0
    lapse()
    assert [enforcement.enforce_due(), enforcement.enforce_due()] == [1, 0]
    assert stage(version) == "suspended"
    applied = LedgerEntry.objects.get(event="enforcement.applied", subject_id=version.pk)
    assert b'"causes":["condition"]' in bytes(applied.body)


def test_a_condition_of_an_approval_that_outlived_its_question_suspends_too(cast: Cast) -> None:
    """Adam signs the evidence only, so his word stands when the question is put again about another use."""
    signing = VOTES.replace("role: approver", "role: approver, signs: [evidence]")
    watching.publish(cast, watching.text(demands=signing))
    version = watching.at_compliance(cast, watching.ready(cast))
    week = timezone.now().date() + timedelta(days=7)
    first = staging.ask(cast, version)
    staging.vote(cast, first, "adam", terms=[Term("Watch the drop-out rate.", cast.dev, week)])
    make_document(cast, version.model.system, "intended_use_statement", content="Another use.")
    assert staging.ask(cast, version) != first
    transitions.request(actor=cast.actor("dev"), version=version, to="production")
    assert enforcement.enforce_due() == 0
    lapse()
    assert enforcement.enforce_due() == 1
    assert stage(version) == "suspended"


def test_a_condition_that_was_met_does_not(cast: Cast) -> None:
    version, condition = promoted_on_a_condition(cast)
    conditions.confirm(actor=cast.actor("adam"), condition=condition, note="I saw the board.")
    lapse()
    assert enforcement.enforce_due() == 0
    assert stage(version) == "production"


def test_a_condition_on_a_step_of_the_system_stops_all_that_runs_of_it(cast: Cast) -> None:
    version, _ = promoted_on_a_condition(cast)
    second = watching.at_compliance(cast, version.model.system, "2")
    ModelVersion.objects.filter(pk=second.pk).update(stage="monitoring")
    elsewhere = in_production_without_votes(cast)
    ApprovalRequest.objects.update(model_version=None)
    lapse()
    assert enforcement.enforce_due() == 2
    assert (stage(version), stage(second), stage(elsewhere)) == ("suspended", "suspended", "production")


def in_production_without_votes(cast: Cast) -> ModelVersion:
    """A version of another system."""
    version = watching.at_compliance(cast, watching.ready(cast, "other"))
    ModelVersion.objects.filter(pk=version.pk).update(stage="production")
    ReviewDue.objects.create(model_version=version, since=timezone.now(), due_at=None)
    return version


def promoted_with_a_waiver(cast: Cast) -> tuple[ModelVersion, Waiver]:
    """In production although a document is missing; that is waived for a time."""
    watching.publish(cast, watching.text(watching.WAIVERS, demands="{documents: {kinds: [dpia]}}"))
    version = watching.at_compliance(cast, watching.ready(cast))
    waiver = exceptional.approve(cast, exceptional.ask(cast, version, "documents.dpia"))
    return transitions.request(actor=cast.actor("dev"), version=version, to="production"), waiver


def test_a_waiver_that_is_over_suspends_while_its_finding_stands(cast: Cast) -> None:
    version, waiver = promoted_with_a_waiver(cast)
    assert enforcement.enforce_due() == 0
    assert enforcement.enforce_due(waiver.expires_at - timedelta(seconds=1)) == 0
    assert enforcement.enforce_due(waiver.expires_at) == 1
    assert enforcement.enforce_due(waiver.expires_at) == 0
    assert stage(version) == "suspended"
    applied = LedgerEntry.objects.get(event="enforcement.applied", subject_id=version.pk)
    assert b'"causes":["waiver"]' in bytes(applied.body)


def test_a_waiver_that_was_revoked_suspends_too(cast: Cast) -> None:
    version, waiver = promoted_with_a_waiver(cast)
    waivers.revoke(actor=cast.actor("vera"), waiver=waiver, reason="It got worse.")
    assert enforcement.enforce_due() == 1
    assert stage(version) == "suspended"


def test_a_waiver_that_is_over_and_not_needed_any_more_is_nothing(cast: Cast) -> None:
    version, waiver = promoted_with_a_waiver(cast)
    make_document(cast, version.model.system, "dpia")
    assert enforcement.enforce_due(waiver.expires_at) == 0
    assert stage(version) == "production"


def test_a_renewed_waiver_keeps_it_running(cast: Cast) -> None:
    version, waiver = promoted_with_a_waiver(cast)
    over = waiver.expires_at
    renewal = exceptional.ask(
        cast, version, "documents.dpia", starts=over, expires_at=over + timedelta(days=5)
    )
    exceptional.approve(cast, renewal, by="cora")
    assert enforcement.enforce_due(over + timedelta(seconds=1)) == 0
    assert stage(version) == "production"


LEDGER = "{ledger: {verified_within_hours: 24}}"


def test_the_log_opens_the_gate_only_when_it_was_verified(cast: Cast) -> None:
    watching.publish(cast, watching.text(demands=LEDGER))
    version = watching.at_compliance(cast, watching.ready(cast))
    assert not allows(cast, version)
    verifications.verify_due()
    assert allows(cast, version)  # the verification stands in the log, so what was decided before is old
    with lifted():
        LedgerVerification.objects.update(holds=False)
    Decision.objects.all().delete()
    assert not allows(cast, version)


@pytest.mark.postgresql
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite lets one writer in at a time")
@pytest.mark.django_db(transaction=True)
def test_a_review_beside_the_enforcement_has_one_outcome() -> None:
    cast = make_cast()
    watching.publish(cast, watching.text())
    version = monitored(cast, in_production(cast, watching.ready(cast)))
    set_due(version, -1)
    answers: list[Any] = []

    def run(call: Any) -> None:
        try:
            answers.append(call())
        except AssayError as error:
            answers.append(error.code)
        finally:
            connection.close()

    def review() -> str:
        return transitions.request(actor=Actor.of(cast.dev), version=version, to="monitoring").stage

    threads = [threading.Thread(target=run, args=(call,)) for call in (review, enforcement.enforce_due) * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(answers) == len(threads)
    assert stage(version) in {"monitoring", "suspended"}
    if stage(version) == "suspended":
        assert "transition.not_allowed" in answers
    assert verify_log(cast.acme.pk).holds
    assert System.objects.count() == 1
