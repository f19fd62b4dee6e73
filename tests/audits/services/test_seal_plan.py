"""Sealing a plan: what will be measured is written down before it is."""

import hashlib
import json
from typing import Any

import pytest

from audits.models import CheckPlan
from audits.services import code, plans
from registry.errors import Denied, Invalid, NotFound
from registry.models import LedgerEntry
from tests.audits.runs import CHECKS, DATA, make_plan
from tests.cast import Cast
from tests.make import COLUMNS, make_dataset_version, make_system, make_version


def test_it_works(cast: Cast) -> None:
    plan = make_plan(cast)
    body = json.loads(plan.body)

    assert plan.digest == f"sha256:{hashlib.sha256(plan.body.encode()).hexdigest()}"
    assert body["inputs"]["model"] == plan.model_version.artifact.digest
    assert body["inputs"]["dataset"] == plan.dataset_version.artifact.digest
    assert body["inputs"]["columns"].startswith("sha256:")
    assert body["engine"] == code.VERSION
    assert (body["mapping"]["label"], body["mapping"]["sensitive"]) == ("repaid", ["sex"])
    assert (body["mapping"]["positive"], body["mapping"]["favourable"]) == ("1", "1")
    assert [check["threshold"] for check in body["checks"]] == ["0.7", "0.8"]
    assert (body["seed"], body["tolerance"]) == (0, {"absolute": "1e-09", "relative": "1e-09"})
    (entry,) = LedgerEntry.objects.filter(event="plan.sealed")
    logged = json.loads(bytes(entry.body))["data"]
    assert logged["digest"] == plan.digest
    assert (logged["seed"], logged["dataset_digest"]) == (0, plan.dataset_version.artifact.digest)


def test_the_same_plan_again_is_the_plan_that_is_there(cast: Cast) -> None:
    assert make_plan(cast) == make_plan(cast, by="vera")
    assert LedgerEntry.objects.filter(event="plan.sealed").count() == 1


