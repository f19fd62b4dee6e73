"""Which votes count: by what they signed, whose voice they are, and whose turn it is."""

from collections.abc import Callable
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.gates import subject, votes
from governance.gates.policy import parse
from governance.gates.requirements.approvals import SIGNABLE, Approvals
from governance.gates.requirements.conditions import ConditionsKept
from governance.gates.spec import Dossier, HolderFacts, State, Step, Subject
from governance.gates.voted import ConditionFacts
from governance.gates.votes import Seat
from registry.errors import Invalid
from tests.governance.gates import facts

ROLES = ("validator", "compliance_officer", "approver")
SYSTEM_STEP = Step("system", "data_sourcing", "feature_engineering")


def demand(*signs: tuple[str, ...]) -> Approvals:
    return Approvals(tuple(Seat(role, signs=fields_) for role, fields_ in zip(ROLES, signs, strict=True)))


def met(approvals: Approvals, dossier: Dossier) -> dict[str, State]:
    return {f.code.removeprefix("approvals."): f.state for f in approvals.findings(dossier) if not f.met}


def _version(**changes: Any) -> Callable[[Dossier], Dossier]:
    return lambda dossier: replace(dossier, version=replace(dossier.version, **changes))  # type: ignore[type-var]


def _documents(kind: str) -> Callable[[Dossier], Dossier]:
    def change(dossier: Dossier) -> Dossier:
        other = facts.document(kind, digest=facts.digest("changed"), number=2)
        return replace(dossier, documents=(*(d for d in dossier.documents if d.kind != kind), other))

    return change


def _step(dossier: Dossier) -> Dossier:
    assert dossier.step is not None
    return replace(dossier, step=replace(dossier.step, from_stage="suspended"))


def _datasets(dossier: Dossier) -> Dossier:
    return replace(dossier, datasets=tuple(replace(d, digest=facts.digest(d.id)) for d in dossier.datasets))


def _columns(dossier: Dossier) -> Dossier:
    return replace(dossier, datasets=tuple(replace(d, columns_digest=d.digest) for d in dossier.datasets))


def _policy(dossier: Dossier) -> Dossier:
    assert dossier.policy is not None
    return replace(dossier, policy=replace(dossier.policy, digest=facts.digest("other policy")))


def _evidence(dossier: Dossier) -> Dossier:
    return replace(dossier, runs=(facts.run(id="run-2", result_digest=facts.digest("new")),))


def _quality(dossier: Dossier) -> Dossier:
    return replace(dossier, quality=tuple(facts.quality(dataset_version=d.id) for d in dossier.datasets))


def _waived(dossier: Dossier) -> Dossier:
    assert dossier.step is not None
    waiver = replace(facts.covering(facts.bare()), step=dossier.step.name)
    return replace(dossier, waivers=(waiver,))


def _tier(dossier: Dossier) -> Dossier:
    return replace(dossier, system=replace(dossier.system, tier="limited"))


def _system(dossier: Dossier) -> Dossier:
    return replace(dossier, system=replace(dossier.system, id="system-2"))


# For each field of a decision subject: what in the facts changes it, on which kind of step.
CHANGES: dict[str, tuple[bool, Callable[[Dossier], Dossier]]] = {
    "model_version": (True, _version(id="version-2")),
    "step": (True, _step),
    "artifact": (True, _version(artifact_digest=facts.digest("other model"))),
    "datasets": (True, _datasets),
    "features": (True, _version(features_digest=facts.digest("other features"))),
    "intended_use": (True, _documents("intended_use_statement")),
    "policy": (True, _policy),
    "evidence": (True, _evidence),
    "quality": (True, _quality),
    "waivers": (True, _waived),
    "system": (False, _system),
    "classification": (False, _tier),
    "documents": (False, _documents("dataset_datasheet")),
}


