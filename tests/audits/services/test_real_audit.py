"""Runs with the real engine: refusals keep their place, and the same inputs give the same digest."""

import json
from typing import Any

import numpy as np
import pytest
import xgboost

from audits.models import AuditRun, CheckResult, Measurement, RunState
from audits.services import execution, leases
from tests.audits.runs import make_run
from tests.cast import Cast
from tests.make import COLUMNS, make_dataset_version, make_system, make_version


@pytest.fixture(autouse=True)
def no_heartbeat(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    """A thread would have a database connection of its own, which does not see this test's transaction."""
    monkeypatch.setattr(leases, "BEAT_SECONDS", 3_600.0)
    settings.ASSAY_RUN_LEASE_SECONDS = 4 * 3_600


def predictions(rows: int = 2_000) -> bytes:
    """Predictions that are right nine times out of ten, alike for both groups."""
    lines = [f"{'FM'[i % 2]},{i},{i // 2 % 2},{(i // 2 + (i % 10 == 0)) % 2}" for i in range(rows)]
    return "\n".join(["sex,income,repaid,prediction", *lines, ""]).encode()


def scorecard() -> bytes:
    """A small XGBoost model on `income`, as JSON."""
    income = np.arange(200.0)
    data = xgboost.DMatrix(income.reshape(-1, 1), label=income // 2 % 2, feature_names=["income"])
    parameters = {"max_depth": 2, "objective": "binary:logistic", "nthread": 1}
    return bytes(xgboost.train(parameters, data, num_boost_round=3).save_raw("json"))


def measure(cast: Cast, data: bytes, model: bytes, format: str) -> AuditRun:
    """A finished run over these bytes."""
    system = make_system(cast)
    columns = [{**column, "role": "feature"} if column["name"] == "income" else column for column in COLUMNS]
    snapshot = make_dataset_version(cast, system, data, columns=columns)
    run = make_run(
        cast, version=make_version(cast, system, data=model, format=format), dataset_version=snapshot
    )
    execution.execute(str(run.pk))
    run.refresh_from_db()
    return run


@pytest.mark.slow
def test_the_same_inputs_give_the_same_digest(cast: Cast) -> None:
    run = measure(cast, predictions(), scorecard(), "xgboost_json")
    sealed = json.loads(run.result)
    assert (run.state, run.error, sealed["explanation_failed"]) == (RunState.PASSED, "", None)
    assert [row["feature"] for row in sealed["explanation"]["importance"]] == ["income"]

    Measurement.objects.all().delete()
    CheckResult.objects.all().delete()
    AuditRun.objects.update(state=RunState.QUEUED, attempts=0, result="", result_digest="")
    execution.execute(str(run.pk))
    assert AuditRun.objects.get().result == run.result


def test_a_model_in_another_format_is_measured_and_not_opened(cast: Cast) -> None:
    run = measure(cast, predictions(), b"\x80\x04cposix\nsystem\n", "pickle")
    sealed = json.loads(run.result)
    assert (run.state, sealed["explanation"]) == (RunState.PASSED, None)
    assert "xgboost_json" in sealed["explanation_failed"]["message"]


def test_a_row_with_too_many_fields_is_refused_with_its_line(cast: Cast) -> None:
    lines = predictions(100).splitlines()
    lines[41] += b",surplus"
    run = measure(cast, b"\n".join(lines) + b"\n", b"{}", "opaque")
    assert run.state == RunState.ERRORED
    assert "42" in run.error
    assert json.loads(run.result)["refused"]["line"] == 42
    assert (run.measurements.count(), run.check_results.count()) == (0, 0)
