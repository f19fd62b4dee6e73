"""Read feature columns of a Parquet file in batches, as numbers a model can take or a refusal with the row."""

from collections.abc import Iterator, Sequence
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from audits.sandbox.child.channel import Refusal

Matrix = NDArray[np.float32]
BATCH_ROWS = 65_536
LONGEST_GROUP = 1_000
MISSING_GROUP = "(missing)"

_LARGEST = float(np.finfo(np.float32).max)


class Table:
    """An open Parquet file; every row is read once, in order, at most BATCH_ROWS at a time."""

    def __init__(self, file: BinaryIO) -> None:
        # One thread for each kind of work: the child may start few, and the models use them better.
        pa.set_cpu_count(1)
        pa.set_io_thread_count(1)
        try:
            self._file = pq.ParquetFile(file, pre_buffer=False)
        except (pa.ArrowException, OSError) as error:
            raise _unreadable(error) from error
        self.rows: int = self._file.metadata.num_rows
        self.columns: tuple[str, ...] = tuple(self._file.schema_arrow.names)

    def batches(self, columns: Sequence[str]) -> Iterator[tuple[int, pa.RecordBatch]]:
        """First row number and content of each batch; ends only when as many rows came as the file promised."""
        self._require(columns)
        seen = 0
        try:
            for batch in self._file.iter_batches(
                BATCH_ROWS, columns=list(dict.fromkeys(columns)), use_threads=False
            ):
                yield seen, batch
                seen += batch.num_rows
        except (pa.ArrowException, OSError) as error:
            raise _unreadable(error) from error
        if seen != self.rows:
            raise Refusal("data.unreadable", f"The data file promises {self.rows} rows and holds {seen}.")

    def _require(self, columns: Sequence[str]) -> None:
        for column in columns:
            found = self.columns.count(column)
            if found != 1:
                what = "is not there" if found == 0 else f"is there {found} times"
                raise Refusal(
                    "column.missing", f"The column {column!r} {what}. There are: {', '.join(self.columns)}."
                )


def matrix(batch: pa.RecordBatch, features: Sequence[str], first_row: int) -> Matrix:
    """Rows x features in the given order, missing as NaN."""
    values = np.empty((batch.num_rows, len(features)), dtype=np.float32)
    for index, feature in enumerate(features):
        values[:, index] = _numbers(batch.column(feature), feature, first_row)
    return values


def texts(batch: pa.RecordBatch, column: str) -> list[str]:
    """A sensitive attribute's values as text, exactly as they are written."""
    try:
        written = pc.cast(batch.column(column), pa.string())
    except pa.ArrowException as error:
        raise Refusal(
            "column.type", f"The column {column!r} cannot be read as text: {_first_line(error)}"
        ) from error
    values = [MISSING_GROUP if value is None else value for value in written.to_pylist()]
    if any(len(value) > LONGEST_GROUP for value in values):
        raise Refusal("column.type", f"The column {column!r} holds texts too long to name a group.")
    return values


def _numbers(column: pa.Array, feature: str, first_row: int) -> NDArray[np.float64]:
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    textual = pa.types.is_string(kind) or pa.types.is_large_string(kind)
    if not (textual or _is_number(kind)):
        raise Refusal(
            "column.type",
            f"The feature {feature!r} holds {kind} values, and a model feature must be a number.",
        )
    try:
        numbers = pc.cast(pc.cast(column, kind), pa.float64(), safe=False)
    except pa.ArrowException as error:
        raise Refusal(
            "column.type", f"The feature {feature!r} is not a number everywhere: {_first_line(error)}"
        ) from error
    values: NDArray[np.float64] = numbers.to_numpy(zero_copy_only=False)
    wrong = np.abs(values) > _LARGEST
    if textual:
        # The word "nan" is a number to the parser, but a missing value has to be declared, not guessed.
        wrong |= np.isnan(values) & column.is_valid().to_numpy(zero_copy_only=False)
    if wrong.any():
        row = first_row + int(np.flatnonzero(wrong)[0]) + 1
        raise Refusal(
            "value.not_finite", f"The feature {feature!r} is not a finite number in data row {row}."
        )
    return values


def _is_number(kind: pa.DataType) -> bool:
    tests = (
        pa.types.is_integer,
        pa.types.is_floating,
        pa.types.is_boolean,
        pa.types.is_decimal,
        pa.types.is_null,
    )
    return any(test(kind) for test in tests)


def _unreadable(error: Exception) -> Refusal:
    return Refusal("data.unreadable", f"The data file cannot be read as Parquet: {_first_line(error)}")


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:300]
