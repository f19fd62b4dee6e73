"""The API of facts, end to end, and its one error shape."""

import hashlib
import json
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone
from rest_framework.test import APIClient

from registry.models import ApiToken, Document, System
from registry.services import people, tokens
from tests.calls import api
from tests.cast import Cast
from tests.make import COLUMNS, make_system

SYSTEM = {"slug": "credit", "name": "Credit scoring", "purpose": "Decide on credit.", "risk_tier": "high"}


def test_it_registers_a_model_version_from_nothing(cast: Cast) -> None:
    dev = api(cast, "dev")
    system = dev.post("/api/v1/systems", SYSTEM).json()["id"]
    data, model = b"sex,repaid\nF,1\n", b'{"learner": {}}'
    stored = dev.post("/api/v1/artifacts", data, content_type="application/octet-stream").json()
    dataset = dev.post(f"/api/v1/systems/{system}/datasets", {"name": "test"}).json()["id"]
    snapshot = dev.post(
        f"/api/v1/datasets/{dataset}/versions",
        {"version": "1", "artifact_digest": stored["digest"], "format": "csv", "columns": COLUMNS},
    ).json()
    stored_model = dev.post("/api/v1/artifacts", model, content_type="application/octet-stream").json()
    line = dev.post(f"/api/v1/systems/{system}/models", {"name": "scorecard"}).json()["id"]
    body = {
        "version": "1.0",
        "artifact_digest": stored_model["digest"],
        "format": "xgboost_json",
        "training": {"code_commit": "abc", "parameters": {"eta": 0.1}},
        "dataset_versions": [snapshot["id"]],
    }
    answer = dev.post(f"/api/v1/models/{line}/versions", body)

    assert answer.status_code == 201
    assert answer.json()["digest"] == f"sha256:{hashlib.sha256(model).hexdigest()}"
    found = dev.get("/api/v1/model-versions", {"digest": answer.json()["digest"]}).json()["results"]
    assert [row["id"] for row in found] == [answer.json()["id"]]


def test_it_answers_401_without_a_token(cast: Cast) -> None:
    answer = APIClient().get("/api/v1/systems")
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")
    assert answer["Content-Type"] == "application/problem+json"


def test_it_answers_404_to_outsiders(cast: Cast) -> None:
    system = make_system(cast)
    oscar = api(cast, "oscar")
    assert oscar.get(f"/api/v1/systems/{system.pk}").status_code == 404
    assert oscar.get("/api/v1/systems").json()["results"] == []
    assert oscar.post(f"/api/v1/systems/{system.pk}/models", {"name": "x"}).status_code == 404


def test_it_answers_403_to_insiders_without_the_permission(cast: Cast) -> None:
    answer = api(cast, "aud").post("/api/v1/systems", SYSTEM)
    assert (answer.status_code, answer.json()["code"]) == (403, "denied")


def test_it_refuses_unknown_fields(cast: Cast) -> None:
    answer = api(cast, "dev").post("/api/v1/systems", {**SYSTEM, "stage": "live", "owner": "me"})
    assert answer.status_code == 400
    assert {error["field"] for error in answer.json()["errors"]} == {"stage", "owner"}
    assert not System.objects.exists()


def test_it_refuses_other_bytes_under_one_version(cast: Cast) -> None:
    dev, system = api(cast, "dev"), make_system(cast)
    line = dev.post(f"/api/v1/systems/{system.pk}/models", {"name": "scorecard"}).json()["id"]
    answers = []
    for data in (b"one", b"one", b"two"):
        digest = dev.post("/api/v1/artifacts", data, content_type="application/octet-stream").json()["digest"]
        body = {"version": "1", "artifact_digest": digest, "format": "xgboost_json"}
        answers.append(dev.post(f"/api/v1/models/{line}/versions", body))
    assert [answer.status_code for answer in answers] == [201, 201, 409]
    assert answers[2].json()["code"] == "model_version.exists"


def test_it_refuses_bytes_that_are_not_the_announced_ones(cast: Cast) -> None:
    answer = api(cast, "dev").post(
        "/api/v1/artifacts",
        b"data",
        content_type="application/octet-stream",
        headers={"X-Assay-Digest": "sha256:" + "0" * 64},
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "artifact.digest_mismatch")


def test_it_refuses_uploads_over_the_limit_and_keeps_nothing(cast: Cast, settings: Any) -> None:
    settings.ASSAY_MAX_ARTIFACT_BYTES = 10
    answer = api(cast, "dev").post("/api/v1/artifacts", b"x" * 11, content_type="application/octet-stream")
    assert answer.status_code == 413
    assert [path for path in settings.ASSAY_ARTIFACTS_DIR.rglob("*") if path.is_file()] == []


