"""Break-glass takes two people, ends by itself, and is paid for with a review."""

import json
import os
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from governance.dossier import gathering
from governance.gates.spec import GateDecision, Verdict
from governance.models import (
    BreakGlass,
    BreakGlassState,
    IssueKind,
    IssueState,
    Policy,
    ReviewOutcome,
    Severity,
)
from governance.services import asking, break_glass, decisions, delegations, transitions
from registry.errors import Conflict, Denied, Invalid, NotFound
from registry.models import LedgerEntry, ModelVersion, System, User
from registry.services import people
from registry.stages import RiskTier, Role, VersionStage
from tests.cast import PASSWORD, Cast, grant
from tests.governance import exceptional as given
from tests.governance import staging
from tests.governance.gates import facts
from tests.governance.test_hostile_approvals import lose_it_meanwhile
from tests.governance.test_voting import lend


@pytest.fixture
def version(cast: Cast) -> ModelVersion:
    """A version that the gate holds: nobody has approved it."""
    return staging.at_compliance(cast, given.waiving_system(cast))


def at(version: ModelVersion, moment: Any, environment: str = "production") -> GateDecision:
    """What the door says at a moment."""
    return asking.made(gathering.gather_version(version, now=moment).at_door(environment))


def test_it_works(cast: Cast, version: ModelVersion) -> None:
    assert given.door(cast, version).verdict is Verdict.DENY
    release = given.emergency(cast, version)
    decided = given.door(cast, version)
    assert decided.verdict is Verdict.ALLOW_WITH_WAIVER
    assert decided.waivers == (f"break_glass:{release.pk}",)
    assert release.incident is not None
    incident = release.incident
    assert (incident.kind, incident.severity, incident.state) == (
        IssueKind.INCIDENT,
        Severity.HIGH,
        IssueState.OPEN,
    )
    assert [given.entries(f"break_glass.{verb}") for verb in ("requested", "confirmed")] == [1, 1]
    assert given.entries("issue.raised") == 1


def test_one_person_opens_nothing(cast: Cast, version: ModelVersion) -> None:
    given.emergency(cast, version, confirmed=False)
    assert given.door(cast, version).verdict is Verdict.DENY


