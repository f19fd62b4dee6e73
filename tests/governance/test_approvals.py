"""Approval requests and votes."""

import json

import pytest

from governance.models import ApprovalRequest, RequestState, Vote, VoteVerdict
from governance.services import approvals, decisions, policies
from registry.errors import AssayError, Conflict, Denied, Invalid, NotFound
from registry.ledger import chain
from registry.models import LedgerEntry
from registry.services import people
from registry.stages import RiskTier, Role
from tests.cast import Cast, grant
from tests.governance import staging
from tests.governance.gates.facts import body
from tests.make import make_document


def refused_votes() -> list[str]:

    return [
        json.loads(bytes(e.body))["data"]["why"] for e in LedgerEntry.objects.filter(event="approval.refused")
    ]


def test_it_works(cast: Cast) -> None:
    request = staging.ask(cast, staging.at_compliance(cast))
    cast_vote = staging.vote(cast, request, "vera")
    assert (cast_vote.role, cast_vote.verdict) == (Role.VALIDATOR, VoteVerdict.APPROVE)
    assert cast_vote.subject_digest == request.subject_digest
    assert LedgerEntry.objects.filter(event="approval.voted").count() == 1


def test_the_same_question_is_the_one_that_is_open(cast: Cast) -> None:
    version = staging.at_compliance(cast)
    assert staging.ask(cast, version) == staging.ask(cast, version)


def test_another_question_replaces_it(cast: Cast) -> None:
    version = staging.at_compliance(cast)
    first = staging.ask(cast, version)
    make_document(cast, version.model.system, "intended_use_statement", content="Something else.")
    second = staging.ask(cast, version)
    first.refresh_from_db()
    assert first.state == RequestState.REPLACED
    assert second.subject_digest != first.subject_digest
    with pytest.raises(Conflict, match="replaced"):
        staging.vote(cast, first, "vera")


def test_a_vote_on_another_digest_is_a_conflict(cast: Cast) -> None:
    request = staging.ask(cast, staging.at_compliance(cast))
    with pytest.raises(Conflict) as refused:
        staging.vote(cast, request, "vera", subject_digest="sha256:" + "0" * 64)
    assert refused.value.code == "approval.other_subject"


@pytest.mark.parametrize("change", ["document", "evidence", "policy"])
def test_a_vote_after_a_change_is_a_conflict_that_names_it(cast: Cast, change: str) -> None:
    version = staging.at_compliance(cast)
    request = staging.ask(cast, version)
    if change == "document":
        make_document(cast, version.model.system, "intended_use_statement", content="Something else.")
    elif change == "evidence":
        staging.measure(cast, version, seed=1, accuracy_above_majority="failed")
    else:
        text = body().replace("name: High risk", "name: Stricter")
        draft = policies.draft(
            actor=cast.actor("cora"), organisation=cast.acme, tier=RiskTier.HIGH, body=text
        )
        policies.publish(actor=cast.actor("cora"), policy=draft)
    words = {"document": "intended-use", "evidence": "audit results", "policy": "the policy"}[change]
    with pytest.raises(Conflict, match=f"Since this was asked, .*{words}.* changed") as refused:
        staging.vote(cast, request, "vera")
    assert refused.value.code == "approval.stale"
    assert not Vote.objects.exists()


def test_a_stale_vote_closes_the_gate(cast: Cast, printer: None) -> None:
    version = staging.allowed(cast)
    make_document(cast, version.model.system, "intended_use_statement", content="Something else.")
    answer = decisions.ask(
        actor=cast.actor("ci"), artifact_digest=version.artifact.digest, environment="production"
    )
    states = {f.code: f.state for f in answer.decided.findings if not f.met}
    assert states["approvals.validator"] == "stale"
    assert states["report.validation_report"] == "stale"


def test_one_vote_per_person(cast: Cast) -> None:
    request = staging.ask(cast, staging.at_compliance(cast))
    staging.vote(cast, request, "vera")
    with pytest.raises(Conflict, match="voted on this request already"):
        staging.vote(cast, request, "vera")


@pytest.mark.parametrize("name", ["dev", "stew"])
def test_nobody_judges_what_they_made_whatever_roles_they_hold(cast: Cast, name: str) -> None:
    grant(cast, name, Role.APPROVER)
    request = staging.ask(cast, staging.at_compliance(cast))
    with pytest.raises(Denied) as refused:
        staging.vote(cast, request, name)
    assert refused.value.code == "approval.excluded"
    assert not Vote.objects.exists()
    assert len(refused_votes()) == 1  # the attempt stands in the log


def test_nobody_judges_what_they_asked_for(cast: Cast) -> None:
    grant(cast, "adam", Role.OPERATOR)
    request = staging.ask(cast, staging.at_compliance(cast), by="adam")
    with pytest.raises(Denied):
        staging.vote(cast, request, "adam")
    assert refused_votes() == ["asked for this approval"]


def test_a_superuser_is_bound_too(cast: Cast) -> None:
    version = staging.at_compliance(cast)
    request = staging.ask(cast, version)
    with pytest.raises(NotFound):
        staging.vote(cast, request, "root")
    cast.dev.is_superuser = cast.dev.is_staff = True
    cast.dev.save()
    grant(cast, "dev", Role.APPROVER)
    with pytest.raises(Denied) as refused:
        staging.vote(cast, request, "dev")
    assert refused.value.code == "approval.excluded"


def test_a_service_account_does_not_vote(cast: Cast) -> None:
    grant(cast, "ci", Role.VALIDATOR)
    request = staging.ask(cast, staging.at_compliance(cast))
    with pytest.raises(Denied, match="cast by people"):
        staging.vote(cast, request, "ci")


