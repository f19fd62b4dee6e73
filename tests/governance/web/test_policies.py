"""Pages of policies: what is in force, what a draft changes, who must publish it, and an editor that loses nothing."""

import re
from collections.abc import Callable

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from governance.models import BackTest, Policy, PolicyState
from governance.services import backtests, policies
from registry.stages import RiskTier, Role
from tests.cast import Cast, grant
from tests.governance import staging

Browse = Callable[[str], Client]


@pytest.fixture
def browse(cast: Cast) -> Browse:
    """A signed-in browser of one of the cast; Assay's own policies are in force."""
    call_command("publish_policies", organisation="acme", by="cora", verbosity=0)

    def enter(name: str) -> Client:
        client = Client()
        client.force_login(getattr(cast, name), backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    return enter


def own() -> str:
    return policies.default_body(RiskTier.HIGH)


def looser() -> str:
    return re.sub(r"within_days: [0-9]+", "within_days: 3000", own(), count=1)


def stricter() -> str:
    return own().replace("{role: validator}", "{role: validator}, {role: reviewer}")


def draft(cast: Cast, text: str) -> Policy:
    return policies.draft(actor=cast.actor("cora"), organisation=cast.acme, tier=RiskTier.HIGH, body=text)


def page(policy: Policy) -> str:
    return reverse("policy", args=[policy.pk])


def read(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.content.decode())


def test_the_list_says_what_is_in_force_and_what_waits(cast: Cast, browse: Browse) -> None:
    waiting = draft(cast, stricter())
    text = read(browse("aud"), reverse("policies"))
    for tier in RiskTier:
        assert tier.label in text
    assert page(waiting) in text
    assert "none: every gate is closed" not in text
    assert "Draft a policy" not in text
    assert "Draft a policy" in read(browse("cora"), reverse("policies"))


def test_a_tier_without_a_policy_is_said_to_be_closed(cast: Cast) -> None:
    client = Client()
    client.force_login(cast.aud, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert read(client, reverse("policies")).count("none: every gate is closed") == 4


def test_a_loosening_says_that_somebody_else_must_publish_it(cast: Cast, browse: Browse) -> None:
    grant(cast, "rita", Role.COMPLIANCE_OFFICER)
    policy = draft(cast, looser())
    publish = reverse("publish-policy", args=[policy.pk])
    mine, others = read(browse("cora"), page(policy)), read(browse("rita"), page(policy))
    assert "a second person has to publish it" in mine
    assert "you have drafted it yourself" in mine
    assert publish not in mine
    assert "loosens" in mine
    assert "You have not drafted it, so you may." in others
    assert publish in others
    assert browse("cora").post(publish).status_code == 403
    assert browse("rita").post(publish, follow=True).status_code == 200
    policy.refresh_from_db()
    assert policy.state == PolicyState.PUBLISHED


def test_a_tightening_is_published_by_one(cast: Cast, browse: Browse) -> None:
    policy = draft(cast, stricter())
    text = read(browse("cora"), page(policy))
    assert "one person may publish it" in text
    assert "tightens" in text
    answer = browse("cora").post(reverse("publish-policy", args=[policy.pk]), follow=True)
    assert "is in force" in answer.content.decode()


def test_it_tells_the_demands_in_words_and_the_text_by_lines(cast: Cast, browse: Browse) -> None:
    policy = Policy.objects.get(tier="high", state=PolicyState.PUBLISHED)
    text = read(browse("aud"), page(policy))
    assert "Compliance → Production" in text
    assert "Documents: problem definition" in text
    assert "by nobody who registered this version" in text
    assert '<td class="num">1</td>' in text


def test_it_shows_the_lines_that_changed(cast: Cast, browse: Browse) -> None:
    text = read(browse("aud"), page(draft(cast, looser())))
    assert 'class="is-removed"' in text
    assert 'class="is-added"' in text
    assert "within_days: 3000" in text


def test_any_two_versions_are_compared(cast: Cast, browse: Browse) -> None:
    first = draft(cast, stricter())
    second = draft(cast, stricter().replace("name: ", "name: Very "))
    text = read(browse("aud"), f"{page(second)}?against={first.pk}")
    assert "rewords" in text
    assert "loosens" not in text


def test_gates_that_nobody_could_open_are_told(cast: Cast, browse: Browse) -> None:
    staging.put_into_force(cast, own().replace("{role: approver}", "{role: approver, count: 3}"))
    for address in (reverse("policies"), page(Policy.objects.get(tier="high", state=PolicyState.PUBLISHED))):
        assert "Nobody could open" in read(browse("aud"), address)


def test_a_back_test_is_asked_for_and_told(cast: Cast, browse: Browse, printer: None) -> None:
    staging.allowed(cast)
    policy = draft(cast, stricter())
    client = browse("cora")
    assert "Not tried on past decisions yet" in read(client, page(policy))
    assert client.post(reverse("run-back-test", args=[policy.pk])).status_code == 302
    test = BackTest.objects.get()
    part = reverse("policy-back-test", args=[policy.pk])
    assert client.get(part).headers["Location"] == f"{page(policy)}#back-test"  # of its own it is no page
    assert f'hx-get="{part}"' in client.get(part, headers={"HX-Request": "true"}).content.decode()
    backtests.run(str(test.pk))
    text = read(client, page(policy))
    assert "would have been denied instead of allowed" in text
    assert "Reviews a month" in text
    assert "hx-get" not in client.get(part, headers={"HX-Request": "true"}).content.decode()
    BackTest.objects.update(state="failed", error="The worker was lost three times.")
    assert "The worker was lost three times." in read(client, page(policy))


def typed(text: str, **changes: str) -> dict[str, str]:
    return {"organisation": "acme", "tier": "high", "body": text, **changes}


def test_the_editor_keeps_a_draft(cast: Cast, browse: Browse) -> None:
    client = browse("cora")
    start = read(client, reverse("policy-editor"))
    assert "schema: assay.policy/1" in start
    # A browser sends two characters for each line end.
    answer = client.post(reverse("draft-policy"), typed(stricter().replace("\n", "\r\n")), follow=True)
    assert "It is not in force yet" in answer.content.decode()
    policy = Policy.objects.get(state=PolicyState.DRAFT)
    assert (policy.body, policy.created_by) == (stricter(), cast.cora)
    again = client.get(f"{reverse('policy-editor')}?from={policy.pk}").content.decode()
    assert "{role: reviewer}" in again


def test_assays_own_text_kept_unchanged_stays_assays_own(cast: Cast, browse: Browse) -> None:
    client = browse("cora")
    form = client.get(f"{reverse('policy-editor')}?tier=minimal").context["form"]
    client.post(reverse("draft-policy"), typed(form.initial["body"].replace("\n", "\r\n"), tier="minimal"))
    assert Policy.objects.get(state=PolicyState.DRAFT).body == policies.default_body(RiskTier.MINIMAL)


def test_a_mistake_is_named_with_its_line_and_nothing_is_lost(cast: Cast, browse: Browse) -> None:
    text = own().replace("kinds: [", "kinds: [poem, ", 1) + "# typed for an hour <b>\n"
    for name in ("check-policy", "draft-policy"):
        answer = browse("cora").post(reverse(name), typed(text))
        assert answer.status_code == 400
        shown = answer.content.decode()
        assert "&#x27;poem&#x27; is not known here. Allowed: " in shown
        assert re.search(r"line [0-9]+, transitions\[0\]", shown)
        assert "# typed for an hour &lt;b&gt;" in shown
    assert not Policy.objects.filter(state=PolicyState.DRAFT).exists()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"tier": "minimal"}, "not for “minimal”"),
        ({"tier": "enormous"}, "Select a valid choice"),
        ({"body": ""}, "This field is required"),
        ({"body": "a: [\x00"}, "Null characters are not allowed"),
    ],
)
def test_what_does_not_fit_is_said(browse: Browse, changes: dict[str, str], says: str) -> None:
    for name in ("check-policy", "draft-policy"):
        answer = browse("cora").post(reverse(name), typed(own(), **changes))
        assert answer.status_code == 400
        assert says in answer.content.decode()


