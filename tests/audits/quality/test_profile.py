"""What stands in a file: known answers on a few lines, and the same counts as plain Python on any lines."""

import csv
import io
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audits.frames.limits import Limits
from tests.audits.quality.measuring import check, column, measured, written

COLUMNS = {
    "id": ("id", "text"),
    "sex": ("sensitive", "text"),
    "income": ("feature", "number"),
    "children": ("feature", "integer"),
    "since": ("feature", "date"),
    "owner": ("feature", "boolean"),
    "repaid": ("label", "text"),
}
HEADER = ",".join(COLUMNS)
BINARY = {"task": "binary", "positive": "1", "missing": ["?"]}
LINES = [
    HEADER,
    "a,F,10.5,1,2024-02-29,yes,1",
    "b,M,NA,2,2023-02-29,no,0",
    "c,F,x,1.5,,maybe,1",
    "d,?,20,0,2024-01-01,,",
    "a,F,10.5,1,2024-02-29,yes,1",
]


@pytest.fixture
def outcome(tmp_path: Path) -> dict[str, Any]:
    """Five rows with one of everything."""
    return measured(written(tmp_path, *LINES), COLUMNS, contract=BINARY)


def test_values_are_counted_as_missing_and_as_of_another_type(outcome: dict[str, Any]) -> None:
    found = {
        name: (column(outcome, name)["missing"], column(outcome, name)["disagreeing"]) for name in COLUMNS
    }
    assert found == {
        "id": (0, 0),
        "sex": (1, 0),
        "income": (1, 1),  # NA is missing, x is no number
        "children": (0, 1),  # 1.5 is no whole number
        "since": (1, 1),  # 2023 has no 29 February
        "owner": (1, 1),
        "repaid": (1, 0),
    }
    assert check(outcome, "type_disagreement_share")["verdict"] == "failed"
    assert "children 20 %" in check(outcome, "type_disagreement_share")["sentence"]


def test_numbers_have_their_ends_and_their_mean(outcome: dict[str, Any]) -> None:
    income = column(outcome, "income")
    assert (income["low"], income["high"], income["distinct"]) == (10.5, 20.0, 2)
    assert income["mean"] == pytest.approx(41 / 3)
    assert sum(income["histogram"]) == 3
    assert column(outcome, "since")["low"] == "2024-01-01"


def test_repeated_rows_and_keys_are_counted(outcome: dict[str, Any]) -> None:
    assert outcome["profile"]["duplicates"] == {"rows": 1, "share": 0.2}
    assert outcome["profile"]["key"] == {"columns": ["id"], "missing": 0, "repeated": 1, "share": 0.2}


def test_groups_say_how_their_labels_fall(outcome: dict[str, Any]) -> None:
    (sex,) = outcome["profile"]["groups"]
    assert sex["groups"] == [
        {"value": "F", "n": 3, "labelled": 3, "positive": 3},
        {"value": "M", "n": 1, "labelled": 1, "positive": 0},
    ]
    assert (sex["missing"], sex["smallest"]["n"]) == (1, 1)
    assert outcome["profile"]["label"]["classes"][0] == {"value": "1", "n": 3, "share": 0.75}


def test_values_that_few_share_are_not_kept(outcome: dict[str, Any]) -> None:
    assert column(outcome, "id")["values"] is None
    assert column(outcome, "owner")["values"] == []


def test_the_same_bytes_give_the_same_outcome(outcome: dict[str, Any], tmp_path: Path) -> None:
    assert measured(written(tmp_path, *LINES), COLUMNS, contract=BINARY) == outcome


def test_a_column_of_the_file_that_nobody_registered_is_told(tmp_path: Path) -> None:
    outcome = measured(written(tmp_path, "sex,zip", "F,1"), {"sex": ("sensitive", "text")})
    assert outcome["profile"]["unregistered"] == ["zip"]
    assert check(outcome, "unregistered_columns")["verdict"] == "failed"


@pytest.mark.parametrize(
    ("lines", "code", "line"),
    [
        (["sex,income", "F,1", "M"], "csv.field_count", 3),
        (["sex,income"], "rows.none", 2),
        (["sex,age", "F,1"], "column.unknown", 1),
        (["sex,Sex,income", "F,M,1"], "column.ambiguous", 1),
        (["sex,income", '"F,1'], "csv.malformed", 2),
    ],
)
def test_what_cannot_be_read_strictly_is_refused_with_its_place(
    tmp_path: Path, lines: list[str], code: str, line: int
) -> None:
    columns = {"sex": ("sensitive", "text"), "income": ("feature", "number")}
    outcome = measured(written(tmp_path, *lines), columns)
    assert (outcome["refused"]["code"], outcome["refused"]["line"]) == (code, line)
    assert (outcome["profile"], outcome["checks"]) == (None, [])