def test_what_was_sealed_is_read_back_as_it_was(cast: Cast) -> None:
    sealed = plans.opened(make_plan(cast, mapping={"threshold": 0.25, "reference": {"sex": "M"}}))
    assert (sealed.mapping.threshold, dict(sealed.mapping.reference)) == (0.25, {"sex": "M"})
    assert [(check.metric, check.threshold, check.confidence) for check in sealed.checks] == [
        ("accuracy", 0.7, 0.95),
        ("impact_ratio", 0.8, 0.95),
    ]


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 1},
        {"tolerance": {"relative": 0.001}},
        {"checks": [{**CHECKS[0], "threshold": 0.8}, CHECKS[1]]},
        {"checks": [{**CHECKS[0], "comparison": ">"}, CHECKS[1]]},
        {"checks": [{**CHECKS[0], "metric": "ppv"}, CHECKS[1]]},
        {"checks": [{**CHECKS[0], "slice": {"sex": "F"}}, CHECKS[1]]},
        {"mapping": {"reference": {"sex": "M"}}},
    ],
    ids=["seed", "tolerance", "threshold", "comparator", "metric", "slice", "mapping"],
)
def test_everything_that_decides_is_in_the_digest(cast: Cast, change: dict[str, Any]) -> None:
    assert make_plan(cast, **change).digest != make_plan(cast).digest


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"seed": -1}, "seed"),
        ({"seed": 2**53}, "seed"),
        ({"tolerance": {"relative": 0.5}}, "tolerance"),
        ({"tolerance": {"exact": 0}}, "tolerance"),
        ({"tolerance": {"absolute": True}}, "tolerance"),
    ],
)
def test_a_seed_and_a_tolerance_must_make_sense(cast: Cast, change: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as caught:
        make_plan(cast, **change)
    assert caught.value.errors[0][0] == field
    assert not CheckPlan.objects.exists()


def test_without_checks_it_takes_the_default_ones(cast: Cast) -> None:
    sealed = plans.opened(make_plan(cast, checks=None))
    assert {check.across for check in sealed.checks} >= {(), ("sex",)}


def test_a_request_may_add_sensitive_columns(cast: Cast) -> None:
    sealed = plans.opened(make_plan(cast, mapping={"sensitive": ["sex", "income"]}))
    assert sealed.mapping.sensitive == ("sex", "income")


@pytest.mark.parametrize(
    ("mapping", "sentence"),
    [
        ({"sensitive": []}, "leaves out sex"),
        ({"favourable": "0"}, "registered as '1', not '0'"),
        ({"label": "income"}, "registered as 'repaid', not 'income'"),
        ({"task": "regression"}, "registered as 'binary'"),
        ({"score": "scroe"}, "The columns are: sex, income, repaid, prediction"),
        ({"sensitive": ["sex", "age"]}, "There is no column “age”"),
        ({"sensitve": ["sex"]}, "unknown keys"),
        ({"delimiter": "x"}, "delimiter"),
        ({"score": {"a": 1}}, "There is no column"),
    ],
)
def test_a_mapping_must_fit_what_was_registered(cast: Cast, mapping: dict[str, Any], sentence: str) -> None:
    with pytest.raises(Invalid) as caught:
        make_plan(cast, mapping=mapping)
    assert sentence in str(caught.value.message)
    assert caught.value.errors[0][0].startswith("mapping")
    assert not CheckPlan.objects.exists()


@pytest.mark.parametrize(
    ("check", "sentence"),
    [
        ({"metric": "impact_ration"}, "Did you mean impact_ratio"),
        ({"metric": "impact_ration"}, "The metrics are: "),
        ({"attribute": "gender"}, "The sensitive columns are: sex"),
        ({"attribute": None, "slice": {"gender": "F"}}, "“gender” is no sensitive column"),
        ({"metric": "mae_ratio"}, "is for a regression task, not binary"),
        ({"threshold": "high"}, "finite number"),
        ({"comparison": "!="}, "comparison"),
        ({"colour": "red"}, "unknown key 'colour'"),
    ],
)
def test_a_check_must_make_sense(cast: Cast, check: dict[str, Any], sentence: str) -> None:
    wrong = {**CHECKS[1], **check}
    with pytest.raises(Invalid) as caught:
        make_plan(cast, checks=[CHECKS[0], wrong])
    assert sentence in caught.value.message


def test_an_empty_list_of_checks_is_refused(cast: Cast) -> None:
    with pytest.raises(Invalid):
        make_plan(cast, checks=[])


def test_nothing_to_check_is_said_at_once(cast: Cast) -> None:
    columns = [column for column in COLUMNS if column["role"] == "prediction"]
    snapshot = make_dataset_version(cast, make_system(cast), DATA, columns=columns)
    with pytest.raises(Invalid, match="nothing to check"):
        make_plan(cast, dataset_version=snapshot, checks=None)


UNSCORED = [column for column in COLUMNS if column["role"] != "prediction"]


def test_where_nothing_names_predictions_the_model_scores_the_rows_itself(cast: Cast) -> None:
    system = make_system(cast)
    snapshot = make_dataset_version(cast, system, DATA, columns=UNSCORED)
    version = make_version(cast, system, training={"features": ["income"]})
    sealed = plans.opened(make_plan(cast, version=version, dataset_version=snapshot, checks=None))
    assert (sealed.mapping.score, sealed.mapping.features) == ("@model", ("income",))
    same = make_plan(cast, version=version, dataset_version=snapshot, checks=None, mapping={"score": None})
    assert plans.opened(same) == sealed


def test_a_model_that_is_not_opened_cannot_score(cast: Cast) -> None:
    system = make_system(cast)
    snapshot = make_dataset_version(cast, system, DATA, columns=UNSCORED)
    with pytest.raises(Invalid, match="prediction"):
        make_plan(cast, version=make_version(cast, system, format="pickle"), dataset_version=snapshot)


def test_a_snapshot_of_another_system_is_refused(cast: Cast) -> None:
    version = make_version(cast, make_system(cast))
    foreign = make_dataset_version(cast, make_system(cast, "hiring"), DATA)
    with pytest.raises(Invalid, match="another system"):
        make_plan(cast, version=version, dataset_version=foreign)


def test_it_needs_the_permission(cast: Cast) -> None:
    with pytest.raises(Denied):
        make_plan(cast, by="aud")
    with pytest.raises(NotFound):
        make_plan(cast, by="oscar")
