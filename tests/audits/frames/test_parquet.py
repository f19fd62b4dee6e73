"""Parquet files: sound ones in every type, hostile ones refused before native code believes them."""

import datetime
import decimal
import random
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from audits.frames.cells import score_cells
from audits.frames.errors import Refused
from audits.frames.limits import Limits
from audits.frames.parquet import understand
from audits.frames.source import open_source
from tests.audits.frames.reading import binary, counts, read, refusal, written
from tests.shared import shared

TABLE = {"group": ["a", "b", "b"], "label": [1, 0, 1], "prediction": [1, 1, 0], "other": ["x", "y", "z"]}
EXPECTED = {("a", 1, 1): 1, ("b", 0, 1): 1, ("b", 1, 0): 1}


def parquet(
    folder: Path, columns: dict[str, Any] | None = None, name: str = "data.parquet", **how: Any
) -> Path:
    path = folder / name
    pq.write_table(pa.table(columns or TABLE), path, **how)
    return path


@pytest.mark.parametrize(
    "how",
    [
        {},
        {"compression": "zstd", "data_page_version": "2.0"},
        {"use_dictionary": False, "row_group_size": 1},
        {"compression": "gzip", "write_page_index": True},
    ],
)
def test_a_file_is_read_by_its_first_bytes(tmp_path: Path, how: dict[str, Any]) -> None:
    report, found = read(parquet(tmp_path, name="data.csv", **how))
    assert counts(found) == EXPECTED
    assert report.rows_read == 3


@pytest.mark.parametrize(
    ("values", "codes"),
    [
        ([True, False, None], (1, 0, -1)),
        ([1.0, 0.0, float("nan")], (1, 0, -1)),
        (pa.array([1, 0, None], pa.int8()), (1, 0, -1)),
        (pa.array(["yes", "no", None]).dictionary_encode(), (1, 0, -1)),
        ([decimal.Decimal("1.0"), decimal.Decimal("0.0"), None], (1, 0, -1)),
    ],
)
def test_labels_of_any_type_are_read_by_the_same_rule(
    tmp_path: Path, values: Any, codes: tuple[int, ...]
) -> None:
    columns = {"group": ["a", "b", "c"], "label": values, "prediction": [1, 1, 1]}
    _, found = read(parquet(tmp_path, columns))
    assert counts(found) == {(group, code, 1): 1 for group, code in zip("abc", codes, strict=True)}


def test_group_values_of_any_type_become_text(tmp_path: Path) -> None:
    columns = {
        "day": [datetime.date(2024, 1, 31)] * 2,
        "size": [2.5, float("nan")],
        "flag": [True, None],
        "name": ["NA", ""],
        "label": [1, 1],
        "prediction": [1, 1],
    }
    report, found = read(parquet(tmp_path, columns), binary(sensitive=["day", "size", "flag", "name"]))
    assert set(found.groups) == {("2024-01-31", "2.5", "true", "NA"), ("2024-01-31", "", "", "")}
    assert report.missing_groups == {"size": 1, "flag": 1, "name": 1}


def test_scores_and_weights_are_read_as_numbers(tmp_path: Path) -> None:
    columns = TABLE | {"s": [0.9, float("inf"), None], "w": pa.array([1.5, 2, 3], pa.float32())}
    mapping = binary(score="s", weight="w")
    with open_source(parquet(tmp_path, columns), mapping) as source:
        assert source.report.scores == {"infinite": 1, "missing": 1, "valid": 1}
        assert [cell.n for cell in score_cells(source, mapping)] == [1]
    columns["w"] = [1.0, float("nan"), 1.0]
    assert refusal(parquet(tmp_path, columns), mapping).code == "values.weight"


def test_a_folder_of_files_is_one_table_with_one_digest(tmp_path: Path) -> None:
    folder = tmp_path / "table"
    (folder / "part").mkdir(parents=True)
    parquet(folder, name="1.parquet")
    second = parquet(folder / "part", name="2.parquet")
    (folder / "_SUCCESS").write_text("")
    with open_source(folder, binary()) as source:
        assert (source.rows, source.format, source.columns) == (6, "parquet", tuple(TABLE))
        digest = source.digest
    second.rename(folder / "2.parquet")
    with open_source(folder, binary()) as source:
        assert source.digest != digest
    parquet(folder, {"group": ["a"], "label": [1]}, name="3.parquet")
    assert refusal(folder).code == "parquet.differing"


def test_only_the_mapped_columns_are_looked_at(tmp_path: Path) -> None:
    columns = TABLE | {"nested": [[1], [2], [3]], "bytes": [b"\xff", b"", b"x"]}
    path = parquet(tmp_path, columns)
    assert counts(read(path)[1]) == EXPECTED
    assert refusal(path, binary(sensitive=["nested"])).code == "parquet.nested"
    assert refusal(path, binary(sensitive=["bytes"])).code == "parquet.type"
    assert refusal(path, binary(sensitive=["sex"])).code == "column.unknown"


