"""Votes with a life: turns, delegates, conditions, words taken back, requests that expire or are sent back."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from governance import selectors
from governance.models import ApprovalRequest, Condition, Delegation, RequestState, Vote, VoteVerdict
from governance.services import approvals, conditions, decisions, delegations, transitions
from governance.services.approvals import Term
from registry.errors import Conflict, Denied, GateRefused, Invalid, NotFound
from registry.models import LedgerEntry, ModelVersion, System, User
from registry.services import people
from registry.stages import Role
from tests.cast import PASSWORD, Cast, grant
from tests.governance import staging
from tests.make import make_dataset_version, make_document, make_system, make_version

TODAY = datetime.now(UTC).date()
TOMORROW = TODAY + timedelta(days=1)

POLICY = """
schema: assay.policy/1
name: Votes only
tier: high
transitions:
  - subject: system
    from: problem_definition
    to: data_sourcing
    requirements:
      - documents: {kinds: [problem_definition]}
      - approvals: {of: [{role: reviewer}], exclude: [requester, document_author]}
  - from: development
    to: validation
    requirements:
      - documents: {kinds: [problem_definition]}
  - from: validation
    to: compliance
    environments: [staging]
    requirements:
      - approvals:
          of: SEATS
          exclude: [version_author, requester, committer]
          EXTRA
