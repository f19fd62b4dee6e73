"""Decisions over the API."""

import uuid
from typing import Any

import pytest

from governance.models import ApprovalRequest, Decision, Policy, Report
from registry.models import LedgerEntry, ModelVersion
from registry.stages import RiskTier, Role
from tests.calls import api
from tests.cast import Cast, grant
from tests.governance import staging
from tests.governance.gates.facts import body
from tests.make import make_system, make_version

V1 = "/api/v1"
UNKNOWN = "00000000-0000-4000-8000-000000000000"


def question(version: ModelVersion, **changes: Any) -> dict[str, Any]:
    return {
        "artifact_digest": version.artifact.digest,
        "environment": "production",
        "nonce": "n-1",
        **changes,
    }


def problem(response: Any, status: int, code: str) -> dict[str, Any]:
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    found: dict[str, Any] = response.json()
    assert found["code"] == code
    return found


def test_the_whole_way_over_the_api(
    cast: Cast, printer: None, django_capture_on_commit_callbacks: Any
) -> None:
    version = staging.at_compliance(cast)
    dev, vera, ci = api(cast, "dev"), api(cast, "vera"), api(cast, "ci")
    asked = dev.post(f"{V1}/model-versions/{version.pk}/approval-requests", {"to": "production"})
    assert asked.status_code == 201
    request = asked.json()
    assert request["subject"]["artifact"] == version.artifact.digest
    for name in staging.VOTERS:
        cast_vote = api(cast, name).post(
            f"{V1}/approval-requests/{request['id']}/votes",
            {"verdict": "approve", "subject_digest": request["subject_digest"], "comment": "Read."},
        )
        assert cast_vote.status_code == 201, cast_vote.content
    with django_capture_on_commit_callbacks(execute=False):
        report = vera.post(f"{V1}/model-versions/{version.pk}/reports", {"kind": "validation_report"})
    assert report.status_code == 202
    staging.report(cast, version)
    ready = vera.get(f"{V1}/reports/{report.json()['id']}").json()
    assert ready["state"] == "ready"
    pdf = vera.get(f"{V1}/reports/{ready['id']}/pdf", headers={"Accept": "application/pdf"})
    assert b"".join(pdf.streaming_content) == staging.printed().pdf
    assert pdf["Content-Type"] == "application/pdf"
    assert pdf["Content-Disposition"] == 'attachment; filename="validation-report-1.pdf"'
    assert pdf["X-Content-Type-Options"] == "nosniff"
    answer = ci.post(f"{V1}/gate/decisions", question(version)).json()
    assert (answer["verdict"], answer["nonce"]) == ("allow", "n-1")
    assert answer["url"].endswith(f"/decisions/{answer['decision_id']}")
    moved = dev.post(f"{V1}/model-versions/{version.pk}/transitions", {"to": "production"})
    assert (moved.status_code, moved.json()["stage"]) == (200, "production")


def test_a_closed_gate_is_409_with_every_finding(cast: Cast) -> None:
    version = staging.at_compliance(cast)
    response = api(cast, "dev").post(f"{V1}/model-versions/{version.pk}/transitions", {"to": "production"})
    found = problem(response, 409, "gate.refused")
    assert Decision.objects.filter(pk=found["decision_id"]).exists()
    told = {"code", "state", "sentence", "requirement", "owner_role", "clears", "alternative"}
    assert told == set(found["findings"][0])


def test_a_refused_step_stays_refused_and_recorded_under_one_key(cast: Cast) -> None:
    version, client = staging.at_compliance(cast), api(cast, "dev")
    url, key = f"{V1}/model-versions/{version.pk}/transitions", {"Idempotency-Key": "once"}
    first = client.post(url, {"to": "production"}, headers=key)
    again = client.post(url, {"to": "production"}, headers=key)
    assert first.status_code == again.status_code == 409
    assert first.json() == again.json()
    assert LedgerEntry.objects.filter(event="transition.refused").count() == 1


def test_a_refused_vote_stays_recorded_under_a_key(cast: Cast) -> None:
    grant(cast, "dev", Role.APPROVER)
    request = staging.ask(cast, staging.at_compliance(cast))
    response = api(cast, "dev").post(
        f"{V1}/approval-requests/{request.pk}/votes",
        {"verdict": "approve", "subject_digest": request.subject_digest},
        headers={"Idempotency-Key": "once"},
    )
    problem(response, 403, "approval.excluded")
    assert LedgerEntry.objects.filter(event="approval.refused").count() == 1


def test_a_step_that_does_not_exist_is_409(cast: Cast) -> None:
    version = staging.at_validation(cast)
    response = api(cast, "dev").post(f"{V1}/model-versions/{version.pk}/transitions", {"to": "production"})
    problem(response, 409, "transition.not_allowed")


