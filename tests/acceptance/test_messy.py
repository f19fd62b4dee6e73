"""Every hostile file ends as a refusal that says where, or as a result that agrees with what is known of it."""

from __future__ import annotations

import codecs
import json
from pathlib import Path
from typing import Any

import pytest

from audits.engine.audit import audit
from tests.acceptance.expected import Ledger
from tests.shared import shared

MAPPING: dict[str, Any] = {
    "task": "binary",
    "label": "label",
    "prediction": "prediction",
    "positive": "1",
    "sensitive": ["group"],
}
READ_WELL: dict[str, dict[str, Any]] = {
    "01_bom_crlf_quoted.csv": {},
    "02_cp1252_semicolon_decimal_comma.csv": {"sensitive": ["gruppe"], "score": "score"},
    "03_utf16le_tab.tsv": {},
    "04_utf8_with_invalid_bytes.csv": {},
    "08_high_cardinality.csv.gz": {"score": "score"},
    "09_hostile_strings.csv": {},
    "13_one_group.csv": {},
    "14_single_class_label.csv": {},
}


def messy(name: str) -> Path:
    return shared("data", "messy", name)


def known(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(messy("expected.json").read_text(encoding="utf-8"))[name]
    return found


def audited(name: str, **changes: Any) -> dict[str, Any]:
    outcome = audit(messy(name), MAPPING | changes).as_dict()
    json.dumps(outcome, allow_nan=False)
    return outcome


def refused(name: str, **changes: Any) -> dict[str, Any]:
    outcome = audited(name, **changes)
    assert outcome["measurements"] == []
    found: dict[str, Any] = outcome["refused"]
    return found


def measured(name: str, **changes: Any) -> tuple[Ledger, dict[str, Any]]:
    outcome = audited(name, **changes)
    assert outcome["refused"] is None
    read: dict[str, Any] = outcome["read"]
    assert read["rows_used"] + sum(read["dropped"].values()) == read["rows_read"]
    return Ledger(outcome["measurements"]), read


@pytest.mark.parametrize("name", READ_WELL)
def test_what_can_be_read_agrees_group_by_group(name: str) -> None:
    ledger, read = measured(name, **READ_WELL[name])
    facts = known(name)
    attribute = READ_WELL[name].get("sensitive", ["group"])[0]
    assert read["rows_read"] == sum(values["n"] for values in facts["by_group"].values())
    for group, values in facts["by_group"].items():
        # One group's name is longer than expected.json cares to write.
        full = next(
            where[attribute]
            for where in (row["slice"] for row in ledger.measurements)
            if where.get(attribute)
            and (where[attribute] == group or (where[attribute].startswith("x" * 40) and group == "x" * 40))
        )
        for code, value in values.items():
            ledger.expect(code, {attribute: full}, value)
    assert ledger.wrong == []


def test_01_the_mark_is_not_part_of_the_first_name() -> None:
    assert messy("01_bom_crlf_quoted.csv").read_bytes().startswith(codecs.BOM_UTF8)
    found = refused("01_bom_crlf_quoted.csv", sensitive=["absent"])
    assert '"id", "group"' in found["message"]


def test_02_scores_with_a_decimal_comma_have_their_mean() -> None:
    facts = known("02_cp1252_semicolon_decimal_comma.csv")
    ledger, read = measured("02_cp1252_semicolon_decimal_comma.csv", sensitive=["gruppe"], score="score")
    ledger.expect("mean_score", {}, facts["score_mean"])
    assert ledger.wrong == []
    assert read["scores"] == {"valid": 1_000}


def test_04_damaged_bytes_are_counted_or_refused_with_their_line() -> None:
    facts = known("04_utf8_with_invalid_bytes.csv")
    _, read = measured("04_utf8_with_invalid_bytes.csv")
    expected = (
        f"{facts['rows_with_invalid_utf8']} rows with bytes that are not UTF-8 and {facts['rows_with_nul']}"
    )
    assert any(note.startswith(expected) for note in read["notes"])
    found = refused("04_utf8_with_invalid_bytes.csv", sensitive=["name"])
    assert (found["line"], found["column"]) == (facts["first_invalid_row_index"] + 2, "name")


@pytest.mark.parametrize("label", ["label", "Label", "label "])
@pytest.mark.parametrize("prediction", ["prediction", " prediction"])
def test_05_none_of_several_like_columns_is_picked(label: str, prediction: str) -> None:
    found = refused("05_duplicate_headers.csv", label=label, prediction=prediction)
    assert found["code"] in ("column.ambiguous", "column.unknown")
    assert found["line"] == 1


def test_06_ragged_records_are_refused_with_the_first_line_and_both_counts() -> None:
    facts = known("06_ragged.csv")
    found = refused("06_ragged.csv")
    lines = messy("06_ragged.csv").read_text().splitlines()
    first = next(at for at, line in enumerate(lines, 1) if line and line.count(",") != 3)
    assert found["line"] == first
    assert f"{facts['too_short']} records too short and {facts['too_long']} too long" in found["message"]


def test_07_every_odd_label_is_counted_under_its_reason() -> None:
    facts = known("07_mixed_types.csv")
    suggested = facts["suggested"]["label"]
    ledger, read = measured("07_mixed_types.csv", prediction="label", sensitive=["gender"])
    assert read["rows_read"] == facts["n_rows"]
    assert read["rows_used"] == suggested["valid_binary"]
    assert read["dropped"] == {
        "prediction missing": suggested["missing"],
        "prediction not one of the two values": suggested["invalid"],
    }
    ledger.expect("selection_rate", {}, suggested["positive"] / suggested["valid_binary"])
    assert ledger.wrong == []


def test_07_every_odd_score_is_counted_under_its_reason() -> None:
    tokens = known("07_mixed_types.csv")["token_counts"]["score"]
    _, read = measured("07_mixed_types.csv", label=None, prediction=None, score="score", sensitive=["gender"])
    assert read["rows_used"] == 755
    assert read["dropped"] == {
        "score infinite": tokens["inf"] + tokens["-inf"],
        "score missing": tokens["nan"] + tokens[""] + tokens["NULL"],
        "score not a plain number": tokens["0,7"] + tokens["70%"],
        "score outside 0 to 1": tokens["1.5"] + tokens["-0.1"],
    }


def test_07_no_group_is_lost_and_doubtful_ones_are_named() -> None:
    tokens = known("07_mixed_types.csv")["token_counts"]["gender"]
    ledger, read = measured(
        "07_mixed_types.csv", label=None, prediction=None, score="score", sensitive=["gender"]
    )
    groups = {row["slice"]["gender"] for row in ledger.measurements if row["slice"].get("gender")}
    assert groups == set(tokens) - {""}
    for word in ("NA", "None"):
        assert any(note.startswith(f'"{word}" is a group') for note in read["notes"])
    assert any(f"{tokens['']} rows without a value" in note for note in read["notes"])


def test_08_a_long_tail_is_counted_and_a_category_for_every_row_refused() -> None:
    facts = known("08_high_cardinality.csv.gz")
    _, read = measured("08_high_cardinality.csv.gz", sensitive=["sensitive_long_tail"])
    assert read["rows_used"] == facts["n_rows"]
    found = refused("08_high_cardinality.csv.gz", sensitive=["category_100k"])
    assert (found["code"], found["column"]) == ("limits.groups", "category_100k")


@pytest.mark.parametrize("name", ["10_header_only.csv", "11_empty.csv"])
def test_files_without_rows_are_refused(name: str) -> None:
    assert refused(name)["code"] in ("rows.none", "file.empty")


@pytest.mark.parametrize("name", ["12_one_row.csv", "13_one_group.csv"])
def test_one_group_is_never_compared_with_itself(name: str) -> None:
    ledger, _ = measured(name)
    for code in ("demographic_parity_difference", "demographic_parity_ratio"):
        ledger.expect(code, {"group": None}, None)
    assert ledger.wrong == []


def test_15_without_labels_only_the_selection_is_measured() -> None:
    ledger, read = measured("15_all_labels_missing.csv")
    assert read["unlabelled"] == known("15_all_labels_missing.csv")["n_rows"]
    ledger.expect("selection_rate", {"group": "A"}, 0.34)
    ledger.expect("impact_ratio", {"group": "B"}, 0.33 / 0.34)
    assert ledger.wrong == []
    valued = {row["code"] for row in ledger.measurements if row["value"] is not None}
    assert valued.isdisjoint({"tpr", "fpr", "ppv", "accuracy", "base_rate", "equalized_odds_difference"})


def test_16_five_thousand_columns_are_read() -> None:
    _, read = measured("16_wide_5000_columns.csv.gz")
    assert read["rows_used"] == known("16_wide_5000_columns.csv.gz")["n_rows"]


@pytest.mark.parametrize("column", ["gender", "gender "])
def test_99_the_two_gender_columns_are_refused_naming_both(column: str) -> None:
    found = refused("99_everything.csv.gz", sensitive=[column])
    assert found["code"] == "column.ambiguous"
    assert '"gender " (column 2) and "gender" (column 3)' in found["message"]


def test_99_without_the_ambiguous_columns_every_row_is_accounted_for() -> None:
    facts = known("99_everything.csv.gz")
    counts = facts["counts_over_the_120000_rows_without_the_added_duplicates"]
    _, read = measured("99_everything.csv.gz", sensitive=[])
    assert read["rows_read"] == facts["n_data_lines"]
    assert abs(read["dropped"]["prediction missing"] - counts["prediction="]) <= 6
    assert any(f"{counts['invalid_utf8_rows']:,} rows with bytes" in note for note in read["notes"])
    assert refused("99_everything.csv.gz", sensitive=[], score="score")["code"] == "column.ambiguous"
    assert refused("99_everything.csv.gz", sensitive=["category"])["code"] == "limits.groups"
    assert refused("99_everything.csv.gz", sensitive=["name"])["code"] == "csv.undecodable"
