"""Bars and data: what passes, what fails, and what is too little to judge by."""

from pathlib import Path
from typing import Any

import pytest

from tests.audits.quality.measuring import check, measured, written

COLUMNS = {"sex": ("sensitive", "text"), "income": ("feature", "number"), "repaid": ("label", "text")}
BINARY = {"task": "binary", "positive": "1"}


def sound(rows: int = 200) -> list[str]:
    """Rows that meet every default bar."""
    return ["sex,income,repaid", *[f"{'FM'[i % 2]},{i},{i // 2 % 2}" for i in range(rows)]]


def outcome(folder: Path, lines: list[str], **kwargs: Any) -> dict[str, Any]:
    return measured(written(folder, *lines), COLUMNS, contract=BINARY, **kwargs)


def test_sound_data_pass_every_check(tmp_path: Path) -> None:
    found = outcome(tmp_path, sound())
    assert {row["verdict"] for row in found["checks"]} == {"passed"}
    assert len(found["checks"]) == 10
    assert all(row["sentence"].endswith(".") for row in found["checks"])


@pytest.mark.parametrize(
    ("name", "more", "verdict", "said"),
    [
        ("missing_share", ["F,,1"] * 30, "failed", "income 13.04 %; the bar is at most 10 %"),
        ("label_missing_share", ["F,1000,"], "failed", "repaid 0.5 %; the bar is at most 0 %"),
        ("label_missing_share", ["F,1000,NA"], "failed", "repaid 0.5 %"),
        (
            "duplicate_share",
            ["F,0,0"] * 4,
            "failed",
            "4 rows of 204 repeat another: 1.96 %; the bar is at most 1 %",
        ),
        ("type_disagreement_share", ["F,many,0"], "failed", "income 0.5 %"),
        ("group_rows", ["X,300,0"], "insufficient", "sex = X 1; the bar is at least 30"),
    ],
)
def test_what_is_wrong_is_named_with_its_bar(
    tmp_path: Path, name: str, more: list[str], verdict: str, said: str
) -> None:
    found = check(outcome(tmp_path, sound() + more), name)
    assert found["verdict"] == verdict
    assert said in found["sentence"]


def test_too_few_rows_are_too_little_to_judge_by(tmp_path: Path) -> None:
    assert check(outcome(tmp_path, sound(99)), "rows")["verdict"] == "insufficient"
    assert check(outcome(tmp_path, sound(100)), "rows")["verdict"] == "passed"


def test_a_label_of_one_class_fails(tmp_path: Path) -> None:
    lines = [line[:-1] + "1" for line in sound()[1:]]
    assert check(outcome(tmp_path, [sound()[0], *lines]), "label_classes")["verdict"] == "failed"


def test_a_feature_that_never_varies_fails(tmp_path: Path) -> None:
    lines = [f"{'FM'[i % 2]},7,{i // 2 % 2}" for i in range(200)]
    found = check(outcome(tmp_path, [sound()[0], *lines]), "constant_features")
    assert (found["verdict"], "income" in found["sentence"]) == ("failed", True)


def test_a_declared_bar_counts_instead_of_the_default(tmp_path: Path) -> None:
    lines = sound() + ["F,,1"] * 30
    bars = [{"check": "missing_share", "at_most": "0.2"}, {"check": "duplicate_share", "at_most": "0.2"}]
    found = outcome(tmp_path, lines, bars=bars)
    assert check(found, "missing_share")["verdict"] == "passed"
    assert check(found, "missing_share")["at_most"] == "0.2"


def test_a_repeated_key_fails(tmp_path: Path) -> None:
    lines = [f"{line},{max(i, 1)}" for i, line in enumerate(sound())]
    lines[0] = sound()[0] + ",id"
    columns = {**COLUMNS, "id": ("id", "text")}
    unique = measured(written(tmp_path, *lines), columns, contract=BINARY)
    assert check(unique, "repeated_key_share")["verdict"] == "passed"
    twice = measured(written(tmp_path, *lines, "F,1,1,1"), columns, contract=BINARY)
    assert check(twice, "repeated_key_share")["verdict"] == "failed"
    without = measured(written(tmp_path, *lines, "F,1,1,"), columns, contract=BINARY)
    assert check(without, "repeated_key_share")["verdict"] == "failed"


def test_a_column_without_any_value_is_a_group_of_none(tmp_path: Path) -> None:
    lines = [f",{i},{i % 2}" for i in range(200)]
    found = outcome(tmp_path, [sound()[0], *lines])
    assert check(found, "group_rows")["verdict"] == "insufficient"
    assert check(found, "missing_share")["verdict"] == "failed"


def test_a_share_just_over_the_bar_is_not_rounded_into_it(tmp_path: Path) -> None:
    lines = [f"{'FM'[i % 2]},{'' if i == 0 else i},{i // 2 % 2}" for i in range(200)]
    bars = [{"check": "missing_share", "at_most": "0.00499"}]
    assert check(outcome(tmp_path, [sound()[0], *lines], bars=bars), "missing_share")["verdict"] == "failed"
    bars = [{"check": "missing_share", "at_most": "0.005"}]
    assert check(outcome(tmp_path, [sound()[0], *lines], bars=bars), "missing_share")["verdict"] == "passed"
