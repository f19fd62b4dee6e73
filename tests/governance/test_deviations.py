"""Loosened plans through the real services: who accepts them, and what counts until then."""

from typing import Any

import pytest

from audits.models import CheckPlan, Deviation, DeviationState
from audits.services import plans
from governance.dossier import gather_version
from governance.gates import evidence
from governance.models import DeviationVote, VoteVerdict
from governance.services import delegations, deviations
from registry.actors import Actor
from registry.errors import AssayError, Conflict, Denied, Invalid, NotFound
from registry.models import LedgerEntry, ModelVersion
from registry.services import members
from registry.stages import Role
from tests.cast import Cast, grant
from tests.governance import staging
from tests.governance.test_voting import lend

LOOSER = [staging.CHECKS[0], {**staging.CHECKS[1], "threshold": 0.7}]
WHY = "The four-fifths bar was copied from another product."


@pytest.fixture
def version(cast: Cast) -> ModelVersion:
    """A version with a result under the first plan, which Vera sealed and ran."""
    version = staging.at_validation(cast)
    staging.measure(cast, version)
    return version


@pytest.fixture
def deviation(cast: Cast, version: ModelVersion) -> Deviation:
    """Dev seals a looser plan."""
    grant(cast, "rita", Role.VALIDATOR)
    loosen(cast, version)
    return Deviation.objects.get()


def loosen(cast: Cast, version: ModelVersion, by: str = "dev") -> CheckPlan:
    return plans.seal(
        actor=cast.actor(by),
        model_version=version,
        dataset_version=staging.snapshot_of(version.model.system),
        checks=LOOSER,
        reason=WHY,
    )


def vote(cast: Cast, deviation: Deviation, by: str, **kwargs: Any) -> DeviationVote:
    return deviations.vote(
        actor=cast.actor(by),
        deviation=deviation,
        **{"verdict": VoteVerdict.APPROVE, "digest": deviation.digest, "comment": "I read it.", **kwargs},
    )


def current(version: ModelVersion) -> str:
    (plan,) = evidence.current_plans(gather_version(version).dossier)
    return plan.id


def test_it_works(cast: Cast, version: ModelVersion, deviation: Deviation) -> None:
    assert current(version) == str(deviation.old_plan_id)
    vote(cast, deviation, "rita")
    assert current(version) == str(deviation.old_plan_id)
    vote(cast, deviation, "cora")
    deviation.refresh_from_db()
    assert deviation.state == DeviationState.ACCEPTED
    assert deviation.settled_at is not None
    assert current(version) == str(deviation.new_plan_id)
    events = LedgerEntry.objects.filter(event__startswith="deviation.").order_by("index")
    assert [entry.event for entry in events] == [
        "deviation.opened",
        "deviation.voted",
        "deviation.voted",
        "deviation.accepted",
    ]


def test_one_refusal_ends_it(cast: Cast, version: ModelVersion, deviation: Deviation) -> None:
    vote(cast, deviation, "rita", verdict=VoteVerdict.REJECT, comment="No source says so.")
    deviation.refresh_from_db()
    assert deviation.state == DeviationState.REFUSED
    with pytest.raises(Conflict, match="refused already"):
        vote(cast, deviation, "cora")
    assert current(version) == str(deviation.old_plan_id)


def test_a_refusal_says_why(cast: Cast, deviation: Deviation) -> None:
    with pytest.raises(Invalid, match="Say why"):
        vote(cast, deviation, "rita", verdict=VoteVerdict.REJECT, comment=" ")


@pytest.mark.parametrize(
    ("who", "role", "why"),
    [
        ("dev", Role.VALIDATOR, "sealed the plan that loosens"),
        ("vera", Role.COMPLIANCE_OFFICER, "sealed one of the two plans"),
    ],
)
def test_who_had_a_part_in_it_does_not_vote_and_the_attempt_is_kept(
    cast: Cast, deviation: Deviation, who: str, role: Role, why: str
) -> None:
    grant(cast, who, role)
    with pytest.raises(Denied, match=why) as refused:
        vote(cast, deviation, who)
    assert refused.value.recorded
    assert not DeviationVote.objects.exists()
    assert LedgerEntry.objects.filter(event="deviation.vote_refused").count() == 1


