"""What the lines about the conditions of approvals say, whole: how it stands, whose it is, and what clears it."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from governance.gates.requirements.conditions import ConditionsKept
from governance.gates.spec import ConditionFacts, Dossier, Finding, State
from tests.governance.gates import facts

MIDNIGHT = datetime(2026, 11, 25, tzinfo=facts.NOW.tzinfo)  # after the 24th, the last day
LAPSED, NONE_OPEN = ConditionsKept.of({"none": "lapsed"}), ConditionsKept.of({"none": "open"})


def given(*conditions: ConditionFacts) -> Dossier:
    """Vera and Cora approved on these conditions."""
    return replace(facts.voted(facts.asked(facts.bare())), conditions=conditions)


def condition(number: int = 1, **changes: object) -> ConditionFacts:
    row = ConditionFacts(f"c-{number}", "request-1", "cora", "compliance_officer", "dev", MIDNIGHT, None)
    return replace(row, **changes)  # type: ignore[arg-type]


def kept(sentence: str) -> tuple[Finding, ...]:
    return (Finding("conditions", State.MET, sentence, "Conditions kept", "owner"),)


def in_the_way(number: int, state: State, due: str) -> Finding:
    return Finding(
        code=f"conditions.c-{number}",
        state=state,
        sentence=f"A condition of the compliance officer's approval {due} and is not met.",
        requirement="Conditions kept",
        owner_role="compliance_officer",
        clears="The owner of the condition does what was asked, and a compliance officer confirms it.",
    )


def test_while_none_has_lapsed_open_ones_are_counted() -> None:
    met = condition(2, met_at=facts.ago(days=1))
    assert LAPSED.findings(given(condition(), met)) == kept("1 of 2 conditions are open, none has lapsed.")


@pytest.mark.parametrize("demand", [LAPSED, NONE_OPEN])
def test_where_every_one_is_met_or_there_is_none_it_is_kept(demand: ConditionsKept) -> None:
    for dossier in (given(), given(condition(met_at=facts.ago(days=1)))):
        assert demand.findings(dossier) == kept("No condition is open.")


def test_each_that_is_in_the_way_has_a_line() -> None:
    late = condition(2, due_at=facts.NOW)
    lapsed = in_the_way(2, State.STALE, "was due on 2026-11-21")
    assert LAPSED.findings(given(condition(), late)) == (lapsed,)
    assert NONE_OPEN.findings(given(condition(), late)) == (
        in_the_way(1, State.OPEN, "is due on 2026-11-24"),
        lapsed,
    )


def test_it_holds_until_the_first_open_one_falls_due() -> None:
    later, met = (
        condition(2, due_at=MIDNIGHT + timedelta(1)),
        condition(3, due_at=facts.NOW, met_at=facts.NOW),
    )
    assert LAPSED.holds_until(given(later, condition(), met)) == MIDNIGHT
    assert LAPSED.holds_until(given(met)) is None
