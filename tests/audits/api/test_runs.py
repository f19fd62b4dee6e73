"""The API of runs: ask, follow, read, cancel."""

import hashlib
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audits.models import AuditRun, CheckPlan, RunState
from audits.services import execution
from registry.models import ModelVersion
from tests.audits.runs import CHECKS, DATA, FakeEngine, make_run
from tests.calls import api
from tests.cast import Cast
from tests.make import make_dataset_version, make_system, make_version


@pytest.fixture
def version(cast: Cast) -> ModelVersion:
    """A model version of the system “credit”."""
    return make_version(cast, make_system(cast))


@pytest.fixture
def body(cast: Cast, version: ModelVersion) -> dict[str, Any]:
    """What a pipeline posts."""
    snapshot = make_dataset_version(cast, version.model.system, DATA)
    return {"dataset_version": str(snapshot.pk), "mapping": None, "checks": CHECKS}


@pytest.fixture
def measured(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> AuditRun:
    """A run that passed."""
    monkeypatch.setattr(execution, "engine", FakeEngine())
    run = make_run(cast)
    execution.execute(str(run.pk))
    run.refresh_from_db()
    return run


def test_a_pipeline_asks_for_a_run_and_follows_it(
    cast: Cast, version: ModelVersion, body: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(execution, "engine", FakeEngine())
    ci = api(cast, "ci")
    asked = ci.post(f"/api/v1/model-versions/{version.pk}/runs", body)
    assert asked.status_code == 202
    assert (asked.json()["state"], asked.json()["progress"], asked.json()["checks"]) == ("queued", 0, [])

    run_id = asked.json()["id"]
    execution.execute(run_id)
    run = ci.get(f"/api/v1/runs/{run_id}").json()
    assert (run["state"], run["progress"]) == ("passed", 100)
    assert [(check["name"], check["verdict"]) for check in run["checks"]] == [
        ("accuracy", "passed"),
        ("impact ratio by sex", "passed"),
    ]
    assert run["url"].endswith(f"/runs/{run_id}")
    assert run["model_version"] == str(version.pk)


def test_asking_twice_is_the_same_run(cast: Cast, version: ModelVersion, body: dict[str, Any]) -> None:
    dev = api(cast, "dev")
    ids = {dev.post(f"/api/v1/model-versions/{version.pk}/runs", body).json()["id"] for _ in range(2)}
    assert len(ids) == 1
    headers = {"Idempotency-Key": "k1"}
    plan = CheckPlan.objects.get()
    first, second = (
        dev.post(f"/api/v1/plans/{plan.pk}/runs", {"seed": 3}, headers=headers) for _ in range(2)
    )
    assert first.json() == second.json()
    assert second["Idempotency-Replayed"] == "true"
    assert first.json()["exploratory"]
    assert CheckPlan.objects.count() == 1
    assert AuditRun.objects.count() == 2


def test_a_plan_is_sealed_before_and_run_with_its_seed(
    cast: Cast, version: ModelVersion, body: dict[str, Any]
) -> None:
    dev, url = api(cast, "dev"), f"/api/v1/model-versions/{version.pk}/plans"
    sealed = dev.post(url, {**body, "seed": 11})
    assert sealed.status_code == 201
    assert (sealed.json()["seed"], sealed.json()["deviations"]) == (11, [])
    run = dev.post(f"/api/v1/plans/{sealed.json()['id']}/runs", {}).json()
    assert (run["seed"], run["exploratory"], run["plan"]) == (11, False, sealed.json()["id"])
    assert [row["id"] for row in dev.get(url).json()["results"]] == [sealed.json()["id"]]


def test_loosening_asks_for_a_reason_and_says_what(
    cast: Cast, version: ModelVersion, body: dict[str, Any]
) -> None:
    dev, url = api(cast, "dev"), f"/api/v1/model-versions/{version.pk}"
    dev.post(f"{url}/runs", body)
    looser = {**body, "checks": [CHECKS[0]]}
    refused = dev.post(f"{url}/plans", looser)
    assert (refused.status_code, refused.json()["code"]) == (400, "deviation.reason")
    assert refused.json()["errors"][0]["field"] == "reason"
    sealed = dev.post(f"{url}/plans", {**looser, "reason": "The column sex is gone."})
    (deviation,) = sealed.json()["deviations"]
    assert (deviation["state"], deviation["reason"]) == ("open", "The column sex is gone.")
    assert deviation["rows"][0]["check"] == "impact ratio by sex"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"dataset_version": "no-id"}, "dataset_version"),
        ({"mapping": {"label": "nowhere"}}, "mapping.label"),
        ({"mapping": [1]}, "mapping"),
        ({"checks": [{**CHECKS[0], "metric": "acuracy"}]}, "checks"),
        ({"checks": ["accuracy"]}, "checks"),
        ({"seed": -1}, "seed"),
        ({"state": "passed"}, "state"),
    ],
)
def test_a_wrong_request_names_the_field(
    cast: Cast, version: ModelVersion, body: dict[str, Any], change: dict[str, Any], field: str
) -> None:
    answer = api(cast, "dev").post(f"/api/v1/model-versions/{version.pk}/runs", {**body, **change})
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["errors"][0]["field"].startswith(field)
    assert not AuditRun.objects.exists()