def test_what_only_text_files_have_cannot_be_declared(tmp_path: Path) -> None:
    assert refusal(parquet(tmp_path), binary(delimiter=",")).code == "mapping.not_text"


def test_nul_characters_in_mapped_values_are_refused(tmp_path: Path) -> None:
    path = parquet(tmp_path, TABLE | {"group": ["a\0", "b", "b"]})
    assert (refusal(path).code, refusal(path).column) == ("values.nul", "group")


def test_an_empty_table_is_refused(tmp_path: Path) -> None:
    path = parquet(tmp_path, {name: pa.array([], pa.string()) for name in TABLE})
    assert refusal(path).code == "rows.none"


def test_more_rows_than_the_bytes_can_honestly_hold_are_refused(tmp_path: Path) -> None:
    columns = {name: pa.array(np.zeros(1_000_000, np.int64)) for name in TABLE}
    path = parquet(tmp_path, columns)
    assert refusal(path, limits=Limits(max_ratio=10, parquet_ratio_from_bytes=1)).code == "limits.ratio"
    assert refusal(path, limits=Limits(max_rows=999_999)).code == "limits.rows"
    assert refusal(path, limits=Limits(max_values=3_999_999)).code == "limits.rows"


def test_encryption_is_refused_by_its_mark(tmp_path: Path) -> None:
    content = parquet(tmp_path).read_bytes()
    assert refusal(content[:-4] + b"PARE").code == "parquet.encrypted"
    assert refusal(b"PARE" + content[4:]).code == "parquet.encrypted"


def test_encryption_metadata_is_refused(tmp_path: Path) -> None:
    """A footer in the clear that names an algorithm, a key or an encrypted column."""
    content = parquet(tmp_path).read_bytes()
    length = int.from_bytes(content[-8:-4], "little")
    footer = content[-8 - length : -9]  # Without the byte that ends the structure.
    # The last field that the writer sets is number 7: one on, an empty union as the algorithm.
    encrypted = footer + b"\x1c\x00" + b"\x00"
    stored = content[: -8 - length] + encrypted + len(encrypted).to_bytes(4, "little") + b"PAR1"
    assert refusal(stored).code == "parquet.encrypted"


@pytest.mark.parametrize("cut", [1, 5, 9, 100])
def test_a_cut_off_file_is_refused(tmp_path: Path, cut: int) -> None:
    content = parquet(tmp_path).read_bytes()
    assert refusal(content[:-cut]).code == "parquet.damaged"
    assert refusal(content[: 4 + cut]).code == "parquet.damaged"


def test_a_footer_that_lies_about_its_length_is_refused(tmp_path: Path) -> None:
    content = parquet(tmp_path).read_bytes()
    for length in (0, 2**31, len(content) * 2):
        assert refusal(content[:-8] + length.to_bytes(4, "little") + b"PAR1").code == "parquet.damaged"


def test_random_damage_to_the_footer_is_refused_or_harmless(tmp_path: Path) -> None:
    content = bytearray(parquet(tmp_path, compression="none").read_bytes())
    length = int.from_bytes(content[-8:-4], "little")
    rng = random.Random(7)
    for _ in range(300):
        damaged = bytearray(content)
        damaged[rng.randrange(len(content) - 8 - length, len(content) - 8)] = rng.randrange(256)
        try:
            understand(written(bytes(damaged)), ("group", "label", "prediction"), Limits())
        except Refused as refused:
            assert refused.code.split(".")[0] in ("parquet", "column", "limits")  # noqa: PT017


VECTORS = (
    "ARROW-GH-41317",
    "ARROW-GH-41321",
    "ARROW-GH-43605",
    "ARROW-GH-45185",
    "ARROW-GH-47662",
    "ARROW-RS-GH-6229-DICTHEADER",
    "ARROW-RS-GH-6229-LEVELS",
    "PARQUET-1481",
)


@pytest.mark.parametrize("name", VECTORS)
def test_files_that_crashed_other_readers_are_refused(name: str) -> None:
    path = shared("vectors", "parquet-bad", "bad_data", f"{name}.parquet")
    assert refusal(path).message.endswith(".")


@pytest.mark.parametrize("name", [name for name in VECTORS if name != "ARROW-GH-43605"])
def test_every_column_of_such_a_file_is_refused_too(name: str) -> None:
    path = shared("vectors", "parquet-bad", "bad_data", f"{name}.parquet")
    try:
        columns = pq.ParquetFile(path).schema_arrow.names
    except (pa.ArrowException, OSError):
        columns = ["any"]
    for column in columns:
        mapping = binary(label=None, prediction=column, sensitive=[], positive="1")
        assert refusal(path, mapping).message.endswith(".")


def test_the_one_of_them_that_is_sound_is_read_as_what_it_holds() -> None:
    """A dictionary of one value needs no bits for its indices: 21,186 times zero."""
    path = shared("vectors", "parquet-bad", "bad_data", "ARROW-GH-43605.parquet")
    report, found = read(path, binary(label=None, prediction="min_fl", sensitive=[]))
    assert report.rows_used == 21_186
    assert counts(found) == {(-1, 0): 21_186}