def test_another_organisation_does_not_exist(browse: Browse) -> None:
    for name in ("check-policy", "draft-policy"):
        assert browse("cora").post(reverse(name), typed(own(), organisation="other")).status_code == 404


def test_checking_says_what_would_change_and_keeps_nothing(browse: Browse) -> None:
    client = browse("cora")
    for text, says in [
        (looser(), "a second person, who has not drafted it, has to publish it"),
        (stricter(), "one person may publish it"),
        (own(), "exactly the same as"),
    ]:
        answer = client.post(reverse("check-policy"), typed(text))
        assert answer.status_code == 200
        assert says in re.sub(r"\s+", " ", answer.content.decode())
    assert not Policy.objects.filter(state=PolicyState.DRAFT).exists()


def test_who_may_not_is_refused_in_words(cast: Cast, browse: Browse) -> None:
    policy = draft(cast, stricter())
    client = browse("dev")
    assert "You cannot draft policies here" in read(client, reverse("policy-editor"))
    texts = ("check-policy", "draft-policy")
    for name in (*texts, "publish-policy", "run-back-test"):
        address = reverse(name, args=[] if name in texts else [policy.pk])
        data = typed(own()) if name in texts else {}
        answer = client.post(address, data)
        assert answer.status_code in (400, 403)
        assert "You cannot draft" in answer.content.decode() or "You may not" in answer.content.decode()
    assert not Policy.objects.filter(state=PolicyState.PUBLISHED, number=2).exists()


