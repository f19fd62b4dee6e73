"""What asking and voting leave behind: the row and the entry, each whole."""

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from governance.gates import codec, subject
from governance.models import ApprovalRequest, Policy, RequestState, Vote, VoteVerdict
from governance.services import approvals, questions
from governance.services.approvals import MAX_COMMENT, Term
from registry.errors import Denied
from registry.stages import Role
from tests.cast import Cast, grant
from tests.governance import staging
from tests.governance.test_voting import TOMORROW, ask, at_validation, lend, move, publish
from tests.log import logged
from tests.make import make_document, make_system
from tests.refusals import refused


def asked(request: ApprovalRequest, by: str = "Dev") -> dict[str, Any]:
    """What every entry about a request says."""
    on = {"kind": "approvalrequest", "id": str(request.pk)}
    return {"by": by, "on": on, "in": str(request.system_id), "request_id": str(request.pk)}


def fields(row: Any, *left_out: str) -> dict[str, Any]:
    """A row as it is in the database, without its key and what is left out."""
    found = type(row).objects.filter(pk=row.pk).values().get()
    return {name: value for name, value in found.items() if name not in ("id", *left_out)}


def test_a_question_is_kept_and_logged(cast: Cast) -> None:
    version = at_validation(cast)
    request = ask(cast, version)
    about = subject.now(questions.facts_of(request).dossier)
    assert fields(request, "requested_at") == {
        "system_id": version.model.system_id,
        "model_version_id": version.pk,
        "to_stage": "compliance",
        "subject": codec.canonical(about).decode(),
        "subject_digest": codec.digest(about),
        "state": RequestState.OPEN,
        "requested_by_id": cast.dev.pk,
        "closed_at": None,
    }
    assert logged("approval.requested") == [
        {
            **asked(request),
            "model_version_id": str(version.pk),
            "to": "compliance",
            "subject_digest": codec.digest(about),
            "policy_digest": Policy.objects.get(state="published", tier="high").digest,
        }
    ]
    assert datetime.now(UTC) - request.requested_at < timedelta(minutes=5)


def test_so_is_one_about_a_system(cast: Cast) -> None:
    publish(cast)
    system = make_system(cast)
    request = approvals.request_system(actor=cast.actor("olga"), system=system, to="data_sourcing")
    assert (request.system, request.model_version, request.to_stage) == (system, None, "data_sourcing")
    [entry] = logged("approval.requested")
    assert {**entry, **asked(request, "Olga"), "model_version_id": None, "to": "data_sourcing"} == entry


def test_the_question_before_is_closed_by_the_one_that_replaces_it(cast: Cast) -> None:
    version = staging.at_compliance(cast)
    first = staging.ask(cast, version)
    make_document(cast, version.model.system, "intended_use_statement", content="Something else.")
    second = staging.ask(cast, version)
    first.refresh_from_db()
    assert (first.state, first.closed_at) == (RequestState.REPLACED, second.requested_at)
    assert logged("approval.replaced") == [{**asked(first), "by_request_id": str(second.pk)}]


def test_one_that_expired_is_closed_and_not_replaced(cast: Cast) -> None:
    version = at_validation(cast, extra="request_days: 7")
    first = ask(cast, version)
    ApprovalRequest.objects.update(requested_at=datetime.now(UTC) - timedelta(days=7))
    second = ask(cast, version)
    first.refresh_from_db()
    assert (first.state, first.closed_at) == (RequestState.EXPIRED, second.requested_at)
    assert (logged("approval.expired"), logged("approval.replaced")) == ([asked(first)], [])


def test_a_question_taken_back_is_closed_and_logged(cast: Cast) -> None:
    request = ask(cast, at_validation(cast))
    withdrawn = approvals.withdraw(actor=cast.actor("olga"), request=request, reason="Too early.")
    withdrawn.refresh_from_db()
    assert (withdrawn.state, withdrawn.closed_at is None) == (RequestState.WITHDRAWN, False)
    assert logged("approval.withdrawn") == [{**asked(request, "Olga"), "reason": "Too early."}]