def test_systems_move_too(cast: Cast) -> None:
    staging.make_policies(cast)
    system = make_system(cast)
    url = f"{V1}/systems/{system.pk}/transitions"
    problem(api(cast, "dev").post(url, {"to": "data_sourcing"}), 409, "gate.refused")
    options = {row["to"]: row for row in api(cast, "dev").get(url).json()}
    assert options["data_sourcing"]["gate"] == "G1"
    assert not options["data_sourcing"]["possible"]
    assert options["retired"]["possible"]


def test_steps_are_listed_with_what_stands_in_their_way(cast: Cast) -> None:
    version = staging.at_compliance(cast)
    url = f"{V1}/model-versions/{version.pk}/transitions"
    rows = {row["to"]: row for row in api(cast, "vera").get(url).json()}
    assert rows["production"]["verdict"] == "deny"
    assert not rows["production"]["permitted"]
    assert rows["rejected"]["possible"]


def test_a_stored_decision_shows_what_it_was_made_from(cast: Cast) -> None:
    version = staging.at_compliance(cast)
    answer = api(cast, "ci").post(f"{V1}/gate/decisions", question(version)).json()
    stored = api(cast, "aud").get(f"{V1}/gate/decisions/{answer['decision_id']}").json()
    assert stored["verdict"] == "deny"
    # What is stored leaves out what had no name yet when it was decided, or says nothing.
    assert [{"alternative": "", **one} for one in stored["outcome"]["findings"]] == answer["findings"]
    assert stored["dossier"]["version"]["artifact_digest"] == version.artifact.digest
    assert stored["policy_body"].startswith("# High risk")


def test_the_key_is_public(cast: Cast, client: Any) -> None:
    response = client.get(f"{V1}/gate/key")
    assert response.status_code == 200
    assert response.json()["key"].startswith("http://127.0.0.1:8000+")


def test_an_unknown_digest_is_404(cast: Cast) -> None:
    response = api(cast, "ci").post(
        f"{V1}/gate/decisions", {"artifact_digest": "sha256:" + "0" * 64, "environment": "production"}
    )
    problem(response, 404, "model_version.unknown")


@pytest.mark.parametrize(
    "changes",
    [
        {"artifact_digest": "abc"},
        {"artifact_digest": "SHA256:" + "0" * 64},
        {"environment": ""},
        {"environment": "x" * 41},
        {"environment": "../etc"},
        {"nonce": "x" * 201},
        {"verdict": "allow"},
        {"model_version": "1"},
    ],
)
def test_a_question_that_is_not_one_is_400(cast: Cast, changes: dict[str, str]) -> None:
    version = make_version(cast, make_system(cast))
    response = api(cast, "ci").post(f"{V1}/gate/decisions", question(version, **changes))
    assert problem(response, 400, "invalid")["errors"][0]["field"] == next(iter(changes))


@pytest.mark.parametrize("nonce", [r"\u0000", r"\ud800"])
def test_half_a_character_is_400(cast: Cast, nonce: str) -> None:
    text = f'{{"artifact_digest": "sha256:{"0" * 64}", "environment": "production", "nonce": "{nonce}"}}'
    response = api(cast, "ci").generic("POST", f"{V1}/gate/decisions", text, content_type="application/json")
    problem(response, 400, "invalid")


def test_policies_are_drafted_and_published(cast: Cast) -> None:
    cora = api(cast, "cora")
    drafted = cora.post(f"{V1}/policies", {"tier": "high", "body": body()})
    assert drafted.status_code == 201, drafted.content
    assert drafted.json()["state"] == "draft"
    published = cora.post(f"{V1}/policies/{drafted.json()['id']}/publication")
    assert (published.status_code, published.json()["state"]) == (200, "published")
    assert len(cora.post(f"{V1}/policies/defaults", {}).json()) == 3
    assert len(cora.get(f"{V1}/policies").json()["results"]) == 4
    assert cora.get(f"{V1}/policies/{drafted.json()['id']}").json()["body"] == body()


def test_publishing_tells_the_gates_that_nobody_could_open(cast: Cast) -> None:
    cora = api(cast, "cora")
    text = body().replace("{role: approver}", "{role: approver, count: 2}")
    drafted = cora.post(f"{V1}/policies", {"tier": "high", "body": text}).json()
    refused = cora.post(f"{V1}/policies/{drafted['id']}/publication")
    assert "second person" in problem(refused, 403, "policy.needs_second_person")["detail"]
    grant(cast, "rita", Role.COMPLIANCE_OFFICER)
    published = api(cast, "rita").post(f"{V1}/policies/{drafted['id']}/publication").json()
    steps = [(gap["step"], gap["system"], gap["roles"]) for gap in published["staffing_gaps"]]
    assert steps == [("compliance→production", "", ["approver"]), ("suspended→production", "", ["approver"])]
    assert cora.get(f"{V1}/policies/staffing").json() == published["staffing_gaps"]


def test_the_schema_of_policies_is_served(cast: Cast) -> None:
    schema = api(cast, "dev").get(f"{V1}/policies/schema").json()
    assert schema["properties"]["tier"]["enum"] == RiskTier.values


