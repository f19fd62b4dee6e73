"""The page of next steps."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from governance.models import Decision
from registry.models import ModelVersion, System
from registry.stages import VersionStage
from tests.cast import Cast
from tests.governance import staging
from tests.make import make_system, make_version


@pytest.fixture
def browse(cast: Cast) -> Callable[[str], Client]:
    """A signed-in browser of one of the cast."""

    def enter(name: str) -> Client:
        client = Client()
        client.force_login(getattr(cast, name), backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    return enter


def test_it_works(cast: Cast, browse: Callable[[str], Client]) -> None:
    version = staging.at_validation(cast)
    answer = browse("vera").post(
        reverse("move-version", args=[version.pk]), {"to": "rejected", "reason": "Unsound."}, follow=True
    )
    assert "scorecard 1 now stands at rejected." in answer.content.decode()
    assert ModelVersion.objects.get(pk=version.pk).stage == "rejected"


def test_it_offers_what_is_possible_and_says_why_the_rest_is_not(
    cast: Cast, browse: Callable[[str], Client]
) -> None:
    version = staging.at_compliance(cast)
    page = browse("dev").get(reverse("version-steps", args=[version.pk])).content.decode()
    assert "Move to retired" in page
    assert "Move to production" not in page
    assert "0 of 1 approvals by a validator" in page
    assert "It needs the permission “vote on approval requests in a role one holds”" in page


def test_a_system_moves_too(cast: Cast, browse: Callable[[str], Client]) -> None:
    system = make_system(cast)
    answer = browse("dev").post(
        reverse("move-system", args=[system.pk]), {"to": "retired", "reason": "Never built."}
    )
    assert answer.status_code == 302
    assert System.objects.get(pk=system.pk).stage == "retired"
    assert "this is the end" in browse("dev").get(reverse("system-steps", args=[system.pk])).content.decode()


def test_a_step_without_its_reason_is_refused_beside_its_form(
    cast: Cast, browse: Callable[[str], Client]
) -> None:
    version = staging.at_validation(cast)
    answer = browse("dev").post(reverse("move-version", args=[version.pk]), {"to": "retired", "reason": " "})
    assert answer.status_code == 400
    assert "This step needs a reason." in answer.content.decode()
    long = browse("dev").post(
        reverse("move-version", args=[version.pk]), {"to": "retired", "reason": "kept " * 500}
    )
    assert long.status_code == 400
    assert "kept kept" in long.content.decode()


def test_a_forged_step_is_a_409_with_reasons(cast: Cast, browse: Callable[[str], Client]) -> None:
    version = staging.at_validation(cast)
    client, move = browse("dev"), reverse("move-version", args=[version.pk])
    answer = client.post(move, {"to": "production", "reason": "Quick."})
    assert answer.status_code == 409
    assert "no step from validation to production" in answer.content.decode()
    closed = client.post(move, {"to": "compliance", "reason": "Quick."})
    assert closed.status_code == 409
    assert "requirements are open" in closed.content.decode()
    assert Decision.objects.filter(transition="validation→compliance", verdict="deny").count() == 1
    assert client.post(move, {"to": "rejected", "reason": "Bad."}).status_code == 403
    assert client.get(move).status_code == 405


def test_the_former_champion_is_named_and_left_alone(cast: Cast, browse: Callable[[str], Client]) -> None:
    system = make_system(cast)
    champion, challenger = make_version(cast, system, "1"), make_version(cast, system, "2")
    ModelVersion.objects.filter(pk=champion.pk).update(stage=VersionStage.PRODUCTION)
    page = browse("dev").get(reverse("version-steps", args=[challenger.pk])).content.decode()
    assert "Also in production" in page
    assert reverse("version-steps", args=[champion.pk]) in page


def test_outsiders_find_nothing(cast: Cast, browse: Callable[[str], Client]) -> None:
    version = make_version(cast, make_system(cast))
    for name in ("oscar", "root"):
        client = browse(name)
        assert client.get(reverse("version-steps", args=[version.pk])).status_code == 404
        assert client.post(reverse("move-version", args=[version.pk]), {"to": "retired"}).status_code == 404
        assert client.get(reverse("system-steps", args=[version.model.system_id])).status_code == 404