def test_to_outsiders_nothing_exists(cast: Cast, browse: Browse) -> None:
    policy = draft(cast, stricter())
    client = browse("oscar")
    assert client.get(page(policy)).status_code == 404
    assert client.get(f"{reverse('policy-editor')}?from={policy.pk}").status_code == 404
    assert client.get(f"{reverse('policy-editor')}?from=nothing").status_code == 404
    for name in ("publish-policy", "run-back-test"):
        assert client.post(reverse(name, args=[policy.pk])).status_code == 404
    assert "High risk" not in read(client, reverse("policies"))


def test_a_get_changes_nothing(cast: Cast, browse: Browse) -> None:
    policy = draft(cast, stricter())
    for address in (
        reverse("draft-policy"),
        reverse("check-policy"),
        reverse("publish-policy", args=[policy.pk]),
        reverse("run-back-test", args=[policy.pk]),
    ):
        assert browse("cora").get(address).status_code == 405


def test_hostile_text_is_shown_as_text(cast: Cast, browse: Browse) -> None:
    name = "'<script>alert(1)</script>{{7*7}}'"
    policy = draft(cast, re.sub(r"name: .*", f"name: {name}", own(), count=1))
    for address in (page(policy), reverse("policies"), f"{reverse('policy-editor')}?from={policy.pk}"):
        text = read(browse("cora"), address)
        assert "<script>alert" not in text
        assert "{{7*7}}" in text


def test_the_pages_cost_the_same_however_many_there_are(cast: Cast, browse: Browse) -> None:
    client = browse("cora")
    first = draft(cast, stricter())

    def cost() -> list[int]:
        counts = []
        for address in (reverse("policies"), page(first)):
            client.get(address)
            with CaptureQueriesContext(connection) as seen:
                assert client.get(address).status_code == 200
            counts.append(len(seen))
        return counts

    before = cost()
    for number in range(4):
        draft(cast, f"{own()}# {number}")
    assert cost() == before
    assert before[0] <= 12
    assert before[1] <= 18
