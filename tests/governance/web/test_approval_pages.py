"""The approval page, the inbox and the page of delegations: what they say first, and that nothing typed is lost."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from governance.models import Condition, Delegation, RequestState, Vote
from governance.web import changes
from registry.stages import Role
from tests.cast import Cast
from tests.governance import staging
from tests.governance.test_voting import TODAY, TOMORROW, ask, at_validation, lend, let_lapse, publish
from tests.make import make_document, make_system

Browse = Callable[[str], Client]


@pytest.fixture
def browse(cast: Cast) -> Browse:
    """A signed-in browser of one of the cast."""

    def enter(name: str) -> Client:
        client = Client()
        client.force_login(getattr(cast, name), backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    return enter


def text_of(client: Client, name: str, *arguments: object) -> str:
    answer = client.get(reverse(name, args=arguments))
    assert answer.status_code == 200
    return answer.content.decode()


def vote_body(digest: str, **more: str) -> dict[str, str]:
    return {"verdict": "approve", "comment": "Read.", "role": "validator", "subject_digest": digest, **more}


def row(number: int, text: str, owner: str, due_on: str) -> dict[str, str]:
    return {f"form-{number}-text": text, f"form-{number}-owner": owner, f"form-{number}-due_on": due_on}


MANAGED = {"form-TOTAL_FORMS": "3", "form-INITIAL_FORMS": "0"}


def test_it_asks_for_a_vote_and_takes_it(cast: Cast, browse: Browse) -> None:
    request = ask(cast, at_validation(cast))
    client = browse("vera")
    text = text_of(client, "approval", request.pk)
    assert "Your vote is asked for" in text
    assert "Could vote: Vera" in text
    answer = client.post(reverse("vote", args=[request.pk]), vote_body(request.subject_digest))
    assert answer.status_code == 302
    assert "given" in text_of(client, "approval", request.pk)


def test_an_approval_on_conditions(cast: Cast, browse: Browse) -> None:
    request = ask(cast, at_validation(cast))
    body = {
        **vote_body(request.subject_digest),
        **MANAGED,
        **row(0, "Write the plan.", "dev", TOMORROW.isoformat()),
    }
    assert browse("vera").post(reverse("vote", args=[request.pk]), body).status_code == 302
    condition = Condition.objects.get()
    assert (condition.text, condition.owner, condition.due_on) == ("Write the plan.", cast.dev, TOMORROW)
    client = browse("vera")
    assert "Confirm that it is met" in text_of(client, "approval", request.pk)
    assert "Confirm that it is met" not in text_of(browse("dev"), "approval", request.pk)
    assert "Write the plan." in text_of(browse("dev"), "inbox")
    let_lapse(condition)
    assert "lapsed" in text_of(client, "approval", request.pk)
    page = reverse("confirm-condition", args=[condition.pk])
    assert client.post(page, {"note": ""}).status_code == 400
    assert client.post(page, {"note": "I saw it."}).status_code == 302


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        (row(0, "Write the plan.", "", TOMORROW.isoformat()), "Say who sees to it."),
        (row(0, "Write the plan.", "dev", ""), "Say until when."),
        (row(0, "", "dev", TOMORROW.isoformat()), "Say what the condition is."),
        (row(0, "Write the plan.", "nobody", TOMORROW.isoformat()), "There is no member"),
        (row(0, "Write the plan.", "dev", "2020-01-01"), "A condition is due between"),
    ],
)
def test_a_condition_that_is_not_complete_keeps_what_was_typed(
    cast: Cast, browse: Browse, typed: dict[str, str], words: str
) -> None:
    request = ask(cast, at_validation(cast))
    body = {**vote_body(request.subject_digest, comment="As agreed."), **MANAGED, **typed}
    answer = browse("vera").post(reverse("vote", args=[request.pk]), body)
    assert answer.status_code == 400
    text = answer.content.decode()
    assert words in text
    assert "As agreed." in text
    assert not typed["form-0-text"] or typed["form-0-text"] in text
    assert not Vote.objects.exists()


def test_changes_asked_for_come_back_to_whoever_asked(cast: Cast, browse: Browse) -> None:
    version = at_validation(cast)
    request = ask(cast, version)
    body = vote_body(request.subject_digest, verdict="request_changes", comment=" ")
    assert (
        "Say what has to change"
        in browse("vera").post(reverse("vote", args=[request.pk]), body).content.decode()
    )
    body["comment"] = "Describe the test data."
    browse("vera").post(reverse("vote", args=[request.pk]), body)
    inbox = text_of(browse("dev"), "inbox")
    assert "Yours to fix" in inbox
    assert "Describe the test data." in inbox
    assert "Yours to fix" not in text_of(browse("adam"), "inbox")
    again = ask(cast, version)
    assert "Yours to fix" not in text_of(browse("dev"), "inbox")
    text = text_of(browse("cora"), "approval", again.pk)
    assert "Describe the test data." in text
    assert "Could vote: Vera." in text  # who asked for the changes says whether they are made


def test_it_shows_what_changed_since_ones_own_last_vote(cast: Cast, browse: Browse) -> None:
    version = at_validation(cast)
    system = version.model.system
    make_document(cast, system, "intended_use_statement", content={"Purpose": "Consumer credit up to 5000."})
    request = ask(cast, version)
    staging.vote(cast, request, "vera")
    assert "Nothing of what you signed has changed" in text_of(browse("vera"), "approval", request.pk)
    make_document(cast, system, "intended_use_statement", content={"Purpose": "Consumer credit up to 9000."})
    text = text_of(browse("vera"), "approval", request.pk)
    assert "this request is about earlier facts" in text
    assert "<del>5000.</del><ins>9000.</ins>" in text
    again = ask(cast, version)
    text = text_of(browse("vera"), "approval", again.pk)
    assert "Since your last vote" in text
    assert "Since this was asked" not in text
    assert "<ins>9000.</ins>" in text
    assert "Since your last vote" not in text_of(browse("cora"), "approval", again.pk)


def test_evidence_and_policy_and_data_are_told_apart(cast: Cast, browse: Browse, printer: None) -> None:
    version = staging.at_compliance(cast)
    request = staging.ask(cast, version)
    staging.vote(cast, request, "vera")
    staging.measure(cast, version, seed=1, accuracy_above_majority="failed")
    text = text_of(browse("vera"), "approval", request.pk)
    assert "Accuracy above the majority class: passed → failed" in text
    assert "See the earlier run" in text


def test_a_vote_is_taken_back_on_the_page(cast: Cast, browse: Browse) -> None:
    request = ask(cast, at_validation(cast))
    vote = staging.vote(cast, request, "vera")
    page = reverse("withdraw-vote", args=[vote.pk])
    answer = browse("cora").post(page, {"reason": "Not mine."})
    assert answer.status_code == 403
    assert "by whoever cast it" in answer.content.decode()
    assert browse("vera").post(page, {"reason": "I misread."}).status_code == 302
    assert "taken back" in text_of(browse("vera"), "approval", request.pk)


def test_a_request_is_withdrawn_on_the_page(cast: Cast, browse: Browse) -> None:
    request = ask(cast, at_validation(cast))
    page = reverse("withdraw-request", args=[request.pk])
    assert browse("dev").post(page, {"reason": ""}).status_code == 400
    assert browse("dev").post(page, {"reason": "Too early."}).status_code == 302
    request.refresh_from_db()
    assert request.state == RequestState.WITHDRAWN


def test_a_step_of_a_system_is_asked_for_on_its_steps(cast: Cast, browse: Browse) -> None:
    publish(cast)
    system = make_system(cast)
    make_document(cast, system)
    assert "Ask for approval of this step" in text_of(browse("dev"), "system-steps", system.pk)
    assert "Ask for approval of this step" not in text_of(browse("rita"), "system-steps", system.pk)
    answer = browse("olga").post(
        reverse("request-system-approval", args=[system.pk]), {"to": "data_sourcing"}
    )
    assert answer.status_code == 302
    text = browse("rita").get(answer["Location"]).content.decode()
    assert "Your vote is asked for" in text
    assert "Evidence" not in text


def test_an_expired_request_says_so(cast: Cast, browse: Browse) -> None:
    request = ask(cast, at_validation(cast, "[{role: validator}]", "request_days: 7"))
    type(request).objects.update(requested_at=datetime.now(UTC) - timedelta(days=8))
    assert "has expired" in text_of(browse("vera"), "approval", request.pk)
    assert "Expired" in text_of(browse("dev"), "inbox")
    assert "Nothing waits for your vote" in text_of(browse("vera"), "inbox")


def test_a_lent_role_is_offered_in_the_inbox_and_on_the_page(cast: Cast, browse: Browse) -> None:
    request = ask(cast, at_validation(cast, "[{role: approver}]"))
    lent = lend(cast, "adam", "aud", Role.APPROVER)
    client = browse("aud")
    assert "1 approval waits for your vote" in text_of(client, "inbox")
    assert "business approver for adam" in text_of(client, "approval", request.pk).lower()
    body = vote_body(request.subject_digest, role=f"approver:{lent.pk}")
    assert client.post(reverse("vote", args=[request.pk]), body).status_code == 302
    assert Vote.objects.get().delegation == lent
    assert "Aud for Adam" in text_of(client, "approval", request.pk)


@pytest.mark.parametrize("role", ["boss", "approver:x", "approver:00000000-0000-0000-0000-000000000000"])
def test_a_way_to_vote_that_does_not_exist(cast: Cast, browse: Browse, role: str) -> None:
    request = ask(cast, at_validation(cast))
    answer = browse("adam").post(
        reverse("vote", args=[request.pk]), vote_body(request.subject_digest, role=role)
    )
    assert answer.status_code in {400, 404}
    assert not Vote.objects.exists()


def delegation_body(cast: Cast, **changed: str) -> dict[str, str]:
    return {
        "scope": f"approver:organisation:{cast.acme.pk}",
        "delegate": "aud",
        "starts_on": TODAY.isoformat(),
        "ends_on": TOMORROW.isoformat(),
        "reason": "Holidays.",
        **changed,
    }


def test_a_role_is_lent_and_taken_back_on_the_page(cast: Cast, browse: Browse) -> None:
    client = browse("adam")
    assert "You have lent no role" in text_of(client, "delegations")
    assert client.post(reverse("give-delegation"), delegation_body(cast)).status_code == 302
    assert "1 of your roles is lent" in text_of(client, "delegations")
    assert "1 is lent to you" in text_of(browse("aud"), "delegations")
    lent = Delegation.objects.get()
    assert browse("vera").post(reverse("revoke-delegation", args=[lent.pk])).status_code == 403
    assert client.post(reverse("revoke-delegation", args=[lent.pk])).status_code == 302
    assert "Ended" in text_of(client, "delegations")


@pytest.mark.parametrize(
    ("changed", "status", "words"),
    [
        ({"delegate": "oscar"}, 400, "There is no member"),
        ({"ends_on": "2020-01-01"}, 400, "ends before it starts"),
        ({"reason": ""}, 400, "This field is required"),
        ({"scope": "approver:organisation:x"}, 404, "There is no such"),
        ({"scope": "owner:x"}, 404, "There is no such"),
    ],
)
def test_a_role_that_cannot_be_lent_keeps_what_was_typed(
    cast: Cast, browse: Browse, changed: dict[str, str], status: int, words: str
) -> None:
    answer = browse("adam").post(reverse("give-delegation"), delegation_body(cast, **changed))
    assert answer.status_code == status
    assert words in answer.content.decode()
    assert not Delegation.objects.exists()


def test_strangers_and_those_without_a_vote_see_what_is_theirs(cast: Cast, browse: Browse) -> None:
    lend(cast, "adam", "aud", Role.APPROVER)
    assert "Aud" not in text_of(browse("oscar"), "delegations")
    assert "You hold no role that votes" in text_of(browse("dev"), "delegations")


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("a b c", "a x c", [("same", "a "), ("del", "b"), ("ins", "x"), ("same", " c")]),
        ("", "a", [("ins", "a")]),
        ("a", "", [("del", "a")]),
        ("x " * 5000, "y", [("del", "x " * 5000), ("ins", "y")]),
    ],
)
def test_texts_are_compared_word_by_word(before: str, after: str, expected: list[tuple[str, str]]) -> None:
    assert [(piece.kind, piece.text) for piece in changes.words(before, after)] == expected
