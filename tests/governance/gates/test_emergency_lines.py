"""What the lines about emergency releases say, whole, and what no emergency stands over."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from governance.gates import emergency
from governance.gates.dates import VerificationFacts
from governance.gates.emergency import BreakGlassRules
from governance.gates.plan import Line
from governance.gates.requirements.base import Place
from governance.gates.spec import Dossier, Finding, State
from tests.governance.gates import facts
from tests.governance.gates.test_classified import classification

RULES = BreakGlassRules(8, 5)
MET = Line(Place.DOCUMENTS, Finding("documents.dpia", State.MET, "There.", "x", "owner"))
OPEN = Line(
    Place.DOCUMENTS,
    Finding("documents.fria", State.OPEN, "Not there.", "x", "owner", "Add it.", "Or ask for a waiver."),
    disturbs=True,
)


def at_door(*releases: Any, **changes: Any) -> Dossier:
    return replace(facts.bare(), environment="production", break_glass=releases, **changes)


def of_releases(code: str, state: State, sentence: str, clears: str = "") -> Line:
    requirement = "No emergency" if code == "break_glass.running" else "Emergency releases reviewed"
    return Line(Place.PEOPLE, Finding(code, state, sentence, requirement, "compliance_officer", clears))


def test_a_policy_says_how_long_and_how_soon() -> None:
    assert BreakGlassRules.of({"max_hours": 8, "review_days": 5}) == RULES


def test_overdue_reviews_come_before_those_that_are_due() -> None:
    due = facts.emergency(starts=facts.ago(hours=2), review_due_at=facts.NOW + timedelta(days=5))
    late = facts.emergency(id="emergency-0", starts=facts.ago(days=9), review_due_at=facts.NOW)
    reviewed = facts.emergency(id="emergency-2", reviewed_at=facts.ago(days=1))
    assert emergency.reviews(at_door(due, late, reviewed)) == [
        of_releases(
            "break_glass.review_overdue",
            State.OPEN,
            "The emergency release of 12 Nov 2026, 12:00 UTC should have been reviewed by 21 Nov 2026, 12:00 UTC.",
            "A compliance officer who neither asked for nor confirmed the emergency release reviews it.",
        ),
        of_releases(
            "break_glass.review",
            State.MET,
            "The review of the emergency release of 21 Nov 2026, 10:00 UTC is due by 26 Nov 2026, 12:00 UTC.",
        ),
    ]


def test_reviews_are_asked_about_at_doors_and_on_the_step_to_production_of_a_version() -> None:
    dossier = at_door(facts.emergency())
    assert len(emergency.reviews(dossier)) == 1
    assert len(emergency.reviews(replace(dossier, environment=""))) == 1
    assert len(emergency.reviews(replace(dossier, step=None))) == 1
    assert emergency.reviews(replace(dossier, step=None, environment="")) == []
    assert emergency.reviews(replace(dossier, version=None)) == []


def test_what_is_passed_over_is_marked_and_the_rest_left_as_it_is() -> None:
    lines, used = emergency.applied(at_door(facts.emergency()), RULES, [MET, OPEN])
    passed = replace(
        OPEN.finding,
        state=State.WAIVED,
        sentence="Not there. Passed over by the emergency release emergency-1.",
        alternative="",
    )
    assert used == ("break_glass:emergency-1",)
    assert lines == [
        of_releases(
            "break_glass.running",
            State.WAIVED,
            "An emergency release is running until 21 Nov 2026, 19:00 UTC; "
            "its review is due by 26 Nov 2026, 12:00 UTC.",
            "Clear what is passed over, and end the emergency release.",
        ),
        MET,
        OPEN._replace(finding=passed),
    ]


def test_of_two_that_run_the_one_that_ends_last_is_named() -> None:
    first = facts.emergency(id="b", starts=facts.NOW, ends=facts.NOW + timedelta(hours=6))
    last = facts.emergency(id="a", starts=facts.NOW, ends=facts.NOW + timedelta(hours=8))
    same = replace(last, id="c")
    assert emergency.running(at_door(last, first), RULES) == last
    assert emergency.running(at_door(same, last, first), RULES) == same
    assert emergency.running(at_door(last, same, first), RULES) == same


def test_a_system_has_no_emergency_release_of_its_own() -> None:
    assert emergency.running(replace(at_door(facts.emergency()), version=None), RULES) is None
    assert emergency.running(at_door(), RULES) is None


# --- what none stands over


def test_everything_that_is_beyond_it_is_said() -> None:
    tampered = classification(intact=False, worse_from=facts.NOW)
    log = replace(facts.bare().log, verification=VerificationFacts(facts.ago(hours=1), 9, False))
    dossier = at_door(runs=(facts.run(intact=False),), log=log, classifications=(tampered,))
    prohibited = Line(Place.POLICY, Finding("policy.prohibits", State.OPEN, "Prohibited.", "x", "owner"))
    assert emergency.beyond(dossier, [MET, OPEN, prohibited]) == (
        "Prohibited.",
        "A result that counts no longer has the digest it was recorded with.",
        "The log does not hold, so nothing would answer for the emergency.",
        "The answers of the classification are not those that were recorded.",
        "By the classification a prohibition applies now.",
    )


@pytest.mark.parametrize(
    "row",
    [
        classification(),
        classification(worse_from=facts.NOW + timedelta(seconds=1)),
        classification(state="proposed", intact=False, worse_from=facts.NOW),
        classification(state="proposed"),
    ],
    ids=["sound", "not yet", "not in force", "waiting"],
)
def test_what_holds_or_does_not_count_yet_is_in_nobodys_way(row: Any) -> None:
    log = replace(facts.bare().log, verification=VerificationFacts(facts.ago(hours=1), 9, True))
    assert emergency.beyond(at_door(log=log, classifications=(row,)), [MET, OPEN]) == ()


def test_only_moments_to_come_end_an_answer() -> None:
    begins, ends, due = (facts.NOW + timedelta(hours=hours) for hours in (1, 2, 3))
    soon = facts.emergency(starts=begins, ends=ends, review_due_at=due)
    now = facts.emergency(starts=facts.NOW, ends=facts.NOW, review_due_at=facts.NOW)
    rows = (classification(worse_from=due + timedelta(1)), classification(worse_from=None))
    elsewhere = facts.emergency(environment="staging", starts=begins, ends=ends, review_due_at=begins)
    dossier = at_door(soon, now, elsewhere, classifications=rows)
    assert list(emergency.ends(dossier)) == [begins, ends, due, begins, due + timedelta(1)]
    assert list(emergency.ends(replace(dossier, break_glass=(elsewhere,)))) == [begins]