def test_a_vote_is_kept_and_logged(cast: Cast) -> None:
    request = ask(cast, at_validation(cast))
    lent = lend(cast, "vera", "aud", Role.VALIDATOR)
    terms = [Term(" Write the plan. ", cast.dev, TOMORROW), Term("Tell us.", cast.adam, TOMORROW)]
    vote = staging.vote(cast, request, "aud", delegation=lent, comment=" I read it. ", terms=terms)
    assert fields(vote, "voted_at") == {
        "request_id": request.pk,
        "voter_id": cast.aud.pk,
        "role": Role.VALIDATOR,
        "delegation_id": lent.pk,
        "verdict": VoteVerdict.APPROVE,
        "comment": "I read it.",
        "subject_digest": request.subject_digest,
        "withdrawn_at": None,
        "withdrawn_why": "",
    }
    assert logged("approval.voted") == [
        {
            **asked(request, "Aud"),
            "vote_id": str(vote.pk),
            "role": "validator",
            "verdict": "approve",
            "subject_digest": request.subject_digest,
            "delegation_id": str(lent.pk),
            "conditions": [str(one.pk) for one in vote.conditions.order_by("number")],
            "comment": "I read it.",
            "terms": f"{TOMORROW}: Write the plan.\n{TOMORROW}: Tell us.",
        }
    ]
    assert datetime.now(UTC) - vote.voted_at < timedelta(minutes=5)


def test_a_word_against_closes_the_question_when_it_is_said(cast: Cast) -> None:
    version = at_validation(cast)
    for verdict, state in (
        (VoteVerdict.REJECT, "rejected"),
        (VoteVerdict.REQUEST_CHANGES, "changes_requested"),
    ):
        request = ask(cast, version)
        vote = staging.vote(cast, request, "vera", verdict)
        request.refresh_from_db()
        assert (request.state, request.closed_at) == (state, vote.voted_at)
    assert [entry["delegation_id"] for entry in logged("approval.voted")] == [None, None]


def test_an_attempt_is_logged_with_what_was_to_be_signed(cast: Cast) -> None:
    request = ask(cast, at_validation(cast))
    told = []
    for name in ("dev", "vera"):
        error = refused(partial(staging.vote, cast, request, name, subject_digest="sha256:other"))
        told.append((error.code, error.recorded))
    assert told == [("denied", True), ("approval.other_subject", True)]
    assert logged("approval.vote_refused") == [
        {**asked(request, "Dev"), "refusal": "denied", "subject_digest": "sha256:other"},
        {**asked(request, "Vera"), "refusal": "approval.other_subject", "subject_digest": "sha256:other"},
    ]


def test_so_is_one_to_judge_ones_own_work(cast: Cast) -> None:
    version = at_validation(cast, "[{role: validator}]")
    request = staging.ask(cast, version, by="olga", to="compliance")
    grant(cast, "dev", Role.VALIDATOR)
    with pytest.raises(Denied):
        staging.vote(cast, request, "dev")
    assert logged("approval.refused") == [
        {**asked(request), "why": "registered this version", "subject_digest": request.subject_digest}
    ]


@pytest.mark.parametrize(
    ("verdict", "word", "errors"),
    [
        (VoteVerdict.APPROVE, {"comment": "x" * (MAX_COMMENT + 1)}, ("comment", "too long")),
        (VoteVerdict.REJECT, {"comment": " "}, ("comment", "required")),
        (VoteVerdict.REQUEST_CHANGES, {"comment": " "}, ("comment", "required")),
        (VoteVerdict.REJECT, {"terms": ["one"]}, ("conditions", "not an approval")),
    ],
)
def test_a_word_that_cannot_be_kept_is_refused_with_its_field(
    cast: Cast, verdict: VoteVerdict, word: dict[str, Any], errors: tuple[str, str]
) -> None:
    request = ask(cast, at_validation(cast))
    assert refused(lambda: staging.vote(cast, request, "vera", verdict, **word)).errors == (errors,)
    assert not Vote.objects.exists()


