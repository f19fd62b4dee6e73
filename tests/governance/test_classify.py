"""Classifying a system: what takes effect at once, what waits for a second person, and what time does."""

from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine

from governance import tasks
from governance.classification import tier as tier_rules
from governance.classification.questions import questionnaire
from governance.models import Classification, ClassificationState
from governance.services import classifications, transitions
from registry.errors import Conflict, Denied, GateRefused, Invalid, NotFound
from registry.models import LedgerEntry, System
from registry.services import people
from registry.stages import RiskTier, Role
from tests.cast import Cast, grant
from tests.governance import staging
from tests.governance.classification.answering import harmless, sent
from tests.make import make_document, make_system

EXEMPT = {"A3_5b": "yes", "EX_0": "yes", "EX_a": "yes"}


def answer(cast: Cast, system: System, by: str = "dev", **changes: str) -> Classification:
    """The questionnaire answered by one of the cast."""
    return classifications.answer(actor=cast.actor(by), system=system, answers=sent(harmless(**changes)))


def tier(system: System) -> str:
    return System.objects.get(pk=system.pk).risk_tier


def events(system: System) -> list[str]:
    found = LedgerEntry.objects.filter(system_id=system.pk).order_by("index").values_list("event", flat=True)
    return [event for event in found if "classif" in event]


def test_what_keeps_the_tier_takes_effect_at_once(cast: Cast) -> None:
    system = make_system(cast, tier=RiskTier.HIGH)
    row = answer(cast, system, A3_5b="yes")
    assert (row.state, row.number, row.waits_for) == (ClassificationState.IN_FORCE, 1, "")
    assert tier(system) == "high"
    assert events(system) == ["system.classified"]


def test_what_raises_the_tier_takes_effect_at_once(cast: Cast) -> None:
    system = make_system(cast, tier=RiskTier.MINIMAL)
    row = answer(cast, system, A3_5b="yes")
    assert (row.state, row.tier_before, tier(system)) == (ClassificationState.IN_FORCE, "minimal", "high")


def test_what_lowers_the_declared_tier_waits_for_another_person(cast: Cast) -> None:
    system = make_system(cast, tier=RiskTier.HIGH)
    row = answer(cast, system, TR1="yes")
    assert row.state == ClassificationState.PROPOSED
    assert row.waits_for == "It lowers the risk tier from high to limited."
    assert tier(system) == "high"
    confirmed = classifications.confirm(actor=cast.actor("rita"), classification=row)
    assert (confirmed.state, confirmed.decided_by, tier(system)) == ("in_force", cast.rita, "limited")
    assert events(system) == ["classification.proposed", "system.classified"]


@pytest.mark.parametrize(
    ("claim", "words"),
    [
        (EXEMPT, "claims the exemption"),
        ({"SC3": "yes"}, "out of the Union's scope"),
        ({"SC2": "no"}, "scope"),
    ],
)
def test_a_claim_waits_even_where_the_tier_stays(cast: Cast, claim: dict[str, str], words: str) -> None:
    system = make_system(cast, tier=RiskTier.MINIMAL)
    row = answer(cast, system, **claim)
    assert row.state == ClassificationState.PROPOSED
    assert words in row.waits_for


def test_a_higher_tier_is_in_effect_while_its_claim_waits(cast: Cast) -> None:
    system = make_system(cast, tier=RiskTier.MINIMAL)
    row = answer(cast, system, **EXEMPT, TR1="yes")
    assert (row.state, tier(system)) == (ClassificationState.PROPOSED, "limited")
    classifications.reject(actor=cast.actor("rita"), classification=row, reason="It profiles people.")
    assert tier(system) == "limited"


def test_nobody_confirms_their_own_answers(cast: Cast) -> None:
    system = make_system(cast)
    row = answer(cast, system, by="cora")
    with pytest.raises(Denied, match="Someone else has to confirm"):
        classifications.confirm(actor=cast.actor("cora"), classification=row)
    assert events(system)[-1] == "classification.refused"
    assert tier(system) == "high"
    classifications.confirm(actor=cast.actor("rita"), classification=row)
    assert tier(system) == "minimal"


def test_a_service_account_counts_as_the_person_who_answers_for_it(cast: Cast) -> None:
    grant(cast, "ci", Role.COMPLIANCE_OFFICER)
    grant(cast, "dev", Role.REVIEWER)
    system = make_system(cast)
    row = answer(cast, system, by="ci")  # Dev answers for the pipeline
    with pytest.raises(Denied, match="yourself"):
        classifications.confirm(actor=cast.actor("dev"), classification=row)
    with pytest.raises(Denied, match="service account cannot"):
        classifications.confirm(actor=cast.actor("ci"), classification=answer(cast, system))
    assert events(system).count("classification.refused") == 2
    assert tier(system) == "high"