def signed(of_version: bool) -> Dossier:
    """Approved by everybody, on a step of a version or of its system."""
    dossier = facts.bare()
    if not of_version:
        dossier = replace(dossier, version=None, step=SYSTEM_STEP)
    dossier = facts.voted(facts.asked(dossier))
    assert dossier.step is not None
    to_stage = dossier.step.to_stage
    return replace(dossier, votes=tuple(replace(vote, to_stage=to_stage) for vote in dossier.votes))


def test_every_field_of_a_subject_is_tried() -> None:
    assert set(CHANGES) == {field.name for field in fields(Subject)} - {"schema"}


@pytest.mark.parametrize("mapped", ["nothing", "everything", *SIGNABLE])
@pytest.mark.parametrize("changed", CHANGES)
def test_a_change_makes_exactly_the_mapped_votes_stale_and_closes_the_gate(changed: str, mapped: str) -> None:
    of_version, change = CHANGES[changed]
    before = signed(of_version)
    # The validator signs what is mapped, the compliance officer all but that, the approver everything.
    signs = {"nothing": ("artifact",), "everything": SIGNABLE}.get(mapped, (mapped,))
    others = tuple(name for name in SIGNABLE if name not in signs) or SIGNABLE
    asked = demand(signs, others, ())
    assert met(asked, before) == {}
    after = change(before)
    assert subject.changed_fields(subject.now(before), subject.now(after)) == (changed,)
    expected = {"approver"}  # who signs everything is always asked again, so the gate is closed
    if changed in subject.ALWAYS or changed in signs:
        expected.add("validator")
    if changed in subject.ALWAYS or changed in others:
        expected.add("compliance_officer")
    states = met(asked, after)
    assert set(states) == expected
    if changed not in {"step", "system", "model_version"}:
        assert set(states.values()) == {State.STALE}
        sentence = next(f.sentence for f in asked.findings(after) if f.code == "approvals.approver")
        assert subject.FIELD_WORDS[changed] in sentence


@given(
    st.lists(st.sets(st.sampled_from(SIGNABLE)), min_size=3, max_size=3),
    st.sets(st.sampled_from([name for name, (of_version, _) in CHANGES.items() if of_version])),
)
def test_whatever_is_mapped_and_whatever_changes(signs: list[set[str]], changed: set[str]) -> None:
    asked = demand(*(tuple(sorted(one)) for one in signs))
    dossier = signed(True)
    for name in sorted(changed):
        dossier = CHANGES[name][1](dossier)
    stale = {
        role
        for role, one in zip(ROLES, signs, strict=True)
        if changed & (subject.ALWAYS | one if one else subject.EVERYTHING)
    }
    assert set(met(asked, dossier)) == stale


def test_votes_that_still_count_count_on_the_new_request() -> None:
    asked = demand((), ("artifact",), ("artifact",))
    after = facts.asked(_evidence(signed(True)), id="request-2", requested_at=facts.ago(days=1))
    assert set(met(asked, after)) == {"validator"}
    again = facts.vote(after, "vera", "validator", voted_at=facts.ago(hours=1))
    assert met(asked, replace(after, votes=(*after.votes, again))) == {}


def test_a_subject_that_was_rewritten_carries_no_vote() -> None:
    dossier = signed(True)
    forged = replace(_evidence(dossier), requests=())
    question = replace(dossier.requests[0], subject=subject.now(_evidence(dossier)))
    forged = replace(forged, requests=(question,))
    assert set(met(demand((), (), ()), forged)) == set(ROLES)
    assert votes.stale_fields(forged, forged.votes[0], ()) == ("schema",)


def test_where_no_step_is_asked_about_nobody_has_voted_on_it() -> None:
    assert votes.own_step(signed(True))
    nowhere = replace(signed(True), step=None)
    assert votes.own_step(nowhere) == votes.standing(nowhere, (Seat("validator"),)) == ()


def test_a_rejection_stands_while_what_it_signed_is_the_same() -> None:
    asked = demand(("evidence",), (), ())
    dossier = signed(True)
    against = facts.vote(dossier, "vera", "validator", verdict="reject", voted_at=facts.ago(days=1))
    dossier = replace(dossier, votes=(*dossier.votes, against))
    for change, stands in ((_documents("intended_use_statement"), True), (_evidence, False)):
        assert ("rejected.validator" in met(asked, change(dossier))) == stands


