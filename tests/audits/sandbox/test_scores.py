"""Every row gets the model's score, in its own place."""

import math
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from audits.sandbox import jobs
from audits.sandbox.errors import SandboxRefused
from audits.sandbox.limits import SandboxLimits
from tests.audits.sandbox import handmade

ORDER = ("income", "age", "debt")


def scores_of(path: Path) -> list[float]:
    return [float(score) for score in pq.read_table(path)["score"].to_pylist()]


def test_it_gives_every_row_its_probability_in_order(tmp_path: Path) -> None:
    rows = 140_000  # more than two batches
    people = handmade.people(rows)
    data = handmade.table(tmp_path, people)
    told: list[tuple[str, float]] = []
    scored = jobs.score(
        handmade.small_model(tmp_path),
        data,
        ORDER,
        tmp_path / "scores.parquet",
        progress=lambda step, part: told.append((step, part)),
    )
    assert (scored.rows, scored.output, scored.ignored_features) == (rows, "probability", ())
    written = scores_of(scored.path)
    assert len(written) == rows
    for row in (*range(200), 65_535, 65_536, 131_071, 131_072, rows - 1):
        known = handmade.margin({name: people[name][row] for name in ORDER})
        assert written[row] == pytest.approx(1 / (1 + math.exp(-known)), abs=1e-6)
    assert told[0] == ("Reading the model", 0.0)
    assert told[-1] == ("Scoring the rows", 1.0)


def test_it_leaves_nothing_but_the_scores(tmp_path: Path) -> None:
    model, data = handmade.small_model(tmp_path), handmade.table(tmp_path, handmade.people(10))
    before = set(tmp_path.iterdir())
    jobs.score(model, data, ORDER, tmp_path / "scores.parquet")
    assert {path.name for path in set(tmp_path.iterdir()) - before} == {"scores.parquet"}
    assert pq.read_table(tmp_path / "scores.parquet").column_names == ["score"]


def test_a_missing_value_takes_the_default_branch(tmp_path: Path) -> None:
    data = handmade.table(tmp_path, {"income": [None, 60.0], "age": [50, None], "debt": [0.1, 0.3]})
    jobs.score(handmade.small_model(tmp_path), data, (), tmp_path / "scores.parquet")
    known = [
        handmade.margin({"income": None, "age": 50, "debt": 0.1}),
        handmade.margin({"income": 60, "age": None, "debt": 0.3}),
    ]
    expected = [1 / (1 + math.exp(-value)) for value in known]
    assert scores_of(tmp_path / "scores.parquet") == pytest.approx(expected, abs=1e-6)


def test_numbers_written_as_text_are_numbers(tmp_path: Path) -> None:
    text = {"income": ["60", "20.5"], "age": pa.array(["50", "30"]).dictionary_encode(), "debt": [0.1, 0.3]}
    number = {"income": [60, 20.5], "age": [50, 30], "debt": [0.1, 0.3]}
    model = handmade.small_model(tmp_path)
    jobs.score(model, handmade.table(tmp_path, text, "text.parquet"), (), tmp_path / "a.parquet")
    jobs.score(model, handmade.table(tmp_path, number, "number.parquet"), (), tmp_path / "b.parquet")
    assert scores_of(tmp_path / "a.parquet") == scores_of(tmp_path / "b.parquet")


def test_a_feature_the_model_does_not_use_is_named(tmp_path: Path) -> None:
    people = handmade.people(10) | {"shoe_size": list(range(10))}
    data = handmade.table(tmp_path, people)
    scored = jobs.score(
        handmade.small_model(tmp_path), data, (*ORDER, "shoe_size"), tmp_path / "scores.parquet"
    )
    assert scored.ignored_features == ("shoe_size",)


def refusal(
    tmp_path: Path, columns: dict[str, list[object]], features: tuple[str, ...] = ()
) -> SandboxRefused:
    data = handmade.table(tmp_path, columns)
    with pytest.raises(SandboxRefused) as caught:
        jobs.score(handmade.small_model(tmp_path), data, features, tmp_path / "scores.parquet")
    assert not (tmp_path / "scores.parquet").exists()
    return caught.value


def test_a_missing_column_is_named_with_those_that_exist(tmp_path: Path) -> None:
    caught = refusal(tmp_path, {"income": [1.0], "Debt": [0.1], "age": [30]})
    assert caught.code == "feature.missing"
    assert caught.message == (
        "The model needs the feature 'debt', which is not a column of the data. There are: income, Debt, age."
    )


def test_a_feature_that_was_not_declared_is_named(tmp_path: Path) -> None:
    caught = refusal(tmp_path, handmade.people(3), ("income", "age"))
    assert caught.message == (
        "The model needs the feature 'debt', which is not among the declared features. There are: income, age."
    )


@pytest.mark.parametrize("value", [math.inf, -math.inf, 1e300])
def test_an_infinite_value_is_refused_with_its_row(tmp_path: Path, value: float) -> None:
    caught = refusal(tmp_path, {"income": [1.0, value], "debt": [0.1, 0.1], "age": [30, 30]})
    assert caught.code == "value.not_finite"
    assert caught.message == "The feature 'income' is not a finite number in data row 2."


@pytest.mark.parametrize("word", ["nan", "lots", "1e400", "1,5", ""])
def test_a_word_is_not_a_number(tmp_path: Path, word: str) -> None:
    caught = refusal(tmp_path, {"income": ["1.0", word], "debt": [0.1, 0.1], "age": [30, 30]})
    assert caught.code in ("value.not_finite", "column.type")
    assert "'income'" in caught.message


def test_no_rows_give_no_scores(tmp_path: Path) -> None:
    empty = pa.array([], pa.float64())
    data = handmade.table(tmp_path, dict.fromkeys(ORDER, empty))
    assert jobs.score(handmade.small_model(tmp_path), data, ORDER, tmp_path / "scores.parquet").rows == 0
    assert scores_of(tmp_path / "scores.parquet") == []


def test_a_file_that_is_not_parquet_is_refused(tmp_path: Path) -> None:
    data = tmp_path / "data.parquet"
    data.write_bytes(b"PAR1" + b"\0" * 100 + b"PAR1")
    with pytest.raises(SandboxRefused, match="cannot be read as Parquet"):
        jobs.score(handmade.small_model(tmp_path), data, ORDER, tmp_path / "scores.parquet")


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SandboxRefused, match=r"data file gone\.parquet cannot be opened"):
        jobs.score(
            handmade.small_model(tmp_path), tmp_path / "gone.parquet", ORDER, tmp_path / "scores.parquet"
        )


def test_the_parent_never_loads_the_model_libraries(tmp_path: Path) -> None:
    program = (
        "import sys\n"
        "from audits.sandbox import jobs, formats, launch, explanations\n"
        "sys.exit(sorted({'xgboost', 'shap', 'sklearn'} & set(sys.modules)) or 0)\n"
    )
    root = Path(__file__).parents[3]
    assert subprocess.run([sys.executable, "-c", program], cwd=root, check=False).returncode == 0


def test_a_model_above_the_size_limit_is_not_opened(tmp_path: Path) -> None:
    model, data = handmade.small_model(tmp_path), handmade.table(tmp_path, handmade.people(3))
    with pytest.raises(SandboxRefused, match="bytes; at most") as caught:
        jobs.score(model, data, ORDER, tmp_path / "scores.parquet", SandboxLimits(model_bytes=100))
    assert caught.value.code == "model.too_large"
