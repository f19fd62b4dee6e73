"""Pages of waivers, emergencies and issues: what they say first, what they offer to whom, what they keep."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from governance.models import BreakGlass, BreakGlassState, Issue, IssueState, Waiver, WaiverState
from governance.services import break_glass
from registry.models import ModelVersion
from tests.cast import Cast
from tests.governance import exceptional as given
from tests.governance import staging
from tests.governance.gates import facts

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
Browse = Callable[[str], Client]


@pytest.fixture
def browse(cast: Cast) -> Browse:
    """A signed-in browser of one of the cast."""

    def enter(name: str) -> Client:
        client = Client()
        client.force_login(getattr(cast, name), backend=BACKEND)
        return client

    return enter


@pytest.fixture
def version(cast: Cast) -> ModelVersion:
    """A version with one failed check, under a policy that allows waivers and emergencies."""
    return given.failed(cast)


def text(answer: Any) -> str:
    return str(answer.content.decode())


def typed(**changes: Any) -> dict[str, Any]:
    return {
        "codes": [given.CHECK],
        "where": "step",
        "reason": "The next version corrects it.",
        "compensating_control": "A person looks.",
        "until": (timezone.now() + timedelta(days=5)).date().isoformat(),
        **changes,
    }


def test_a_line_of_the_checklist_leads_to_a_waiver_and_the_waiver_to_the_gate(
    version: ModelVersion, browse: Browse, cast: Cast, printer: None
) -> None:
    page = text(browse("dev").get(reverse("version", args=[version.pk])))
    assert "Or ask for a waiver of at most 30 days; a validator or a risk reviewer may approve it." in page
    assert reverse("waive", args=[version.pk]) in page
    form = text(browse("dev").get(reverse("waive", args=[version.pk]), {"code": given.CHECK}))
    assert f'value="{given.CHECK}" checked' in form
    assert "60 of 60 waiver-days of this model are left" in form
    asked = browse("dev").post(reverse("ask-waiver", args=[version.pk]), typed(), follow=True)
    assert "It waits for somebody else" in text(asked)
    waiver = Waiver.objects.get()
    told = text(browse("vera").get(reverse("waiver", args=[waiver.pk])))
    assert "It waits for you" in told
    assert "It is approved by a validator or a risk reviewer" in told
    body = {"digest": waiver.digest, "role": "validator"}
    done = browse("vera").post(reverse("approve-waiver", args=[waiver.pk]), body, follow=True)
    assert "in force" in text(done)
    staging.allowed(cast, version)
    page = text(browse("aud").get(reverse("version", args=[version.pk])))
    assert "allowed with waiver" in page
    assert "1 of " in page
    assert "requirements are met" not in page
    gate = browse("dev").post(reverse("ask-gate", args=[version.pk]), follow=True)
    assert reverse("waiver", args=[waiver.pk]) in text(gate)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"reason": " "}, "Say why it cannot be met now."),
        ({"codes": []}, "Choose what is to be waived."),
        ({"until": ""}, "Say on which day it ends."),
        ({"until": "2020-01-01"}, "ends after it begins"),
        ({"until": "2099-01-01"}, "at most 30 days"),
    ],
)
def test_a_form_that_is_wrong_says_so_and_keeps_what_was_typed(
    version: ModelVersion, browse: Browse, changes: dict[str, Any], says: str
) -> None:
    answer = browse("dev").post(reverse("ask-waiver", args=[version.pk]), typed(**changes))
    assert answer.status_code == 400
    assert says in text(answer)
    assert "A person looks." in text(answer)
    assert not Waiver.objects.exists()


def test_who_asked_is_told_why_they_cannot_approve(cast: Cast, version: ModelVersion, browse: Browse) -> None:
    waiver = given.ask(cast, version)
    page = reverse("waiver", args=[waiver.pk])
    assert "Approve exactly this" not in text(browse("dev").get(page))
    assert "Refuse this waiver" in text(browse("dev").get(page))
    body = {"digest": waiver.digest, "role": "validator"}
    assert browse("dev").post(reverse("approve-waiver", args=[waiver.pk]), body).status_code == 403
    assert "Refuse this waiver" not in text(browse("aud").get(page))


def test_it_is_refused_and_revoked_with_a_reason(cast: Cast, version: ModelVersion, browse: Browse) -> None:
    first, second = given.ask(cast, version), given.ask(cast, version)
    empty = browse("vera").post(reverse("refuse-waiver", args=[first.pk]), {"reason": ""})
    assert (empty.status_code, "Say why." in text(empty)) == (400, True)
    browse("vera").post(reverse("refuse-waiver", args=[first.pk]), {"reason": "Not needed."})
    given.approve(cast, second)
    answer = browse("vera").post(
        reverse("revoke-waiver", args=[second.pk]), {"reason": "Corrected."}, follow=True
    )
    assert "“Corrected.”" in text(answer)
    states = {row.pk: row.state for row in Waiver.objects.all()}
    assert states == {first.pk: WaiverState.REFUSED, second.pk: WaiverState.REVOKED}


def test_the_list_says_what_is_waived_and_what_of_the_budget_is_used(
    cast: Cast, version: ModelVersion, browse: Browse
) -> None:
    empty = text(browse("aud").get(reverse("waivers")))
    assert "Nothing is waived now" in empty
    given.approve(cast, given.ask(cast, version))
    page = text(browse("aud").get(reverse("waivers")))
    assert "1 waiver is in force" in page
    assert "Check: Impact ratio by sex" in page
    assert 'data-label="Left">50<' in page
    assert str(version) not in text(browse("oscar").get(reverse("waivers")))


def test_terms_that_were_changed_are_shown_as_worthless(
    cast: Cast, version: ModelVersion, browse: Browse
) -> None:
    waiver = given.approve(cast, given.ask(cast, version))
    Waiver.objects.filter(pk=waiver.pk).update(terms=waiver.terms.replace("woman", "man"))
    assert "it counts for nothing" in text(browse("vera").get(reverse("waiver", args=[waiver.pk])))


def test_where_the_policy_knows_neither_the_pages_say_so(
    cast: Cast, version: ModelVersion, browse: Browse
) -> None:
    staging.put_into_force(cast, facts.body())
    assert "allows no waivers" in text(browse("dev").get(reverse("waive", args=[version.pk])))
    assert "knows no emergency release" in text(
        browse("olga").get(reverse("break-the-glass", args=[version.pk]))
    )


def test_an_emergency_takes_two_browsers(cast: Cast, version: ModelVersion, browse: Browse) -> None:
    body = {"environment": "production", "reason": "All is refused.", "hours": "2"}
    asked = browse("olga").post(reverse("ask-emergency", args=[version.pk]), body, follow=True)
    assert "You cannot confirm it: you asked for it" in text(asked)
    release = BreakGlass.objects.get()
    assert browse("olga").post(reverse("confirm-emergency", args=[release.pk])).status_code == 403
    assert "Confirm and open the door" in text(browse("adam").get(reverse("emergency", args=[release.pk])))
    done = browse("adam").post(reverse("confirm-emergency", args=[release.pk]), follow=True)
    assert "running" in text(done)
    assert "allowed with waiver" in text(browse("aud").get(reverse("version", args=[version.pk])))
    assert "1 emergency release is running" in text(browse("aud").get(reverse("emergencies")))
    browse("adam").post(reverse("end-emergency", args=[release.pk]), {"reason": "Over."})
    assert "Reviews owed" in text(browse("aud").get(reverse("emergencies")))
    page = reverse("emergency", args=[release.pk])
    assert "You cannot: you took part in it" in text(browse("olga").get(page))
    wrong = browse("cora").post(reverse("review-emergency", args=[release.pk]), {"review": "I read it."})
    assert (wrong.status_code, "I read it." in text(wrong)) == (400, True)
    told = {"outcome": "justified", "review": "I read it."}
    assert "Reviewed: it was justified" in text(
        browse("cora").post(reverse("review-emergency", args=[release.pk]), told, follow=True)
    )


def test_an_overdue_review_is_the_first_thing_the_page_says(
    cast: Cast, version: ModelVersion, browse: Browse
) -> None:
    release = given.emergency(cast, version)
    break_glass.end(actor=cast.actor("adam"), release=release, reason="Over.")
    BreakGlass.objects.update(review_due_at=given.until(seconds=-1))
    assert "1 review is overdue" in text(browse("aud").get(reverse("emergencies")))
    assert "the review is overdue" in text(browse("cora").get(reverse("emergency", args=[release.pk])))


def test_one_that_waits_can_be_withdrawn(cast: Cast, version: ModelVersion, browse: Browse) -> None:
    release = given.emergency(cast, version, confirmed=False)
    browse("cora").post(reverse("withdraw-emergency", args=[release.pk]), {"reason": "It is over."})
    release.refresh_from_db()
    assert release.state == BreakGlassState.WITHDRAWN


def test_a_finding_is_raised_owned_closed_and_opened_again(
    cast: Cast, version: ModelVersion, browse: Browse
) -> None:
    system = version.model.system
    assert "Raise it" in text(browse("aud").get(reverse("raise-issue-form", args=[system.pk])))
    wrong = {"kind": "finding", "severity": "high", "title": "", "description": "Under ten rows."}
    answer = browse("aud").post(reverse("raise-issue", args=[system.pk]), wrong)
    assert (answer.status_code, "Under ten rows." in text(answer)) == (400, True)
    right = {**wrong, "title": "Small groups", "version": str(version.pk), "due": "2020-01-01"}
    page = browse("aud").post(reverse("raise-issue", args=[system.pk]), right, follow=True)
    assert "overdue since 1 Jan 2020" in text(page)
    issue = Issue.objects.get()
    browse("vera").post(reverse("assign-issue", args=[issue.pk]), {"owner": str(cast.dev.pk)})
    assert "Dev owns the fix." in text(browse("aud").get(reverse("issue", args=[issue.pk])))
    assert "Small groups" in text(browse("dev").get(reverse("version", args=[version.pk])))
    settled = {"state": "resolved", "resolution": "They are merged."}
    assert browse("aud").post(reverse("close-issue", args=[issue.pk]), settled).status_code == 403
    browse("vera").post(reverse("close-issue", args=[issue.pk]), settled)
    browse("dev").post(reverse("reopen-issue", args=[issue.pk]), {"reason": "It is back."})
    issue.refresh_from_db()
    assert issue.state == IssueState.OPEN


def test_issues_are_filtered_by_the_address(cast: Cast, version: ModelVersion, browse: Browse) -> None:
    given.issue(cast, version.model.system, title="A grave one")
    given.issue(cast, version.model.system, title="A mild one", severity="low")
    page = reverse("issues")
    assert "A mild one" in text(browse("aud").get(page))
    assert "A mild one" not in text(browse("aud").get(page, {"severity": "high"}))
    assert "A grave one" not in text(browse("aud").get(page, {"state": "resolved"}))
    assert "Nothing matches" in text(browse("aud").get(page, {"system": "other"}))


def test_hostile_text_is_shown_as_text(cast: Cast, version: ModelVersion, browse: Browse) -> None:
    waiver = given.ask(
        cast, version, reason="<script>alert(1)</script>{{7*7}}", compensating_control="</p><b>"
    )
    issue = given.issue(cast, version.model.system, title='"><img src=x onerror=alert(1)>')
    for page in (reverse("waiver", args=[waiver.pk]), reverse("issue", args=[issue.pk]), reverse("issues")):
        found = text(browse("vera").get(page))
        assert "<script>alert" not in found
        assert "<img src=x" not in found
        assert "</p><b>" not in found


LIMITS = {"waivers": 9, "emergencies": 6, "issues": 8}


@pytest.mark.parametrize("name", LIMITS)
def test_a_list_takes_the_same_number_of_queries_however_much_there_is(
    cast: Cast, version: ModelVersion, browse: Browse, name: str
) -> None:
    client, page = browse("aud"), reverse(name)

    def queries() -> int:
        client.get(page)
        with CaptureQueriesContext(connection) as seen:
            assert client.get(page).status_code == 200
        return len(seen)

    given.approve(cast, given.ask(cast, version, expires_at=given.until(days=1)))
    given.issue(cast, version.model.system)
    given.emergency(cast, version)
    few = queries()
    for number in range(3):
        given.ask(cast, version, expires_at=given.until(days=2))
        given.issue(cast, version.model.system, title=f"{number}")
    assert queries() == few <= LIMITS[name]
