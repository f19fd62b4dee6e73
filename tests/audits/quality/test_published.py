"""Published data: the counts that their authors print."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from tests.audits.quality.measuring import check, column, measured
from tests.shared import shared

ADULT = {
    "age": ("feature", "integer"),
    "workclass": ("feature", "text"),
    "fnlwgt": ("feature", "number"),
    "education": ("feature", "text"),
    "education-num": ("feature", "integer"),
    "marital-status": ("feature", "text"),
    "occupation": ("feature", "text"),
    "relationship": ("feature", "text"),
    "race": ("sensitive", "text"),
    "sex": ("sensitive", "text"),
    "capital-gain": ("feature", "number"),
    "capital-loss": ("feature", "number"),
    "hours-per-week": ("feature", "number"),
    "native-country": ("feature", "text"),
    "income": ("label", "text"),
}


def case(name: str) -> dict[str, Any]:
    """What is expected of one of the published cases."""
    cases = json.loads(shared("data", "expected.json").read_text())["cases"]
    return next(row for row in cases if row["id"] == name)


def with_header(folder: Path, stored: Path, *, has_one: bool) -> Path:
    """The raw file with its columns' names as the first line."""
    body = gzip.decompress(stored.read_bytes())
    path = folder / "adult.csv"
    path.write_bytes(",".join(ADULT).encode() + b"\n" + (body.partition(b"\n")[2] if has_one else body))
    return path


@pytest.mark.parametrize(("part", "positive", "has_one"), [("train", ">50K", False), ("test", ">50K.", True)])
def test_adult(tmp_path: Path, part: str, positive: str, has_one: bool) -> None:
    expected, published = case("adult_raw")["expected"], case("adult_raw")["published"]
    name = "adult.data.gz" if part == "train" else "adult.test.gz"
    path = with_header(tmp_path, shared("data", "adult", name), has_one=has_one)
    found = measured(path, ADULT, contract={"task": "binary", "positive": positive, "missing": ["?"]})
    profile = found["profile"]
    assert profile["rows"] == next(row["printed"] for row in published if row["what"] == f"{part} instances")
    missing = {row["name"]: row["missing"] for row in profile["columns"] if row["missing"]}
    assert missing == expected[f"missing_{part}"]
    assert profile["duplicates"]["rows"] == expected[f"duplicate_rows_{part}"]
    if part == "train":
        for groups in profile["groups"]:
            rates = {row["value"]: row["positive"] / row["labelled"] for row in groups["groups"]}
            assert rates == pytest.approx(expected[f"label_rate_by_{groups['column']}_train"], abs=1e-9)
        tell = {(row["feature"], row["sensitive"]): row["value"] for row in found["associations"]}
        assert tell["relationship", "sex"] == pytest.approx(0.649, abs=5e-4)


def test_german_credit() -> None:
    expected = case("german")["expected"]
    path = shared("data", "german", "german_labelled.csv")
    header = path.read_text().splitlines()[0].split(",")
    roles = {"sex": ("sensitive", "text"), "class-label": ("label", "text")}
    found = measured(
        path, {name: roles.get(name, ("feature", "text")) for name in header}, contract={"positive": "1"}
    )
    (sex,) = found["profile"]["groups"]
    assert found["profile"]["rows"] == 1000
    assert {row["n"] for row in sex["groups"]} == {expected["male"]["n"], expected["female"]["n"]}
    assert {row["positive"] for row in sex["groups"]} == {
        expected["male"]["good"],
        expected["female"]["good"],
    }
    assert {row["value"]: row["n"] for row in found["profile"]["label"]["classes"]} == {"1": 700, "0": 300}


@pytest.mark.parametrize(("columns", "refused"), [(300, None), (5_000, "limits.memory")])
def test_a_wide_file_is_profiled_or_refused_in_words(columns: int, refused: str | None) -> None:
    path = shared("data", "messy", "16_wide_5000_columns.csv.gz")
    header = gzip.decompress(path.read_bytes()).decode("utf-8-sig").splitlines()[0].split(",")
    found = measured(path, dict.fromkeys(header[:columns], ("other", "text")))
    assert (found["refused"] or {}).get("code") == refused
    assert len((found["profile"] or {"columns": ()})["columns"]) == (0 if refused else columns)


def test_labels_that_are_all_missing() -> None:
    path = shared("data", "messy", "15_all_labels_missing.csv")
    header = path.read_text(encoding="utf-8-sig").splitlines()[0].split(",")
    columns = {name: ("label" if name == "label" else "other", "text") for name in header}
    found = measured(path, columns, contract={"task": "binary", "positive": "1"})
    assert column(found, "label")["missing"] == found["profile"]["rows"]
    assert check(found, "label_missing_share")["verdict"] == "failed"
    assert check(found, "label_classes")["verdict"] == "failed"