def test_outsiders_and_insiders_without_the_permission(
    cast: Cast, version: ModelVersion, body: dict[str, Any]
) -> None:
    url = f"/api/v1/model-versions/{version.pk}/runs"
    assert api(cast, "oscar").post(url, body).status_code == 404
    assert api(cast, "aud").post(url, body).status_code == 403
    run = make_run(cast, version=version)
    oscar = api(cast, "oscar")
    for path in ("", "/measurements", "/result"):
        assert oscar.get(f"/api/v1/runs/{run.pk}{path}").status_code == 404
    assert oscar.post(f"/api/v1/runs/{run.pk}/cancel").status_code == 404
    assert oscar.get("/api/v1/runs").json()["results"] == []
    assert api(cast, "aud").get(f"/api/v1/runs/{run.pk}").status_code == 200
    assert api(cast, "aud").post(f"/api/v1/runs/{run.pk}/cancel").status_code == 403


def test_runs_are_listed_newest_first_and_by_version(cast: Cast, version: ModelVersion) -> None:
    runs = [make_run(cast, version=version, seed=seed) for seed in range(3)]
    other = make_run(cast, version=make_version(cast, version.model.system, "2", b"two"))
    dev = api(cast, "dev")
    listed = dev.get("/api/v1/runs", {"model_version": str(version.pk)}).json()
    assert [row["id"] for row in listed["results"]] == [str(run.pk) for run in reversed(runs)]
    first = dev.get("/api/v1/runs", {"page_size": 3}).json()
    assert first["results"][0]["id"] == str(other.pk)
    assert len(dev.get(first["next"]).json()["results"]) == 1
    assert dev.get("/api/v1/runs", {"model_version": "x"}).status_code == 400
    assert dev.get("/api/v1/runs", {"state": "passed"}).json()["results"] == []


def test_measurements_come_in_pages_and_by_code(cast: Cast, measured: AuditRun) -> None:
    dev, url = api(cast, "dev"), f"/api/v1/runs/{measured.pk}/measurements"
    page = dev.get(url, {"page_size": 2}).json()
    assert [row["code"] for row in page["results"]] == ["accuracy", "impact_ratio"]
    (last,) = dev.get(page["next"]).json()["results"]
    assert (last["value"], last["reason"]) == (None, "Nobody was selected.")
    (ratio,) = dev.get(url, {"code": "impact_ratio"}).json()["results"]
    assert ratio == {
        "code": "impact_ratio",
        "slice": {"sex": "F"},
        "value": 0.85,
        "reason": None,
        "low": pytest.approx(0.8),
        "high": 0.85,
        "n": 100,
    }
    assert len(dev.get(url, {"attribute": "sex"}).json()["results"]) == 1


def test_the_result_is_the_sealed_bytes(cast: Cast, measured: AuditRun) -> None:
    answer = api(cast, "aud").get(f"/api/v1/runs/{measured.pk}/result")
    assert answer["Content-Type"] == "application/json"
    assert f"sha256:{hashlib.sha256(answer.content).hexdigest()}" == measured.result_digest


def test_a_run_without_a_result_says_so(cast: Cast) -> None:
    answer = api(cast, "dev").get(f"/api/v1/runs/{make_run(cast).pk}/result")
    assert (answer.status_code, answer.json()["code"]) == (404, "run.no_result")


def test_a_run_is_cancelled_once(cast: Cast) -> None:
    dev, run = api(cast, "dev"), make_run(cast)
    assert dev.post(f"/api/v1/runs/{run.pk}/cancel").json()["state"] == "cancelled"
    assert dev.post(f"/api/v1/runs/{run.pk}/cancel").status_code == 200
    AuditRun.objects.update(state=RunState.PASSED)
    answer = dev.post(f"/api/v1/runs/{run.pk}/cancel")
    assert (answer.status_code, answer.json()["code"]) == (409, "run.ended")


def known(cast: Cast, name: str) -> Any:
    """A caller whose token has been used: its first use in an hour is noted, which takes statements of its own."""
    client = api(cast, name)
    client.get("/api/v1/me")
    return client


@pytest.mark.parametrize("count", [1, 4])
def test_a_list_takes_a_fixed_number_of_queries(cast: Cast, version: ModelVersion, count: int) -> None:
    for seed in range(count):
        make_run(cast, version=version, seed=seed)
    dev = known(cast, "dev")
    with CaptureQueriesContext(connection) as queries:
        dev.get("/api/v1/runs")
    assert len(queries) == 4  # token and its owner, runs, their checks, their reproductions


def test_one_run_takes_four_queries(cast: Cast, measured: AuditRun) -> None:
    dev = known(cast, "dev")
    with CaptureQueriesContext(connection) as queries:
        dev.get(f"/api/v1/runs/{measured.pk}")
    assert len(queries) == 4
