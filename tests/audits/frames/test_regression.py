from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audits.frames.cells import RegressionMoments, cells, regression_moments
from audits.frames.mapping import Mapping
from audits.frames.source import open_source
from tests.audits.frames.reading import read, refusal, written

NUMBERS = st.one_of(st.integers(-3, 3).map(float), st.floats(-1e6, 1e6))
ROWS = st.lists(st.tuples(st.sampled_from("ab"), NUMBERS, NUMBERS), min_size=1, max_size=50)
QUANTILES = (0.0, 0.1, 0.5, 0.7, 0.8, 0.9, 1.0)


def mapping(**changes: Any) -> Mapping:
    return Mapping.from_dict(
        {"task": "regression", "label": "y", "prediction": "p", "sensitive": ["group"]} | changes
    )


def near(value: float, rel: float = 1e-9, abs: float = 1e-6) -> Any:
    return pytest.approx(value, rel=rel, abs=abs)


def moments(content: str, how: Mapping, attribute: str | None = None) -> tuple[RegressionMoments, ...]:
    with open_source(written(content), how) as source:
        return regression_moments(source, how, attribute, QUANTILES)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ROWS)
def test_moments_and_selections_agree_with_numpy(rows: list[tuple[str, float, float]]) -> None:
    content = "group,y,p\n" + "".join(f"{g},{y!r},{p!r}\n" for g, y, p in rows)
    all_y, all_p = (np.array(values) for values in zip(*[(y, p) for _, y, p in rows], strict=True))
    for found in (*moments(content, mapping()), *moments(content, mapping(), "group")):
        y = np.array([y for g, y, _ in rows if found.group in (None, g)])
        p = np.array([p for g, _, p in rows if found.group in (None, g)])
        assert found.n == found.labelled == len(y)
        assert found.label_mean == near(y.mean())
        assert found.prediction_mean == near(p.mean())
        assert found.error_mean == near((p - y).mean())
        assert found.error_sum_abs == near(abs(p - y).sum())
        assert found.error_sum_sq == near(((p - y) ** 2).sum())
        assert found.error_max_abs == abs(p - y).max()
        for q in QUANTILES:
            assert found.selected[q] == (p >= np.quantile(all_p, q)).sum()
            assert found.label_selected[q] == (y >= np.quantile(all_y, q)).sum()


def test_centred_sums_survive_large_values() -> None:
    rng = np.random.default_rng(5)
    y = 1e9 + rng.normal(size=500)
    p = y + rng.normal(size=500)
    content = "group,y,p\n" + "".join(f"a,{a!r},{b!r}\n" for a, b in zip(y.tolist(), p.tolist(), strict=True))
    (found,) = moments(content, mapping())
    assert found.label_ss == near(((y - y.mean()) ** 2).sum(), rel=1e-6)
    correlation = found.cross / np.sqrt(found.label_ss * found.prediction_ss)
    assert correlation == near(np.corrcoef(y, p)[0, 1], abs=1e-6)


def test_weights_count() -> None:
    (found,) = moments("group,y,p,w\na,1,2,3\na,2,4,1\n", mapping(weight="w"))
    assert (found.weight, found.prediction_mean, found.error_mean) == (4, 2.5, 1.25)


def test_rows_without_a_label_count_only_where_no_label_is_needed() -> None:
    content = "group,y,p\na,1,1\na,,3\na,x,5\na,1,inf\na,1,\n"
    report, found = read(content, mapping())
    assert report.dropped == {
        "label not a plain number": 1,
        "prediction infinite": 1,
        "prediction missing": 1,
    }
    assert (report.rows_used, report.unlabelled) == (2, 1)
    assert found.n.tolist() == [2]
    (moment,) = moments(content, mapping())
    assert (moment.n, moment.labelled, moment.prediction_mean, moment.label_mean) == (2, 1, 2.0, 1.0)


def test_a_missing_group_has_no_moments_of_its_own() -> None:
    content = "group,y,p\n,1,1\n?,1,1\nb,2,3\n"
    found = moments(content, mapping(missing=["?"]), "group")
    assert [one.group for one in found] == ["b"]
    with open_source(written(content), mapping(missing=["?"])) as source:
        assert cells(source, mapping(missing=["?"])).n.tolist() == [2, 1]


def test_without_labels_the_errors_are_undefined() -> None:
    (found,) = moments("group,y,p\na,,1\na,,3\n", mapping())
    assert (found.label_mean, found.error_mean, found.error_max_abs) == (None, None, None)
    assert found.selected[0.5] == 1


def test_a_file_of_words_is_refused() -> None:
    assert refusal("group,y,p\na,low,high\n", mapping()).code == "rows.none_usable"
