"""Many at once on a real server: some order explains every answer, and the log tells that order."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
from django.db import connection

from governance.models import ApprovalRequest, Decision, Policy, Vote, VoteVerdict
from governance.services import approvals, decisions, policies, transitions
from registry.actors import Actor
from registry.errors import AssayError, GateRefused
from registry.ledger.verify import verify_log
from registry.models import LedgerEntry, ModelVersion, User
from registry.services import people
from registry.stages import RiskTier, Role
from tests.cast import Cast, grant, make_cast
from tests.governance import staging
from tests.governance.gates.facts import body
from tests.governance.test_voting import at_validation
from tests.make import make_document

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.postgresql,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite lets one writer in at a time"),
]


def at_once(*calls: Callable[[], Any]) -> list[str]:
    """Run them together; each answer is `done` or the code of its refusal."""
    start, answers = threading.Barrier(len(calls)), [""] * len(calls)

    def run(number: int, call: Callable[[], Any]) -> None:
        start.wait()
        try:
            call()
            answers[number] = "done"
        except AssayError as error:
            answers[number] = error.code
        except Exception as error:  # noqa: BLE001 - a fault is an answer that no test expects
            answers[number] = repr(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number, call)) for number, call in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return answers


@contextmanager
def holding_log(cast: Cast) -> Iterator[None]:
    """Whatever happens, the log holds afterwards."""
    yield
    assert verify_log(cast.acme.pk).holds


def test_one_promotion_and_one_entry(printer: None) -> None:
    cast = make_cast()
    version = staging.allowed(cast)
    actor = cast.actor("dev")
    with holding_log(cast):
        answers = at_once(*[lambda: transitions.request(actor=actor, version=version, to="production")] * 8)
    assert Counter(answers) == {"done": 1, "transition.not_allowed": 7}
    moves = LedgerEntry.objects.filter(event="transition.completed", subject_id=version.pk)
    assert moves.count() == 3
    assert Decision.objects.filter(transition="compliance→production").count() == 1


def test_of_policies_published_at_once_each_supersedes_the_one_before() -> None:
    cast = make_cast()
    staging.make_policies(cast)
    actor = cast.actor("cora")
    drafts = [
        policies.draft(actor=actor, organisation=cast.acme, tier=RiskTier.HIGH, body=f"{body()}# {number}")
        for number in range(4)
    ]
    with holding_log(cast):
        calls = [partial(policies.publish, actor=actor, policy=draft) for draft in (*drafts, drafts[0])]
        answers = at_once(*calls)
    assert Counter(answers) == {"done": 4, "policy.not_a_draft": 1}
    states = Counter(Policy.objects.filter(tier=RiskTier.HIGH).values_list("state", flat=True))
    assert states == {"published": 1, "superseded": 4}


def test_beside_a_tightening_one_person_publishes_no_loosening(db: None) -> None:
    """Whichever comes first: a draft is compared with what is in force at the moment it is published."""
    cast = make_cast()
    staging.make_policies(cast)
    actor = cast.actor("cora")
    stricter = body().replace("{role: validator}", "{role: validator}, {role: reviewer}")
    drafts = [
        policies.draft(actor=actor, organisation=cast.acme, tier=RiskTier.HIGH, body=text)
        for text in (stricter, f"{body()}# the same as in force")
    ]
    answers = at_once(*[partial(policies.publish, actor=actor, policy=draft) for draft in drafts])
    assert answers in (["done", "done"], ["done", "policy.needs_second_person"])
    assert Policy.objects.get(tier=RiskTier.HIGH, state="published").body == stricter


def test_a_change_beside_a_promotion_comes_before_or_after_it(printer: None) -> None:
    cast = make_cast()
    version = staging.allowed(cast)
    system, actor = version.model.system, cast.actor("dev")
    with holding_log(cast):
        answers = at_once(
            lambda: transitions.request(actor=actor, version=version, to="production"),
            lambda: make_document(cast, system, "intended_use_statement", content="Something else."),
        )
    order = list(
        LedgerEntry.objects.filter(event__in=["document.added", "transition.completed", "transition.refused"])
        .order_by("-index")
        .values_list("event", flat=True)[:2]
    )
    assert answers[1] == "done"
    assert answers[0] == ("done" if order == ["document.added", "transition.completed"] else "gate.refused")


def test_one_person_votes_once(printer: None) -> None:
    cast = make_cast()
    request = staging.ask(cast, staging.at_compliance(cast))
    actor, digest = cast.actor("vera"), request.subject_digest
    with holding_log(cast):
        answers = at_once(
            *[
                lambda: approvals.vote(
                    actor=actor, request=request, verdict=VoteVerdict.APPROVE, subject_digest=digest
                )
            ]
            * 6
        )
    assert Counter(answers) == {"done": 1, "approval.voted_already": 5}
    assert LedgerEntry.objects.filter(event="approval.voted").count() == 1


def test_after_a_rejection_no_vote_is_taken(printer: None) -> None:
    cast = make_cast()
    for name in ("rita", "aud"):
        grant(cast, name, Role.VALIDATOR)
    request = staging.ask(cast, staging.at_compliance(cast))
    people = ("vera", "rita", "aud", "cora", "adam")
    with holding_log(cast):
        answers = at_once(
            *[
                lambda n=name: staging.vote(
                    cast, request, n, VoteVerdict.REJECT if n == "cora" else VoteVerdict.APPROVE
                )
                for name in people
            ]
        )
    assert answers[people.index("cora")] == "done"
    assert set(answers) <= {"done", "approval.closed"}
    assert Vote.objects.order_by("voted_at").last().verdict == VoteVerdict.REJECT  # type: ignore[union-attr]
    assert Vote.objects.count() == answers.count("done")


def test_equal_questions_are_one(printer: None) -> None:
    cast = make_cast()
    version = staging.at_compliance(cast)
    with holding_log(cast):
        answers = at_once(*[lambda: staging.ask(cast, version)] * 6)
    assert set(answers) == {"done"}
    assert ApprovalRequest.objects.count() == 1


def test_votes_beside_promotions_never_lock_up(printer: None) -> None:
    cast = make_cast()
    grant(cast, "rita", Role.VALIDATOR)
    version = staging.allowed(cast)
    request = ApprovalRequest.objects.get()
    dev = cast.actor("dev")
    with holding_log(cast):
        answers = at_once(
            lambda: transitions.request(actor=dev, version=version, to="production"),
            lambda: staging.vote(cast, request, "rita"),
            lambda: approvals.withdraw(actor=dev, request=request, reason="Wait."),
            lambda: staging.ask(cast, version),
        )
    assert set(answers) <= {"done", "gate.refused", "approval.closed", "transition.not_allowed"}, answers


def test_the_gate_under_load_answers_with_its_log_intact(printer: None) -> None:
    cast = make_cast()
    version = staging.allowed(cast)
    actor = Actor.of(User.objects.get(pk=cast.ci.pk))
    digest = version.artifact.digest
    with holding_log(cast):
        answers = at_once(
            *[lambda: decisions.ask(actor=actor, artifact_digest=digest, environment="production")] * 8,
            *[
                lambda n=n: make_document(cast, version.model.system, "dpia", content=f"{n}")
                for n in range(4)
            ],
        )
    assert set(answers) == {"done"}
    assert ModelVersion.objects.get(pk=version.pk).stage == "compliance"


# --- votes of a policy that asks for votes only


def races(cast: Cast, seats: str) -> tuple[ModelVersion, ApprovalRequest]:
    """A version at validation with an open request."""
    version = at_validation(cast, seats)
    return version, staging.ask(cast, version, to="compliance")


def in_order(*events: str) -> list[str]:
    """The entries of these events, oldest first."""
    rows = LedgerEntry.objects.filter(event__in=events).order_by("index")
    return list(rows.values_list("event", flat=True))


def test_a_hundred_identical_approvals_are_one() -> None:
    cast = make_cast()
    _, request = races(cast, "[{role: validator}]")
    answers: list[str] = []

    def five_times() -> None:
        for _ in range(5):
            try:
                staging.vote(cast, request, "vera")
                answers.append("done")
            except AssayError as error:
                answers.append(error.code)

    with holding_log(cast):
        assert set(at_once(*[five_times] * 20)) == {"done"}
    assert Counter(answers) == {"done": 1, "approval.voted_already": 99}
    assert Vote.objects.count() == 1
    assert len(in_order("approval.voted")) == 1
    assert len(in_order("approval.vote_refused")) == 99


def test_two_approvers_at_a_threshold_of_two_and_one_promotion() -> None:
    cast = make_cast()
    grant(cast, "rita", Role.VALIDATOR)
    version, request = races(cast, "[{role: validator, count: 2}]")
    dev = cast.actor("dev")
    with holding_log(cast):
        assert (
            at_once(*[lambda n=n: staging.vote(cast, request, n) for n in ("vera", "rita")]) == ["done"] * 2
        )
        move = lambda: transitions.request(actor=dev, version=version, to="compliance")  # noqa: E731
        answers = at_once(*[move] * 4)
    assert Counter(answers) == {"done": 1, "transition.not_allowed": 3}
    assert len(in_order("transition.completed")) == 2  # to validation, and this one
    request.refresh_from_db()
    assert request.state == "used"


def test_an_approval_beside_a_rejection() -> None:
    cast = make_cast()
    grant(cast, "rita", Role.VALIDATOR)
    version, request = races(cast, "[{role: validator}]")
    with holding_log(cast):
        answers = at_once(
            lambda: staging.vote(cast, request, "vera"),
            lambda: staging.vote(cast, request, "rita", VoteVerdict.REJECT, comment="No."),
        )
    assert answers[1] == "done"
    first = Vote.objects.order_by("voted_at")[0].verdict
    assert answers[0] == ("done" if first == VoteVerdict.APPROVE else "approval.closed")
    with pytest.raises(GateRefused):  # whichever came first, the rejection stands
        transitions.request(actor=cast.actor("dev"), version=version, to="compliance")


def test_an_approval_beside_the_withdrawal_of_the_request() -> None:
    cast = make_cast()
    version, request = races(cast, "[{role: validator}]")
    with holding_log(cast):
        answers = at_once(
            lambda: staging.vote(cast, request, "vera"),
            lambda: approvals.withdraw(actor=cast.actor("dev"), request=request, reason="Wait."),
        )
    assert answers[1] == "done"
    assert answers[0] in {"done", "approval.closed"}
    order = ["approval.voted", "approval.withdrawn"] if answers[0] == "done" else ["approval.withdrawn"]
    assert in_order("approval.voted", "approval.withdrawn") == order
    with pytest.raises(GateRefused):
        transitions.request(actor=cast.actor("dev"), version=version, to="compliance")


def test_an_approval_beside_the_end_of_the_role() -> None:
    cast = make_cast()
    version, request = races(cast, "[{role: validator}]")
    held = cast.vera.memberships.get().grants.get()
    with holding_log(cast):
        answers = at_once(
            lambda: staging.vote(cast, request, "vera"),
            lambda: people.revoke_role(actor=cast.actor("olga"), grant=held),
        )
    assert answers[1] == "done"
    voted = answers[0] == "done"
    order = in_order("approval.voted", "role.revoked")
    assert order[-1] == "role.revoked"
    assert ("approval.voted" in order) == voted
    with pytest.raises(GateRefused):  # a vote counts while its role is held
        transitions.request(actor=cast.actor("dev"), version=version, to="compliance")


@pytest.mark.parametrize("what", ["the request", "the vote"])
def test_a_promotion_beside_a_withdrawal(what: str) -> None:
    cast = make_cast()
    version, request = races(cast, "[{role: validator}]")
    mine = staging.vote(cast, request, "vera")
    taken_back = {
        "the request": lambda: approvals.withdraw(actor=cast.actor("dev"), request=request, reason="Wait."),
        "the vote": lambda: approvals.withdraw_vote(actor=cast.actor("vera"), vote=mine, reason="Wait."),
    }[what]
    with holding_log(cast):
        answers = at_once(
            lambda: transitions.request(actor=cast.actor("dev"), version=version, to="compliance"), taken_back
        )
    code = {"the request": "approval.closed", "the vote": "vote.used"}[what]
    assert answers in (["done", code], ["gate.refused", "done"])
    promoted = ModelVersion.objects.get(pk=version.pk).stage == "compliance"
    assert promoted == (answers[0] == "done")
