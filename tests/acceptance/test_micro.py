"""The tiny cases with published answers come out as printed by those who published them."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from audits.engine.audit import audit
from audits.frames.cells import regression_moments
from audits.frames.mapping import Mapping as ColumnMapping
from audits.frames.source import open_source
from audits.metrics import regression
from audits.metrics.spec import Listing, Orientation, Sampling
from audits.metrics.tables import Groups
from tests.acceptance.expected import Ledger
from tests.shared import shared

CODES = {"count": "n", "selection rate": "selection_rate"}
BINARY = ("fairlearn_18_rows", "aequitas_test_1", "aequitas_test_3", "aequitas_test_4")


def micro(name: str) -> dict[str, Any]:
    cases = json.loads(shared("data", "micro.json").read_text(encoding="utf-8"))
    return next(entry for entry in cases if entry["id"] == name)


def columns(path: Path, **values: list[Any]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(values)
        writer.writerows(zip(*values.values(), strict=True))
    return path


def measured(path: Path, mapping: Mapping[str, Any]) -> Ledger:
    outcome = audit(path, mapping).as_dict()
    assert outcome["refused"] is None
    return Ledger(outcome["measurements"])


def tell(capsys: pytest.CaptureFixture[str], name: str, ledger: Ledger) -> None:
    with capsys.disabled():
        sys.stderr.write(f"\n{name}: {ledger.compared} values compared, {len(ledger.wrong)} differ\n")
    assert ledger.wrong == []
    assert ledger.compared > 0


@pytest.mark.parametrize("name", BINARY)
def test_binary_cases_agree(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    entry = micro(name)
    given = entry["input"]
    path = columns(
        tmp_path / "rows.csv",
        label=given.get("label", given.get("y_true")),
        prediction=given.get("prediction", given.get("y_pred")),
        group=given.get("group", given.get("sensitive")),
    )
    mapping = {
        "task": "binary",
        "label": "label",
        "prediction": "prediction",
        "positive": "1",
        "sensitive": ["group"],
    }
    ledger = measured(path, mapping)
    for item in entry["published"]:
        place, _, code = item["what"].partition(" ")
        if not code:
            ledger.expect(place, {"group": None}, item["printed"], item["tolerance"])
            continue
        where = {} if place == "overall" else {"group": place}
        ledger.expect(CODES.get(code, code), where, item["printed"], max(item["tolerance"], 1e-11))
    for place in given.get("undefined_in_source", []):
        group, _, code = place.partition(" ")
        ledger.expect(code, {"group": group}, None)
    tell(capsys, name, ledger)


def test_selection_rate_of_the_new_york_rule_agrees(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    entry = micro("ll144_definition")
    selected, applicants = entry["input"]["selected"], entry["input"]["applicants"]
    path = columns(tmp_path / "rows.csv", selected=[1] * selected + [0] * (applicants - selected))
    ledger = measured(path, {"task": "binary", "prediction": "selected", "positive": "1"})
    ledger.expect("selection_rate", {}, entry["published"][0]["printed"], 0)
    tell(capsys, "ll144_definition", ledger)


def test_multiclass_parity_of_holisticai_agrees(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    entry = micro("holisticai_multiclass_parity")
    path = columns(tmp_path / "rows.csv", group=entry["input"]["group"], prediction=entry["input"]["y_pred"])
    ledger = measured(path, {"task": "multiclass", "prediction": "prediction", "sensitive": ["group"]})
    ledger.expect("multiclass_statistical_parity", {"group": None}, entry["published"][0]["printed"], 1e-12)
    tell(capsys, "holisticai_multiclass_parity", ledger)


def test_disparate_impact_of_a_regression_agrees_at_its_own_quantile(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    entry = micro("holisticai_di_regression")
    given = entry["input"]
    path = columns(
        tmp_path / "rows.csv", a=given["group_a"], prediction=given["y_pred"], label=given["y_pred"]
    )
    mapping = ColumnMapping("regression", label="label", prediction="prediction", sensitive=("a",))
    with open_source(path, mapping) as source:
        moments = regression_moments(source, mapping, "a", quantiles=(given["q"],))
    groups = Groups(("a",), tuple((str(moment.group),) for moment in moments))
    orientation = Orientation("", "", reference={"a": "0"})
    found, _ = regression.measure(groups, moments, orientation, Sampling(), Listing())
    ledger = Ledger([measurement.as_dict() for measurement in found])
    ledger.expect("disparate_impact_q70", {"a": "1"}, entry["published"][0]["printed"], 1e-12)
    tell(capsys, "holisticai_di_regression", ledger)