def test_a_rejection_of_the_facts_as_they_are_stands_even_if_its_question_was_tampered_with() -> None:
    asked = demand((), (), ())
    dossier = signed(True)
    against = facts.vote(dossier, "rita", "reviewer", verdict="reject", voted_at=facts.ago(days=1))
    question = replace(dossier.requests[0], subject=subject.now(_evidence(dossier)))
    for requests in ((), (question,)):
        tampered = replace(dossier, votes=(*dossier.votes, against), requests=requests)
        assert met(asked, tampered)["rejected.reviewer"] is State.OPEN
        assert "rejected.reviewer" not in met(asked, _evidence(tampered))


def sentence(asked: Approvals, dossier: Dossier, role: str) -> str:
    return next(f.sentence for f in asked.findings(dossier) if f.code == f"approvals.{role}")


def test_only_what_a_seat_signs_is_told_to_have_changed() -> None:
    asked = demand(("evidence",), (), ())
    after = _documents("intended_use_statement")(_evidence(signed(True)))
    assert sentence(asked, after, "validator").endswith(
        "A vote was signed before a change of the audit results."
    )
    assert "the intended-use statement" in sentence(asked, after, "approver")


@pytest.mark.parametrize(
    ("principal", "whose"), [("", "The person who voted"), ("ann", "The person it was given for")]
)
def test_it_says_whose_role_has_ended(principal: str, whose: str) -> None:
    dossier = signed(True)
    rows = tuple(replace(vote, entitled=False, principal=principal) for vote in dossier.votes)
    told = sentence(demand((), (), ()), replace(dossier, votes=rows), "validator")
    assert told.endswith(f"{whose} no longer holds the role.")


def test_a_vote_on_a_question_that_is_gone_hides_no_older_one() -> None:
    after = _evidence(signed(True))
    lost = facts.vote(after, "val2", "validator", request="gone", voted_at=facts.ago(days=1))
    told = sentence(demand((), (), ()), replace(after, votes=(*after.votes, lost)), "validator")
    assert told.endswith("A vote was signed before a change of the audit results.")


# --- turns

TURNS = Approvals((Seat("validator"), Seat("compliance_officer", order=2), Seat("approver", order=3)))


def test_later_turns_count_only_while_earlier_ones_are_filled() -> None:
    dossier = facts.asked(facts.bare())
    late = facts.voted(dossier, cora="compliance_officer", adam="approver")
    assert set(met(TURNS, late)) == set(ROLES)
    assert TURNS.given(late, "approver") == []
    assert TURNS.given(late, "reviewer") == []  # who has no seat
    assert met(TURNS, facts.voted(late, vera="validator")) == {}
    assert TURNS.waits_for(late, "validator") == ()
    assert TURNS.waits_for(late, "approver") == ("validator",)
    assert TURNS.waits_for(late, "reviewer") == ()  # who has no seat waits for nobody
    assert "First it is the turn of the validator." in TURNS.findings(late)[-1].sentence


def test_seats_stand_in_their_order() -> None:
    of = [{"role": "approver", "order": 2}, {"role": "validator"}]
    assert [seat.role for seat in Approvals.of({"of": of, "exclude": []}).seats] == ["validator", "approver"]


@pytest.mark.parametrize("key", ["order: 2", "signs: [evidence]"])
def test_a_role_has_one_turn_and_signs_one_thing(key: str) -> None:
    text = facts.body().replace("{role: approver}", f"{{role: approver}}, {{role: approver, {key}}}")
    with pytest.raises(Invalid) as refused:
        parse(text)
    assert f"another '{key.partition(':')[0]}'" in refused.value.errors[0][1]
    assert "approvals.of[3]" in refused.value.errors[0][0]


# --- voices


