"""Nothing grave that is known and open may go out."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from governance.gates.requirements.issues import SEVERITIES, IssuesBelow
from governance.gates.spec import Dossier, IssueFacts, State
from tests.governance.gates import facts


def told(*issues: IssueFacts, **params: Any) -> dict[str, State]:
    dossier = replace(facts.bare(), issues=issues)
    return {f.code: f.state for f in IssuesBelow.of({"below": "high", **params}).findings(dossier)}


def sentence(*issues: IssueFacts) -> str:
    dossier = replace(facts.bare(), issues=issues)
    return IssuesBelow.of({"below": "high"}).findings(dossier)[0].sentence


def test_it_works() -> None:
    assert told() == {"issues": State.MET}


@pytest.mark.parametrize("below", SEVERITIES)
@pytest.mark.parametrize("severity", SEVERITIES)
def test_it_stops_at_its_severity_and_above(below: str, severity: str) -> None:
    stops = SEVERITIES.index(severity) >= SEVERITIES.index(below)
    found = told(facts.issue(severity), below=below)
    assert found == ({f"issues.issue-{severity}": State.OPEN} if stops else {"issues": State.MET})


def test_a_severity_nobody_knows_is_the_gravest() -> None:
    assert told(facts.issue("catastrophic"), below="critical") == {"issues.issue-catastrophic": State.OPEN}


def test_each_has_a_line_of_its_own_gravest_first() -> None:
    assert list(told(facts.issue("high"), facts.issue("critical"))) == [
        "issues.issue-critical",
        "issues.issue-high",
    ]


def test_only_the_kinds_asked_about_count() -> None:
    incident = facts.issue(kind="incident")
    assert told(incident, kinds=["finding"]) == {"issues": State.MET}
    assert told(incident, kinds=["incident"]) == {"issues.issue-high": State.OPEN}


def test_overdue_ones_are_named() -> None:
    late: dict[str, Any] = {"overdue_from": facts.NOW}
    assert sentence(facts.issue(**late)) == "An open finding of high severity, overdue: “A high one”."
    assert sentence(facts.issue(owner="")).endswith("Nobody owns its fix yet.")
    assert sentence(facts.issue("low", **late)).endswith("Overdue, though milder: “A low one”.")


def test_the_day_on_which_one_becomes_overdue_bounds_the_answer() -> None:
    due = facts.NOW + timedelta(days=1)
    demand = IssuesBelow.of({"below": "high"})
    assert demand.holds_until(replace(facts.bare(), issues=(facts.issue("low", overdue_from=due),))) == due
    assert demand.holds_until(facts.bare()) is None


def test_it_can_be_asked_of_a_system() -> None:
    dossier: Dossier = replace(facts.bare(), version=None, issues=(facts.issue(),))
    assert IssuesBelow.of_systems
    assert IssuesBelow.of({"below": "high"}).findings(dossier)[0].blocks