"""
SEATS = "[{role: validator}, {role: compliance_officer}, {role: approver}]"


def publish(cast: Cast, seats: str = SEATS, extra: str = "within_days: 30") -> None:
    text = POLICY.replace("SEATS", seats).replace("EXTRA", extra)
    staging.put_into_force(cast, text)


def at_validation(
    cast: Cast, seats: str = SEATS, extra: str = "within_days: 30", **kwargs: Any
) -> ModelVersion:
    """A version at validation under a policy that asks for votes only."""
    publish(cast, seats, extra)
    system = make_system(cast)
    make_document(cast, system)
    snapshot = make_dataset_version(cast, system)
    System.objects.filter(pk=system.pk).update(stage="development")
    system.refresh_from_db()
    made = make_version(cast, system, dataset_versions=[snapshot], **kwargs)
    return transitions.request(actor=cast.actor("dev"), version=made, to="validation")


def ask(cast: Cast, version: ModelVersion) -> ApprovalRequest:
    return staging.ask(cast, version, to="compliance")


def move(cast: Cast, version: ModelVersion) -> ModelVersion:
    return transitions.request(actor=cast.actor("dev"), version=version, to="compliance")


def open_lines(cast: Cast, version: ModelVersion) -> dict[str, str]:
    """The lines that keep the gate shut, with their sentences."""
    option = next(
        o for o in transitions.options(cast.actor("dev"), version) if o.transition.to_stage == "compliance"
    )
    assert option.decided is not None
    return {f.code: f.sentence for f in option.decided.findings if not f.met}


def lend(cast: Cast, by: str, to: str, role: Role, **kwargs: Any) -> Delegation:
    defaults: dict[str, Any] = {"starts_on": TODAY, "ends_on": TOMORROW, "reason": "Holidays."}
    return delegations.give(
        actor=cast.actor(by),
        organisation=cast.acme,
        delegate=getattr(cast, to),
        role=role,
        **{**defaults, **kwargs},
    )


def events(code: str) -> list[dict[str, Any]]:
    return [
        json.loads(bytes(e.body))["data"] for e in LedgerEntry.objects.filter(event=code).order_by("index")
    ]


# --- steps of a system


def test_a_step_of_a_system_is_approved(cast: Cast) -> None:
    publish(cast)
    system = make_system(cast)
    make_document(cast, system)
    with pytest.raises(GateRefused):
        transitions.request_system(actor=cast.actor("dev"), system=system, to="data_sourcing")
    request = approvals.request_system(actor=cast.actor("olga"), system=system, to="data_sourcing")
    assert (request.system, request.model_version) == (system, None)
    staging.vote(cast, request, "rita")
    moved = transitions.request_system(actor=cast.actor("dev"), system=system, to="data_sourcing")
    assert moved.stage == "data_sourcing"
    request.refresh_from_db()
    assert request.state == RequestState.USED


def test_another_document_makes_the_votes_on_a_system_stale(cast: Cast) -> None:
    publish(cast)
    system = make_system(cast)
    make_document(cast, system)
    staging.vote(
        cast, approvals.request_system(actor=cast.actor("olga"), system=system, to="data_sourcing"), "rita"
    )
    make_document(cast, system, content="Something else.")
    with pytest.raises(GateRefused) as refused:
        transitions.request_system(actor=cast.actor("dev"), system=system, to="data_sourcing")
    assert "a change of the documents" in refused.value.message


def test_who_wrote_a_systems_documents_does_not_judge_them(cast: Cast) -> None:
    publish(cast)
    system = make_system(cast)
    make_document(cast, system, by="rita")
    request = approvals.request_system(actor=cast.actor("dev"), system=system, to="data_sourcing")
    with pytest.raises(Denied, match="you wrote a document of it"):
        staging.vote(cast, request, "rita")


# --- turns


def test_a_later_turn_waits_for_the_earlier(cast: Cast) -> None:
    version = at_validation(cast, "[{role: validator, order: 1}, {role: approver, order: 2}]")
    request = ask(cast, version)
    with pytest.raises(Conflict, match="First it is the turn of the validator") as refused:
        staging.vote(cast, request, "adam")
    assert refused.value.code == "approval.too_early"
    staging.vote(cast, request, "vera")
    staging.vote(cast, request, "adam")
    assert move(cast, version).stage == "compliance"


def test_a_later_vote_counts_only_while_the_earlier_does(cast: Cast) -> None:
    version = at_validation(cast, "[{role: validator, order: 1}, {role: approver, order: 2}]")
    request = ask(cast, version)
    first = staging.vote(cast, request, "vera")
    staging.vote(cast, request, "adam")
    approvals.withdraw_vote(actor=cast.actor("vera"), vote=first, reason="I misread a table.")
    assert set(open_lines(cast, version)) == {"approvals.validator", "approvals.approver"}
    staging.vote(cast, request, "vera")
    assert open_lines(cast, version) == {}


# --- words against, and words taken back


def test_asking_for_changes_sends_the_request_back(cast: Cast) -> None:
    version = at_validation(cast)
    request = ask(cast, version)
    with pytest.raises(Invalid, match="Say what has to change"):
        staging.vote(cast, request, "vera", VoteVerdict.REQUEST_CHANGES, comment="")
    staging.vote(cast, request, "vera", VoteVerdict.REQUEST_CHANGES, comment="Describe the test data.")
    request.refresh_from_db()
    assert request.state == RequestState.CHANGES
    with pytest.raises(Conflict, match="sent back"):
        staging.vote(cast, request, "cora")
    again = ask(cast, version)
    assert [vote.comment for vote in selectors.asked_changes(again)] == ["Describe the test data."]
    for name in ("cora", "adam"):
        staging.vote(cast, again, name)
    assert "approvals.changes.validator" in open_lines(cast, version)
    staging.vote(cast, again, "vera")
    assert open_lines(cast, version) == {}


def test_a_vote_is_taken_back_by_whoever_cast_it_before_it_is_used(cast: Cast) -> None:
    version = at_validation(cast, "[{role: validator}]")
    vote = staging.vote(cast, ask(cast, version), "vera")
    with pytest.raises(Denied, match="by whoever cast it"):
        approvals.withdraw_vote(actor=cast.actor("cora"), vote=vote, reason="No.")
    with pytest.raises(Invalid, match="Say why"):
        approvals.withdraw_vote(actor=cast.actor("vera"), vote=vote, reason=" ")
    approvals.withdraw_vote(actor=cast.actor("vera"), vote=vote, reason="I misread a table.")
    with pytest.raises(Conflict, match="taken back already"):
        approvals.withdraw_vote(actor=cast.actor("vera"), vote=vote, reason="Again.")
    assert set(open_lines(cast, version)) == {"approvals.validator"}
    assert len(events("approval.vote_withdrawn")) == 1


def test_a_used_vote_stays(cast: Cast) -> None:
    version = at_validation(cast, "[{role: validator}]")
    vote = staging.vote(cast, ask(cast, version), "vera")
    move(cast, version)
    with pytest.raises(Conflict, match="has been taken"):
        approvals.withdraw_vote(actor=cast.actor("vera"), vote=vote, reason="Too late.")


def test_taking_a_word_back_brings_no_earlier_approval_back(cast: Cast) -> None:
    version = at_validation(cast, "[{role: validator}, {role: approver}]")
    first = ask(cast, version)
    staging.vote(cast, first, "vera")
    staging.vote(cast, first, "adam", VoteVerdict.REJECT, comment="No.")
    against = staging.vote(cast, ask(cast, version), "vera", VoteVerdict.REJECT, comment="I was wrong.")
    approvals.withdraw_vote(actor=cast.actor("vera"), vote=against, reason="Not sure.")
    assert "approvals.validator" in open_lines(cast, version)
    assert "approvals.rejected.validator" not in open_lines(cast, version)


# --- expiry


def test_an_expired_request_takes_no_votes_and_is_asked_again(cast: Cast) -> None:
    version = at_validation(cast, "[{role: validator}]", "request_days: 7")
    request = ask(cast, version)
    ApprovalRequest.objects.filter(pk=request.pk).update(requested_at=datetime.now(UTC) - timedelta(days=7))
    with pytest.raises(Conflict, match="expired") as refused:
        staging.vote(cast, request, "vera")
    assert refused.value.code == "approval.expired"
    again = ask(cast, version)
    request.refresh_from_db()
    assert request.state == RequestState.EXPIRED
    assert again != request
    staging.vote(cast, again, "vera")


def test_a_request_counts_to_its_last_second(cast: Cast) -> None:
    version = at_validation(cast, "[{role: validator}]", "request_days: 7")
    request = ask(cast, version)
    ApprovalRequest.objects.filter(pk=request.pk).update(
        requested_at=datetime.now(UTC) - timedelta(days=7) + timedelta(minutes=5)
    )
    staging.vote(cast, request, "vera")


# --- conditions


def approve_on_condition(cast: Cast, version: ModelVersion, owner: str = "dev") -> Condition:
    term = Term("Write the monitoring plan.", getattr(cast, owner), TOMORROW)
    return staging.vote(cast, ask(cast, version), "vera", terms=[term]).conditions.get()


def let_lapse(condition: Condition) -> None:
    Condition.objects.filter(pk=condition.pk).update(due_at=datetime.now(UTC) - timedelta(seconds=1))


def test_an_approval_on_a_condition_counts_until_it_lapses(cast: Cast) -> None:
    version = at_validation(cast, "[{role: validator}]")
    condition = approve_on_condition(cast, version)
    assert open_lines(cast, version) == {}
    let_lapse(condition)
    lines = open_lines(cast, version)
    assert set(lines) == {"approvals.validator", "approvals.condition.validator"}
    assert "is not met" in lines["approvals.condition.validator"]
    conditions.confirm(actor=cast.actor("vera"), condition=condition, note="It is there.")
    assert open_lines(cast, version) == {}


def test_a_decision_holds_no_longer_than_the_first_condition(cast: Cast) -> None:
    version = at_validation(cast, "[{role: validator}]")
    condition = approve_on_condition(cast, version)
    answer = decisions.ask(
        actor=cast.actor("ci"), artifact_digest=version.artifact.digest, environment="staging"
    )
    assert answer.decided.allows
    assert answer.decided.holds_until == condition.due_at


def test_the_door_closes_when_a_condition_of_a_step_that_was_taken_lapses(cast: Cast) -> None:
    version = at_validation(cast, "[{role: validator}]")
    condition = approve_on_condition(cast, version)
    move(cast, version)
    assert not selectors.lapsed_conditions(datetime.now(UTC)).exists()
    let_lapse(condition)
    assert list(selectors.lapsed_conditions(datetime.now(UTC))) == [condition]
    answer = decisions.ask(
        actor=cast.actor("ci"), artifact_digest=version.artifact.digest, environment="staging"
    )
    assert "approvals.condition.validator" in {f.code for f in answer.decided.findings if not f.met}


@pytest.mark.parametrize(
    ("name", "why"), [("cora", "The voter, or another validator"), ("aud", "permission")]
)
def test_a_condition_is_confirmed_in_the_role_of_the_voter(cast: Cast, name: str, why: str) -> None:
    condition = approve_on_condition(cast, at_validation(cast, "[{role: validator}]"))
    with pytest.raises(Denied, match=why):
        conditions.confirm(actor=cast.actor(name), condition=condition, note="Done.")
    grant(cast, name, Role.VALIDATOR)
    conditions.confirm(actor=cast.actor(name), condition=condition, note="Done.")
    assert len(events("condition.met")) == 1


def test_nobody_confirms_their_own_condition(cast: Cast) -> None:
    condition = approve_on_condition(cast, at_validation(cast, "[{role: validator}]"), owner="vera")
    with pytest.raises(Denied, match="You own this condition"):
        conditions.confirm(actor=cast.actor("vera"), condition=condition, note="Done.")
    with pytest.raises(NotFound):
        conditions.confirm(actor=cast.actor("oscar"), condition=condition, note="Done.")


def test_a_condition_is_confirmed_once_and_in_words(cast: Cast) -> None:
    condition = approve_on_condition(cast, at_validation(cast, "[{role: validator}]"))
    with pytest.raises(Invalid, match="Say what shows"):
        conditions.confirm(actor=cast.actor("vera"), condition=condition, note="")
    conditions.confirm(actor=cast.actor("vera"), condition=condition, note="Done.")
    with pytest.raises(Conflict, match="met already"):
        conditions.confirm(actor=cast.actor("vera"), condition=condition, note="Done.")


@pytest.mark.parametrize(
    ("owner", "text", "due_on", "why"),
    [
        ("oscar", "Do it.", TOMORROW, "active person of the organisation"),
        ("ci", "Do it.", TOMORROW, "active person of the organisation"),
        ("dev", " ", TOMORROW, "A condition is said"),
        ("dev", "Do it.", TODAY - timedelta(days=1), "between today"),
        ("dev", "Do it.", TODAY + timedelta(days=400), "between today"),
    ],
)
def test_a_condition_somebody_can_keep(cast: Cast, owner: str, text: str, due_on: date, why: str) -> None:
    request = ask(cast, at_validation(cast))
    with pytest.raises(Invalid, match=why):
        staging.vote(cast, request, "vera", terms=[Term(text, getattr(cast, owner), due_on)])
    assert not Vote.objects.exists()


def test_only_an_approval_has_conditions(cast: Cast) -> None:
    request = ask(cast, at_validation(cast))
    with pytest.raises(Invalid, match="Only an approval"):
        staging.vote(cast, request, "vera", VoteVerdict.REJECT, terms=[Term("Do it.", cast.dev, TOMORROW)])


# --- delegates


def test_a_delegate_votes_on_behalf_of_another(cast: Cast) -> None:
    version = at_validation(cast, "[{role: approver}]")
    lent = lend(cast, "adam", "aud", Role.APPROVER)
    request = ask(cast, version)
    with pytest.raises(Denied, match="without naming whom you vote for"):
        staging.vote(cast, request, "aud")
    cast_vote = staging.vote(cast, request, "aud", delegation=lent)
    assert (cast_vote.role, cast_vote.delegation) == (Role.APPROVER, lent)
    assert events("approval.voted")[0]["delegation_id"] == str(lent.pk)
    assert move(cast, version).stage == "compliance"


def test_a_delegate_and_whom_they_speak_for_are_one_voice(cast: Cast) -> None:
    version = at_validation(cast, "[{role: approver, count: 2}]")
    lent = lend(cast, "adam", "aud", Role.APPROVER)
    request = ask(cast, version)
    staging.vote(cast, request, "aud", delegation=lent)
    staging.vote(cast, request, "adam")
    assert "1 of 2" in open_lines(cast, version)["approvals.approver"]
    grant(cast, "rita", Role.APPROVER)
    staging.vote(cast, request, "rita")
    assert open_lines(cast, version) == {}


def test_nobody_speaks_for_somebody_who_has_spoken(cast: Cast) -> None:
    request = ask(cast, at_validation(cast, "[{role: approver, count: 2}]"))
    first, second = lend(cast, "adam", "aud", Role.APPROVER), lend(cast, "adam", "stew", Role.APPROVER)
    staging.vote(cast, request, "aud", delegation=first)
    with pytest.raises(Conflict, match="has voted already") as refused:
        staging.vote(cast, request, "stew", delegation=second)
    assert refused.value.code == "approval.authority_used"


def test_nor_do_two_for_the_two_accounts_of_one_person(cast: Cast) -> None:
    request = ask(cast, at_validation(cast, "[{role: approver, count: 2}]"))
    second = User.objects.create_user("adam2", "adam2@example.org", PASSWORD, responsible=cast.adam)
    people.grant_role(actor=cast.actor("olga"), organisation=cast.acme, user=second, role=Role.APPROVER)
    cast.second = second  # type: ignore[attr-defined]
    lent, also_lent = lend(cast, "adam", "aud", Role.APPROVER), lend(cast, "second", "stew", Role.APPROVER)
    staging.vote(cast, request, "aud", delegation=lent)
    with pytest.raises(Conflict, match="has voted already"):
        staging.vote(cast, request, "stew", delegation=also_lent)
    grant(cast, "rita", Role.APPROVER)
    assert staging.vote(cast, request, "rita").role == Role.APPROVER


def test_a_delegate_of_somebody_excluded_is_excluded(cast: Cast) -> None:
    version = at_validation(cast, "[{role: approver}]")
    for name in ("dev", "rita"):
        grant(cast, name, Role.APPROVER)
    lent = lend(cast, "dev", "rita", Role.APPROVER)
    request = ask(cast, version)
    for delegation in (lent, None):
        with pytest.raises(Denied, match="act for someone who registered this version") as refused:
            staging.vote(cast, request, "rita", delegation=delegation)
        assert refused.value.code == "approval.excluded"
    assert len(events("approval.refused")) == 2
    delegations.revoke(actor=cast.actor("dev"), delegation=lent)
    staging.vote(cast, request, "rita")  # of her own right, once she speaks for nobody who made it


def test_a_conflicted_delegate_is_refused_when_that_is_known(cast: Cast) -> None:
    version = at_validation(cast, "[{role: approver}]")
    with pytest.raises(Invalid, match="who registered this version does not judge it") as refused:
        lend(cast, "adam", "dev", Role.APPROVER, system=version.model.system)
    assert refused.value.code == "delegation.conflicted"
    with pytest.raises(Invalid, match="Lend the role for single systems"):
        lend(cast, "adam", "dev", Role.APPROVER)


def test_a_conflict_that_comes_later_is_found_when_voting(cast: Cast) -> None:
    publish(cast, "[{role: approver}]")
    lent = lend(cast, "adam", "dev", Role.APPROVER)
    request = ask(cast, at_validation(cast, "[{role: approver}]"))
    with pytest.raises(Denied, match="you registered this version"):
        staging.vote(cast, request, "dev", delegation=lent)


@pytest.mark.parametrize("end", ["revoked", "role taken", "delegate deactivated"])
def test_a_delegated_vote_counts_while_the_delegation_stands(cast: Cast, end: str) -> None:
    version = at_validation(cast, "[{role: approver}]")
    lent = lend(cast, "adam", "aud", Role.APPROVER)
    staging.vote(cast, ask(cast, version), "aud", delegation=lent)
    assert open_lines(cast, version) == {}
    if end == "revoked":
        delegations.revoke(actor=cast.actor("adam"), delegation=lent)
    elif end == "role taken":
        people.revoke_role(actor=cast.actor("olga"), grant=cast.adam.memberships.get().grants.get())
    else:
        User.objects.filter(pk=cast.aud.pk).update(is_active=False)
    assert "approvals.approver" in open_lines(cast, version)


def test_a_vote_outlives_a_delegation_that_ends_in_its_time(cast: Cast) -> None:
    version = at_validation(cast, "[{role: approver}]")
    lent = lend(cast, "adam", "aud", Role.APPROVER)
    request = ask(cast, version)
    staging.vote(cast, request, "aud", delegation=lent)
    Delegation.objects.update(
        starts_at=datetime(2026, 1, 1, tzinfo=UTC), ends_at=datetime(2026, 1, 2, tzinfo=UTC)
    )
    assert open_lines(cast, version) == {}


@pytest.mark.parametrize("name", ["stew", "oscar"])
def test_a_lent_role_is_not_anybodys(cast: Cast, name: str) -> None:
    request = ask(cast, at_validation(cast, "[{role: approver}]"))
    lent = lend(cast, "adam", "aud", Role.APPROVER)
    with pytest.raises((Denied, NotFound)):
        staging.vote(cast, request, name, delegation=lent)


def test_a_lent_role_counts_from_its_first_day_to_its_last(cast: Cast) -> None:
    request = ask(cast, at_validation(cast, "[{role: approver}]"))
    lent = lend(cast, "adam", "aud", Role.APPROVER, starts_on=TOMORROW, ends_on=TOMORROW)
    assert lent.ends_at - lent.starts_at == timedelta(days=1)
    with pytest.raises(Denied):
        staging.vote(cast, request, "aud", delegation=lent)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"to": "adam"}, "somebody else than yourself"),
        ({"to": "ci"}, "active person"),
        ({"to": "oscar"}, "active person"),
        ({"by": "aud"}, "permission"),
        ({"role": Role.VALIDATOR}, "You are not validator there"),
        ({"role": Role.OWNER}, "Only a role that votes"),
        ({"ends_on": TODAY + timedelta(days=92)}, "at most 92 days"),
        ({"ends_on": TODAY - timedelta(days=1)}, "ends before it starts"),
        ({"starts_on": TODAY - timedelta(days=1)}, "in the past"),
        ({"reason": " "}, "Say why"),
    ],
)
def test_what_cannot_be_lent(cast: Cast, changes: dict[str, Any], why: str) -> None:
    arguments: dict[str, Any] = {"by": "adam", "to": "aud", "role": Role.APPROVER, **changes}
    with pytest.raises((Invalid, Denied), match=why):
        lend(cast, **arguments)
    assert not Delegation.objects.exists()


def test_a_lent_role_is_not_lent_on(cast: Cast) -> None:
    lend(cast, "adam", "vera", Role.APPROVER)
    with pytest.raises(Denied, match="cannot be lent on"):
        lend(cast, "vera", "aud", Role.APPROVER)


def test_the_same_is_not_lent_twice(cast: Cast) -> None:
    lend(cast, "adam", "aud", Role.APPROVER)
    with pytest.raises(Conflict, match="already"):
        lend(cast, "adam", "aud", Role.APPROVER)


def test_an_owner_ends_a_delegation_for_others_and_nobody_else_does(cast: Cast) -> None:
    lent = lend(cast, "adam", "aud", Role.APPROVER)
    with pytest.raises(Denied):
        delegations.revoke(actor=cast.actor("vera"), delegation=lent)
    with pytest.raises(NotFound):
        delegations.revoke(actor=cast.actor("oscar"), delegation=lent)
    delegations.revoke(actor=cast.actor("olga"), delegation=lent)
    with pytest.raises(Conflict, match="ended already"):
        delegations.revoke(actor=cast.actor("adam"), delegation=lent)


# --- who did what


@pytest.mark.parametrize("named", ["rita", "RITA@example.org", "Rita <rita@example.org>"])
def test_committers_are_known_by_address_or_name(cast: Cast, named: str) -> None:
    grant(cast, "rita", Role.VALIDATOR)
    version = at_validation(
        cast, "[{role: validator}]", training={"committers": [named, "nobody@example.org"]}
    )
    request = ask(cast, version)
    with pytest.raises(Denied, match="you wrote code of this version"):
        staging.vote(cast, request, "rita")
    staging.vote(cast, request, "vera")


@pytest.mark.parametrize("named", ["rita", [7], [" "], ["x"] * 501])
def test_committers_are_a_list_of_texts(cast: Cast, named: Any) -> None:
    with pytest.raises(Invalid, match="committers"):
        at_validation(cast, training={"committers": named})


def test_a_second_account_of_the_author_is_the_author(cast: Cast) -> None:
    grant(cast, "rita", Role.VALIDATOR)
    request = ask(cast, at_validation(cast, "[{role: validator}]"))
    User.objects.filter(pk=cast.rita.pk).update(responsible=cast.dev)
    cast.rita.refresh_from_db()
    with pytest.raises(Denied, match="you registered this version"):
        staging.vote(cast, request, "rita")


def test_two_accounts_of_one_person_vote_once(cast: Cast) -> None:
    grant(cast, "rita", Role.VALIDATOR)
    version = at_validation(cast, "[{role: validator, count: 2}]")
    request = ask(cast, version)
    staging.vote(cast, request, "vera")
    User.objects.filter(pk=cast.rita.pk).update(responsible=cast.vera)
    cast.rita.refresh_from_db()
    with pytest.raises(Conflict, match="voted on this request already"):
        staging.vote(cast, request, "rita")


def test_every_refused_vote_is_in_the_log(cast: Cast) -> None:
    version = at_validation(cast, "[{role: validator, order: 1}, {role: approver, order: 2}]")
    request = ask(cast, version)
    grant(cast, "dev", Role.VALIDATOR)
    grant(cast, "ci", Role.VALIDATOR)
    attempts: list[tuple[str, dict[str, Any]]] = [
        ("adam", {}),
        ("aud", {}),
        ("cora", {}),
        ("ci", {}),
        ("vera", {"subject_digest": "sha256:" + "0" * 64}),
    ]
    for name, kwargs in attempts:
        with pytest.raises((Denied, Conflict)):
            staging.vote(cast, request, name, **kwargs)
    with pytest.raises(Denied):
        staging.vote(cast, request, "dev")
    with pytest.raises(NotFound):
        staging.vote(cast, request, "oscar")  # to whom it does not exist
    assert [row["refusal"] for row in events("approval.vote_refused")] == [
        "approval.too_early",
        "denied",
        "approval.no_role",
        "approval.not_a_person",
        "approval.other_subject",
    ]
    assert [row["why"] for row in events("approval.refused")] == ["registered this version"]
