import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

from audits.frames.cells import score_cells
from audits.frames.ranking import Ranking
from audits.frames.source import open_source
from tests.audits.frames.reading import binary, scores

SCORED = binary(score="s")
ROWS = st.lists(
    st.tuples(
        st.sampled_from("ab"),
        st.sampled_from([0, 1]),
        st.one_of(st.sampled_from([0.0, 0.25, 0.5, 1.0]), st.floats(0, 1)),
        st.integers(1, 5),
    ),
    min_size=1,
    max_size=60,
)
QUICK = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def test_auc_counts_ties_half() -> None:
    (found,) = scores("group,label,prediction,s\na,1,1,0.5\na,0,0,0.5\na,1,1,0.9\na,0,0,0.1\n", SCORED)
    assert found.auc == 0.875
    assert (found.n, found.positives, found.negatives) == (4, 2, 2)


@QUICK
@given(ROWS)
def test_scores_agree_with_scikit_learn(rows: list[tuple[str, int, float, int]]) -> None:
    content = "group,label,prediction,s\n" + "".join(f"{g},{y},1,{s!r}\n" for g, y, s, _ in rows)
    for found in (*scores(content, SCORED), *scores(content, SCORED, "group")):
        y = np.array([y for g, y, _, _ in rows if found.group in (None, g)])
        s = np.array([s for g, _, s, _ in rows if found.group in (None, g)])
        assert found.n == len(y)
        assert found.brier == pytest.approx(brier_score_loss(y, s), abs=1e-9)
        assert found.log_loss == pytest.approx(log_loss(y, s, labels=[0, 1]), abs=1e-9)
        assert found.mean_score == pytest.approx(s.mean(), abs=1e-9)
        if len(set(y)) == 2:
            assert found.auc == pytest.approx(roc_auc_score(y, s), abs=1e-9)
        else:
            assert found.auc is None


@QUICK
@given(ROWS)
def test_weighted_scores_agree_with_scikit_learn(rows: list[tuple[str, int, float, int]]) -> None:
    content = "group,label,prediction,s,w\n" + "".join(f"{g},{y},1,{s!r},{w}\n" for g, y, s, w in rows)
    (found,) = scores(content, binary(score="s", weight="w"))
    y, s, w = (np.array(column) for column in zip(*[(y, s, w) for _, y, s, w in rows], strict=True))
    assert found.weight == w.sum()
    assert found.brier == pytest.approx(brier_score_loss(y, s, sample_weight=w), abs=1e-9)
    if len(set(y)) == 2:
        assert found.auc == pytest.approx(roc_auc_score(y, s, sample_weight=w), abs=1e-9)
    assert (found.auc_se, found.brier_se) == (None, None)


def test_the_standard_errors_are_those_of_delong_and_of_a_mean() -> None:
    rng = np.random.default_rng(3)
    y = rng.integers(0, 2, 300)
    s = np.round(np.clip(rng.normal(0.4 + 0.2 * y, 0.2), 0, 1), 2)
    content = "group,label,prediction,s\n" + "".join(f"a,{b},1,{a}\n" for a, b in zip(s, y, strict=True))
    (found,) = scores(content, SCORED)
    pairs = (s[y == 1][:, None] > s[y == 0]) + 0.5 * (s[y == 1][:, None] == s[y == 0])
    wins, losses = pairs.mean(axis=1), pairs.mean(axis=0)
    delong = math.sqrt(wins.var(ddof=1) / len(wins) + losses.var(ddof=1) / len(losses))
    assert found.auc_se == pytest.approx(delong, abs=1e-9)
    errors = (s - y) ** 2
    assert found.brier_se == pytest.approx(errors.std(ddof=1) / math.sqrt(len(y)), abs=1e-9)


def test_only_labelled_rows_with_a_valid_score_and_prediction_count() -> None:
    content = (
        "group,label,prediction,s\na,1,1,0.9\na,0,0,0.2\na,,1,0.8\na,1,1,nan\na,1,,0.1\n,1,1,0.7\nb,,0,0.6\n"
    )
    (found,) = scores(content, SCORED)
    assert (found.n, found.scored) == (3, 5)
    by_group = {cell.group: cell for cell in scores(content, SCORED, "group")}
    assert set(by_group) == {"a", "b"}
    assert (by_group["b"].n, by_group["b"].brier, by_group["b"].mean_score) == (0, None, 0.6)


def test_a_certain_score_that_is_wrong_costs_a_finite_log_loss() -> None:
    (found,) = scores("group,label,prediction,s\na,1,1,0\na,0,0,1\n", SCORED)
    assert found.log_loss is not None
    assert math.isfinite(found.log_loss)


def test_without_a_score_column_there_are_no_score_cells() -> None:
    assert scores("group,label,prediction\na,1,1\n", binary()) == ()


def test_text_that_looks_like_sql_is_only_text() -> None:
    content = "group,label,prediction,s\n'); DROP TABLE scored;--,it's,it's,0.5\n{x}%s,other,other,0.5\n"
    found = scores(content, binary(positive="it's", score="s"), "group")
    assert [cell.group for cell in found] == ["'); DROP TABLE scored;--", "{x}%s"]


def test_combinations_of_attributes_are_measured_like_groups(tmp_path: Path) -> None:
    rng = np.random.default_rng(8)
    rows = [
        (
            str(rng.choice(["f", "m", ""])),
            str(rng.choice(["x", "y", "z"])),
            int(rng.integers(0, 2)),
            round(rng.random(), 1),
        )
        for _ in range(400)
    ]
    path = tmp_path / "data.csv"
    path.write_text("sex,race,label,prediction,s\n" + "".join(f"{a},{b},{y},1,{s}\n" for a, b, y, s in rows))
    mapping = binary(sensitive=["sex", "race"], score="s")
    with open_source(path, mapping) as source:
        found = {cell.group: cell for cell in score_cells(source, mapping, ("race", "sex"))}
    assert len(found) == 6
    for group, cell in found.items():
        y, s = zip(*[(y, s) for a, b, y, s in rows if (b, a) == group], strict=True)
        assert cell.auc == pytest.approx(roc_auc_score(y, s), abs=1e-9)


@QUICK
@given(ROWS, st.integers(1, 7))
def test_ties_may_be_spread_over_any_batches(rows: list[tuple[str, int, float, int]], size: int) -> None:
    rows = sorted(rows, key=lambda row: row[2])
    group = np.array(["ab".index(g) for g, *_ in rows])
    label = np.array([y for _, y, _, _ in rows], dtype=np.int8)
    score = np.array([s for _, _, s, _ in rows])
    weight = np.array([w for *_, w in rows], dtype=np.float64)
    whole, parts = Ranking(2), Ranking(2)
    whole.add(group, score, label, weight)
    for at in range(0, len(rows), size):
        one = slice(at, at + size)
        parts.add(group[one], score[one], label[one], weight[one])
    whole.finish()
    parts.finish()
    for name in ("rows", "positives", "wins", "wins_sq", "losses_sq", "brier", "loss", "negative"):
        assert getattr(parts, name) == pytest.approx(getattr(whole, name))
