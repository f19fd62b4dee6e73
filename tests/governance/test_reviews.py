"""Periodic reviews: when they fall due, and what moves the day."""

from datetime import timedelta

import pytest

from governance.models import Policy, ReviewDue
from governance.services import decisions, enforcement, reviews, transitions
from registry.errors import GateRefused
from registry.models import LedgerEntry, ModelVersion, System
from registry.stages import RiskTier
from tests.cast import Cast
from tests.governance import staging, watching
from tests.governance.watching import due, in_production, monitored, set_due

NINETY = timedelta(days=90)


def scheduled(version: ModelVersion) -> int:
    return LedgerEntry.objects.filter(event="review.scheduled", subject_id=version.pk).count()


def door(cast: Cast, version: ModelVersion) -> decisions.Answer:
    return decisions.ask(
        actor=cast.actor("ci"), artifact_digest=version.artifact.digest, environment="production"
    )


def test_it_works(cast: Cast) -> None:
    watching.publish(cast, watching.text())
    version = in_production(cast, watching.ready(cast))
    row = due(version)
    assert row.due_at == row.since + NINETY
    assert scheduled(version) == 1
    answer = door(cast, version)
    assert answer.decided.allows
    assert answer.decided.holds_until == row.due_at


def test_moving_on_to_monitoring_is_no_review(cast: Cast) -> None:
    watching.publish(cast, watching.text())
    version = in_production(cast, watching.ready(cast))
    at = set_due(version, 3)
    monitored(cast, version)
    assert due(version).due_at == at


def test_a_completed_review_sets_the_next_day(cast: Cast) -> None:
    watching.publish(cast, watching.text())
    version = monitored(cast, in_production(cast, watching.ready(cast)))
    set_due(version, -1)
    assert not door(cast, version).decided.allows
    transitions.request(actor=cast.actor("dev"), version=version, to="monitoring")
    row = due(version)
    assert row.due_at == row.since + NINETY
    assert door(cast, version).decided.allows
    assert scheduled(version) == 2


def test_a_review_that_its_gate_refuses_moves_nothing(cast: Cast) -> None:
    watching.publish(cast, watching.text())
    system = watching.ready(cast)
    version = monitored(cast, in_production(cast, system))
    at = set_due(version, 3)
    watching.publish(cast, watching.text().replace("model_card", "dpia"))
    with pytest.raises(GateRefused):
        transitions.request(actor=cast.actor("dev"), version=version, to="monitoring")
    assert due(version).due_at == at


@pytest.mark.parametrize("to", ["suspended", "superseded", "retired"])
def test_the_day_goes_with_production(cast: Cast, to: str) -> None:
    watching.publish(cast, watching.text())
    version = in_production(cast, watching.ready(cast))
    transitions.request(actor=cast.actor("dev"), version=version, to=to, reason="Because.")
    assert not ReviewDue.objects.exists()


def test_a_policy_makes_it_earlier_at_once_and_never_later(cast: Cast) -> None:
    watching.publish(cast, watching.text())
    version = in_production(cast, watching.ready(cast))
    since = due(version).since
    watching.publish(cast, watching.text("review: {every_days: 30}"))
    assert due(version).due_at == since + timedelta(days=30)
    watching.publish(cast, watching.text("review: {every_days: 365}"))
    assert due(version).due_at == since + timedelta(days=30)
    assert scheduled(version) == 2


def test_a_policy_that_begins_to_ask_reaches_what_runs_already(cast: Cast) -> None:
    watching.publish(cast, watching.text(review=""))
    version = in_production(cast, watching.ready(cast))
    assert due(version).due_at is None
    assert scheduled(version) == 0
    watching.publish(cast, watching.text())
    assert due(version).due_at == due(version).since + NINETY


def test_a_policy_of_another_tier_moves_nothing(cast: Cast) -> None:
    watching.publish(cast, watching.text())
    version = in_production(cast, watching.ready(cast))
    before = due(version).due_at
    watching.publish(cast, watching.text("review: {every_days: 1}", tier="limited"), tier="limited")
    assert due(version).due_at == before


def test_a_raised_tier_brings_its_own_days(cast: Cast) -> None:
    watching.publish(cast, watching.text())
    watching.publish(cast, watching.text("review: {every_days: 30}", tier="limited"), tier="limited")
    version = in_production(cast, watching.ready(cast))
    System.objects.update(risk_tier=RiskTier.LIMITED)
    assert door(cast, version).decided.holds_until == due(version).since + timedelta(days=30)
    enforcement.enforce_due()
    assert due(version).due_at == due(version).since + timedelta(days=30)


def test_the_policies_that_come_with_assay_still_work(cast: Cast, printer: None) -> None:
    version = staging.allowed(cast)
    moved = transitions.request(actor=cast.actor("dev"), version=version, to="production")
    row = due(moved)
    asked = reviews.rhythm(Policy.objects.get(tier="high").body)
    assert row.due_at == (row.since + timedelta(days=asked.every_days) if asked else None)
