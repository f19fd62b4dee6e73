"""A back-test runs over what is stored, in the background, and is taken up where a lost worker left it."""

import json
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from governance.models import BackTest, BackTestState, Decision, Policy
from governance.services import backtests, policies, transitions
from governance.tasks import run_backtest, sweep_backtests
from registry import queue
from registry.errors import Denied, NotFound
from registry.models import LedgerEntry
from registry.stages import RiskTier
from tests.calls import api
from tests.cast import Cast
from tests.governance import staging

V1 = "/api/v1"


@pytest.fixture
def draft(cast: Cast, printer: None) -> Policy:
    """A draft that asks a reviewer too, after a version has gone its way under Assay's own policy."""
    version = staging.allowed(cast)
    transitions.request(actor=cast.actor("dev"), version=version, to="production")
    text = policies.default_body(RiskTier.HIGH).replace(
        "{role: approver}", "{role: approver}, {role: reviewer}"
    )
    return policies.draft(actor=cast.actor("cora"), organisation=cast.acme, tier=RiskTier.HIGH, body=text)


def ask(cast: Cast, draft: Policy, by: str = "cora") -> BackTest:
    return backtests.request(actor=cast.actor(by), policy=draft)


def result(test: BackTest) -> dict[str, Any]:
    test.refresh_from_db()
    found: dict[str, Any] = json.loads(test.result)
    return found


def test_it_works(cast: Cast, draft: Policy) -> None:
    test = ask(cast, draft)
    assert (test.state, test.total) == (BackTestState.QUEUED, Decision.objects.count())
    run_backtest(str(test.pk))
    told = result(test)
    assert (test.state, test.done, test.tally) == (BackTestState.DONE, test.total, "")
    assert (told["decided"], told["opens"], told["closes"]) == (test.total, 0, 1)
    [flip] = told["flips"]
    assert (flip["step"], flip["was"], flip["now"]) == ("compliance→production", "allow", "deny")
    assert Decision.objects.filter(pk=flip["decision"], verdict="allow").exists()
    assert {row["role"]: row["draft"] for row in told["load"]}["reviewer"] == 1
    events = LedgerEntry.objects.filter(subject_id=test.pk).order_by("index")
    assert [entry.event for entry in events] == ["backtest.requested", "backtest.finished"]


def test_while_one_runs_asking_again_is_the_same(cast: Cast, draft: Policy) -> None:
    first = ask(cast, draft)
    assert ask(cast, draft).pk == first.pk
    backtests.run(str(first.pk))
    assert ask(cast, draft).pk != first.pk


def test_it_needs_the_permission(cast: Cast, draft: Policy) -> None:
    with pytest.raises(Denied):
        ask(cast, draft, by="dev")
    with pytest.raises(NotFound):
        ask(cast, draft, by="oscar")


def test_what_is_decided_later_is_not_waited_for(cast: Cast, draft: Policy) -> None:
    test = ask(cast, draft)
    Decision.objects.update(decided_at=timezone.now() + timedelta(hours=1))
    backtests.run(str(test.pk))
    assert result(test)["decided"] == 0


def test_a_second_worker_leaves_it_alone(cast: Cast, draft: Policy, monkeypatch: pytest.MonkeyPatch) -> None:
    test = ask(cast, draft)
    seen: list[bool] = []
    chunk = backtests._chunk

    def beside_another(of: BackTest, reached: uuid.UUID | None) -> Any:
        seen.append(backtests.run(str(test.pk)))
        return chunk(of, reached)

    monkeypatch.setattr(backtests, "_chunk", beside_another)
    assert backtests.run(str(test.pk))
    assert set(seen) == {False}
    assert not backtests.run(str(test.pk))


