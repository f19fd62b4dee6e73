"""Votes: on exactly this, by different people, none of whom judges their own work."""

from dataclasses import replace
from typing import Any

import pytest

from governance.gates import codec, subject
from governance.gates.requirements.approvals import VOTING_ROLES, Approvals
from governance.gates.spec import Dossier, HolderFacts, State
from governance.gates.votes import Seat
from tests.governance.gates import facts
from tests.governance.gates.test_decide import decided, finding, unmet


def reported(dossier: Dossier) -> Dossier:
    return facts.reported(replace(dossier, reports=()))


def test_it_asks_for_what_a_policy_wrote() -> None:
    of = [
        {"role": "approver", "order": 2, "signs": ["evidence", "datasets"]},
        {"role": "validator"},
        {"role": "validator", "count": 2},
    ]
    asked = Approvals.of({"of": of, "exclude": ["requester"], "within_days": 9, "request_days": 7})
    seats = (Seat("validator", 3), Seat("approver", order=2, signs=("datasets", "evidence")))
    assert asked == Approvals(seats, ("requester",), 9, 7)
    assert Approvals.of({"of": of[1:2], "exclude": []}) == Approvals((Seat("validator"),))


def test_a_missing_vote_is_open_and_says_who_clears_it() -> None:
    dossier = facts.voted(facts.asked(facts.bare()), vera="validator", cora="compliance_officer")
    found = finding(decided(dossier), "approvals.approver")
    assert (found.state, found.owner_role) == (State.OPEN, "approver")
    assert found.clears == "A business approver votes on the approval request."


def test_without_a_request_it_says_to_ask_first() -> None:
    assert finding(decided(facts.bare()), "approvals.approver").clears.startswith("Ask for approval.")


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("artifact", {"version": {"artifact_digest": facts.digest("other model")}}),
        ("features", {"version": {"features_digest": facts.digest("other features")}}),
        ("policy", {"policy": {"digest": facts.digest("other policy")}}),
    ],
)
def test_a_vote_on_other_facts_is_stale(name: str, change: dict[str, dict[str, str]]) -> None:
    dossier = facts.allowing()
    for field, values in change.items():
        dossier = replace(dossier, **{field: replace(getattr(dossier, field), **values)})
    found = finding(decided(dossier), "approvals.validator")
    assert found.state is State.STALE
    assert subject.FIELD_WORDS[name] in found.sentence


def test_a_vote_before_new_evidence_is_stale() -> None:
    dossier = facts.allowing()
    newer = facts.run(id="run-2", seed=3, result_digest=facts.digest("new"), finished_at=facts.ago(days=1))
    found = finding(decided(replace(dossier, runs=(newer,))), "approvals.approver")
    assert found.state is State.STALE
    assert "the audit results" in found.sentence


def test_a_vote_before_another_intended_use_is_stale() -> None:
    dossier = facts.allowing()
    documents = [d for d in dossier.documents if d.kind != "intended_use_statement"]
    changed = facts.document("intended_use_statement", digest=facts.digest("v2"), number=2)
    found = finding(decided(replace(dossier, documents=(*documents, changed))), "approvals.approver")
    assert found.state is State.STALE
    assert "the intended-use statement" in found.sentence


@pytest.mark.parametrize("person", ["dev", "stew"])
def test_nobody_judges_what_they_made(person: str) -> None:
    dossier = facts.voted(
        facts.asked(facts.bare()), vera="validator", cora="compliance_officer", **{person: "approver"}
    )
    assert unmet(decided(reported(dossier))) == {"approvals.approver": State.OPEN}


def test_nobody_judges_what_they_asked_for() -> None:
    dossier = facts.voted(facts.asked(facts.bare(), requester="adam"))
    assert unmet(decided(reported(dossier)))["approvals.approver"] is State.OPEN


def test_a_validator_may_have_started_the_run() -> None:
    assert facts.allowing().runs[0].starter == "vera"
    assert decided(facts.allowing()).allows


def test_one_person_fills_one_seat() -> None:
    dossier = facts.asked(facts.bare())
    votes = (
        facts.vote(dossier, "vera", "validator"),
        facts.vote(dossier, "vera", "compliance_officer", voted_at=facts.ago(days=1)),
        facts.vote(dossier, "adam", "approver"),
    )
    assert "approvals.validator" in unmet(decided(reported(replace(dossier, votes=votes))))


def test_who_lost_the_role_no_longer_counts() -> None:
    dossier = facts.allowing()
    votes = tuple(replace(vote, entitled=vote.voter != "vera") for vote in dossier.votes)
    found = finding(decided(reported(replace(dossier, votes=votes))), "approvals.validator")
    assert found.state is State.STALE
    assert "no longer holds the role" in found.sentence


def test_a_vote_grows_old() -> None:
    dossier = facts.allowing()
    votes = tuple(replace(vote, voted_at=facts.ago(days=181)) for vote in dossier.votes)
    decision = decided(reported(replace(dossier, votes=votes)))
    assert finding(decision, "approvals.validator").state is State.STALE


def test_a_rejection_closes_the_gate_however_many_approve() -> None:
    dossier = facts.voted(facts.asked(facts.bare()))
    against = facts.vote(dossier, "rita", "reviewer", verdict="reject")
    decision = decided(reported(replace(dossier, votes=(*dossier.votes, against))))
    assert set(unmet(decision)) == {"approvals.rejected.reviewer"}


def test_only_its_author_lifts_a_rejection() -> None:
    dossier = facts.voted(facts.asked(facts.bare()))
    against = facts.vote(dossier, "vera", "validator", verdict="reject", voted_at=facts.ago(days=2, hours=1))
    assert decided(reported(replace(dossier, votes=(against, *dossier.votes)))).allows
    again = replace(against, voted_at=facts.ago(days=1))
    assert not decided(reported(replace(dossier, votes=(again, *dossier.votes)))).allows


