"""Many at once on a real server: some order explains every answer, and the log tells that order."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection

from governance.models import ApprovalRequest, Decision, Vote, VoteVerdict
from governance.services import approvals, decisions, transitions
from registry.actors import Actor
from registry.errors import AssayError
from registry.ledger.verify import verify_log
from registry.models import LedgerEntry, ModelVersion, User
from registry.stages import Role
from tests.cast import Cast, grant, make_cast
from tests.governance import staging
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