def test_a_service_account_asks_in_the_name_of_its_person(cast: Cast) -> None:
    robot = people.create_service_account(
        actor=cast.actor("olga"), organisation=cast.acme, name="robot", responsible=cast.adam
    )
    people.grant_role(actor=cast.actor("olga"), organisation=cast.acme, user=robot, role=Role.OPERATOR)
    cast.robot = robot  # type: ignore[attr-defined]
    request = staging.ask(cast, staging.at_compliance(cast), by="robot")
    with pytest.raises(Denied):
        staging.vote(cast, request, "adam")


def test_only_roles_the_policy_asks_for_vote(cast: Cast) -> None:
    request = staging.ask(cast, staging.at_compliance(cast))
    with pytest.raises(Denied, match="validator, compliance officer, business approver"):
        staging.vote(cast, request, "rita")
    with pytest.raises(Denied, match="You cannot vote as validator here"):
        staging.vote(cast, request, "adam", role=Role.VALIDATOR)


def test_with_two_roles_the_vote_goes_where_it_is_missing(cast: Cast) -> None:
    grant(cast, "adam", Role.VALIDATOR)
    request = staging.ask(cast, staging.at_compliance(cast))
    staging.vote(cast, request, "vera")
    assert staging.vote(cast, request, "adam").role == Role.APPROVER


def test_a_rejection_says_why_and_ends_the_request(cast: Cast) -> None:
    request = staging.ask(cast, staging.at_compliance(cast))
    with pytest.raises(Invalid, match="Say why"):
        staging.vote(cast, request, "vera", VoteVerdict.REJECT, comment=" ")
    staging.vote(cast, request, "vera", VoteVerdict.REJECT, comment="The test set is the training set.")
    with pytest.raises(Conflict, match="rejected"):
        staging.vote(cast, request, "cora")


def test_asking_again_does_not_get_round_a_rejection(cast: Cast, printer: None) -> None:
    version = staging.at_compliance(cast)
    staging.vote(cast, staging.ask(cast, version), "vera", VoteVerdict.REJECT, comment="No.")
    again = staging.ask(cast, version)
    for name in ("cora", "adam"):
        staging.vote(cast, again, name)
    answer = decisions.ask(
        actor=cast.actor("ci"), artifact_digest=version.artifact.digest, environment="production"
    )
    assert "approvals.rejected.validator" in {f.code for f in answer.decided.findings if not f.met}
    staging.vote(cast, again, "vera")  # only the same person lifts it
    staging.report(cast, version)
    assert decisions.ask(
        actor=cast.actor("ci"), artifact_digest=version.artifact.digest, environment="production"
    ).decided.allows


def test_a_withdrawn_request_takes_no_votes(cast: Cast) -> None:
    request = staging.ask(cast, staging.at_compliance(cast))
    approvals.withdraw(actor=cast.actor("dev"), request=request, reason="Too early.")
    with pytest.raises(Conflict, match="withdrawn"):
        staging.vote(cast, request, "vera")
    with pytest.raises(Conflict):
        approvals.withdraw(actor=cast.actor("dev"), request=request, reason="Again.")


def test_a_role_that_was_revoked_does_not_vote_and_no_longer_counts(cast: Cast, printer: None) -> None:
    version = staging.allowed(cast)
    grants = cast.vera.memberships.get().grants.all()
    people.revoke_role(actor=cast.actor("olga"), grant=grants.get())
    answer = decisions.ask(
        actor=cast.actor("ci"), artifact_digest=version.artifact.digest, environment="production"
    )
    assert not answer.decided.allows
    assert {f.code for f in answer.decided.findings if not f.met} >= {
        "approvals.validator",
        "approvals.staffing",
    }


@pytest.mark.parametrize("name", ["aud", "stew"])
def test_it_needs_the_permission_to_vote(cast: Cast, name: str) -> None:
    request = staging.ask(cast, staging.at_compliance(cast))
    with pytest.raises(Denied):
        staging.vote(cast, request, name)


def test_it_needs_the_permission_to_ask(cast: Cast) -> None:
    with pytest.raises(Denied):
        staging.ask(cast, staging.at_compliance(cast), by="vera")


def test_to_outsiders_it_does_not_exist(cast: Cast) -> None:
    request = staging.ask(cast, staging.at_compliance(cast))
    with pytest.raises(NotFound):
        staging.vote(cast, request, "oscar")


def test_a_step_that_needs_no_approval_has_no_request(cast: Cast) -> None:
    with pytest.raises(Conflict) as refused:
        staging.ask(cast, staging.at_validation(cast), to="compliance")
    assert refused.value.code == "approval.not_asked_for"


@pytest.mark.parametrize("name", ["vera", "dev", "rita", "aud", "ci"])
def test_the_ballot_says_beforehand_what_the_vote_would_meet(cast: Cast, name: str) -> None:
    request = staging.ask(cast, staging.at_compliance(cast))
    ballot = approvals.ballot(cast.actor(name), request)
    if ballot.roles:
        assert staging.vote(cast, request, name).role == ballot.roles[0]
        return
    with pytest.raises(AssayError) as refused:
        staging.vote(cast, request, name)
    assert ballot.why_not == refused.value.message


def test_the_stored_subject_has_the_digest_that_is_signed(cast: Cast) -> None:

    request: ApprovalRequest = staging.ask(cast, staging.at_compliance(cast))
    assert chain.digest(request.subject.encode()) == request.subject_digest
