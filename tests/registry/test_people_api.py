"""People, roles, tokens and identities over the API."""

import json
from typing import Any

from registry.models import ApiToken, IdempotentAnswer, RoleGrant
from registry.services import members
from registry.stages import Role
from tests.calls import api
from tests.cast import Cast, grant
from tests.make import make_system

IDENTITY = {
    "account": "acme-ci",
    "name": "deploy",
    "issuer": "https://token.actions.githubusercontent.com",
    "repository_id": "4711",
    "repository": "bank/scorer",
    "ref": "refs/heads/main",
    "scopes": ["ask_gate"],
}


def rows(answer: Any) -> dict[str, Any]:
    return {row["username"]: row for row in answer.json()["results"]}


def test_it_lists_who_is_what(cast: Cast) -> None:
    system = make_system(cast)
    grant(cast, "adam", Role.VALIDATOR, system)
    members.deactivate(actor=cast.actor("olga"), membership=cast.rita.memberships.get())
    found = rows(api(cast, "aud").get("/api/v1/members"))
    assert {(role["role"], role["system"]) for role in found["adam"]["roles"]} == {
        ("approver", None),
        ("validator", "credit"),
    }
    assert (found["acme-ci"]["is_service"], found["acme-ci"]["responsible"]) == (True, "dev")
    assert found["rita"]["ended_at"] is not None
    assert "oscar" not in found
    assert "email" not in found["adam"]


def test_a_role_is_given_and_taken(cast: Cast) -> None:
    olga = api(cast, "olga")
    given = olga.post("/api/v1/roles", {"user": "Oscar@EXAMPLE.org", "role": "auditor"})
    assert given.status_code == 201, given.json()
    assert "oscar" in rows(olga.get("/api/v1/members"))
    taken = olga.post(f"/api/v1/roles/{given.json()['id']}/revocation")
    assert taken.status_code == 200
    assert not RoleGrant.objects.filter(pk=given.json()["id"]).exists()


def test_nobody_helps_themselves(cast: Cast) -> None:
    olga = api(cast, "olga")
    answer = olga.post("/api/v1/roles", {"user": "olga", "role": "approver"})
    assert (answer.status_code, answer.json()["code"]) == (403, "people.own_roles")
    own = RoleGrant.objects.get(membership__user=cast.olga, membership__organisation=cast.acme)
    assert olga.post(f"/api/v1/roles/{own.pk}/revocation").status_code == 403
    leaving = olga.post(f"/api/v1/members/{cast.olga.memberships.get().pk}/deactivation", {})
    assert (leaving.status_code, leaving.json()["code"]) == (403, "people.own_membership")


def test_who_does_not_manage_people_learns_of_no_account(cast: Cast) -> None:
    dev = api(cast, "dev")
    answers = [dev.post("/api/v1/roles", {"user": name, "role": "auditor"}) for name in ("oscar", "nobody")]
    assert [answer.status_code for answer in answers] == [403, 403]
    assert answers[0].json() == answers[1].json()
    assert api(cast, "olga").post("/api/v1/roles", {"user": "nobody", "role": "ci"}).status_code == 400


def test_a_member_is_ended_and_comes_back(cast: Cast) -> None:
    olga, adam = api(cast, "olga"), api(cast, "adam")
    place = cast.adam.memberships.get()
    ended = olga.post(f"/api/v1/members/{place.pk}/deactivation", {"reason": "Left."})
    assert (ended.status_code, ended.json()["roles"]) == (200, [])
    assert adam.get("/api/v1/me").status_code == 401
    again = olga.post(f"/api/v1/members/{place.pk}/reactivation")
    assert again.json()["ended_at"] is None


def test_a_token_is_shown_once_and_kept_nowhere(cast: Cast) -> None:
    dev = api(cast, "dev")
    body = {"name": "laptop", "days": 30, "scopes": ["ask_gate"]}
    answer = dev.post("/api/v1/tokens", body, headers={"Idempotency-Key": "once"})
    assert answer.status_code == 201, answer.json()
    text = answer.json()["token"]
    assert answer["Cache-Control"] == "no-store"
    assert text not in json.dumps(dev.get("/api/v1/tokens").json())
    assert not IdempotentAnswer.objects.exists()
    assert not ApiToken.objects.filter(hash=text).exists()


def test_one_sees_ones_own_tokens_and_an_owner_all(cast: Cast) -> None:
    dev, olga = api(cast, "dev"), api(cast, "olga")
    api(cast, "ci")
    assert {row["user"] for row in dev.get("/api/v1/tokens").json()["results"]} == {"dev"}
    assert {row["user"] for row in olga.get("/api/v1/tokens").json()["results"]} == {"dev", "olga", "acme-ci"}


def test_a_token_is_rotated_and_revoked(cast: Cast) -> None:
    dev = api(cast, "dev")
    issued = dev.post("/api/v1/tokens", {"name": "laptop", "days": 1}).json()
    rotated = dev.post(f"/api/v1/tokens/{issued['id']}/rotation")
    assert rotated.status_code == 201
    assert rotated.json()["token"] != issued["token"]
    assert dev.post(f"/api/v1/tokens/{issued['id']}/revocation").status_code == 409
    assert dev.post(f"/api/v1/tokens/{rotated.json()['id']}/revocation").status_code == 200
    assert api(cast, "vera").post(f"/api/v1/tokens/{issued['id']}/revocation").status_code == 403
    assert api(cast, "oscar").post(f"/api/v1/tokens/{issued['id']}/revocation").status_code == 404


def test_a_pipeline_gets_its_account_token_and_identity(cast: Cast) -> None:
    olga = api(cast, "olga")
    made = olga.post("/api/v1/service-accounts", {"name": "release", "responsible": "dev"})
    assert (made.status_code, made.json()["username"]) == (201, "acme-release")
    token = olga.post("/api/v1/tokens", {"name": "x", "days": 5, "account": "acme-release"})
    assert token.json()["user"] == "acme-release"
    identity = olga.post("/api/v1/workload-identities", {**IDENTITY, "account": "acme-release"})
    assert identity.status_code == 201, identity.json()
    assert identity.json()["audience"] == "http://127.0.0.1:8000"
    (listed,) = api(cast, "dev").get("/api/v1/workload-identities").json()["results"]
    assert listed["scopes"] == ["ask_gate", "view"]
    ended = olga.post(f"/api/v1/workload-identities/{listed['id']}/end")
    assert ended.json()["ended_at"] is not None
    assert olga.post("/api/v1/service-accounts", {"name": "x", "responsible": "oscar"}).status_code == 400


def test_a_field_nobody_declared_is_an_error(cast: Cast) -> None:
    olga = api(cast, "olga")
    wrong = [
        ("/api/v1/roles", {"user": "rita", "role": "auditor", "is_staff": True}),
        ("/api/v1/tokens", {"name": "x", "user": "dev"}),
        ("/api/v1/workload-identities", {**IDENTITY, "active": True}),
    ]
    for address, body in wrong:
        answer = olga.post(address, body)
        assert answer.status_code == 400
        assert "Unknown field" in answer.json()["detail"]
