"""One call takes a file, a mapping and checks to measurements and verdicts, or comes back refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from audits.checks.spec import Check, Verdict
from audits.engine.audit import audit
from audits.engine.digests import of_file
from audits.engine.documents import model_of
from audits.metrics.spec import Sampling
from tests.audits.engine.predictions import MAPPING, predictions
from tests.audits.metrics.counted import at

QUICK = Sampling(resamples=200)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return predictions(tmp_path / "data.csv", F=(100, 50, 50, 300), M=(300, 200, 100, 400))


def verdicts(outcome: Any) -> dict[str, str]:
    return {result.check.name: str(result.verdict) for result in outcome.checks}


def test_it_works(data: Path) -> None:
    steps: list[tuple[str, float]] = []
    outcome = audit(data, MAPPING, seed=3, progress=lambda step, share: steps.append((step, share)))
    assert outcome.refused is None
    assert verdicts(outcome) == {
        "Accuracy above the majority class": "passed",
        "Impact ratio by sex": "failed",
        "Equal opportunity by sex": "insufficient",
    }
    assert outcome.verdict is Verdict.FAILED
    told = outcome.as_dict()
    assert told["seed"] == 3
    assert told["inputs"]["data"]["digest"] == of_file(data)
    assert told["inputs"]["data"]["rows"] == 1_500
    assert told["inputs"]["data"]["bytes"] == data.stat().st_size
    assert told["inputs"]["mapping"]["digest"].startswith("sha256:")
    assert told["settings"]["favourable"] == "1"
    assert {"assay", "fairlearn", "duckdb"} <= set(told["versions"])
    assert json.loads(json.dumps(told, allow_nan=False)) == told
    assert [share for _, share in steps] == sorted(share for _, share in steps)
    assert steps[0][1] == 0
    assert steps[-1] == ("Done", 1.0)


def test_the_same_seed_gives_the_same_outcome(data: Path) -> None:
    first = audit(data, MAPPING, seed=3, sampling=QUICK).as_dict()
    assert audit(data, MAPPING, seed=3, sampling=QUICK).as_dict() == first
    assert audit(data, MAPPING, seed=4, sampling=QUICK).as_dict()["measurements"] != first["measurements"]


def test_a_wrong_mapping_comes_back_refused(data: Path) -> None:
    outcome = audit(data, {**MAPPING, "label": "lable"}, seed=5)
    assert outcome.refused is not None
    assert outcome.as_dict()["refused"]["message"]
    assert (outcome.measurements, outcome.checks, outcome.seed) == ((), (), 5)
    assert outcome.verdict is Verdict.INSUFFICIENT
    json.dumps(outcome.as_dict(), allow_nan=False)


def test_checks_that_make_no_sense_come_back_refused(data: Path) -> None:
    outcome = audit(data, MAPPING, [{"metric": "fairness"}])
    assert outcome.refused is not None
    assert outcome.refused.code == "checks.invalid"


def test_an_empty_list_of_checks_is_refused(data: Path) -> None:
    refused = audit(data, MAPPING, []).refused
    assert refused is not None
    assert refused.code == "checks.invalid"


def test_declared_checks_replace_the_defaults(data: Path) -> None:
    checks = [
        {"name": "rows", "metric": "n", "slice": {"sex": "F"}, "comparison": ">=", "threshold": 500},
        {"name": "recall", "metric": "tpr", "slice": {}, "comparison": ">", "threshold": 0.5},
        {"name": "gap", "metric": "fpr_difference", "attribute": "sex", "comparison": "<=", "threshold": 0.5},
    ]
    outcome = audit(data, MAPPING, checks, sampling=QUICK)
    assert verdicts(outcome) == {"rows": "passed", "recall": "passed", "gap": "passed"}
    assert outcome.verdict is Verdict.PASSED


def test_a_check_may_ask_for_another_confidence(data: Path) -> None:
    bar = {"metric": "tpr", "slice": {"sex": "F"}, "comparison": ">=", "threshold": 0.5}
    across = {"metric": "impact_ratio", "attribute": "sex", "comparison": ">=", "threshold": 0.5}
    usual, wide = (
        audit(
            data, MAPPING, [{**bar, "confidence": c, "name": "a"}, {**across, "confidence": c, "name": "b"}]
        )
        for c in (0.8, 0.99)
    )
    for narrow, broad in zip(usual.checks, wide.checks, strict=True):
        assert narrow.measured is not None
        assert broad.measured is not None
        assert (broad.measured.low or 0) < (narrow.measured.low or 0)
        assert "99 % interval" in broad.sentence
    tpr = at(usual.measurements, "tpr", {"sex": "F"})
    assert (wide.checks[0].measured or tpr).low != tpr.low


@pytest.mark.parametrize(
    ("check", "says"),
    [
        (Check("c", "r2", ">", 0.0), "r2 is a metric of regression tasks; this one is binary."),
        (Check("c", "auc", ">", 0.5), "It needs a score column, and the mapping names none."),
        (Check("c", "impact_ratio", ">=", 0.8, ("race",)), "'race' is not a sensitive column of the mapping"),
    ],
)
def test_a_check_that_does_not_fit_the_mapping_is_errored(data: Path, check: Check, says: str) -> None:
    result = audit(data, MAPPING, [check], sampling=QUICK).checks[0]
    assert result.verdict is Verdict.ERRORED
    assert says in result.sentence


def test_a_check_on_a_group_that_does_not_occur_is_insufficient(data: Path) -> None:
    check = Check("c", "tpr", ">", 0.5, slice={"sex": "X"})
    result = audit(data, MAPPING, [check], sampling=QUICK).checks[0]
    assert result.verdict is Verdict.INSUFFICIENT
    assert "no such group" in result.sentence


def test_small_groups_are_named_by_the_checks_and_not_compared(tmp_path: Path) -> None:
    path = predictions(tmp_path / "d.csv", F=(300, 100, 100, 300), M=(300, 100, 100, 300), X=(0, 0, 5, 6))
    results = {result.check.name: result for result in audit(path, MAPPING).checks}
    impact = results["Impact ratio by sex"]
    assert impact.verdict is Verdict.INSUFFICIENT
    assert impact.small == (("X", 11),)
    assert impact.measured is not None
    assert impact.measured.value == 1.0
    assert results["Equal opportunity by sex"].small == (("X", 5),)
    excluding = Check("c", "impact_ratio", ">=", 0.8, ("sex",)).as_dict() | {"small_groups": "exclude"}
    assert audit(path, MAPPING, [excluding]).checks[0].verdict is Verdict.PASSED


def test_one_group_alone_never_passes(tmp_path: Path) -> None:
    path = predictions(tmp_path / "d.csv", F=(300, 100, 100, 300))
    outcome = audit(path, MAPPING, sampling=QUICK)
    assert verdicts(outcome)["Impact ratio by sex"] == "insufficient"
    assert verdicts(outcome)["Equal opportunity by sex"] == "insufficient"
    assert "only one group (F)" in outcome.checks[1].sentence


def test_when_only_one_group_is_large_enough_the_reason_says_so(tmp_path: Path) -> None:
    path = predictions(tmp_path / "d.csv", F=(300, 100, 100, 300), M=(3, 1, 1, 3))
    result = audit(path, MAPPING, sampling=QUICK).checks[1]
    assert result.verdict is Verdict.INSUFFICIENT
    assert "Fewer than two groups have at least 30 rows to be compared by." in result.sentence
    assert "M (8)" in result.sentence


ADVERSE = {**MAPPING, "favourable": "0"}


def test_a_check_on_the_adverse_outcome_never_passes_for_one_on_the_favourable(data: Path) -> None:
    check = Check("c", "impact_ratio", ">=", 0.1, ("sex",))
    result = audit(data, ADVERSE, [check], sampling=QUICK).checks[0]
    assert result.verdict is Verdict.INSUFFICIENT
    assert "Use favourable_impact_ratio." in result.sentence


def test_the_default_checks_turn_to_the_favourable_outcome(data: Path) -> None:
    outcome = audit(data, ADVERSE, sampling=QUICK)
    impact, opportunity = outcome.checks[1:]
    assert impact.measured is not None
    assert impact.measured.value == pytest.approx(0.5 / 0.7)
    assert opportunity.check.metric == "tnr_difference"
    assert outcome.settings["favourable_is_positive"] is False


def test_labels_known_for_the_selected_only_do_not_make_an_impact_ratio_of_one(tmp_path: Path) -> None:
    rows = [
        *[("F", 1, 1)] * 100, *[("F", "", 0)] * 300, *[("M", 1, 1)] * 150, *[("M", 0, 1)] * 150, *[("M", "", 0)] * 100,
    ]  # fmt: skip
    path = predictions(tmp_path / "d.csv", rows=rows)
    declared = Check("declared", "impact_ratio", ">=", 0.8, ("sex",))
    outcome = audit(path, MAPPING, sampling=QUICK)
    assert verdicts(outcome)["Impact ratio by sex"] == "failed"
    assert at(outcome.measurements, "selection_rate", {"sex": "F"}).value == 1
    assert at(outcome.measurements, "favourable_rate", {"sex": "F"}).value == 0.25
    result = audit(path, MAPPING, [declared], sampling=QUICK).checks[0]
    assert result.verdict is Verdict.INSUFFICIENT
    assert "400 rows with a prediction have none" in result.sentence


def test_an_attribute_with_a_thousand_pairs_of_groups_is_not_compared_and_says_so(tmp_path: Path) -> None:
    rows = [(a, b, 1, (a + b) % 2) for a in range(40) for b in range(40)]
    path = predictions(tmp_path / "d.csv", ("a", "b", "label", "prediction"), rows)
    mapping = {**MAPPING, "sensitive": ["a", "b"]}
    check = Check("c", "impact_ratio", ">=", 0.8, ("a", "b"))
    outcome = audit(path, mapping, [check], sampling=QUICK)
    assert outcome.checks[0].verdict is Verdict.INSUFFICIENT
    assert "a x b has 1,600 groups, and more than 1,000 are not compared" in outcome.checks[0].sentence


def test_an_attribute_without_a_single_value_is_not_compared_and_says_so(tmp_path: Path) -> None:
    path = predictions(tmp_path / "d.csv", rows=[("", 1, 1), ("", 0, 0)] * 50)
    outcome = audit(path, MAPPING, sampling=QUICK)
    assert verdicts(outcome)["Impact ratio by sex"] == "insufficient"
    assert "No row has a value in sex." in outcome.checks[1].sentence
    assert at(outcome.measurements, "accuracy", {}).value == 1


def test_intersections_can_be_checked_in_any_order_of_the_attributes(tmp_path: Path) -> None:
    rows = [
        (a, b, label, prediction)
        for a in "xy" for b in "pq" for label, prediction in ((1, 1), (0, 0), (0, 1)) for _ in range(60)
    ]  # fmt: skip
    path = predictions(tmp_path / "d.csv", ("a", "b", "label", "prediction"), rows)
    checks = [Check(f"{pair}", "impact_ratio", ">=", 0.5, pair) for pair in (("a", "b"), ("b", "a"))]
    outcome = audit(path, {**MAPPING, "sensitive": ["a", "b"]}, checks, sampling=QUICK)
    assert [result.verdict for result in outcome.checks] == [Verdict.PASSED, Verdict.PASSED]


def test_a_model_that_cannot_be_explained_leaves_the_measurements(data: Path, tmp_path: Path) -> None:
    model = tmp_path / "model.json"
    model.write_text("{}")
    outcome = audit(data, {**MAPPING, "features": ["label"]}, model=model_of(model), sampling=QUICK)
    assert outcome.explanation is None
    assert outcome.explanation_failed is not None
    assert outcome.explanation_failed["message"]
    assert outcome.measurements
    without = audit(data, MAPPING, model=model_of(model), sampling=QUICK)
    assert (without.explanation_failed or {})["code"] == "explanation.features"