def test_a_delegate_and_whom_they_speak_for_have_one_voice() -> None:
    two = Approvals((Seat("approver", 2),))
    dossier = facts.asked(facts.bare())
    own = facts.vote(dossier, "adam", "approver")
    lent = facts.vote(dossier, "dora", "approver", principal="adam")
    other = facts.vote(dossier, "dirk", "approver", principal="adam", voted_at=facts.ago(days=1))
    for both in ((own, lent), (lent, other), (own, lent, other)):
        assert len(two.given(replace(dossier, votes=both), "approver")) == 1
    second = facts.vote(dossier, "zoe", "approver")
    assert met(two, replace(dossier, votes=(lent, second), holders=())) == {}


@pytest.mark.parametrize(("voter", "principal"), [("dev", "adam"), ("dora", "dev")])
def test_neither_voice_nor_speaker_may_be_excluded(voter: str, principal: str) -> None:
    one = Approvals((Seat("approver"),), ("version_author",))
    dossier = facts.asked(facts.bare())
    vote = facts.vote(dossier, voter, "approver", principal=principal)
    assert "approver" in met(one, replace(dossier, votes=(vote,)))
    independent = replace(vote, voter="dora", principal="adam")
    assert met(one, replace(dossier, votes=(independent,))) == {}


def test_who_speaks_for_somebody_excluded_is_bound_like_them() -> None:
    one = Approvals((Seat("approver"),), ("version_author",))
    dossier = facts.voted(facts.asked(facts.bare()), adam="approver")
    assert met(one, dossier) == {}
    bound = replace(dossier, holders=(*dossier.holders, HolderFacts("adam", "validator", "dev")))
    assert "approver" in met(one, bound)


def test_a_delegate_adds_nobody_who_could_vote() -> None:
    two = Approvals((Seat("approver", 2),))
    holders = (HolderFacts("adam", "approver"), HolderFacts("dora", "approver", "adam"))
    dossier = facts.asked(replace(facts.bare(), holders=holders))
    assert "staffing" in met(two, dossier)
    lent = facts.vote(dossier, "dora", "approver", principal="adam")
    assert "staffing" in met(two, replace(dossier, votes=(lent,)))
    enough = replace(dossier, holders=(*holders, HolderFacts("zoe", "approver")))
    assert "staffing" not in met(two, enough)


# --- conditions


def conditional(dossier: Dossier, **changes: Any) -> Dossier:
    due = facts.NOW + timedelta(days=3)
    row = ConditionFacts("c-1", "request-1", "adam", "approver", "dev", due, None)
    return replace(dossier, conditions=(replace(row, **changes),))


def test_a_vote_whose_condition_lapsed_does_not_count() -> None:
    asked = demand((), (), ())
    dossier = conditional(signed(True))
    assert met(asked, dossier) == {}
    assert asked.holds_until(dossier) == facts.NOW + timedelta(days=3)
    # Whichever comes first: the votes are two days old.
    for days, first in ((30, timedelta(days=3)), (4, timedelta(days=2))):
        assert replace(asked, within_days=days).holds_until(dossier) == facts.NOW + first
    late = conditional(dossier, due_at=facts.NOW)
    assert met(asked, late) == {"approver": State.STALE, "condition.approver": State.OPEN}
    assert met(asked, conditional(dossier, due_at=facts.NOW, met_at=facts.NOW)) == {}


@pytest.mark.parametrize(
    ("due_at", "day"),
    [
        (datetime(2026, 11, 24, tzinfo=UTC), "2026-11-23"),
        (datetime(2026, 11, 24, 0, 0, 0, 1, tzinfo=UTC), "2026-11-24"),
        (datetime(2026, 11, 24, 0, 30, tzinfo=timezone(timedelta(hours=1))), "2026-11-23"),
    ],
)
def test_the_last_day_of_a_condition_is_told_as_it_was_set(due_at: datetime, day: str) -> None:
    [condition] = conditional(signed(True), due_at=due_at).conditions
    assert condition.due_on == day