def test_a_pickle_is_stored_as_bytes(cast: Cast) -> None:
    pickle = b"\x80\x04\x95canary"
    answer = api(cast, "dev").post("/api/v1/artifacts", pickle, content_type="application/octet-stream")
    assert answer.json() == {
        "digest": f"sha256:{hashlib.sha256(pickle).hexdigest()}",
        "size": len(pickle),
        "created_at": answer.json()["created_at"],
    }


def test_a_repeated_key_changes_nothing_and_hears_the_same(cast: Cast) -> None:
    dev, system = api(cast, "dev"), make_system(cast)
    body = {"kind": "model_card", "title": "Card", "content": "It scores."}
    first, second = (
        dev.post(f"/api/v1/systems/{system.pk}/documents", body, headers={"Idempotency-Key": "k1"})
        for _ in range(2)
    )
    assert first.status_code == second.status_code == 201
    assert first.json() == second.json()
    assert Document.objects.count() == 1


def test_a_key_reused_for_something_else_is_a_conflict(cast: Cast) -> None:
    dev, system = api(cast, "dev"), make_system(cast)
    for title, expected in (("One", 201), ("Two", 409)):
        body = {"kind": "model_card", "title": title, "content": "It scores."}
        answer = dev.post(f"/api/v1/systems/{system.pk}/documents", body, headers={"Idempotency-Key": "k1"})
        assert answer.status_code == expected


def test_a_revoked_token_is_refused_at_once(cast: Cast) -> None:
    dev = api(cast, "dev")
    assert dev.get("/api/v1/me").status_code == 200
    tokens.revoke(actor=cast.actor("dev"), token=ApiToken.objects.get(user=cast.dev))
    assert dev.get("/api/v1/me").status_code == 401


def test_an_expired_token_is_refused(cast: Cast) -> None:
    dev = api(cast, "dev")
    with time_machine.travel(timezone.now() + timedelta(days=91)):
        assert dev.get("/api/v1/me").status_code == 401


def test_a_token_works_in_its_own_organisation_only(cast: Cast) -> None:
    oscar = api(cast, "oscar")
    people.grant_role(actor=cast.actor("olga"), organisation=cast.acme, user=cast.oscar, role="owner")  # type: ignore[arg-type]
    make_system(cast)
    assert oscar.get("/api/v1/systems").json()["results"] == []


@pytest.mark.parametrize("body", ["{", "[]", '"text"', "null"])
def test_broken_json_is_a_clear_refusal(cast: Cast, body: str) -> None:
    answer = api(cast, "dev").post("/api/v1/systems", body, content_type="application/json")
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("text", ["a\x00b", "\ud800"])
def test_text_that_no_database_can_hold_is_refused(cast: Cast, text: str) -> None:
    dev, system = api(cast, "dev"), make_system(cast)
    for content in ({text: "x"}, {"x": text}, {"x": [{"y": text}]}):
        body = json.dumps({"kind": "model_card", "title": "Card", "content": content})
        answer = dev.post(f"/api/v1/systems/{system.pk}/documents", body, content_type="application/json")
        assert answer.status_code == 400


def test_a_nul_in_an_address_is_refused(cast: Cast) -> None:
    answer = api(cast, "dev").get("/api/v1/systems?slug=a%00b")
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")


def test_nesting_without_end_is_refused(cast: Cast) -> None:
    dev, system = api(cast, "dev"), make_system(cast)
    for depth in (40, 5000):
        nested = '{"x":' * depth + "1" + "}" * depth
        body = f'{{"kind": "model_card", "title": "Card", "content": {nested}}}'
        answer = dev.post(f"/api/v1/systems/{system.pk}/documents", body, content_type="application/json")
        assert answer.status_code == 400


def test_numbers_of_any_size_are_kept_exactly(cast: Cast) -> None:
    dev, system = api(cast, "dev"), make_system(cast)
    body = {"kind": "model_card", "title": "Card", "content": {"rows": 10**30, "rate": 0.1}}
    answer = dev.post(f"/api/v1/systems/{system.pk}/documents", body)
    assert answer.status_code == 201
    assert answer.json()["content"] == {"rows": str(10**30), "rate": "0.1"}


def test_an_unknown_address_of_the_api_answers_problem_details() -> None:
    answer = APIClient().get("/api/v1/nothing")
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")
