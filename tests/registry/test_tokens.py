"""Tokens: what one opens, and that it is useless from the moment it should be. Every end is tested by using it."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework.request import Request
from rest_framework.test import APIClient, APIRequestFactory

from registry.access import check
from registry.access.table import PERMISSIONS
from registry.actors import Actor
from registry.api.authentication import BearerToken
from registry.errors import Conflict, Denied, Invalid, NotFound
from registry.models import ApiToken, Membership, System, User
from registry.services import people, tokens
from registry.stages import Role
from tests.cast import Cast
from tests.make import make_system, make_version

SYSTEM = {"slug": "loans", "name": "Loans", "purpose": "Decide on loans.", "risk_tier": "high"}


def issued(cast: Cast, name: str = "dev", *, by: str | None = None, **options: Any) -> tuple[ApiToken, str]:
    return tokens.issue(
        actor=cast.actor(by or name),
        organisation=cast.acme,
        user=getattr(cast, name),
        name="tests",
        **options,
    )


def using(text: str) -> Any:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {text}")
    return client


def bearing(cast: Cast, token: ApiToken) -> Actor:
    """The actor that a request with this token has."""
    return Actor.of(token.user, token.organisation_id, token.limits)


def test_it_works(cast: Cast) -> None:
    token, text = issued(cast)
    assert text.startswith("assay_")
    assert text not in token.hash
    assert using(text).get("/api/v1/me").json()["name"] == "Dev"
    assert using(text).post("/api/v1/systems", SYSTEM).status_code == 201


def test_a_scope_takes_away_everything_else(cast: Cast) -> None:
    _, text = issued(cast, scopes=["ask_gate"])
    client = using(text)
    assert client.get("/api/v1/systems").status_code == 200
    answer = client.post("/api/v1/systems", SYSTEM)
    assert (answer.status_code, answer.json()["code"]) == (403, "denied")


def test_a_scope_gives_nothing_that_the_bearer_lacks(cast: Cast) -> None:
    _, text = issued(cast, "aud", scopes=["register", "manage_people"])
    assert using(text).post("/api/v1/systems", SYSTEM).status_code == 403


def test_a_token_confined_to_a_system_reaches_no_other(cast: Cast) -> None:
    mine, other = make_system(cast), make_system(cast, "fraud")
    _, text = issued(cast, system=mine)
    client = using(text)
    assert [row["slug"] for row in client.get("/api/v1/systems").json()["results"]] == ["credit"]
    assert client.get(f"/api/v1/systems/{other.pk}").status_code == 404
    assert client.post(f"/api/v1/systems/{other.pk}/models", {"name": "x"}).status_code == 404
    assert client.post("/api/v1/systems", SYSTEM).status_code in {400, 404}
    assert client.post(f"/api/v1/systems/{mine.pk}/models", {"name": "x"}).status_code == 201


def test_the_gates_door_asks_what_the_token_may(cast: Cast) -> None:
    """The door keeps its statement ready for many callers; none of them gets another's."""
    mine, other = make_system(cast), make_system(cast, "fraud")
    versions = [make_version(cast, system, data=system.slug.encode()) for system in (mine, other)]
    questions = [
        {"artifact_digest": version.artifact.digest, "environment": "production", "nonce": "n"}
        for version in versions
    ]
    expected: list[tuple[dict[str, Any], list[int]]] = [
        ({}, [200, 200]),
        ({"scopes": ["ask_gate"]}, [200, 200]),
        ({"scopes": ["register"]}, [403, 403]),
        ({"system": mine}, [200, 404]),
        ({"system": other}, [404, 200]),
        ({"scopes": ["ask_gate"], "system": other}, [404, 200]),
    ]
    for options, statuses in expected * 2:
        client = using(issued(cast, **options)[1])
        found = [client.post("/api/v1/gate/decisions", question).status_code for question in questions]
        assert found == statuses, options