def test_a_withdrawn_question_carries_no_approval() -> None:
    dossier = facts.allowing()
    withdrawn = replace(dossier, requests=tuple(replace(r, state="withdrawn") for r in dossier.requests))
    assert "approvals.validator" in unmet(decided(withdrawn))


def test_votes_are_used_up_by_the_step_they_were_given_for() -> None:
    dossier = facts.allowing()
    assert dossier.version is not None
    used = replace(dossier, requests=tuple(replace(r, state="used") for r in dossier.requests))
    assert "approvals.validator" in unmet(decided(used))
    deployed = replace(used, version=replace(dossier.version, stage="production"), environment="production")
    assert decided(deployed).allows


def test_votes_for_another_step_do_not_count() -> None:
    dossier = facts.asked(replace(facts.bare(), step=replace(facts.TO_PRODUCTION, from_stage="suspended")))
    dossier = replace(facts.voted(dossier), step=facts.TO_PRODUCTION)
    assert "approvals.validator" in unmet(decided(reported(dossier)))


def test_a_seat_nobody_could_lawfully_take_is_told() -> None:
    dossier = facts.asked(replace(facts.bare(), holders=(HolderFacts("vera", "validator"),)))
    found = finding(decided(dossier), "approvals.staffing")
    assert "compliance officer and business approver" in found.sentence
    assert found.owner_role == "owner"


def test_one_person_in_two_roles_cannot_take_both_seats() -> None:
    holders = (
        HolderFacts("vera", "validator"),
        HolderFacts("vera", "compliance_officer"),
        HolderFacts("adam", "approver"),
    )
    assert "approvals.staffing" in unmet(decided(facts.asked(replace(facts.bare(), holders=holders))))


def test_enough_people_are_found_whatever_the_order() -> None:
    holders = (
        HolderFacts("a", "validator"),
        HolderFacts("a", "compliance_officer"),
        HolderFacts("b", "validator"),
        HolderFacts("a", "approver"),
        HolderFacts("c", "approver"),
    )
    assert "approvals.staffing" not in unmet(decided(facts.asked(replace(facts.bare(), holders=holders))))


def test_each_field_of_the_subject_makes_another_digest() -> None:
    question = subject.subject_of(facts.bare())
    for field, value in codec.plain(question).items():
        other = (*value, "x") if isinstance(value, list) else f"{value}x"
        changes: Any = {field: tuple(other) if isinstance(value, list) else other}
        changed = replace(question, **changes)
        assert codec.digest(changed) != codec.digest(question)
        assert subject.changed_fields(question, changed) == (field,)


DEMAND = Approvals((Seat("validator", 2), Seat("approver")), ("version_author",), within_days=None)


def test_it_counts_what_each_role_still_owes() -> None:
    dossier = facts.asked(facts.bare())
    assert DEMAND.missing(dossier) == {"validator": 2, "approver": 1}
    assert DEMAND.missing(facts.voted(dossier, vera="validator", adam="approver")) == {"validator": 1}
    assert DEMAND.missing(facts.voted(dossier, a="validator", b="validator", c="approver")) == {}


def test_without_an_age_votes_do_not_grow_old() -> None:
    dossier = facts.voted(facts.asked(facts.bare()))
    ancient = tuple(replace(vote, voted_at=facts.ago(days=3000)) for vote in dossier.votes)
    assert len(DEMAND.given(replace(dossier, votes=ancient), "validator")) == 1
    assert DEMAND.holds_until(replace(dossier, votes=ancient)) is None
    dated = replace(DEMAND, within_days=3)
    assert dated.holds_until(dossier) == facts.ago(days=-1)


def test_staleness_is_told_of_the_role_that_owes() -> None:
    dossier = facts.allowing()
    old = facts.digest("old question")
    votes = tuple(
        replace(vote, subject_digest=old) if vote.role == "validator" else vote for vote in dossier.votes
    )
    states = unmet(decided(replace(dossier, votes=votes)))
    assert states["approvals.validator"] is State.STALE
    against = tuple(replace(vote, subject_digest=old, verdict="reject") for vote in dossier.votes)
    assert unmet(decided(replace(dossier, votes=against)))["approvals.validator"] is State.OPEN


def test_seats_of_one_role_given_twice_add_up() -> None:
    demand = Approvals.of({"of": [{"role": "validator"}, {"role": "validator", "count": 2}], "exclude": []})
    assert demand.seats == (Seat("validator", 3),)


def test_only_roles_that_vote_can_be_asked() -> None:
    assert VOTING_ROLES == ("validator", "reviewer", "compliance_officer", "approver")


def test_a_vote_for_another_step_is_not_stale_here() -> None:
    dossier = facts.asked(facts.bare())
    elsewhere = facts.vote(
        dossier, "vera", "validator", to_stage="compliance", subject_digest=facts.digest("x")
    )
    states = unmet(decided(replace(dossier, votes=(elsewhere,))))
    assert states["approvals.validator"] is State.OPEN


def test_staleness_tells_what_changed_since_the_votes_own_question() -> None:
    first = facts.asked(facts.bare())
    assert first.version is not None
    other = facts.digest("other model")
    second = facts.asked(
        replace(first, version=replace(first.version, artifact_digest=other)), id="request-2"
    )
    voted = facts.voted(second, vera="validator")
    assert voted.policy is not None
    now = replace(voted, policy=replace(voted.policy, digest=facts.digest("other policy")))
    sentence = finding(decided(now), "approvals.validator").sentence
    assert "the policy" in sentence
    assert "the model's bytes" not in sentence
