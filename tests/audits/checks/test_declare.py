"""Checks are read strictly: what makes no sense is refused with what to change."""

from __future__ import annotations

from typing import Any

import pytest

from audits.checks.declare import check_from, checks_from
from audits.checks.default import default_checks
from audits.checks.spec import Check, CheckError, Severity, SmallGroups
from audits.metrics.catalogue import METRICS
from audits.metrics.spec import Scope

GOOD = {"metric": "impact_ratio", "attribute": "sex", "comparison": ">=", "threshold": 0.8}


def test_a_declared_check_has_sensible_defaults() -> None:
    check = check_from(GOOD)
    assert check == Check("impact_ratio >= 0.8", "impact_ratio", ">=", 0.8, ("sex",))
    assert (check.min_n, check.confidence, check.severity) == (30, 0.95, Severity.BLOCKING)
    assert check.small_groups is SmallGroups.INSUFFICIENT


@pytest.mark.parametrize("attribute", ["sex", ["sex", "race"]])
def test_a_check_survives_being_written_and_read(attribute: Any) -> None:
    check = check_from({**GOOD, "attribute": attribute, "name": "n", "severity": "advisory", "min_n": 100})
    assert check_from(check.as_dict()) == check


def test_checks_come_as_a_list_or_under_their_name() -> None:
    assert checks_from([GOOD]) == checks_from({"checks": [GOOD]})


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"metric": "fairness"}, "a metric that does not exist: 'fairness'"),
        ({"metric": None}, 'needs a "metric" that is a text'),
        ({"comparison": "=="}, 'needs a "comparison", one of >= <= > <'),
        ({"threshold": "0.8"}, 'needs a "threshold" that is a finite number'),
        ({"threshold": float("nan")}, "finite number"),
        ({"threshold": True}, "finite number"),
        ({"min_n": 0}, "whole number of at least 1"),
        ({"min_n": 1.5}, "whole number of at least 1"),
        ({"confidence": 95}, "at least 0.5 and below 1"),
        ({"severity": "fatal"}, '"severity" of check 1 must be one of: blocking, advisory'),
        ({"small_groups": "ignore"}, "must be one of: insufficient, exclude"),
        ({"attribute": 3}, "name of a sensitive column"),
        ({"slice": {"sex": None}, "attribute": None}, "must give a group for each column"),
        ({"slice": {"sex": "F"}}, 'both an "attribute" and a "slice"'),
        ({"metric": "tpr"}, "tpr does not compare groups"),
        ({"metric": "demographic_parity_difference", "attribute": None}, 'give the "attribute" whose groups'),
        ({"name": "x" * 121}, "longer than 120 characters"),
        ({"treshold": 0.8}, "unknown key 'treshold'"),
    ],
)
def test_a_check_that_makes_no_sense_is_refused(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(CheckError) as refused:
        checks_from([{**GOOD, **changes}])
    assert says in str(refused.value)


@pytest.mark.parametrize("declared", [None, [], {}, "checks", 3, {"checks": []}, [3]])
def test_what_is_no_list_of_checks_is_refused(declared: Any) -> None:
    with pytest.raises(CheckError):
        checks_from(declared)


def test_two_checks_of_one_name_are_refused() -> None:
    with pytest.raises(CheckError, match="this one occurs twice"):
        checks_from([GOOD, GOOD])


@pytest.mark.parametrize(
    ("task", "label", "inverted", "favourable", "expected"),
    [
        (
            "binary",
            True,
            False,
            True,
            ["accuracy_above_majority", "favourable_impact_ratio", "equal_opportunity_difference"],
        ),
        (
            "binary",
            True,
            True,
            True,
            ["accuracy_above_majority", "favourable_impact_ratio", "tnr_difference"],
        ),
        ("binary", False, False, True, ["favourable_impact_ratio"]),
        ("multiclass", True, False, True, ["accuracy_above_majority", "favourable_impact_ratio"]),
        ("multiclass", True, False, False, ["accuracy_above_majority", "multiclass_statistical_parity"]),
        ("regression", True, False, False, ["r2", "mae_ratio"]),
    ],
)
def test_default_checks_follow_the_task(
    task: str, label: bool, inverted: bool, favourable: bool, expected: list[str]
) -> None:
    checks = default_checks(task, ["sex"], label=label, inverted=inverted, favourable=favourable)
    assert [check.metric for check in checks] == expected
    for check in checks:
        assert task in METRICS[check.metric].tasks
        assert (Scope.ACROSS in METRICS[check.metric].scopes) == bool(check.across)
        assert check_from(check.as_dict()) == check


def test_default_checks_name_every_sensitive_attribute() -> None:
    names = [check.name for check in default_checks("binary", ["sex", "race"], label=True)]
    assert names == [
        "Accuracy above the majority class", "Impact ratio by sex", "Impact ratio by race",
        "Equal opportunity by sex", "Equal opportunity by race",
    ]  # fmt: skip
