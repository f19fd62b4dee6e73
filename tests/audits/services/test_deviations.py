"""Loosening criteria: free before there are results, a deviation with a reason after them."""

import json
from typing import Any

import pytest

from audits.models import AuditRun, CheckPlan, Deviation, DeviationState, RunState
from audits.services import deviations, plans, runs
from registry.errors import Invalid
from registry.models import DatasetVersion, LedgerEntry, ModelVersion
from tests.audits.runs import CHECKS, DATA, FakeEngine, ended, make_plan
from tests.cast import Cast
from tests.make import make_dataset_version, make_system, make_version

LOOSER = [{**CHECKS[0], "threshold": 0.6}, CHECKS[1]]
STRICTER = [{**CHECKS[0], "threshold": 0.9}, CHECKS[1]]
WHY = "The bar was copied from another product."


@pytest.fixture
def version(cast: Cast) -> ModelVersion:
    """A model version."""
    return make_version(cast, make_system(cast))


@pytest.fixture
def snapshot(cast: Cast, version: ModelVersion) -> DatasetVersion:
    """The locked test set."""
    return make_dataset_version(cast, version.model.system, DATA)


@pytest.fixture
def measured(cast: Cast, version: ModelVersion, snapshot: DatasetVersion, engine: FakeEngine) -> CheckPlan:
    """A plan with a result."""
    plan = make_plan(cast, version=version, dataset_version=snapshot)
    assert ended(cast, plan).state == RunState.PASSED
    return plan


def test_it_works(cast: Cast, measured: CheckPlan) -> None:
    new = make_plan(
        cast,
        version=measured.model_version,
        dataset_version=measured.dataset_version,
        checks=LOOSER,
        reason=WHY,
    )
    deviation = Deviation.objects.get()
    assert (deviation.old_plan, deviation.new_plan, deviation.state) == (measured, new, DeviationState.OPEN)
    assert deviation.rows == [
        {"check": "accuracy", "field": "bar", "before": ">= 0.7", "after": ">= 0.6"},
    ]
    assert deviation.digest == deviations.digest_of(measured, new, deviation.rows)
    (entry,) = LedgerEntry.objects.filter(event="deviation.opened")
    told = json.loads(bytes(entry.body))["data"]
    assert (told["digest"], told["old_plan_digest"]) == (deviation.digest, measured.digest)
    assert WHY not in bytes(entry.body).decode()


def test_without_a_reason_nothing_is_sealed(cast: Cast, measured: CheckPlan) -> None:
    same: dict[str, Any] = {"version": measured.model_version, "dataset_version": measured.dataset_version}
    with pytest.raises(Invalid, match=r"bar of “accuracy”: >= 0\.7 → >= 0\.6") as refused:
        make_plan(cast, **same, checks=LOOSER, reason="  ")
    assert refused.value.code == "deviation.reason"
    assert CheckPlan.objects.get() == measured


def test_before_there_are_results_criteria_may_change_freely(
    cast: Cast, version: ModelVersion, snapshot: DatasetVersion
) -> None:
    make_plan(cast, version=version, dataset_version=snapshot)
    make_plan(cast, version=version, dataset_version=snapshot, checks=LOOSER)
    assert not Deviation.objects.exists()


@pytest.mark.parametrize(
    ("state", "deviates"),
    [
        (RunState.QUEUED, True),
        (RunState.RUNNING, True),
        (RunState.PASSED, True),
        (RunState.FAILED, True),
        (RunState.INSUFFICIENT, True),
        (RunState.ERRORED, False),
        (RunState.CANCELLED, False),
    ],
)
def test_results_are_runs_that_told_something_or_will(
    cast: Cast, version: ModelVersion, snapshot: DatasetVersion, state: RunState, deviates: bool
) -> None:
    plan = make_plan(cast, version=version, dataset_version=snapshot)
    runs.request(actor=cast.actor("dev"), plan=plan)
    AuditRun.objects.update(state=state)
    make_plan(cast, version=version, dataset_version=snapshot, checks=LOOSER, reason=WHY)
    assert Deviation.objects.exists() == deviates


