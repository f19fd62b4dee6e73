"""How much a feature tells of a sensitive column: textbook values, SciPy's, and what a bin must not hide."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats.contingency import association

from audits.quality.associations import CORRELATION_RATIO, CRAMERS_V, correlation_ratio, cramers_v
from tests.audits.quality.measuring import measured, written

COUNTS = st.lists(st.lists(st.integers(1, 40), min_size=3, max_size=3), min_size=2, max_size=5)


@given(table=COUNTS)
def test_cramers_v_is_scipys(table: list[list[int]]) -> None:
    cells = [(i, j, n) for i, row in enumerate(table) for j, n in enumerate(row)]
    assert cramers_v(cells) == pytest.approx(association(np.array(table), method="cramer"), abs=1e-9)


def test_the_ends_of_cramers_v() -> None:
    assert cramers_v([("a", "F", 10), ("b", "M", 5)]) == 1.0
    assert cramers_v([("a", "F", 10), ("a", "M", 10), ("b", "F", 5), ("b", "M", 5)]) == 0.0
    assert cramers_v([("a", "F", 10), ("a", "M", 3)]) == 0.0
    assert cramers_v([]) == 0.0


def test_the_correlation_ratio_of_the_textbook() -> None:
    """Test scores by subject: the example of the measure's encyclopaedia article, eta squared 6780 / 9640."""
    scores = ([45, 70, 29, 15, 21], [40, 20, 30, 42], [65, 95, 80, 70, 85, 73])
    groups = [(len(one), float(np.mean(one)), float(np.var(one))) for one in scores]
    assert correlation_ratio(groups) ** 2 == pytest.approx(6780 / 9640)
    assert correlation_ratio([(5, 1.0, 0.0), (5, 1.0, 0.0)]) == 0.0
    assert correlation_ratio([(5, 1.0, 0.0), (5, 2.0, 0.0)]) == 1.0
    assert correlation_ratio([]) == 0.0


def pair(tmp_path: Path, rows: list[str], kind: str = "number", sensitive: str = "text") -> dict[str, object]:
    columns = {"x": ("feature", kind), "sex": ("sensitive", sensitive)}
    return measured(written(tmp_path, "x,sex", *rows), columns)["associations"][0]  # type: ignore[no-any-return]


def test_a_stand_in_is_found_whatever_it_is_called(tmp_path: Path) -> None:
    rows = [f"{'zq'[i % 2]},{'FM'[i % 2]}" for i in range(60)]
    found = pair(tmp_path, rows, "text")
    assert (found["value"], found["measure"], found["rows"]) == (1.0, CRAMERS_V, 60)


def test_what_tells_nothing_is_nought(tmp_path: Path) -> None:
    assert pair(tmp_path, [f"{i // 2 % 5},{'FM'[i % 2]}" for i in range(100)])["value"] == 0.0


def test_groups_that_differ_only_in_spread_are_found(tmp_path: Path) -> None:
    """The means are equal, so the correlation ratio alone would be nought."""
    rows = [f"{(-1) ** i * (1 + i % 7)},F" for i in range(140)]
    rows += [f"{(-1) ** i * (100 + i % 7)},M" for i in range(140)]
    found = pair(tmp_path, rows)
    assert found["measure"] == CRAMERS_V
    assert float(str(found["value"])) > 0.85


def test_an_outlier_does_not_hide_the_rest(tmp_path: Path) -> None:
    rows = [f"{i % 50 + 50 * (i % 2)},{'FM'[i % 2]}" for i in range(400)]
    assert float(str(pair(tmp_path, [*rows, "1e12,F"])["value"])) > 0.9


def test_a_shift_of_the_mean_is_found(tmp_path: Path) -> None:
    rows = [f"{'FM'.index('FM'[i % 2]) * 3 + i % 11 / 10},{'FM'[i % 2]}" for i in range(220)]
    assert pair(tmp_path, rows)["measure"] in (CORRELATION_RATIO, CRAMERS_V)
    assert float(str(pair(tmp_path, rows)["value"])) > 0.9


def test_leaving_a_field_empty_tells_something_too(tmp_path: Path) -> None:
    assert pair(tmp_path, [f"{'' if i % 2 else '7'},{'FM'[i % 2]}" for i in range(60)])["value"] == 1.0


def test_a_sensitive_number_goes_by_its_deciles(tmp_path: Path) -> None:
    found = pair(tmp_path, [f"{i},{i}" for i in range(500)], sensitive="number")
    assert float(str(found["value"])) > 0.99


def test_rare_values_are_put_together(tmp_path: Path) -> None:
    """Every row has a name of its own; the names cannot be told apart, so they tell little."""
    found = pair(tmp_path, [f"n{i},{'FM'[i % 2]}" for i in range(1000)], "text")
    assert float(str(found["value"])) < 0.3


def test_one_group_cannot_be_compared(tmp_path: Path) -> None:
    found = pair(tmp_path, [f"{i},F" for i in range(9)])
    assert (found["value"], found["reason"]) == (None, "sex has fewer than two groups.")
