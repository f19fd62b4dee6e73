"""Waivers, emergency releases and issues over the API: shapes, refusals, and what strangers see."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from governance.models import Issue, Waiver
from registry.models import ModelVersion
from registry.stages import Role
from tests.calls import api
from tests.cast import Cast, grant
from tests.governance import exceptional as given
from tests.governance import staging


@pytest.fixture
def version(cast: Cast) -> ModelVersion:
    """A version with one failed check, under a policy that allows waivers and emergencies."""
    return given.failed(cast)


def post(client: APIClient, path: str, **body: Any) -> Any:
    return client.post(f"/api/v1/{path}", body, format="json")


def asked(cast: Cast, version: ModelVersion, **changes: Any) -> Any:
    body = {
        "codes": [given.CHECK],
        "reason": "The next version corrects it.",
        "compensating_control": "A person looks.",
        "expires_at": given.until(days=5).isoformat(),
        "to": "production",
        **changes,
    }
    return post(api(cast, "dev"), f"model-versions/{version.pk}/waivers", **body)


def test_a_waiver_is_asked_for_approved_and_revoked(cast: Cast, version: ModelVersion) -> None:
    made = asked(cast, version)
    assert made.status_code == 201, made.content
    told = made.json()
    assert (told["state"], told["step"], told["renewal"]) == ("requested", "compliance→production", 0)
    assert told["terms"]["findings"][0]["code"] == given.CHECK
    path = f"waivers/{told['id']}"
    approved = post(api(cast, "vera"), f"{path}/approval", digest=told["digest"])
    assert (approved.status_code, approved.json()["approved_role"]) == (200, "validator")
    listed = api(cast, "aud").get("/api/v1/waivers?state=approved").json()["results"]
    assert [row["id"] for row in listed] == [told["id"]]
    assert post(api(cast, "dev"), f"{path}/revocation", reason="Corrected.").json()["state"] == "revoked"
    again = post(api(cast, "vera"), f"{path}/approval", digest=told["digest"])
    assert (again.status_code, again.json()["code"]) == (409, "waiver.closed")


@pytest.mark.parametrize(
    "changes",
    [
        {"codes": []},
        {"approved_by": "dev"},
        {"state": "approved"},
        {"reason": ""},
        {"expires_at": "soon"},
        {"renewal": 0},
    ],
    ids=str,
)
def test_input_is_strict(cast: Cast, version: ModelVersion, changes: dict[str, Any]) -> None:
    assert asked(cast, version, **changes).status_code == 400
    assert not Waiver.objects.exists()


def test_a_token_of_the_requester_is_the_requester(cast: Cast, version: ModelVersion) -> None:
    grant(cast, "vera", Role.DEVELOPER)
    waiver = given.ask(cast, version, by="vera")
    answer = post(api(cast, "vera"), f"waivers/{waiver.pk}/approval", digest=waiver.digest)
    assert (answer.status_code, answer.json()["code"]) == (403, "waiver.excluded")
    assert given.entries("waiver.excluded") == 1


def test_strangers_find_none_of_it(cast: Cast, version: ModelVersion) -> None:
    waiver, issue = given.ask(cast, version), given.issue(cast, version.model.system)
    release = given.emergency(cast, version)
    stranger = api(cast, "oscar")
    for path in (f"waivers/{waiver.pk}", f"issues/{issue.pk}", f"break-glass/{release.pk}"):
        assert stranger.get(f"/api/v1/{path}").status_code == 404
    for path in ("waivers", "issues", "break-glass"):
        assert stranger.get(f"/api/v1/{path}").json()["results"] == []
    assert post(stranger, f"waivers/{waiver.pk}/approval", digest=waiver.digest).status_code == 404
    assert post(stranger, f"break-glass/{release.pk}/end", reason="x").status_code == 404
    assert post(stranger, f"issues/{issue.pk}/closing", state="resolved", resolution="x").status_code == 404


def test_an_emergency_is_asked_for_confirmed_ended_and_reviewed(cast: Cast, version: ModelVersion) -> None:
    body = {"environment": "production", "reason": "All is refused.", "hours": 2}
    made = post(api(cast, "olga"), f"model-versions/{version.pk}/break-glass", **body)
    assert made.status_code == 201, made.content
    path = f"break-glass/{made.json()['id']}"
    assert post(api(cast, "olga"), f"{path}/confirmation").status_code == 403
    confirmed = post(api(cast, "adam"), f"{path}/confirmation").json()
    assert (confirmed["state"], confirmed["confirmed_by"]) == ("confirmed", "Adam")
    assert api(cast, "aud").get(f"/api/v1/issues/{confirmed['incident']}").json()["kind"] == "incident"
    assert post(api(cast, "adam"), f"{path}/end", reason="Over.").status_code == 200
    reviewed = post(api(cast, "cora"), f"{path}/review", outcome="not_justified", review="It could wait.")
    assert reviewed.json()["outcome"] == "not_justified"


def test_an_emergency_can_be_withdrawn(cast: Cast, version: ModelVersion) -> None:
    release = given.emergency(cast, version, confirmed=False)
    answer = post(api(cast, "olga"), f"break-glass/{release.pk}/withdrawal", reason="Over.")
    assert answer.json()["state"] == "withdrawn"


def test_the_answer_of_the_gate_says_it_everywhere(cast: Cast, version: ModelVersion, printer: None) -> None:
    waiver = given.approve(cast, given.ask(cast, version))
    staging.allowed(cast, version)
    question = {"artifact_digest": version.artifact.digest, "environment": "production", "nonce": "n"}
    answer = post(api(cast, "ci"), "gate/decisions", **question).json()
    assert (answer["verdict"], answer["waivers"]) == ("allow_with_waiver", [str(waiver.pk)])
    states = {finding["code"]: finding["state"] for finding in answer["findings"]}
    assert states[given.CHECK] == "waived"
    stored = api(cast, "aud").get(f"/api/v1/gate/decisions/{answer['decision_id']}").json()
    assert stored["verdict"] == stored["outcome"]["verdict"] == "allow_with_waiver"


def test_an_issue_is_raised_assigned_closed_and_reopened(cast: Cast, version: ModelVersion) -> None:
    system = version.model.system
    body = {"kind": "finding", "severity": "high", "title": "Small groups", "model_version": str(version.pk)}
    made = post(api(cast, "aud"), f"systems/{system.pk}/issues", **body)
    assert made.status_code == 201, made.content
    path = f"issues/{made.json()['id']}"
    unknown = post(api(cast, "vera"), f"{path}/assignment", owner="oscar")
    assert (unknown.status_code, unknown.json()["errors"][0]["field"]) == (400, "owner")
    assert (
        post(api(cast, "vera"), f"{path}/assignment", owner="dev", due="2030-01-01").json()["owner"] == "Dev"
    )
    settled = {"state": "accepted", "resolution": "Known, and written into the card."}
    assert post(api(cast, "vera"), f"{path}/closing", **settled).json()["state"] == "accepted"
    assert post(api(cast, "dev"), f"{path}/reopening", reason="It is back.").json()["state"] == "open"
    listed = api(cast, "aud").get("/api/v1/issues?state=open&severity=high&kind=finding").json()["results"]
    assert [row["title"] for row in listed] == ["Small groups"]
    assert api(cast, "aud").get("/api/v1/issues?state=gone").status_code == 400


def test_a_repeated_request_has_one_effect(cast: Cast, version: ModelVersion) -> None:
    client, system = api(cast, "aud"), version.model.system
    for _ in range(2):
        answer = client.post(
            f"/api/v1/systems/{system.pk}/issues",
            {"kind": "finding", "severity": "low", "title": "Once"},
            format="json",
            headers={"Idempotency-Key": "one"},
        )
        assert answer.status_code == 201
    assert Issue.objects.count() == 1