@pytest.mark.parametrize(
    "change", [{}, {"checks": STRICTER}, {"checks": [*CHECKS, {**CHECKS[0], "name": "x"}]}]
)
def test_the_same_or_stricter_is_no_deviation(
    cast: Cast, measured: CheckPlan, change: dict[str, Any]
) -> None:
    make_plan(cast, version=measured.model_version, dataset_version=measured.dataset_version, **change)
    assert not Deviation.objects.exists()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"checks": [CHECKS[1]]}, "check"),
        ({"checks": [{**CHECKS[0], "severity": "advisory"}, CHECKS[1]]}, "severity"),
        ({"checks": [{**CHECKS[0], "slice": {"sex": "F"}}, CHECKS[1]]}, "slice"),
        ({"checks": [{**CHECKS[0], "metric": "ppv"}, CHECKS[1]]}, "metric"),
        ({"seed": 5}, "seed"),
        ({"tolerance": {"absolute": 0.01}}, "absolute tolerance"),
        ({"mapping": {"reference": {"sex": "M"}}}, "mapping of reference"),
    ],
)
def test_each_loosening_is_one(cast: Cast, measured: CheckPlan, change: dict[str, Any], field: str) -> None:
    same: dict[str, Any] = {"version": measured.model_version, "dataset_version": measured.dataset_version}
    make_plan(cast, **same, reason=WHY, **change)
    assert [row["field"] for row in Deviation.objects.get().rows] == [field]


def test_another_version_of_the_dataset_is_one_and_another_dataset_is_not(
    cast: Cast, measured: CheckPlan
) -> None:
    smaller = make_dataset_version(cast, measured.model_version.model.system, DATA[:-8], version="2")
    make_plan(cast, version=measured.model_version, dataset_version=smaller, reason=WHY)
    assert [row["field"] for row in Deviation.objects.get().rows] == ["dataset"]


def test_a_stricter_plan_in_between_does_not_wash_a_looser_one(cast: Cast, measured: CheckPlan) -> None:
    same: dict[str, Any] = {
        "version": measured.model_version,
        "dataset_version": measured.dataset_version,
    }
    make_plan(cast, **same, checks=STRICTER)
    make_plan(cast, **same, checks=LOOSER, reason=WHY)
    assert Deviation.objects.count() == 1


def test_a_pending_plan_is_no_bar_for_the_next_one(cast: Cast, measured: CheckPlan) -> None:
    same: dict[str, Any] = {
        "version": measured.model_version,
        "dataset_version": measured.dataset_version,
    }
    make_plan(cast, **same, checks=LOOSER, reason=WHY)
    between = [{**CHECKS[0], "threshold": 0.65}, CHECKS[1]]
    make_plan(cast, **same, checks=between, reason=WHY)
    assert {deviation.old_plan for deviation in Deviation.objects.all()} == {measured}


def test_an_accepted_plan_is_the_bar_from_then_on(cast: Cast, measured: CheckPlan) -> None:
    same: dict[str, Any] = {
        "version": measured.model_version,
        "dataset_version": measured.dataset_version,
    }
    make_plan(cast, **same, checks=LOOSER, reason=WHY)
    Deviation.objects.update(state=DeviationState.ACCEPTED)
    between = [{**CHECKS[0], "threshold": 0.65}, CHECKS[1]]
    make_plan(cast, **same, checks=between)
    make_plan(cast, **same, checks=[{**CHECKS[0], "threshold": 0.5}, CHECKS[1]], reason=WHY)
    assert Deviation.objects.count() == 2


def test_an_earlier_version_measured_on_the_same_bytes_sets_the_bar(cast: Cast, measured: CheckPlan) -> None:
    second = make_version(cast, measured.model_version.model.system, "2")
    same: dict[str, Any] = {"version": second, "dataset_version": measured.dataset_version}
    with pytest.raises(Invalid, match="Results are there already"):
        make_plan(cast, **same, checks=LOOSER)
    make_plan(cast, **same, seed=9)
    assert not Deviation.objects.exists()


def test_a_refused_one_is_asked_again_with_a_new_reason(cast: Cast, measured: CheckPlan) -> None:
    same: dict[str, Any] = {
        "version": measured.model_version,
        "dataset_version": measured.dataset_version,
    }
    new = make_plan(cast, **same, checks=LOOSER, reason=WHY)
    assert make_plan(cast, **same, checks=LOOSER, reason=WHY) == new
    assert Deviation.objects.count() == 1
    Deviation.objects.update(state=DeviationState.REFUSED)
    assert make_plan(cast, **same, checks=LOOSER) == new
    assert Deviation.objects.count() == 1
    make_plan(cast, **same, checks=LOOSER, reason="With the sources this time.")
    states = {deviation.reason: deviation.state for deviation in Deviation.objects.all()}
    assert states == {WHY: "asked_again", "With the sources this time.": "open"}


def test_what_was_sealed_is_what_is_compared(cast: Cast, measured: CheckPlan) -> None:
    sealed = deviations.criteria(measured)
    assert (sealed.seed, sealed.tolerance) == (0, plans.opened(measured).tolerance)
    assert sealed.checks == plans.opened(measured).checks