def test_a_second_account_of_somebody_who_had_a_part_in_it_does_not_vote(
    cast: Cast, deviation: Deviation
) -> None:
    members.link(actor=Actor.system("operator"), account=cast.rita, person=cast.vera)
    cast.rita.refresh_from_db()
    with pytest.raises(Denied, match="sealed one of the two plans"):
        vote(cast, deviation, "rita", verdict=VoteVerdict.REJECT)
    assert not DeviationVote.objects.exists()
    assert LedgerEntry.objects.filter(event="deviation.vote_refused").count() == 1


def test_who_acts_for_somebody_who_had_a_part_in_it_does_not_vote(cast: Cast, deviation: Deviation) -> None:
    grant(cast, "dev", Role.APPROVER)
    lent = lend(cast, "dev", "rita", Role.APPROVER)
    with pytest.raises(Denied, match="you act for someone who sealed the plan that loosens"):
        vote(cast, deviation, "rita")
    delegations.revoke(actor=cast.actor("dev"), delegation=lent)
    assert vote(cast, deviation, "rita").role == Role.VALIDATOR


@pytest.mark.parametrize(
    ("who", "kind"),
    [("adam", Denied), ("aud", Denied), ("ci", Denied), ("oscar", NotFound), ("root", NotFound)],
)
def test_others_may_not(cast: Cast, deviation: Deviation, who: str, kind: type[AssayError]) -> None:
    with pytest.raises(kind):
        vote(cast, deviation, who)
    assert not DeviationVote.objects.exists()


def test_one_person_votes_once_and_on_what_they_read(cast: Cast, deviation: Deviation) -> None:
    with pytest.raises(Conflict, match="Read it again"):
        vote(cast, deviation, "rita", digest="sha256:" + "0" * 64)
    vote(cast, deviation, "rita")
    with pytest.raises(Conflict, match="voted on this already"):
        vote(cast, deviation, "rita")


def test_two_hats_are_one_person(cast: Cast, deviation: Deviation) -> None:
    grant(cast, "cora", Role.VALIDATOR)
    vote(cast, deviation, "cora")
    deviation.refresh_from_db()
    assert deviation.state == DeviationState.OPEN


def test_a_role_one_does_not_hold_is_no_vote(cast: Cast, deviation: Deviation) -> None:
    with pytest.raises(Denied, match="cannot vote as compliance officer"):
        vote(cast, deviation, "rita", role=Role.COMPLIANCE_OFFICER)


def test_the_ballot_says_what_the_vote_would_meet(cast: Cast, deviation: Deviation) -> None:
    ballot = deviations.ballot(cast.actor("rita"), deviation)
    assert (ballot.roles, ballot.why_not) == ((Role.VALIDATOR,), "")
    assert ballot.standing is not None
    assert dict(ballot.standing.missing) == {"validator": 1, "compliance_officer": 1}
    assert "may not do this" in deviations.ballot(cast.actor("dev"), deviation).why_not
    grant(cast, "vera", Role.COMPLIANCE_OFFICER)
    assert "sealed one of the two plans" in deviations.ballot(cast.actor("vera"), deviation).why_not
    assert "compliance officer" in deviations.ballot(cast.actor("adam"), deviation).why_not


def test_an_approval_does_not_survive_a_loosened_bar(
    cast: Cast, version: ModelVersion, deviation: Deviation
) -> None:
    before = evidence.counted(gather_version(version).dossier)
    for name in ("rita", "cora"):
        vote(cast, deviation, name)
    assert evidence.counted(gather_version(version).dossier) != before