def test_an_approval_needs_no_words_and_may_have_many(cast: Cast) -> None:
    request = ask(cast, at_validation(cast))
    silent = approvals.vote(
        actor=cast.actor("vera"),
        request=request,
        verdict=VoteVerdict.APPROVE,
        subject_digest=request.subject_digest,
    )
    assert silent.comment == ""
    assert len(staging.vote(cast, request, "cora", comment="x" * MAX_COMMENT).comment) == MAX_COMMENT


def taken_back(cast: Cast, vote: Vote, by: str = "vera", reason: str = "I misread it.") -> Vote:
    return approvals.withdraw_vote(actor=cast.actor(by), vote=vote, reason=reason)


def test_a_word_taken_back_is_kept_and_logged(cast: Cast) -> None:
    request = ask(cast, at_validation(cast))
    vote = staging.vote(cast, request, "vera")
    taken = taken_back(cast, vote, reason=" I misread it. ")
    taken.refresh_from_db()
    assert (taken.withdrawn_why, taken.withdrawn_at is None) == ("I misread it.", False)
    assert logged("approval.vote_withdrawn") == [
        {**asked(request, "Vera"), "vote_id": str(vote.pk), "role": "validator", "reason": "I misread it."}
    ]


def test_it_is_taken_back_by_whom_it_was_cast_for_too(cast: Cast) -> None:
    lent, request = lend(cast, "vera", "aud", Role.VALIDATOR), ask(cast, at_validation(cast))
    vote = staging.vote(cast, request, "aud", delegation=lent)
    assert taken_back(cast, vote, "vera").withdrawn_at is not None


def test_what_cannot_be_taken_back_is_refused_with_its_code(cast: Cast) -> None:
    version = at_validation(cast, "[{role: validator}]")
    request = ask(cast, version)
    vote = staging.vote(cast, request, "vera")
    codes = [refused(partial(taken_back, cast, vote, by)).code for by in ("cora", "oscar")]
    move(cast, version)
    codes.append(refused(lambda: taken_back(cast, vote)).code)
    Vote.objects.update(withdrawn_at=datetime.now(UTC))
    codes.append(refused(lambda: taken_back(cast, vote)).code)
    assert codes == [
        "vote.of_another",
        "not_found",
        "vote.used",
        "vote.withdrawn",
    ]
    [entry] = logged("access.denied")
    assert (entry["by"], entry["on"]["id"], entry["permission"]) == ("Cora", str(vote.pk), "vote.of_another")


@pytest.mark.parametrize("state", ["withdrawn", "used"])
def test_only_a_step_taken_since_keeps_a_word(cast: Cast, state: str) -> None:
    """A question that was closed otherwise took no step, and a step before the vote did not rest on it."""
    version = at_validation(cast, "[{role: validator}]")
    first = ask(cast, version)
    before = staging.vote(cast, first, "vera")
    closed = datetime.now(UTC) + timedelta(days=1 if state == "withdrawn" else -1)
    ApprovalRequest.objects.filter(pk=first.pk).update(state=state, closed_at=closed)
    vote = before if state == "withdrawn" else staging.vote(cast, ask(cast, version), "vera")
    assert taken_back(cast, vote).withdrawn_at is not None


def test_to_take_something_back_one_says_why_and_once(cast: Cast) -> None:
    request = ask(cast, at_validation(cast))
    vote = staging.vote(cast, request, "vera")
    for call in (lambda: taken_back(cast, vote, reason=" "), lambda: withdrawn(cast, request, " ")):
        assert refused(call).errors == (("reason", "required"),)
    withdrawn(cast, request, "Too early.")
    again = refused(lambda: withdrawn(cast, request, "Again."))
    assert (again.code, again.message) == ("approval.closed", "This request is withdrawn already.")


def withdrawn(cast: Cast, request: ApprovalRequest, reason: str) -> ApprovalRequest:
    return approvals.withdraw(actor=cast.actor("dev"), request=request, reason=reason)