@pytest.mark.parametrize("name", ["dev", "olga", "vera", "aud", "adam"])
def test_only_reviewers_and_compliance_officers_confirm(cast: Cast, name: str) -> None:
    row = answer(cast, make_system(cast), by="olga")
    with pytest.raises(Denied):
        classifications.confirm(actor=cast.actor(name), classification=row)


@pytest.mark.parametrize("name", ["oscar", "root"])
def test_a_stranger_finds_nothing_to_confirm(cast: Cast, name: str) -> None:
    row = answer(cast, make_system(cast))
    with pytest.raises(NotFound):
        classifications.confirm(actor=cast.actor(name), classification=row)


@pytest.mark.parametrize("name", ["stew", "vera", "rita", "adam", "aud", "ci"])
def test_only_those_who_may_classify_answer(cast: Cast, name: str) -> None:
    with pytest.raises(Denied):
        answer(cast, make_system(cast), by=name)


def test_a_rejection_says_why_and_leaves_what_was(cast: Cast) -> None:
    system = make_system(cast)
    first = answer(cast, system, A3_5b="yes")
    second = answer(cast, system)
    with pytest.raises(Invalid, match="Say why"):
        classifications.reject(actor=cast.actor("rita"), classification=second, reason=" ")
    rejected = classifications.reject(actor=cast.actor("rita"), classification=second, reason="It lends.")
    assert (rejected.state, rejected.decision_reason) == ("rejected", "It lends.")
    first.refresh_from_db()
    assert (first.state, tier(system)) == ("in_force", "high")


def test_what_no_longer_waits_is_not_confirmed(cast: Cast) -> None:
    system = make_system(cast)
    first = answer(cast, system)
    second = answer(cast, system)  # takes the place of the first
    with pytest.raises(Conflict, match="superseded"):
        classifications.confirm(actor=cast.actor("rita"), classification=first)
    classifications.confirm(actor=cast.actor("rita"), classification=second)
    with pytest.raises(Conflict, match="in force"):
        classifications.reject(actor=cast.actor("rita"), classification=second, reason="Too late.")


def test_one_classification_is_in_force_and_all_are_kept(cast: Cast) -> None:
    system = make_system(cast, tier=RiskTier.MINIMAL)
    for changes in ({}, {"TR1": "yes"}, {"A3_5b": "yes"}):
        answer(cast, system, **changes)
    rows = Classification.objects.filter(system=system).order_by("number")
    assert [row.state for row in rows] == ["superseded", "superseded", "in_force"]
    assert [row.tier for row in rows] == ["minimal", "limited", "high"]


def test_answers_that_are_wrong_are_named_and_change_nothing(cast: Cast) -> None:
    system = make_system(cast)
    with pytest.raises(Invalid) as refused:
        classifications.answer(actor=cast.actor("dev"), system=system, answers={"XX": {"answer": "yes"}})
    assert refused.value.errors == (("XX", "There is no such question."),)
    assert events(system) == []


def test_what_was_confirmed_must_still_follow(cast: Cast) -> None:
    system = make_system(cast)
    with time_machine.travel(datetime(2026, 12, 1, 12, tzinfo=UTC), tick=False):
        row = answer(cast, system, PR_ba="yes")
        assert (row.tier, row.state) == ("minimal", "proposed")
    with (
        time_machine.travel(datetime(2026, 12, 2, 12, tzinfo=UTC), tick=False),
        pytest.raises(Conflict, match="Answer again"),
    ):
        classifications.confirm(actor=cast.actor("rita"), classification=row)
    assert tier(system) == "high"


# --- the screen of prohibited practices stands before everything else ---


def to_data(cast: Cast, system: System) -> System:
    return transitions.request_system(actor=cast.actor("dev"), system=system, to="data_sourcing")


def test_a_prohibited_use_stops_at_g1(cast: Cast) -> None:
    staging.make_policies(cast)
    allowed, stopped = make_system(cast, "credit"), make_system(cast, "scoring")
    for system, practice in ((allowed, "no"), (stopped, "yes")):
        for kind in ("problem_definition", "intended_use_statement"):
            make_document(cast, system, kind)
        answer(cast, system, A3_5b="yes", PR_c=practice)
    assert tier(stopped) == "unacceptable"
    with pytest.raises(GateRefused) as refused:
        to_data(cast, stopped)
    assert "tier.unacceptable" in {finding["code"] for finding in refused.value.findings}
    assert System.objects.get(pk=stopped.pk).stage == "problem_definition"
    # the control: the same answers without the practice
    classified = {finding["code"] for finding in _findings(cast, allowed)}
    assert "tier.unacceptable" not in classified


