"""What a vote would meet is told beforehand, whole, and is what it meets."""

from datetime import UTC, datetime, timedelta
from typing import Any

from governance.models import ApprovalRequest
from governance.services import approvals, transitions
from governance.services.approvals import Ballot
from governance.services.ballots import Way
from registry.models import User
from registry.services import people
from registry.stages import Role
from tests.cast import PASSWORD, Cast, grant
from tests.governance import staging
from tests.governance.test_voting import ask, at_validation, lend
from tests.make import make_document, make_version
from tests.refusals import refused

IN_TURN = "[{role: approver, order: 2}, {role: validator, order: 1}]"
TOO_EARLY = "First it is the turn of the validator. Your vote is asked for afterwards."
STALE = "Since this was asked, {} changed. Ask for approval again, so that the vote is about the facts as they are."


def ballot(cast: Cast, request: ApprovalRequest, name: str) -> Ballot:
    return approvals.ballot(cast.actor(name), request)


def refusal(cast: Cast, request: ApprovalRequest, name: str, **kwargs: Any) -> tuple[str, str]:
    """The code and the sentence that a vote meets."""
    error = refused(lambda: staging.vote(cast, request, name, **kwargs))
    return error.code, error.message


def test_it_works(cast: Cast) -> None:
    request = ask(cast, at_validation(cast))
    assert ballot(cast, request, "vera") == Ballot((Way(Role.VALIDATOR),), "", "")
    staging.vote(cast, request, "vera")
    assert ballot(cast, request, "vera") == Ballot((), "You have voted on this request already.", "")


def test_who_comes_too_early_is_told_whose_turn_it_is(cast: Cast) -> None:
    request = ask(cast, at_validation(cast, IN_TURN))
    assert ballot(cast, request, "adam") == Ballot((), TOO_EARLY, "")
    assert refusal(cast, request, "adam") == ("approval.too_early", TOO_EARLY)


def test_of_two_roles_the_one_whose_turn_it_is_is_open(cast: Cast) -> None:
    grant(cast, "adam", Role.VALIDATOR)
    request = ask(cast, at_validation(cast, IN_TURN))
    assert ballot(cast, request, "adam") == Ballot((Way(Role.VALIDATOR),), "", "")
    assert refusal(cast, request, "adam", role=Role.APPROVER) == ("approval.too_early", TOO_EARLY)
    assert staging.vote(cast, request, "adam").role == Role.VALIDATOR


def test_a_role_of_ones_own_comes_before_a_lent_one_and_one_that_is_missing_before_one_that_is_not(
    cast: Cast,
) -> None:
    request = ask(cast, at_validation(cast, "[{role: validator}, {role: approver}, {role: reviewer}]"))
    lent = lend(cast, "vera", "adam", Role.VALIDATOR)
    grant(cast, "rita", Role.APPROVER)
    staging.vote(cast, request, "rita", role=Role.APPROVER)
    grant(cast, "adam", Role.REVIEWER)
    told = ballot(cast, request, "adam")
    assert told == Ballot((Way(Role.REVIEWER), Way(Role.APPROVER), Way(Role.VALIDATOR, lent)), "", "")
    assert told.roles == (Role.REVIEWER, Role.APPROVER, Role.VALIDATOR)


def test_one_is_told_what_changed_since_it_was_asked(cast: Cast) -> None:
    version = staging.at_compliance(cast)
    request = staging.ask(cast, version)
    make_document(cast, version.model.system, "intended_use_statement", content="Something else.")
    changed = "the intended-use statement"
    assert ballot(cast, request, "vera") == Ballot((), STALE.format(changed), changed)
    assert refusal(cast, request, "vera") == ("approval.stale", STALE.format(changed))


