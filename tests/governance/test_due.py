"""Everything with a date: the list, over the API and on its page."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from governance.models import ApprovalRequest, Condition, IssueKind, Severity
from governance.services import due, issues
from governance.services.conditions import Term
from governance.services.due import Due, Scope
from registry.models import LedgerVerification, ModelVersion
from registry.services import verifications
from registry.stages import Role
from tests.calls import api
from tests.cast import Cast, grant
from tests.governance import exceptional, staging, watching
from tests.governance.watching import in_production, set_due
from tests.registry.ledger.lifted import lifted

VOTES = "{approvals: {of: [{role: validator}, {role: approver}], exclude: [version_author, requester]}}"


@pytest.fixture
def browse(cast: Cast) -> Callable[[str], Client]:
    """A signed-in browser of one of the cast."""

    def enter(name: str) -> Client:
        client = Client()
        client.force_login(getattr(cast, name), backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    return enter


@pytest.fixture
def version(cast: Cast) -> ModelVersion:
    """A version in production that Dev is to have reviewed in 90 days."""
    watching.publish(cast, watching.text())
    return in_production(cast, watching.ready(cast))


def lines(cast: Cast, name: str) -> list[Due]:
    return due.items(Scope(actor=cast.actor(name)))


def asked(cast: Cast, version: ModelVersion, days_ago: float = 0) -> ApprovalRequest:
    """A question put so many days ago."""
    request = staging.ask(cast, version)
    at = timezone.now() - timedelta(days=days_ago)
    ApprovalRequest.objects.filter(pk=request.pk).update(requested_at=at)
    return request


def test_it_works(cast: Cast, version: ModelVersion) -> None:
    at = set_due(version, 10)
    (line,) = lines(cast, "aud")
    assert (line.kind, line.subject_id, line.due_at) == ("review", version.pk, at)
    assert line.warn_at == at - timedelta(days=14)
    assert line.people == {cast.dev.pk}


def test_the_soonest_comes_first(cast: Cast, version: ModelVersion) -> None:
    set_due(version, 50)
    second = in_production(cast, version.model.system, "2")
    set_due(second, 5)
    assert [line.subject_id for line in lines(cast, "aud")] == [second.pk, version.pk]


def test_an_open_question_is_left_with_those_who_can_vote(cast: Cast) -> None:
    watching.publish(cast, watching.text(demands=VOTES))
    grant(cast, "dev", Role.VALIDATOR)
    version = watching.at_compliance(cast, watching.ready(cast))
    request = asked(cast, version)
    (line,) = lines(cast, "aud")
    assert (line.kind, line.subject_id) == ("approval", request.pk)
    assert line.people == {cast.vera.pk, cast.adam.pk}  # Dev holds the role, and has made it
    staging.vote(cast, request, "vera")
    assert lines(cast, "aud")[0].people == {cast.adam.pk}
    cast.adam.is_active = False
    cast.adam.save()
    assert lines(cast, "aud")[0].people == frozenset()


def test_a_condition_is_left_with_its_owner(cast: Cast) -> None:
    watching.publish(cast, watching.text(demands=VOTES))
    version = watching.at_compliance(cast, watching.ready(cast))
    day = timezone.now().date() + timedelta(days=7)
    term = Term("Watch the drop-out rate.", cast.stew, day)
    staging.vote(cast, staging.ask(cast, version), "vera", terms=[term])
    line = next(line for line in lines(cast, "aud") if line.kind == "condition")
    assert line.people == {cast.stew.pk}
    assert line.due_at.date() == day + timedelta(days=1)
    assert "drop-out" not in f"{line.what} {line.todo}"  # what was typed stays on its page
    Condition.objects.update(met_at=timezone.now())
    assert "condition" not in {line.kind for line in lines(cast, "aud")}


def test_what_is_out_of_order_has_its_day_too(cast: Cast) -> None:
    extra = f"{watching.WAIVERS}\nbreak_glass: {{max_hours: 8, review_days: 3}}"
    watching.publish(cast, watching.text(extra, demands="{documents: {kinds: [dpia, fria]}}"))
    version = watching.at_compliance(cast, watching.ready(cast))
    waiver = exceptional.approve(cast, exceptional.ask(cast, version, "documents.dpia"))
    release = exceptional.emergency(cast, version)
    day = timezone.now().date() + timedelta(days=5)
    issues.raise_issue(
        actor=cast.actor("vera"),
        system=version.model.system,
        kind=IssueKind.FINDING,
        severity=Severity.HIGH,
        title="A secret title.",
        owner=cast.stew,
        due=day,
    )
    by_kind = {line.kind: line for line in lines(cast, "aud")}
    assert by_kind["waiver"].due_at == waiver.expires_at
    assert by_kind["waiver"].people == {waiver.requested_by_id}
    assert by_kind["break_glass"].due_at == release.review_due_at
    assert by_kind["break_glass"].people.isdisjoint({release.requested_by_id, release.confirmed_by_id})
    finding = next(line for line in lines(cast, "aud") if line.what.startswith("Finding"))
    assert finding.due_at.date() == day + timedelta(days=1)
    assert finding.people == {cast.stew.pk}
    assert "secret" not in finding.what
    assert lines(cast, "oscar") == []


def test_outsiders_have_nothing(cast: Cast, version: ModelVersion) -> None:
    assert lines(cast, "oscar") == []
    assert lines(cast, "root") == []


def test_who_has_a_role_on_the_system_only_sees_its_dates(cast: Cast, version: ModelVersion) -> None:
    in_production(cast, watching.ready(cast, "other"))
    assert len(lines(cast, "aud")) == 2
    grant(cast, "root", Role.AUDITOR, version.model.system)
    (line,) = lines(cast, "root")
    assert line.subject_id == version.pk


def test_a_policy_that_asks_for_none_takes_the_day_away(cast: Cast, version: ModelVersion) -> None:
    watching.publish(cast, watching.text(review=""))
    assert lines(cast, "aud") == []


def test_the_api_gives_pages_by_cursor(cast: Cast, version: ModelVersion) -> None:
    for number in range(2, 6):
        in_production(cast, version.model.system, str(number))
    client = api(cast, "aud")
    seen, address = [], "/api/v1/due?page_size=2"
    while address:
        answer = client.get(address)
        assert answer.status_code == 200, answer.content
        page = answer.json()
        seen += [line["subject_id"] for line in page["results"]]
        address = page["next"] or ""
    assert len(seen) == len(set(seen)) == 5
    assert seen == [str(line.subject_id) for line in lines(cast, "aud")]


def test_the_api_tells_mine_and_one_system(cast: Cast, version: ModelVersion) -> None:
    in_production(cast, watching.ready(cast, "other"))
    assert len(api(cast, "dev").get("/api/v1/due?mine=true").json()["results"]) == 2
    assert api(cast, "aud").get("/api/v1/due?mine=true").json()["results"] == []
    (line,) = api(cast, "aud").get("/api/v1/due?system=other").json()["results"]
    assert (line["system"], line["mine"], line["kind"]) == ("other", False, "review")
    assert api(cast, "oscar").get("/api/v1/due").json()["results"] == []


@pytest.mark.parametrize("query", ["mine=perhaps", "cursor=%20", "cursor=YQ==", "cursor=/w==", "cursor=é"])
def test_the_api_refuses_what_it_did_not_give(cast: Cast, query: str) -> None:
    answer = api(cast, "aud").get(f"/api/v1/due?{query}")
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"


def test_the_page_says_what_is_overdue_first(
    cast: Cast, version: ModelVersion, browse: Callable[[str], Client]
) -> None:
    set_due(version, -1)
    in_production(cast, watching.ready(cast, "other"))
    page = browse("dev").get("/due").content.decode()
    assert "1 thing is overdue; 2 have a date, 2 of them yours" in page
    assert page.index("overdue</span>") < page.index("scorecard 1")
    mine = browse("aud").get("/due?whose=mine").content.decode()
    assert "Nothing matches." in mine
    other = browse("aud").get("/due?system=other&whose=").content.decode()
    assert "1 line is hidden by the filter" in other
    assert "1 has a date, 0 of them yours" in other


def test_the_overview_counts_it(cast: Cast, version: ModelVersion, browse: Callable[[str], Client]) -> None:
    set_due(version, -1)
    assert "1 overdue, 1 yours" in browse("dev").get("/").content.decode()


def test_a_broken_log_is_red_on_the_overview_and_on_its_page(
    cast: Cast, browse: Callable[[str], Client]
) -> None:
    client = browse("aud")
    assert "not verified by itself yet" in client.get("/log").content.decode()
    verifications.verify_due()
    assert "Last recomputed from its bytes" in client.get("/log").content.decode()
    assert "does not hold" not in client.get("/").content.decode()
    with lifted():
        LedgerVerification.objects.update(holds=False, sentence="Entry 3 is missing.")
    for page in ("/", "/log"):
        text = client.get(page).content.decode()
        assert "does not hold" in text
        assert "Entry 3 is missing." in text
    assert "Acme" not in browse("oscar").get("/").content.decode()


def queries(call: Callable[[], Any]) -> int:
    call()
    with CaptureQueriesContext(connection) as seen:
        call()
    return len(seen)


def test_it_takes_the_same_number_of_queries_however_much_there_is(
    cast: Cast, browse: Callable[[str], Client]
) -> None:
    watching.publish(cast, watching.text(demands=VOTES))
    client = browse("vera")
    asked(cast, watching.at_compliance(cast, watching.ready(cast)))
    few = queries(lambda: client.get("/due"))
    for number in range(4):
        asked(cast, watching.at_compliance(cast, watching.ready(cast, f"more-{number}")))
    assert queries(lambda: client.get("/due")) == few <= 13