def lose(test: BackTest) -> None:
    BackTest.objects.filter(pk=test.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


def test_a_lost_worker_is_followed_by_another_that_goes_on_where_it_was(
    cast: Cast, draft: Policy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backtests, "CHUNK", 1)
    test = ask(cast, draft)
    read: list[Any] = []
    chunk = backtests._chunk

    def dies_after_two(of: BackTest, reached: uuid.UUID | None) -> Any:
        read.append(reached)
        if len(read) == 3:
            raise KeyboardInterrupt
        return chunk(of, reached)

    monkeypatch.setattr(backtests, "_chunk", dies_after_two)
    with pytest.raises(KeyboardInterrupt):
        backtests.run(str(test.pk))
    test.refresh_from_db()
    assert (test.state, test.done) == (BackTestState.RUNNING, 2)
    sent: list[str] = []
    monkeypatch.setattr(queue, "send", lambda task, **ids: sent.append(ids["backtest_id"]))
    sweep_backtests()
    assert sent == []
    lose(test)
    sweep_backtests()
    sweep_backtests()
    assert sent == [str(test.pk)]
    assert backtests.run(sent[0])
    assert read[3] == read[2] != read[0]
    assert result(test)["decided"] == test.total
    assert result(test)["closes"] == 1


def test_a_worker_that_comes_back_too_late_changes_nothing(
    cast: Cast, draft: Policy, monkeypatch: pytest.MonkeyPatch
) -> None:
    test = ask(cast, draft)
    chunk = backtests._chunk

    def while_another_takes_over(of: BackTest, reached: uuid.UUID | None) -> Any:
        BackTest.objects.filter(pk=test.pk).update(lease_holder="another")
        return chunk(of, reached)

    monkeypatch.setattr(backtests, "_chunk", while_another_takes_over)
    assert not backtests.run(str(test.pk))
    test.refresh_from_db()
    assert (test.state, test.lease_holder, test.done) == (BackTestState.RUNNING, "another", 0)


def test_after_three_lost_workers_it_failed(cast: Cast, draft: Policy) -> None:
    test = ask(cast, draft)
    BackTest.objects.filter(pk=test.pk).update(
        state=BackTestState.RUNNING, attempts=3, lease_until=timezone.now() - timedelta(seconds=1)
    )
    backtests.sweep()
    test.refresh_from_db()
    assert (test.state, test.error) == (BackTestState.FAILED, "The worker was lost three times.")


def test_a_text_that_is_no_policy_any_more_fails_with_its_reason(cast: Cast, draft: Policy) -> None:
    test = ask(cast, draft)
    Policy.objects.filter(pk=draft.pk).update(body="a: [")
    assert backtests.run(str(test.pk))
    test.refresh_from_db()
    assert test.state == BackTestState.FAILED
    assert "mistake" in test.error or "cannot be read" in test.error


def test_a_fault_ends_it_and_is_not_hidden(
    cast: Cast, draft: Policy, monkeypatch: pytest.MonkeyPatch
) -> None:
    test = ask(cast, draft)
    monkeypatch.setattr(backtests, "_chunk", lambda *args: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        backtests.run(str(test.pk))
    test.refresh_from_db()
    assert test.state == BackTestState.FAILED
    assert "fault in Assay" in test.error


def test_it_is_asked_for_and_read_over_the_api(cast: Cast, draft: Policy) -> None:
    cora = api(cast, "cora")
    asked = cora.post(f"{V1}/policies/{draft.pk}/back-tests")
    assert (asked.status_code, asked.json()["state"], asked.json()["result"]) == (202, "queued", None)
    backtests.run(asked.json()["id"])
    told = cora.get(f"{V1}/back-tests/{asked.json()['id']}").json()
    assert (told["state"], told["result"]["closes"]) == ("done", 1)
    assert cora.get(f"{V1}/policies/{draft.pk}/back-tests").json()["results"] == [told]
    for method, path in [
        ("get", f"{V1}/back-tests/{told['id']}"),
        ("get", f"{V1}/policies/{draft.pk}/back-tests"),
        ("post", f"{V1}/policies/{draft.pk}/back-tests"),
    ]:
        assert getattr(api(cast, "oscar"), method)(path).status_code == 404
    assert api(cast, "dev").post(f"{V1}/policies/{draft.pk}/back-tests").status_code == 403
