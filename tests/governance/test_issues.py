"""Findings and incidents: who raises, who owns, who closes."""

import json
from datetime import date
from typing import Any

import pytest

from governance.models import Issue, IssueKind, IssueState, Severity
from governance.services import issues
from registry.errors import Conflict, Denied, Invalid, NotFound
from registry.models import LedgerEntry, ModelVersion
from registry.stages import Role
from tests.cast import Cast, grant
from tests.governance import exceptional as given
from tests.governance import staging
from tests.governance.gates import facts
from tests.make import make_system, make_version

BELOW_HIGH = facts.body().replace(
    "      - report: {kind: validation_report}",
    "      - issues: {below: high}\n      - report: {kind: validation_report}",
    1,
)


def settle(cast: Cast, issue: Issue, by: str = "vera", **changes: Any) -> Issue:
    told: dict[str, Any] = {"state": IssueState.RESOLVED, "resolution": "Groups are merged.", **changes}
    return issues.close(actor=cast.actor(by), issue=issue, **told)


def test_it_works(cast: Cast) -> None:
    issue = given.issue(cast, make_system(cast))
    closed = settle(cast, issue)
    assert (closed.state, closed.closed_by) == (IssueState.RESOLVED, cast.vera)
    assert [given.entries(f"issue.{verb}") for verb in ("raised", "assigned", "closed")] == [1, 1, 1]
    assert issues.reopen(actor=cast.actor("dev"), issue=issue, reason="It is back.").state == IssueState.OPEN


def test_a_grave_one_closes_the_gate_until_it_is_settled(cast: Cast, printer: None) -> None:
    version = staging.at_compliance(cast, given.waiving_system(cast, BELOW_HIGH))
    issue = given.issue(cast, version.model.system)
    mild = given.issue(
        cast, version.model.system, severity=Severity.MEDIUM, due=date(2020, 1, 1), title="Old"
    )
    staging.allowed(cast, version)
    told = {f.code: f for f in given.door(cast, version).findings}
    assert told[f"issues.{issue.pk}"].blocks
    assert f"issues.{mild.pk}" not in told
    settle(cast, issue)
    staging.report(cast, version)
    decided = given.door(cast, version)
    assert decided.allows
    assert "Overdue, though milder: “Old”" in next(f for f in decided.findings if f.code == "issues").sentence


def test_one_of_another_version_does_not_count(cast: Cast) -> None:
    version = staging.at_compliance(cast, given.waiving_system(cast, BELOW_HIGH))
    other = make_version(cast, version.model.system, "2")
    given.issue(cast, version.model.system, model_version=other)
    assert "issues" in {f.code for f in given.door(cast, version).findings}


def refusals() -> list[str]:
    found = LedgerEntry.objects.filter(event="issue.excluded")
    return [json.loads(bytes(entry.body))["data"]["why"] for entry in found]


@pytest.mark.parametrize("severity", list(Severity))
def test_of_high_severity_and_above_somebody_else_closes(cast: Cast, severity: Severity) -> None:
    grant(cast, "dev", Role.REVIEWER)
    issue = given.issue(cast, make_system(cast), severity=severity)
    if severity in (Severity.LOW, Severity.MEDIUM):
        assert settle(cast, issue, "dev").state == IssueState.RESOLVED
        return
    with pytest.raises(Denied) as refused:
        settle(cast, issue, "dev")
    assert refused.value.code == "issue.excluded"
    assert len(refusals()) == 1
    assert settle(cast, issue, "vera").state == IssueState.RESOLVED


def test_to_hand_it_over_is_no_way_to_close_ones_own(cast: Cast) -> None:
    grant(cast, "dev", Role.REVIEWER)
    issue = given.issue(cast, make_system(cast))
    issues.assign(actor=cast.actor("dev"), issue=issue, owner=cast.stew)
    with pytest.raises(Denied):
        settle(cast, issue, "dev")


def test_what_nobody_owns_is_not_closed(cast: Cast) -> None:
    issue = given.issue(cast, make_system(cast), owner=None)
    with pytest.raises(Conflict, match="whose the fix is"):
        settle(cast, issue)
    issues.assign(actor=cast.actor("vera"), issue=issue, owner=cast.dev, due=date(2030, 1, 1))
    assert settle(cast, issue).due == date(2030, 1, 1)


def test_the_owner_of_a_fix_has_a_role_here(cast: Cast) -> None:
    system = make_system(cast)
    for owner in (cast.oscar, cast.ci, cast.root):
        with pytest.raises(Invalid, match="active person with a role"):
            given.issue(cast, system, owner=owner)


def test_it_takes_the_permission(cast: Cast) -> None:
    system = make_system(cast)
    with pytest.raises(Denied):
        given.issue(cast, system, by="ci")
    with pytest.raises(NotFound):
        given.issue(cast, system, by="oscar")
    issue = given.issue(cast, system)
    with pytest.raises(Denied):
        settle(cast, issue, "aud")


def test_a_version_of_another_system_is_refused(cast: Cast) -> None:
    version: ModelVersion = make_version(cast, make_system(cast, "other"))
    with pytest.raises(Invalid, match="another system"):
        given.issue(cast, make_system(cast), model_version=version)


@pytest.mark.parametrize(
    "changes", [{"title": " "}, {"title": "x" * 121}, {"title": "a\nb"}, {"description": "x" * 5001}]
)
def test_wrong_input_is_refused(cast: Cast, changes: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        given.issue(cast, make_system(cast), **changes)


def test_impossible_steps_are_conflicts(cast: Cast) -> None:
    issue = given.issue(cast, make_system(cast), kind=IssueKind.INCIDENT)
    with pytest.raises(Conflict):
        issues.reopen(actor=cast.actor("dev"), issue=issue, reason="It is open.")
    with pytest.raises(Invalid):
        settle(cast, issue, state=IssueState.OPEN)
    with pytest.raises(Invalid):
        settle(cast, issue, resolution=" ")
    settle(cast, issue)
    with pytest.raises(Conflict):
        settle(cast, issue)
    with pytest.raises(Conflict):
        issues.assign(actor=cast.actor("dev"), issue=issue, owner=cast.dev)