def test_who_may_see_it_only_is_told_what_is_missing(cast: Cast) -> None:
    request = ask(cast, at_validation(cast))
    wanted = "validator, compliance officer, business approver"
    asked = f"This step asks for the vote of: {wanted}. You hold none of these here."
    named = "You cannot vote here without naming whom you vote for."
    assert refusal(cast, request, "rita") == ("approval.no_role", asked)
    assert refusal(cast, request, "vera", role=Role.APPROVER) == (
        "approval.no_role",
        "You cannot vote as business approver here.",
    )
    lent = lend(cast, "adam", "aud", Role.APPROVER)
    assert refusal(cast, request, "aud") == ("approval.no_role", named)
    assert refusal(cast, request, "vera", delegation=lent) == (
        "approval.no_role",
        "You cannot vote under this delegation here.",
    )
    assert ballot(cast, request, "aud") == Ballot((Way(Role.APPROVER, lent),), "", "")


def test_who_has_spoken_for_themselves_is_not_spoken_for(cast: Cast) -> None:
    version = at_validation(cast, "[{role: approver, count: 2}]")
    lent, request = lend(cast, "adam", "aud", Role.APPROVER), ask(cast, version)
    staging.vote(cast, request, "adam")
    told = ("approval.authority_used", "Adam has voted already, or somebody for them.")
    assert refusal(cast, request, "aud", delegation=lent) == told
    assert ballot(cast, request, "aud") == Ballot((), told[1], "")


def test_nor_is_who_has_spoken_on_a_further_account(cast: Cast) -> None:
    request = ask(cast, at_validation(cast, "[{role: approver, count: 2}]"))
    second = User.objects.create_user("adam2", "adam2@example.org", PASSWORD, responsible=cast.adam)
    people.grant_role(actor=cast.actor("olga"), organisation=cast.acme, user=second, role=Role.APPROVER)
    cast.second = second  # type: ignore[attr-defined]
    lent = lend(cast, "adam", "aud", Role.APPROVER)
    staging.vote(cast, request, "second")
    assert refusal(cast, request, "aud", delegation=lent)[0] == "approval.authority_used"


def test_a_word_on_one_request_is_none_on_another(cast: Cast) -> None:
    version = at_validation(cast, "[{role: approver, count: 2}]")
    lent = lend(cast, "adam", "aud", Role.APPROVER)
    staging.vote(cast, ask(cast, version), "adam")
    other = make_version(cast, version.model.system, "2")
    request = ask(cast, transitions.request(actor=cast.actor("dev"), version=other, to="validation"))
    assert ballot(cast, request, "adam") == Ballot((Way(Role.APPROVER),), "", "")
    assert staging.vote(cast, request, "aud", delegation=lent).delegation == lent


def test_every_refusal_has_its_code(cast: Cast) -> None:
    grant(cast, "ci", Role.VALIDATOR)
    grant(cast, "dev", Role.VALIDATOR)
    version = at_validation(cast, "[{role: validator, count: 2}]", "request_days: 7")
    request = ask(cast, version)
    staging.vote(cast, request, "vera")
    digest = {"subject_digest": "sha256:" + "0" * 64}
    told = [refusal(cast, request, "ci"), refusal(cast, request, "dev"), refusal(cast, request, "vera")]
    told.append(refusal(cast, request, "vera", **digest))
    ApprovalRequest.objects.update(requested_at=datetime.now(UTC) - timedelta(days=7))
    told.append(refusal(cast, request, "vera", **digest))
    approvals.withdraw(actor=cast.actor("dev"), request=request, reason="Too early.")
    told.append(refusal(cast, request, "vera", **digest))
    assert told == [
        ("approval.not_a_person", "Votes are cast by people. A service account cannot vote."),
        (
            "approval.excluded",
            "You cannot vote on this: you registered this version. Someone independent has to.",
        ),
        ("approval.voted_already", "You have voted on this request already."),
        (
            "approval.other_subject",
            "What you read is not what this request asks about. Read it again, then vote.",
        ),
        ("approval.expired", "This request has expired; ask again."),
        ("approval.closed", "This request is withdrawn; ask again."),
    ]
