"""Pages: who sees them, what they say first, and that they cost the same however much there is."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from governance.services import approvals
from registry.models import ModelVersion, System
from registry.stages import RiskTier, VersionStage
from tests.cast import Cast
from tests.make import make_dataset_version, make_document, make_system, make_version


@pytest.fixture
def version(cast: Cast) -> ModelVersion:
    """A version of a high-risk system under the default policies; nothing is measured."""
    call_command("publish_policies", organisation="acme", by="cora", verbosity=0)
    system = make_system(cast)
    snapshot = make_dataset_version(cast, system)
    make_document(cast, system)
    return make_version(cast, system, dataset_versions=[snapshot])


@pytest.fixture
def browse(cast: Cast) -> Callable[[str], Client]:
    """A signed-in browser of one of the cast."""

    def enter(name: str) -> Client:
        client = Client()
        client.force_login(getattr(cast, name), backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    return enter


def pages(version: ModelVersion) -> list[str]:
    """Every page that shows something of this version's organisation."""
    return [reverse("system", args=[version.model.system_id]), reverse("version", args=[version.pk])]


def test_a_version_page_says_that_it_is_blocked_and_who_clears_what(
    version: ModelVersion, browse: Callable[[str], Client]
) -> None:
    text = browse("dev").get(reverse("version", args=[version.pk])).content.decode()
    assert "blocked" in text
    assert "requirements are open" in text
    assert "Validator" in text


def test_insiders_see_the_pages(version: ModelVersion, browse: Callable[[str], Client]) -> None:
    everywhere = [reverse(name) for name in ("overview", "systems", "inbox", "reports", "log")]
    client = browse("aud")
    assert [client.get(page).status_code for page in (*everywhere, *pages(version))] == [200] * 7


def test_outsiders_find_nothing(version: ModelVersion, browse: Callable[[str], Client]) -> None:
    client = browse("oscar")
    assert [client.get(page).status_code for page in pages(version)] == [404, 404]
    assert str(version.model.system_id) not in client.get(reverse("systems")).content.decode()


def test_superusers_without_a_role_find_nothing(
    version: ModelVersion, browse: Callable[[str], Client]
) -> None:
    assert browse("root").get(pages(version)[1]).status_code == 404


def test_strangers_are_sent_to_sign_in(version: ModelVersion) -> None:
    for page in (*pages(version), reverse("overview"), reverse("log")):
        answer = Client().get(page)
        assert (answer.status_code, answer["Location"].partition("?")[0]) == (302, "/accounts/login/")


def test_buttons_are_offered_to_those_who_may(version: ModelVersion, browse: Callable[[str], Client]) -> None:
    page, button = reverse("version", args=[version.pk]), reverse("request-approval", args=[version.pk])
    assert button in browse("dev").get(page).content.decode()
    assert button not in browse("aud").get(page).content.decode()


def test_pressing_a_button_one_may_not_press_is_refused_in_words(
    version: ModelVersion, browse: Callable[[str], Client]
) -> None:
    answer = browse("aud").post(reverse("request-approval", args=[version.pk]))
    assert answer.status_code == 403
    assert "You may not do this here" in answer.content.decode()


def test_a_get_changes_nothing(version: ModelVersion, browse: Callable[[str], Client]) -> None:
    for name in ("request-approval", "request-report", "ask-gate"):
        assert browse("dev").get(reverse(name, args=[version.pk])).status_code == 405


def test_the_gate_is_asked_from_the_page(version: ModelVersion, browse: Callable[[str], Client]) -> None:
    answer = browse("dev").post(reverse("ask-gate", args=[version.pk]), follow=True)
    assert answer.status_code == 200
    assert "blocked" in answer.content.decode()


def test_a_rejection_without_a_reason_keeps_what_was_typed(
    cast: Cast, version: ModelVersion, browse: Callable[[str], Client]
) -> None:
    asked = approvals.request(actor=cast.actor("dev"), version=version, to=VersionStage.PRODUCTION)
    body = {"verdict": "reject", "comment": " ", "role": "validator", "subject_digest": asked.subject_digest}
    answer = browse("vera").post(reverse("vote", args=[asked.pk]), body)
    assert answer.status_code == 400
    assert "Say why you reject" in answer.content.decode()


def test_hostile_text_is_shown_as_text(cast: Cast, browse: Callable[[str], Client]) -> None:
    system = make_system(cast)
    System.objects.filter(pk=system.pk).update(name="<script>alert(1)</script>", purpose="{{7*7}}{% debug %}")
    make_document(cast, system, title='"><img src=x onerror=alert(1)>', content={"<b>": "<script>x</script>"})
    for page in (reverse("systems"), reverse("system", args=[system.pk]), reverse("log")):
        text = browse("dev").get(page).content.decode()
        assert "<script>alert" not in text
        assert "<img src=x" not in text
        assert "<script>x" not in text
    assert "{{7*7}}" in browse("dev").get(reverse("system", args=[system.pk])).content.decode()


def queries(client: Client, page: str) -> int:
    """How many statements a page takes."""
    client.get(page)  # content types are cached from the second time on
    with CaptureQueriesContext(
        connection,
    ) as seen:
        assert client.get(page).status_code == 200
    return len(seen)


def more(cast: Cast, system: System, count: int) -> None:
    """More of everything."""
    for number in range(count):
        other = make_system(cast, f"more-{number}", RiskTier.HIGH)
        made = make_version(cast, other)
        make_document(cast, other, by="cora")
        approvals.request(actor=cast.actor("dev"), version=made, to=VersionStage.PRODUCTION)
        make_version(cast, system, version=f"x{number}")


LIMITS: dict[str, int] = {
    "overview": 27,
    "due": 13,
    "systems": 9,
    "inbox": 14,
    "reports": 7,
    "log": 17,  # noting the read takes three, of which two are a savepoint
    "system": 14,
    "version": 25,
}


@pytest.mark.parametrize("name", LIMITS)
def test_a_page_takes_the_same_number_of_queries_however_much_there_is(
    cast: Cast, version: ModelVersion, browse: Callable[[str], Client], name: str
) -> None:
    arguments: dict[str, Any] = {"system": [version.model.system_id], "version": [version.pk]}
    page, client = reverse(name, args=arguments.get(name, [])), browse("vera")
    approvals.request(actor=cast.actor("dev"), version=version, to=VersionStage.PRODUCTION)
    few = queries(client, page)
    more(cast, version.model.system, 4)
    assert queries(client, page) == few
    assert few <= LIMITS[name]
