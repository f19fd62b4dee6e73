"""Reads of evidence for pages, reports and gates."""

from typing import Any

import pytest

from audits import selectors
from audits.models import AuditRun, RunState
from audits.services import execution
from registry.errors import NotFound
from tests.audits.runs import FakeEngine, make_run
from tests.cast import Cast

EXPLANATION: dict[str, Any] = {
    "method": "tree_path_dependent",
    "output": "margin",
    "base_value": -0.25,
    "n": 2_000,
    "importance": [{"feature": "income", "mean_abs": 0.5, "low": 0.4, "high": None}],
    "by_group": {"sex": {"1.0": {"income": 0.5}}},
    "additivity_error": 1e-7,
}


@pytest.fixture
def measured(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> AuditRun:
    """A run that passed, with an explanation."""
    monkeypatch.setattr(execution, "engine", FakeEngine(more={"explanation": EXPLANATION}))
    run = make_run(cast)
    execution.execute(str(run.pk))
    run.refresh_from_db()
    return run


def test_evidence_has_its_numbers_back(measured: AuditRun) -> None:
    evidence = selectors.evidence(measured)
    assert evidence is not None
    assert evidence.explanation == EXPLANATION
    assert evidence.plan["mapping"]["sensitive"] == ["sex"]
    assert evidence.read == {"rows_read": 2}


def test_a_run_without_a_result_has_no_evidence(cast: Cast) -> None:
    assert selectors.evidence(make_run(cast)) is None


def test_the_latest_run_and_the_latest_result_differ_while_one_is_running(
    cast: Cast, measured: AuditRun
) -> None:
    version = measured.plan.model_version
    running, cancelled = make_run(cast, seed=1), make_run(cast, seed=2)
    AuditRun.objects.filter(pk=cancelled.pk).update(state=RunState.CANCELLED)
    assert selectors.latest_run_for(version) == running
    assert selectors.latest_result_for(version) == measured
    assert [run.seed for run in selectors.runs_for(version)] == [2, 1, 0]


def test_what_is_not_yours_does_not_exist(cast: Cast, measured: AuditRun) -> None:
    assert selectors.run_of(cast.actor("aud"), measured.pk) == measured
    for name in ("oscar", "root"):
        with pytest.raises(NotFound):
            selectors.run_of(cast.actor(name), measured.pk)
        assert not selectors.visible_runs(cast.actor(name)).exists()
    with pytest.raises(NotFound):
        selectors.run_of(cast.actor("aud"), "no-id")


def test_reading_a_run_takes_three_queries(
    cast: Cast, measured: AuditRun, django_assert_num_queries: Any
) -> None:
    actor = cast.actor("aud")
    with django_assert_num_queries(3):
        run = selectors.run_of(actor, measured.pk)
        assert run.plan.model_version.model.system.slug == "credit"
        assert run.plan.dataset_version.dataset.slug == "applications"
        assert len(run.check_results.all()) == 2


def test_evidence_takes_one_query(measured: AuditRun, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        selectors.evidence(measured)


def test_measurements_keep_their_order(measured: AuditRun) -> None:
    assert [row.code for row in selectors.measurements(measured)] == ["accuracy", "impact_ratio", "auc"]
    assert [row.code for row in selectors.measurements(measured, code="auc")] == ["auc"]
    assert [check.name for check in selectors.checks(measured)] == ["accuracy", "impact ratio by sex"]