def test_it_is_no_environment_variable(
    cast: Cast, version: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ASSAY_BREAK_GLASS", "ASSAY_FORCE", "ASSAY_SKIP", "BREAK_GLASS", "ASSAY_OVERRIDE"):
        monkeypatch.setenv(name, "1")
    assert os.environ["ASSAY_BREAK_GLASS"] == "1"
    assert given.door(cast, version).verdict is Verdict.DENY


def test_it_ends_by_itself(cast: Cast, version: ModelVersion) -> None:
    release = given.emergency(cast, version, hours=2)
    assert release.starts is not None
    assert release.ends == release.starts + timedelta(hours=2)
    assert at(version, release.ends - timedelta(seconds=1)).allows
    assert not at(version, release.ends).allows
    assert not at(version, release.ends + timedelta(seconds=1)).allows
    assert given.door(cast, version).holds_until == release.ends


def test_it_opens_one_door_of_one_version(cast: Cast, version: ModelVersion) -> None:
    other = staging.at_compliance(cast, version.model.system, "2")
    given.emergency(cast, version)
    assert given.door(cast, version).allows
    assert not given.door(cast, other).allows
    assert not given.door(cast, version, "staging").allows


def test_a_rollback_to_a_version_that_was_stopped(cast: Cast, version: ModelVersion, printer: None) -> None:
    """F11: blocked, until two people take it upon themselves."""
    staging.allowed(cast, version)
    for to in ("production", "suspended"):
        version = transitions.request(actor=cast.actor("dev"), version=version, to=to, reason="It harms.")
    assert given.door(cast, version).verdict is Verdict.DENY
    given.emergency(cast, version)
    assert given.door(cast, version).verdict is Verdict.ALLOW_WITH_WAIVER
    version.refresh_from_db()
    assert version.stage == VersionStage.SUSPENDED


# --- two people ---


def attempts(release: BreakGlass) -> list[str]:
    """Why attempts were refused, by the log."""
    found = LedgerEntry.objects.filter(event="break_glass.excluded", subject_id=release.pk)
    return [json.loads(bytes(entry.body))["data"]["why"] for entry in found]


def test_nobody_confirms_their_own(cast: Cast, version: ModelVersion) -> None:
    release = given.emergency(cast, version, confirmed=False)
    with pytest.raises(Denied, match="takes two people"):
        break_glass.confirm(actor=cast.actor("olga"), release=release)
    second = User.objects.create_user("olga2", "o@example.org", PASSWORD)
    people.grant_role(actor=cast.actor("olga"), organisation=cast.acme, user=second, role=Role.OPERATOR)
    second.responsible = cast.olga
    second.save(update_fields=["responsible"])
    cast.second = second  # type: ignore[attr-defined]
    with pytest.raises(Denied):
        break_glass.confirm(actor=cast.actor("second"), release=release)
    assert len(attempts(release)) == 2
    assert break_glass.confirm(actor=cast.actor("adam"), release=release).confirmed_by == cast.adam


def test_nobody_confirms_for_whom_they_act(cast: Cast, version: ModelVersion) -> None:
    release = given.emergency(cast, version, by="adam", confirmed=False)
    lent = lend(cast, "adam", "cora", Role.APPROVER)
    with pytest.raises(Denied, match="You cannot confirm this: you act for someone who asked for it"):
        break_glass.confirm(actor=cast.actor("cora"), release=release)
    assert attempts(release) == ["act for someone who asked for it, and an emergency takes two people"]
    delegations.revoke(actor=cast.actor("adam"), delegation=lent)
    assert break_glass.confirm(actor=cast.actor("cora"), release=release).confirmed_by == cast.cora


def test_a_service_account_takes_no_part(cast: Cast, version: ModelVersion) -> None:
    grant(cast, "ci", Role.OPERATOR)
    cast.olga, keep = cast.ci, cast.olga
    with pytest.raises(Denied, match="asked for by a person"):
        given.emergency(cast, version)
    cast.olga = keep
    release = given.emergency(cast, version, confirmed=False)
    with pytest.raises(Denied):
        break_glass.confirm(actor=cast.actor("ci"), release=release)
    assert "service account" in attempts(release)[0]


def test_it_takes_the_permission(cast: Cast, version: ModelVersion) -> None:
    release = given.emergency(cast, version, confirmed=False)
    for name in ("dev", "vera", "aud"):
        with pytest.raises(Denied):
            break_glass.confirm(actor=cast.actor(name), release=release)
    for name in ("oscar", "root"):
        with pytest.raises(NotFound):
            break_glass.confirm(actor=cast.actor(name), release=release)


def test_the_database_itself_wants_two_people(cast: Cast, version: ModelVersion) -> None:
    release = given.emergency(cast, version)
    for change in ({"confirmed_by": release.requested_by}, {"ends": None}, {"review_due_at": None}):
        with pytest.raises(IntegrityError), transaction.atomic():
            BreakGlass.objects.filter(pk=release.pk).update(**change)


def test_it_is_confirmed_once(cast: Cast, version: ModelVersion) -> None:
    release = given.emergency(cast, version)
    with pytest.raises(Conflict):
        break_glass.confirm(actor=cast.actor("cora"), release=release)
    with pytest.raises(Conflict, match="running already"):
        given.emergency(cast, version)


# --- what it stands over ---


def test_without_the_key_in_the_policy_it_is_not_possible(cast: Cast, version: ModelVersion) -> None:
    staging.put_into_force(cast, facts.body())
    with pytest.raises(Conflict) as refused:
        given.emergency(cast, version)
    assert refused.value.code == "break_glass.not_possible"


def test_taking_the_key_out_ends_one_that_runs(cast: Cast, version: ModelVersion) -> None:
    given.emergency(cast, version)
    assert given.door(cast, version).allows
    staging.put_into_force(cast, facts.body())
    assert not given.door(cast, version).allows


def test_it_stands_over_no_unacceptable_use(cast: Cast, version: ModelVersion) -> None:
    given.emergency(cast, version)
    System.objects.update(risk_tier=RiskTier.UNACCEPTABLE)
    assert not at(version, given.until()).allows
    with pytest.raises(Conflict):
        given.emergency(cast, version)


def test_it_stands_over_no_tampered_policy(cast: Cast, version: ModelVersion) -> None:
    given.emergency(cast, version)
    published = Policy.objects.filter(tier="high", state="published")
    published.update(body=published.get().body.replace("max_hours: 8", "max_hours: 9"))
    assert not at(version, given.until()).allows


@pytest.mark.parametrize("hours", [0, 9, -1])
def test_it_runs_no_longer_than_the_policy_gives(cast: Cast, version: ModelVersion, hours: int) -> None:
    with pytest.raises(Invalid, match="1 to 8 hours"):
        given.emergency(cast, version, hours=hours)


def test_unknown_bytes_pass_no_door(cast: Cast, version: ModelVersion) -> None:
    given.emergency(cast, version)
    with pytest.raises(NotFound):
        decisions.ask(actor=cast.actor("ci"), artifact_digest=facts.digest("other"), environment="production")


# --- afterwards ---


def ended(cast: Cast, version: ModelVersion, *, overdue: bool = False) -> BreakGlass:
    """One that is over; with `overdue` its review is as well."""
    release = given.emergency(cast, version)
    break_glass.end(actor=cast.actor("adam"), release=release, reason="The old one is back.")
    if overdue:
        BreakGlass.objects.filter(pk=release.pk).update(review_due_at=given.until(seconds=-1))
    release.refresh_from_db()
    return release


def review(cast: Cast, release: BreakGlass, by: str = "cora") -> BreakGlass:
    return break_glass.review(
        actor=cast.actor(by), release=release, outcome=ReviewOutcome.JUSTIFIED, words="I read the incident."
    )


def test_it_can_be_ended_early(cast: Cast, version: ModelVersion) -> None:
    ended(cast, version)
    assert not given.door(cast, version).allows
    assert given.entries("break_glass.ended") == 1


def test_an_overdue_review_closes_every_rollout_of_the_system(
    cast: Cast, version: ModelVersion, printer: None
) -> None:
    ready = staging.allowed(cast, staging.at_compliance(cast, version.model.system, "2"))
    assert given.door(cast, ready).verdict is Verdict.ALLOW
    release = ended(cast, version, overdue=True)
    decided = at(ready, None)
    assert "break_glass.review_overdue" in {f.code for f in decided.findings if f.blocks}
    with pytest.raises(Conflict, match="No emergency stands over this"):
        given.emergency(cast, ready)
    review(cast, release)
    assert "break_glass.review_overdue" not in {f.code for f in given.door(cast, ready).findings}


def test_only_a_compliance_officer_who_took_no_part_reviews(cast: Cast, version: ModelVersion) -> None:
    for name in ("olga", "adam"):
        if name != "olga":
            grant(cast, name, Role.COMPLIANCE_OFFICER)
    release = ended(cast, version)
    with pytest.raises(Denied, match="took part"):
        review(cast, release, "olga")
    with pytest.raises(Denied, match="took part"):
        review(cast, release, "adam")
    grant(cast, "rita", Role.OPERATOR)
    with pytest.raises(Denied, match="not a compliance officer"):
        review(cast, release, "rita")
    lent = lend(cast, "adam", "cora", Role.APPROVER)
    with pytest.raises(Denied, match="you act for someone who took part in it"):
        review(cast, release)
    delegations.revoke(actor=cast.actor("adam"), delegation=lent)
    assert len(attempts(release)) == 4
    assert review(cast, release).reviewed_by == cast.cora
    with pytest.raises(Conflict, match="reviewed already"):
        review(cast, release)


def test_it_is_reviewed_when_it_is_over(cast: Cast, version: ModelVersion) -> None:
    release = given.emergency(cast, version)
    with pytest.raises(Conflict, match="still running"):
        review(cast, release)


def test_what_was_asked_can_be_taken_back(cast: Cast, version: ModelVersion) -> None:
    release = given.emergency(cast, version, confirmed=False)
    taken = break_glass.withdraw(actor=cast.actor("olga"), release=release, reason="It is over.")
    assert taken.state == BreakGlassState.WITHDRAWN
    with pytest.raises(Conflict):
        break_glass.confirm(actor=cast.actor("adam"), release=release)


def test_what_was_asked_long_ago_is_asked_again(cast: Cast, version: ModelVersion) -> None:
    release = given.emergency(cast, version, confirmed=False)
    BreakGlass.objects.filter(pk=release.pk).update(requested_at=given.until(hours=-9))
    with pytest.raises(Conflict, match="too long ago"):
        break_glass.confirm(actor=cast.actor("adam"), release=release)


def test_it_is_not_confirmed_in_a_role_that_was_lost_while_it_waited(
    cast: Cast, version: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = given.emergency(cast, version, confirmed=False)
    grant(cast, "adam", Role.AUDITOR)
    with monkeypatch.context() as patch:
        lose_it_meanwhile(cast, "adam", patch)
        with pytest.raises(Denied):
            break_glass.confirm(actor=cast.actor("adam"), release=release)
    assert given.door(cast, version).verdict is Verdict.DENY
    assert break_glass.confirm(actor=cast.actor("cora"), release=release).ends is not None
