"""Nothing grave that is known and open may go out."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from governance.gates.requirements.issues import SEVERITIES, IssuesBelow
from governance.gates.spec import Dossier, Finding, IssueFacts, State
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


def test_one_that_is_in_the_way_says_what_who_and_how() -> None:
    grave = facts.issue(owner="", overdue_from=facts.NOW)
    assert IssuesBelow.of({"below": "high"}).findings(replace(facts.bare(), issues=(grave,))) == (
        Finding(
            code="issues.issue-high",
            state=State.OPEN,
            sentence="An open finding of high severity, overdue: “A high one”. Nobody owns its fix yet.",
            requirement="Settled: finding “A high one”",
            owner_role="reviewer",
            clears="Settle and close the finding “A high one”.",
        ),
    )


def test_one_that_is_in_time_and_owned_is_only_named() -> None:
    assert sentence(facts.issue()) == "An open finding of high severity: “A high one”."
    assert sentence(facts.issue(overdue_from=facts.NOW + timedelta(1))) == sentence(facts.issue())


def test_where_none_is_in_the_way_milder_ones_that_are_late_are_told() -> None:
    rows = [
        facts.issue("medium", overdue_from=facts.NOW),
        facts.issue("low", overdue_from=facts.ago(days=1)),
        facts.issue("low", title="In time", overdue_from=facts.NOW + timedelta(1)),
        facts.issue("low", title="Undated"),
    ]
    told = "Overdue, though milder: “A low one”, “A medium one”."
    requirement = "No open finding or incident of high severity or graver"
    assert IssuesBelow.of({"below": "high"}).findings(replace(facts.bare(), issues=tuple(rows))) == (
        Finding("issues", State.MET, f"No open finding or incident is of high severity or graver. {told}",
                requirement, "reviewer"),
    )  # fmt: skip
    (line,) = IssuesBelow.of({"below": "high", "kinds": ["incident"]}).findings(facts.bare())
    assert line.sentence == "No open incident is of high severity or graver."


def test_equally_grave_ones_stand_in_the_order_of_their_names() -> None:
    rows = (facts.issue(id="b"), facts.issue(id="a"), facts.issue("critical", id="c"))
    assert list(told(*rows)) == ["issues.c", "issues.a", "issues.b"]


def test_only_days_to_come_of_what_is_asked_about_bound_the_answer() -> None:
    first, second = facts.NOW + timedelta(1), facts.NOW + timedelta(2)
    rows = (
        facts.issue(overdue_from=facts.NOW),
        facts.issue(overdue_from=second),
        facts.issue(kind="incident", overdue_from=first),
        facts.issue(),
    )
    dossier = replace(facts.bare(), issues=rows)
    assert IssuesBelow.of({"below": "high"}).holds_until(dossier) == first
    assert IssuesBelow.of({"below": "high", "kinds": ["finding"]}).holds_until(dossier) == second