def _findings(cast: Cast, system: System) -> tuple[dict[str, Any], ...]:
    try:
        to_data(cast, system)
    except GateRefused as refused:
        return refused.findings
    return ()


def test_out_of_the_dead_end_only_with_a_second_person(cast: Cast) -> None:
    system = make_system(cast)
    answer(cast, system, A3_5b="yes", PR_c="yes")
    row = answer(cast, system, A3_5b="yes", PR_c="no")
    assert (row.state, tier(system)) == ("proposed", "unacceptable")
    classifications.confirm(actor=cast.actor("cora"), classification=row)
    assert tier(system) == "high"


# --- time and new rules ---


def test_a_prohibition_that_begins_to_apply_takes_effect_without_anybody(cast: Cast) -> None:
    with time_machine.travel(datetime(2026, 11, 21, tzinfo=UTC), tick=False):
        system, other = make_system(cast, tier=RiskTier.LIMITED), make_system(cast, "other", RiskTier.LIMITED)
        first = answer(cast, system, PR_ba="yes", TR2="yes")
        answer(cast, other, TR2="yes")
        assert classifications.reclassify_all(cast.acme) == []
        assert tier(system) == "limited"
    with time_machine.travel(datetime(2026, 12, 2, 1, tzinfo=UTC), tick=False):
        (found,) = classifications.reclassify_all(cast.acme)
        assert classifications.reclassify_all(cast.acme) == []
    assert (found.recomputed, found.answered_at, found.answered_by) == (True, first.answered_at, cast.dev)
    assert (tier(system), tier(other)) == ("unacceptable", "limited")
    entry = LedgerEntry.objects.filter(event="system.classified").order_by("index").last()
    assert entry is not None
    assert (entry.actor_kind, entry.actor_id) == ("system", "reclassification")


def test_the_hourly_task_looks_at_every_organisation(cast: Cast) -> None:
    with time_machine.travel(datetime(2026, 11, 21, tzinfo=UTC), tick=False):
        system = make_system(cast, tier=RiskTier.LIMITED)
        answer(cast, system, PR_bb="yes", TR2="yes")
    with time_machine.travel(datetime(2026, 12, 2, tzinfo=UTC), tick=False):
        tasks.reclassify()
    assert tier(system) == "unacceptable"


def test_rules_that_make_less_of_the_answers_only_propose(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = make_system(cast, tier=RiskTier.HIGH)
    answer(cast, system, A3_5b="yes")
    lenient = tier_rules.classify(harmless(), datetime.now(UTC).date())
    monkeypatch.setattr(tier_rules, "classify", lambda given, on: lenient)
    (found,) = classifications.reclassify_all(cast.acme)
    assert (found.state, tier(system)) == ("proposed", "high")
    assert classifications.reclassify_all(cast.acme) == []
    grant(cast, "dev", Role.REVIEWER)
    with pytest.raises(Denied, match="yourself"):
        classifications.confirm(actor=cast.actor("dev"), classification=found)
    classifications.confirm(actor=cast.actor("rita"), classification=found)
    assert tier(system) == "minimal"


def test_it_leaves_systems_alone_that_were_never_classified(cast: Cast) -> None:
    make_system(cast)
    answer(cast, make_system(cast, "waiting"))
    assert classifications.reclassify_all(cast.acme) == []


def test_the_rules_have_a_digest_of_their_own(cast: Cast) -> None:
    assert answer(cast, make_system(cast)).rules_digest == questionnaire().digest


def test_the_log_keeps_no_reason_in_the_clear(cast: Cast) -> None:
    row = answer(cast, make_system(cast))
    classifications.reject(actor=cast.actor("rita"), classification=row, reason="Olga told me otherwise.")
    entry = LedgerEntry.objects.get(event="classification.rejected")
    assert b"Olga told me" not in bytes(entry.body)


def test_a_token_of_another_organisation_does_not_reach_it(cast: Cast) -> None:
    system = make_system(cast)
    other = cast.oscar.memberships.get().organisation
    people.grant_role(actor=cast.actor("oscar"), organisation=other, user=cast.dev, role=Role.OWNER)
    abroad = type(cast.actor("dev")).of(cast.dev, other.pk)
    with pytest.raises(NotFound):
        classifications.answer(actor=abroad, system=system, answers=sent(harmless()))