@pytest.mark.parametrize(
    ("none", "changes", "state"),
    [
        ("lapsed", {}, State.MET),
        ("open", {}, State.OPEN),
        ("lapsed", {"due_at": facts.NOW}, State.STALE),
        ("open", {"due_at": facts.NOW}, State.STALE),
        ("open", {"met_at": facts.ago(days=1)}, State.MET),
        ("open", {"voter": "nobody"}, State.MET),  # of a vote that was taken back
    ],
)
def test_a_policy_may_ask_about_conditions(none: str, changes: dict[str, Any], state: State) -> None:
    dossier = conditional(signed(True), **changes)
    kept = ConditionsKept.of({"none": none})
    assert [finding.state for finding in kept.findings(dossier)] == [state]
    pending = changes in ({}, {"due_at": facts.NOW})
    assert (kept.holds_until(dossier) is not None) == pending


def test_a_later_word_of_the_same_person_replaces_their_conditions() -> None:
    dossier = conditional(facts.asked(signed(True), id="request-2"), due_at=facts.NOW)
    again = facts.vote(dossier, "adam", "approver", voted_at=facts.ago(days=1))
    assert votes.binding(replace(dossier, votes=(*dossier.votes, again))) == ()
    used = replace(dossier, requests=(replace(dossier.requests[0], state="used"), dossier.requests[1]))
    assert len(votes.binding(replace(used, votes=(*dossier.votes, again)))) == 1


# --- words taken back, questions used up


@pytest.mark.parametrize(("before", "left"), [("approve", None), ("reject", "reject")])
def test_a_word_taken_back_never_brings_an_approval_back(before: str, left: str | None) -> None:
    dossier = facts.asked(facts.bare())
    first = facts.vote(dossier, "vera", "validator", verdict=before)
    second = facts.vote(dossier, "vera", "validator", withdrawn=True, voted_at=facts.ago(days=1))
    found = votes.standing(replace(dossier, votes=(first, second)), (Seat("validator"),))
    assert [vote.verdict for vote in found] == ([left] if left else [])


def test_a_step_that_was_taken_uses_up_every_vote_so_far() -> None:
    step = Step("model_version", "monitoring", "monitoring")
    dossier = facts.bare()
    assert dossier.version is not None
    dossier = replace(dossier, step=step, version=replace(dossier.version, stage="monitoring"))
    first = facts.asked(dossier, state="replaced")
    vote = facts.vote(first, "vera", "validator", to_stage="monitoring")
    voted = replace(first, votes=(vote,))
    seats = (Seat("validator", signs=("artifact",)),)
    assert votes.standing(voted, seats) == (vote,)
    used = facts.asked(voted, id="request-2", state="used", requested_at=facts.ago(days=1))
    assert votes.standing(used, seats) == ()


def test_a_request_that_expired_is_asked_again() -> None:
    dossier = facts.asked(facts.bare())
    one = Approvals((Seat("validator"),), request_days=3)
    assert one.findings(dossier)[-1].clears == "Ask for approval. A validator votes on the approval request."
    fresh = replace(one, request_days=4)
    assert fresh.findings(dossier)[-1].clears == "A validator votes on the approval request."


def test_a_gate_holds_no_longer_than_the_condition_of_a_vote_it_does_not_need() -> None:
    """Rita has lost the role in which she approved; that her condition lapses closes the gate all the same."""
    both = Approvals((Seat("validator"),))
    dossier = facts.voted(facts.asked(facts.bare()), vera="validator", rita="validator")
    votes_ = tuple(replace(vote, entitled=vote.voter != "rita") for vote in dossier.votes)
    due = facts.NOW + timedelta(hours=1)
    condition = ConditionFacts("c-1", dossier.requests[-1].id, "rita", "validator", "dev", due, None)
    dossier = replace(dossier, votes=votes_, conditions=(condition,))
    assert met(both, dossier) == {}
    assert met(both, replace(dossier, now=due)) == {"condition.validator": State.OPEN}
    assert both.holds_until(dossier) == due
    assert both.holds_until(replace(dossier, now=due)) is None