def test_parquet_has_types_of_its_own(tmp_path: Path) -> None:
    table = pa.table(
        {
            "sex": ["F", None, "M"],
            "income": pa.array([1.5, float("nan"), 3.0]),
            "day": pa.array([1, 2, None], pa.date32()),
            "children": pa.array([1, 2, 3], pa.int8()),
        }
    )
    path = tmp_path / "data.parquet"
    pq.write_table(table, path)
    columns = {
        "sex": ("sensitive", "text"),
        "income": ("feature", "number"),
        "children": ("feature", "integer"),
    }
    outcome = measured(path, {**columns, "day": ("feature", "number")})
    assert [column(outcome, name)["missing"] for name in ("sex", "income", "day")] == [1, 1, 1]
    assert column(outcome, "day")["disagreeing"] == 2  # a date is no number
    assert column(outcome, "children")["disagreeing"] == 0


def test_the_largest_numbers_break_nothing(tmp_path: Path) -> None:
    rows = [f"{'FM'[i % 2]},{'1e308' if i % 3 else '-1e308'}" for i in range(40)]
    columns = {"sex": ("sensitive", "text"), "income": ("feature", "number")}
    outcome = measured(written(tmp_path, "sex,income", *rows), columns)
    assert outcome["refused"] is None
    assert column(outcome, "income")["histogram"] is None
    assert outcome["associations"][0]["value"] is not None


def test_hostile_names_and_values_are_text(tmp_path: Path) -> None:
    name = 'x"); DROP TABLE mapped; --'
    path = tmp_path / "data.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([[name, "sex"], *[["'; SELECT 1; --", "F'"], ['"', 'M"']] * 20])
    outcome = measured(path, {name: ("feature", "text"), "sex": ("sensitive", "text")})
    assert column(outcome, name)["distinct"] == 2
    assert outcome["associations"][0]["value"] == 1.0


def test_too_many_groups_are_errored_not_counted(tmp_path: Path) -> None:
    rows = [str(i) for i in range(30)]
    outcome = measured(
        written(tmp_path, "sex,x", *[f"{row},1" for row in rows]),
        {"sex": ("sensitive", "text"), "x": ("feature", "number")},
        limits=Limits(max_groups=20),
    )
    assert check(outcome, "group_rows")["verdict"] == "errored"
    assert "sex" in check(outcome, "group_rows")["sentence"]


def test_a_regression_has_no_classes(tmp_path: Path) -> None:
    outcome = measured(
        written(tmp_path, "y,sex", *[f"{i}.5,F" for i in range(300)]),
        {"y": ("label", "text"), "sex": ("sensitive", "text")},
        contract={"task": "regression"},
    )
    assert (column(outcome, "y")["kind"], outcome["profile"]["label"]["classes"]) == ("number", None)
    assert check(outcome, "label_classes")["verdict"] == "passed"


TOKENS = st.sampled_from(["", " ", "a", "A", "a ", "1", "1.0", "?", "NA", "é", "x,y", 'q"', "nan"])


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(TOKENS, TOKENS), min_size=1, max_size=12))
def test_it_counts_like_plain_python(rows: list[tuple[str, str]], tmp_path: Path) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows([("a", "b"), *rows])
    path = tmp_path / "data.csv"
    path.write_text(text.getvalue(), encoding="utf-8")
    columns = {"a": ("feature", "text"), "b": ("sensitive", "text")}
    outcome = measured(path, columns, contract={"task": "multiclass", "missing": ["?"]})
    profile = outcome["profile"]
    assert profile["rows"] == len(rows)
    assert profile["duplicates"]["rows"] == len(rows) - len(set(rows))
    for at, name in enumerate(columns):
        values = [row[at].strip(" \t") for row in rows]
        there = [value for value in values if value not in ("", "?")]
        assert column(outcome, name)["missing"] == len(values) - len(there)
        assert column(outcome, name)["distinct"] == len(set(there))
    groups = Counter(row[1].strip(" \t") for row in rows)
    told = {group["value"]: group["n"] for group in profile["groups"][0]["groups"]}
    assert told == {value: n for value, n in groups.items() if value not in ("", "?")}