@pytest.mark.parametrize("wrong", [{"days": 0}, {"days": 367}, {"name": " "}, {"scopes": ["everything"]}])
def test_nonsense_is_refused(cast: Cast, wrong: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        tokens.issue(
            **{"actor": cast.actor("dev"), "organisation": cast.acme, "user": cast.dev, "name": "x", **wrong}
        )


def test_a_foreign_system_is_refused(cast: Cast) -> None:
    foreign = System.objects.create(
        organisation=cast.oscar.memberships.get().organisation,
        slug="theirs",
        name="Theirs",
        purpose="",
        owner=cast.oscar,
        risk_tier="high",
        created_by=cast.oscar,
    )
    with pytest.raises(Invalid):
        issued(cast, system=foreign)


def test_a_revoked_token_is_refused_from_the_next_request_on(cast: Cast) -> None:
    token, text = issued(cast)
    client = using(text)
    assert client.get("/api/v1/me").status_code == 200
    tokens.revoke(actor=cast.actor("dev"), token=token)
    assert client.get("/api/v1/me").status_code == 401
    with pytest.raises(Conflict):
        tokens.revoke(actor=cast.actor("dev"), token=token)


def test_an_expired_token_is_refused(cast: Cast) -> None:
    _, text = issued(cast, days=1)
    with time_machine.travel(timezone.now() + timedelta(days=1, seconds=-5), tick=False):
        assert using(text).get("/api/v1/me").status_code == 200
    with time_machine.travel(timezone.now() + timedelta(days=1, seconds=5), tick=False):
        assert using(text).get("/api/v1/me").status_code == 401


def test_a_rotated_token_is_replaced_by_one_as_narrow(cast: Cast) -> None:
    system = make_system(cast)
    token, text = issued(cast, scopes=["register"], system=system, days=7)
    successor, new = tokens.rotate(actor=cast.actor("dev"), token=token)
    assert using(text).get("/api/v1/me").status_code == 401
    assert using(new).get(f"/api/v1/systems/{system.pk}").status_code == 200
    assert (successor.scopes, successor.system) == (["register", "view"], system)
    assert successor.expires_at - successor.created_at < timedelta(days=7, minutes=1)
    with pytest.raises(Conflict):
        tokens.rotate(actor=cast.actor("dev"), token=token)


def test_a_dead_account_or_an_ended_membership_kills_its_tokens(cast: Cast) -> None:
    _, text = issued(cast)
    place = Membership.objects.filter(user=cast.dev)
    assert place.update(ended_at=timezone.now()) == 1
    assert using(text).get("/api/v1/me").status_code == 401
    place.update(ended_at=None)
    assert using(text).get("/api/v1/me").status_code == 200
    cast.dev.is_active = False
    cast.dev.save()
    assert using(text).get("/api/v1/me").status_code == 401


def test_a_role_taken_away_is_taken_from_its_tokens(cast: Cast) -> None:
    _, text = issued(cast)
    assert using(text).post("/api/v1/systems", SYSTEM).status_code == 201
    people.revoke_role(actor=cast.actor("olga"), grant=cast.dev.memberships.get().grants.get())
    assert using(text).post("/api/v1/systems", {**SYSTEM, "slug": "more"}).status_code in {400, 404}


def test_nobody_has_a_token_issued_for_somebody_else(cast: Cast) -> None:
    with pytest.raises(Denied):
        issued(cast, "dev", by="olga")
    with pytest.raises(Denied):
        issued(cast, "ci", by="dev")
    assert issued(cast, "ci", by="olga")


def test_outsiders_get_none(cast: Cast) -> None:
    with pytest.raises(NotFound):
        issued(cast, "oscar")
    with pytest.raises(NotFound):
        issued(cast, "root")
    with pytest.raises(NotFound):
        issued(cast, "ci", by="oscar")


def test_a_token_issues_none_that_is_wider_or_lives_longer(cast: Cast) -> None:
    system = make_system(cast)
    token, _ = issued(cast, scopes=["register"], system=system, days=5)
    actor = bearing(cast, token)

    def ask(**options: Any) -> ApiToken:
        found, _ = tokens.issue(actor=actor, organisation=cast.acme, user=cast.dev, name="child", **options)
        return found

    for wider in (
        {"days": 4, "system": system},
        {"days": 4, "scopes": ["register"]},
        {"days": 4, "scopes": ["register", "vote"], "system": system},
        {"days": 30, "scopes": ["register"], "system": system},
    ):
        with pytest.raises(Denied, match="neither do more"):
            ask(**wider)
    assert ask(days=4, scopes=["register"], system=system).scopes == ["register", "view"]


def test_a_narrow_token_ends_no_other(cast: Cast) -> None:
    narrow, _ = issued(cast, scopes=["view"])
    victim, text = issued(cast)
    with pytest.raises(Denied):
        tokens.revoke(actor=bearing(cast, narrow), token=victim)
    assert using(text).get("/api/v1/me").status_code == 200


def test_its_last_use_is_known_by_the_hour(cast: Cast) -> None:
    token, text = issued(cast)
    now = timezone.now()
    seen = []
    for minutes in (1, 30, 90):
        with time_machine.travel(now + timedelta(minutes=minutes), tick=False):
            using(text).get("/api/v1/me")
        token.refresh_from_db()
        assert token.last_used_at is not None
        seen.append(round((token.last_used_at - now).total_seconds() / 60))
    assert seen == [1, 1, 90]


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    role=st.sampled_from(Role),
    scopes=st.sets(st.sampled_from(sorted(PERMISSIONS))),
    confined=st.booleans(),
    permission=st.sampled_from(sorted(PERMISSIONS)),
)
def test_a_token_never_does_more_than_its_bearer(
    cast: Cast, role: Role, scopes: set[str], confined: bool, permission: str
) -> None:
    """For any role, scopes and confinement: what the token may is what the bearer may, less what it takes away."""
    own, other = _systems(cast)
    Membership.objects.filter(user=cast.dev).get().grants.all().delete()
    people._sync(cast.dev.memberships.get(), None)
    people.grant_role(actor=cast.actor("olga"), organisation=cast.acme, user=cast.dev, role=role)
    token, _ = issued(cast, scopes=sorted(scopes), system=own if confined else None)
    bare, bearer = cast.actor("dev"), bearing(cast, token)
    for row in (own, other, cast.acme):
        may, can = permission in check.held(bare, row), permission in check.held(bearer, row)
        covered = not scopes or permission in scopes | {"view"}
        reached = not confined or row == own
        assert can == (may and covered and reached)
        rows = type(row)._default_manager.filter(pk=row.pk)
        assert rows.allowing(bearer, permission).exists() == can


def _systems(cast: Cast) -> tuple[System, System]:
    found = {system.slug: system for system in System.objects.filter(organisation=cast.acme)}
    by = "olga"
    return (
        found.get("credit") or make_system(cast, by=by),
        found.get("fraud") or make_system(cast, "fraud", by=by),
    )


def test_whoever_answers_for_a_service_account_is_known_to_its_token(cast: Cast) -> None:
    _, text = tokens.issue(actor=cast.actor("olga"), organisation=cast.acme, user=cast.ci, name="pipeline")
    bearer = _bearer(text)
    assert bearer.responsible_id == cast.dev.pk
    assert bearer.is_service is True
    assert Actor.of(bearer).person_id == str(cast.dev.pk)


def _bearer(text: str) -> User:
    """The account behind a token, as a request sees it."""
    request = APIRequestFactory().get("/", headers={"Authorization": f"Bearer {text}"})
    found = BearerToken().authenticate(Request(request))
    assert found is not None
    return found[0]
