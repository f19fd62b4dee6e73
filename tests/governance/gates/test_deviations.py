"""What the votes on a loosened plan are worth, and who may cast none."""

from dataclasses import replace
from typing import Any

from governance.gates import deviations
from governance.gates.deviations import DEFAULT_SEATS, Standing, widest
from governance.gates.spec import DeviationVoteFacts, Dossier, HolderFacts
from tests.governance.gates import facts
from tests.governance.gates.test_assurance import ACCEPTED, FIRST, LOOSENED, SECOND, loosened, vote

VALIDATOR, OFFICER = ACCEPTED


def standing(*votes: DeviationVoteFacts, **more: Any) -> Standing:
    return deviations.standing(loosened(FIRST, SECOND, votes=votes), LOOSENED, **more)


def test_without_votes_everybody_is_missing() -> None:
    assert standing() == Standing((), (("validator", 1), ("compliance_officer", 1)), ())
    assert not standing().enough


def test_one_of_each_is_enough_where_a_policy_does_not_say() -> None:
    assert standing(VALIDATOR, OFFICER) == Standing((OFFICER, VALIDATOR), (), ())
    assert standing(VALIDATOR, OFFICER).enough


def test_as_many_are_missing_as_a_policy_asks_for_more() -> None:
    seats = (("validator", 3), ("compliance_officer", 1))
    assert standing(VALIDATOR, OFFICER, seats=seats).missing == (("validator", 2),)


def test_who_is_against_is_told_and_stops_it() -> None:
    against = vote("rita", "validator", verdict="reject")
    found = standing(VALIDATOR, OFFICER, against)
    assert found == Standing((OFFICER, VALIDATOR), (), (against,))
    assert not found.enough


def test_the_last_word_of_a_person_counts() -> None:
    later = replace(VALIDATOR, verdict="reject", voted_at=facts.NOW)
    assert standing(later, VALIDATOR, OFFICER).against == (later,)
    again = replace(VALIDATOR, verdict="approve", voted_at=facts.NOW)
    assert standing(again, replace(VALIDATOR, verdict="reject"), OFFICER).enough


def test_a_word_on_another_deviation_is_none_on_this() -> None:
    assert standing(replace(VALIDATOR, deviation="dev-2"), OFFICER).missing == (("validator", 1),)


def test_who_had_a_part_and_who_acts_for_them_casts_none() -> None:
    dossier = replace(
        loosened(FIRST, SECOND, facts.run(id="again", reproduces="first", starter="rita")),
        holders=(HolderFacts("dora", "validator", "dev"),),
    )
    assert deviations.taking_part(dossier, LOOSENED) == {
        "sam": "sealed the plan that loosens",
        "vera": "sealed one of the two plans",
        "dev": "registered this version",
        "dora": "acts for someone who registered this version",
    }
    other = replace(dossier, version=None, plans=(), holders=())
    assert deviations.taking_part(other, LOOSENED) == {
        "sam": "sealed the plan that loosens",
        "vera": "started an audit of this version",
    }


def test_the_deviations_behind_the_plans_that_count() -> None:
    accepted: Dossier = loosened(FIRST, SECOND, votes=ACCEPTED, state="accepted")
    assert deviations.of_current(accepted) == accepted.deviations
    assert deviations.of_current(loosened(FIRST, SECOND)) == ()
    other = replace(accepted.deviations[0], id="dev-2", new_plan="plan-9")
    assert deviations.of_current(replace(accepted, deviations=(other,))) == ()


def test_of_several_steps_the_one_that_asks_for_most_counts() -> None:
    one, other = (("validator", 1), ("approver", 2)), (("validator", 3), ("approver", 1))
    assert widest([one, other]) == (("validator", 3), ("approver", 2))
    assert widest([]) == DEFAULT_SEATS