def test_policies_are_compared(cast: Cast) -> None:
    cora = api(cast, "cora")
    first = cora.post(f"{V1}/policies", {"tier": "high", "body": body()}).json()
    assert cora.get(f"{V1}/policies/{first['id']}/diff").json()["against"] is None
    cora.post(f"{V1}/policies/{first['id']}/publication")
    text = body().replace("within_days: 180", "within_days: 90", 1)
    second = cora.post(f"{V1}/policies", {"tier": "high", "body": text}).json()
    told = cora.get(f"{V1}/policies/{second['id']}/diff").json()
    assert (told["against"], told["loosens"]) == (first["id"], False)
    [change] = told["changes"]
    assert change == {
        "place": "validation→compliance, evidence performance, within_days",
        "before": "180",
        "after": "90",
        "direction": "tightens",
    }
    assert [line["kind"] for line in told["lines"]].count("added") == 1
    back = cora.get(f"{V1}/policies/{first['id']}/diff?against={second['id']}").json()
    assert back["loosens"]
    assert cora.get(f"{V1}/policies/{first['id']}/diff?against=x").status_code == 400
    assert cora.get(f"{V1}/policies/{first['id']}/diff?against={uuid.UUID(int=3)}").status_code == 404


def test_a_policy_that_is_not_one_names_its_lines(cast: Cast) -> None:
    response = api(cast, "cora").post(f"{V1}/policies", {"tier": "high", "body": "schema: assay.policy/1\n"})
    found = problem(response, 400, "policy.invalid")
    assert all(error["field"].startswith("line ") for error in found["errors"])


def test_requests_are_listed_by_state(cast: Cast) -> None:
    request = staging.ask(cast, staging.at_compliance(cast))
    client = api(cast, "adam")
    assert [r["id"] for r in client.get(f"{V1}/approval-requests?state=open").json()["results"]] == [
        str(request.pk)
    ]
    assert client.get(f"{V1}/approval-requests?state=used").json()["results"] == []
    problem(client.get(f"{V1}/approval-requests?state=odd"), 400, "invalid")
    assert client.get(f"{V1}/approval-requests/{request.pk}").json()["votes"] == []


def test_a_request_is_withdrawn_with_a_reason(cast: Cast) -> None:
    request = staging.ask(cast, staging.at_compliance(cast))
    url = f"{V1}/approval-requests/{request.pk}/withdrawal"
    problem(api(cast, "dev").post(url, {}), 400, "invalid")
    assert api(cast, "dev").post(url, {"reason": "Too early."}).json()["state"] == "withdrawn"


def routes(
    version: ModelVersion, request: ApprovalRequest, decision: str
) -> list[tuple[str, str, dict[str, Any]]]:
    system = version.model.system
    report = Report.objects.get()
    policy = Policy.objects.first()
    assert policy is not None
    vote = {"verdict": "approve", "subject_digest": request.subject_digest}
    return [
        ("get", f"{V1}/gate/decisions/{decision}", {}),
        ("get", f"{V1}/model-versions/{version.pk}/transitions", {}),
        ("post", f"{V1}/model-versions/{version.pk}/transitions", {"to": "production"}),
        ("get", f"{V1}/systems/{system.pk}/transitions", {}),
        ("post", f"{V1}/systems/{system.pk}/transitions", {"to": "live"}),
        ("post", f"{V1}/model-versions/{version.pk}/approval-requests", {"to": "production"}),
        ("get", f"{V1}/approval-requests/{request.pk}", {}),
        ("post", f"{V1}/approval-requests/{request.pk}/votes", vote),
        ("post", f"{V1}/approval-requests/{request.pk}/withdrawal", {"reason": "x"}),
        ("get", f"{V1}/policies/{policy.pk}", {}),
        ("post", f"{V1}/policies/{policy.pk}/publication", {}),
        ("post", f"{V1}/model-versions/{version.pk}/reports", {"kind": "validation_report"}),
        ("get", f"{V1}/reports/{report.pk}", {}),
        ("get", f"{V1}/reports/{report.pk}/pdf", {}),
    ]


def test_what_belongs_to_others_is_as_absent(cast: Cast, printer: None, client: Any) -> None:
    version = staging.at_compliance(cast)
    request = staging.ask(cast, version)
    staging.report(cast, version)
    decision = api(cast, "ci").post(f"{V1}/gate/decisions", question(version)).json()["decision_id"]
    oscar = api(cast, "oscar")
    for method, url, data in routes(version, request, decision):
        foreign = getattr(oscar, method)(url, data)
        assert foreign.status_code == 404, (method, url, foreign.content)
        for pk in (version.pk, version.model.system_id, request.pk, decision):
            url = url.replace(str(pk), UNKNOWN)
        absent = getattr(oscar, method)(url, data)
        if UNKNOWN in url:
            assert absent.json() == foreign.json()
        assert getattr(client, method)(url, data).status_code == 401
    assert oscar.get(f"{V1}/approval-requests").json()["results"] == []
    assert oscar.get(f"{V1}/policies").json()["results"] == []
    assert oscar.post(f"{V1}/gate/decisions", question(version)).status_code == 404
