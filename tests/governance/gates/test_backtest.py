"""A draft over past decisions: which flip, why, and how much there would be to review."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.gates import backtest, codec
from governance.gates.backtest import Stored, Tally
from governance.gates.decide import judge
from governance.gates.spec import Dossier, Step
from tests.governance.gates import facts, policies

STRICTER = facts.body().replace("{role: approver}", "{role: approver}, {role: reviewer}")
LAXER = facts.body().replace("- report: {kind: validation_report}", "")


def stored(dossier: Dossier, body: str = "", pk: str = "decision-1") -> Stored:
    """The dossier as it was decided under Assay's own policy, or under another."""
    decided = judge(dossier, body or facts.body())
    return Stored(pk, codec.canonical(dossier).decode(), codec.canonical(decided).decode())


def tallied(draft: str, *decisions: Stored) -> Tally:
    tally = Tally()
    for one in decisions:
        tally.add(one, draft)
    return tally


def test_it_works() -> None:
    unreported = replace(facts.allowing(), reports=())
    tally = tallied(STRICTER, stored(facts.allowing()), stored(facts.bare(), pk="decision-2"))
    assert (tally.decided, tally.opens, tally.closes) == (2, 0, 1)
    [flip] = tally.flips
    assert (flip.decision, flip.was, flip.now, flip.code) == (
        "decision-1",
        "allow",
        "deny",
        "approvals.staffing",
    )
    assert (flip.system, flip.version, flip.step) == ("credit", "scorecard/1", "compliance→production")
    tally = tallied(LAXER, stored(facts.allowing()), stored(unreported, pk="decision-2"))
    assert (tally.opens, tally.closes) == (1, 0)
    [flip] = tally.flips
    assert (flip.decision, flip.was, flip.now) == ("decision-2", "deny", "allow")
    assert flip.sentence == "There is no validation report."


def test_under_the_policy_it_was_decided_under_nothing_flips() -> None:
    tally = tallied(facts.body(), *[stored(dossier) for dossier in (facts.allowing(), facts.bare())])
    assert (tally.decided, tally.flips) == (2, [])


def test_a_decision_about_another_tier_is_left_out() -> None:
    other = replace(facts.bare(), system=replace(facts.bare().system, tier="limited"))
    tally = tallied(facts.body(), stored(other, facts.body("limited")))
    assert (tally.decided, tally.other_tier) == (0, 1)


def test_what_cannot_be_read_is_counted_and_decided_nowhere() -> None:
    whole = stored(facts.allowing())
    tally = tallied(facts.body(), replace(whole, dossier="{}"), replace(whole, outcome="["))
    assert (tally.decided, tally.unreadable) == (0, 2)


def test_a_door_is_asked_about_the_step_that_the_draft_lets_guard_it() -> None:
    at_door = replace(facts.allowing(), environment="production")
    closed = facts.body().replace("environments: [production]", "environments: [live]")
    [flip] = tallied(closed, stored(at_door)).flips
    assert (flip.now, flip.code, flip.step) == ("deny", "environment.unknown", "production")
    elsewhere = replace(at_door, step=None, environment="live")
    [flip] = tallied(closed, stored(elsewhere)).flips
    assert (flip.was, flip.now) == ("deny", "allow")


def test_where_no_policy_was_in_force_the_draft_is_tried() -> None:
    system = replace(facts.bare(), version=None, step=Step("system", "problem_definition", "data_sourcing"))
    unruled = replace(system, policy=None, plans=(), runs=())
    tally = Tally()
    tally.add(
        Stored("d", codec.canonical(unruled).decode(), codec.canonical(judge(unruled, "")).decode()),
        facts.body(),
    )
    assert (tally.opens, tally.flips[0].code) == (1, "policy.missing")


def test_the_load_is_seats_times_versions_a_month() -> None:
    decisions, bare = [], facts.bare().version
    assert bare is not None
    for number in range(6):
        at = facts.NOW - timedelta(days=61 * number / 5)
        version = replace(bare, id=f"version-{number}")
        dossier = replace(facts.bare(), version=version, now=at)
        decisions += [stored(dossier)] * 2  # asked twice is one version to review
    told = backtest.result(tallied(STRICTER, *decisions), STRICTER, facts.body())
    load = {row["role"]: (row["today"], row["draft"]) for row in told["load"]}
    assert load["validator"] == pytest.approx((2.99, 2.99), abs=0.01)
    assert load["reviewer"] == (0, pytest.approx(2.99, abs=0.01))


def test_one_day_is_not_taken_for_a_month() -> None:
    told = backtest.result(tallied(facts.body(), stored(facts.bare())), facts.body(), "")
    assert {row["draft"] for row in told["load"]} == {1.0}
    assert {row["today"] for row in told["load"]} == {0.0}


def test_many_flips_are_counted_and_the_first_ones_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backtest, "MAX_FLIPS", 3)
    tally = tallied(STRICTER, *[stored(facts.allowing(), pk=str(number)) for number in range(5)])
    assert tally.closes == 5
    assert [flip.decision for flip in tally.flips] == ["0", "1", "2"]


@given(st.lists(policies.dossiers(), max_size=4), policies.pairs(), st.integers(0, 4))
@settings(max_examples=40, deadline=None)
def test_put_down_and_taken_up_it_comes_to_the_same(dossiers: list[Dossier], pair: Any, after: int) -> None:
    before, draft = pair
    decisions = [stored(dossier, before, str(number)) for number, dossier in enumerate(dossiers)]
    through = tallied(draft, *decisions)
    first = tallied(draft, *decisions[:after])
    again = Tally.of(json.loads(json.dumps(first.plain())))
    for one in decisions[after:]:
        again.add(one, draft)
    assert again.plain() == through.plain()


@given(policies.dossiers(), policies.pairs())
@settings(max_examples=60, deadline=None)
def test_it_counts_exactly_the_verdicts_that_change(dossier: Dossier, pair: tuple[str, str]) -> None:
    before, draft = pair
    tally = tallied(draft, stored(dossier, before))
    was, now = judge(dossier, before).allows, judge(dossier, draft).allows
    assert (tally.opens, tally.closes) == (int(now and not was), int(was and not now))
