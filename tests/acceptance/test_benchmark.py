"""The benchmark compares like with like: both sides give the same numbers."""

import json

import pytest

from benchmarks import bias_audit


@pytest.mark.slow
def test_both_sides_give_the_same_numbers() -> None:
    result = bias_audit.measure(rows=20_000, large_rows=0, repeats=1)
    assert result["numbers_compared"] == 96
    assert result["largest_difference"] <= 1e-9
    assert result["full_audit"]["measurements"] > 500
    assert set(result["missed"]) <= {
        "whole_process",
        "in_process",
    }  # a small file, on a machine with other work
    json.dumps(result, allow_nan=False)
    assert str(result["rows"]) in bias_audit.told(result).replace(",", "")


def test_a_missed_bar_is_named() -> None:
    result = {
        "bars": bias_audit.BARS,
        "ratio": {"whole_process": 9.0, "in_process": 101.0},
        "largest_difference": 1e-8,
    }
    assert bias_audit.missed(result) == ["whole_process", "largest_difference"]
