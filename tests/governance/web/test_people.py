"""The pages of people: who is what, who changes it, a token shown once, and gates that lost their people."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from rest_framework.test import APIClient

from registry.models import ApiToken, Membership, RoleGrant, User, WorkloadIdentity
from registry.services import people
from registry.stages import Role
from tests.cast import Cast, grant
from tests.governance import staging
from tests.make import make_system

Browse = Callable[[str], Client]
IDENTITY = {
    "account": "acme-ci",
    "name": "deploy",
    "issuer": "https://gitlab.com",
    "repository": "bank/scorer",
    "repository_id": "4711",
    "ref": "refs/heads/main",
    "scopes": ["ask_gate"],
}


@pytest.fixture
def browse(cast: Cast) -> Browse:
    """A signed-in browser of one of the cast."""

    def enter(name: str) -> Client:
        client = Client()
        client.force_login(getattr(cast, name), backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    return enter


def place(cast: Cast, name: str) -> Membership:
    return getattr(cast, name).memberships.get(organisation=cast.acme)  # type: ignore[no-any-return]


def text(answer: Any) -> str:
    return str(answer.content.decode())


def test_it_works(cast: Cast, browse: Browse) -> None:
    grant(cast, "adam", Role.VALIDATOR, make_system(cast))
    page = text(browse("aud").get(reverse("people")))
    assert "People of Acme Bank" in page
    assert 'Validator <span class="muted">on Credit</span>' in page
    assert "Dev answers for it" in page
    assert "Oscar" not in page


def test_only_who_manages_people_is_offered_changes(cast: Cast, browse: Browse) -> None:
    pages = [reverse("people"), reverse("member", args=[place(cast, "adam").pk]), reverse("machines")]
    for page in pages:
        assert "<form" in text(browse("olga").get(page)).split("<main")[1]
        assert "<form" not in text(browse("dev").get(page)).split("<main")[1]


def test_a_role_is_given_and_taken(cast: Cast, browse: Browse) -> None:
    olga, system = browse("olga"), make_system(cast)
    body = {"user": "ADAM@example.org", "role": "validator", "system": str(system.pk)}
    answer = olga.post(reverse("grant-role"), body, follow=True)
    assert "Adam is validator on Credit now." in text(answer)
    row = RoleGrant.objects.get(membership=place(cast, "adam"), role=Role.VALIDATOR)
    answer = olga.post(reverse("revoke-role", args=[row.pk]), follow=True)
    assert "Adam is no longer validator." in text(answer)


def test_what_was_typed_is_not_lost(cast: Cast, browse: Browse) -> None:
    olga = browse("olga")
    answer = olga.post(reverse("grant-role"), {"user": "nobody", "role": "auditor"})
    assert answer.status_code == 400
    assert 'value="nobody"' in text(answer)
    assert '<option value="auditor" selected>' in text(answer)
    assert "There is no such account" in text(answer)


def test_nobody_is_offered_their_own_roles(cast: Cast, browse: Browse) -> None:
    page = text(browse("olga").get(reverse("member", args=[place(cast, "olga").pk])))
    assert "Nobody changes their own roles" in page
    assert "Take away" not in page
    own = RoleGrant.objects.get(membership=place(cast, "olga"))
    assert browse("olga").post(reverse("revoke-role", args=[own.pk])).status_code == 403


def test_a_member_leaves_and_comes_back(cast: Cast, browse: Browse) -> None:
    olga, page = browse("olga"), reverse("member", args=[place(cast, "adam").pk])
    left = olga.post(
        reverse("deactivate-member", args=[place(cast, "adam").pk]), {"reason": "Left."}, follow=True
    )
    assert "A former member" in text(left)
    back = olga.post(reverse("reactivate-member", args=[place(cast, "adam").pk]), follow=True)
    assert "A member without a role" in text(back)
    assert olga.get(page).status_code == 200


def test_the_last_owner_stays_and_the_reason_is_not_lost(cast: Cast, browse: Browse) -> None:
    """Olga cannot end her own membership; she keeps what she typed."""
    answer = browse("olga").post(
        reverse("deactivate-member", args=[place(cast, "olga").pk]), {"reason": "I go."}
    )
    assert answer.status_code == 403
    assert "You cannot end your own membership" in text(answer)


def test_a_gate_that_loses_its_people_is_told_at_once(cast: Cast, browse: Browse) -> None:
    staging.make_policies(cast)
    olga = browse("olga")
    assert "Every gate in force has enough people" in text(olga.get(reverse("people")))
    left = olga.post(reverse("deactivate-member", args=[place(cast, "vera").pk]), {}, follow=True)
    assert "Nobody could open the gate" in text(left)
    assert "nobody could lawfully open" in text(olga.get(reverse("people")))


def test_a_token_is_shown_once(cast: Cast, browse: Browse) -> None:
    dev = browse("dev")
    answer = dev.post(reverse("issue-token"), {"name": "laptop", "days": "5", "scopes": ["ask_gate"]})
    assert answer["Cache-Control"] == "no-store"
    found = re.search(r'id="new-token">(assay_[^<]+)<', text(answer))
    assert found is not None
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {found.group(1)}")
    assert client.get("/api/v1/me").status_code == 200
    assert found.group(1) not in text(dev.get(reverse("tokens")))

    token = ApiToken.objects.get(name="laptop")
    rotated = dev.post(reverse("rotate-token", args=[token.pk]))
    assert "Copy this token now" in text(rotated)
    assert client.get("/api/v1/me").status_code == 401
    successor = ApiToken.objects.get(name="laptop", revoked_at=None)
    assert dev.post(reverse("revoke-token", args=[successor.pk])).status_code == 302
    assert not ApiToken.objects.filter(revoked_at=None).exists()


def test_a_token_that_cannot_be_keeps_what_was_typed(cast: Cast, browse: Browse) -> None:
    answer = browse("dev").post(reverse("issue-token"), {"name": "laptop", "days": "999", "scopes": ["vote"]})
    assert answer.status_code == 400
    assert 'value="laptop"' in text(answer)
    assert 'value="vote" checked' in text(answer)


def test_others_tokens_are_seen_by_owners_only(cast: Cast, browse: Browse) -> None:
    browse("dev").post(reverse("issue-token"), {"name": "of-dev", "days": "5"})
    assert "of-dev" in text(browse("olga").get(reverse("tokens")))
    assert "of-dev" not in text(browse("vera").get(reverse("tokens")))
    assert "of-dev" not in text(browse("vera").get(reverse("member", args=[place(cast, "dev").pk])))


def test_a_pipeline_is_bound(cast: Cast, browse: Browse) -> None:
    olga = browse("olga")
    made = olga.post(reverse("make-account"), {"name": "release", "responsible": "dev"}, follow=True)
    assert "acme-release is there" in text(made)
    wrong = olga.post(reverse("make-identity"), {**IDENTITY, "ref": "main"})
    assert wrong.status_code == 400
    assert 'value="main"' in text(wrong)
    bound = olga.post(reverse("make-identity"), IDENTITY, follow=True)
    assert "Jobs of bank/scorer on refs/heads/main may act as acme-ci." in text(bound)
    identity = WorkloadIdentity.objects.get()
    ended = olga.post(reverse("end-identity", args=[identity.pk]), follow=True)
    assert "has ended" in text(ended)


def test_outsiders_and_superusers_find_nothing(cast: Cast, browse: Browse) -> None:
    for name in ("oscar", "root"):
        assert browse(name).get(reverse("member", args=[place(cast, "adam").pk])).status_code == 404
        assert browse(name).get(reverse("people"), {"organisation": "acme"}).status_code == 404
    assert "Acme" not in text(browse("oscar").get(reverse("people")))


def test_hostile_names_are_shown_as_text(cast: Cast, browse: Browse) -> None:
    User.objects.filter(pk=cast.adam.pk).update(first_name="<script>alert(1)</script>")
    for page in (reverse("people"), reverse("member", args=[place(cast, "adam").pk])):
        assert "<script>alert(1)" not in text(browse("olga").get(page))


def test_they_cost_the_same_however_many_people_there_are(cast: Cast, browse: Browse) -> None:
    olga, pages = browse("olga"), [reverse(name) for name in ("people", "machines", "tokens")]

    def costs() -> list[int]:
        found = []
        for page in pages:
            with CaptureQueriesContext(connection) as queries:
                assert olga.get(page).status_code == 200
            found.append(len(queries))
        return found

    costs()  # what is asked once only is asked
    before = costs()
    for number in range(5):
        user = User.objects.create_user(f"more-{number}", f"more-{number}@example.org")
        people.grant_role(actor=cast.actor("olga"), organisation=cast.acme, user=user, role=Role.AUDITOR)
        people.create_service_account(
            actor=cast.actor("olga"), organisation=cast.acme, name=f"bot-{number}", responsible=user
        )
    assert costs() == before
