"""Scores by the model itself: so that what is measured is what these very bytes say, not what a file claims.

A mapping whose score is ``@model`` names no column of the file. The model scores the rows in the sandbox, and the
rows are audited with that column beside them.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from audits.engine.measuring import Progress
from audits.frames import parquet
from audits.frames.errors import Refused
from audits.frames.limits import Limits
from audits.frames.mapping import Mapping
from audits.frames.unpack import kind_of
from audits.metrics.spec import BINARY, REGRESSION
from audits.sandbox import jobs
from audits.sandbox.results import ModelRef

FROM_MODEL: Final = "@model"
BATCH = 100_000


@contextmanager
def with_scores(
    path: Path, mapping: Mapping, model: ModelRef | None, limits: Limits, tell: Progress
) -> Iterator[tuple[Path, dict[str, Any]]]:
    """The file to audit, and how it differs from the one that was given (nothing, for a file with predictions)."""
    if FROM_MODEL not in (mapping.score, mapping.prediction):
        yield path, {}
        return
    if model is None:
        raise Refused("model.missing", "The mapping takes the score from the model, and no model was given.")
    if mapping.task not in (BINARY, REGRESSION):
        raise Refused("model.task", "Scores by the model are for binary and regression tasks.")
    files = _understood(path, mapping, limits)
    with tempfile.TemporaryDirectory(prefix="assay-score-") as folder:
        scores = Path(folder) / "scores.parquet"
        tell("Scoring the rows with the model", 0.02)
        scored = jobs.score(
            model, path, mapping.features, scores, progress=lambda step, share: tell(step, 0.02 + 0.3 * share)
        )
        if scored.rows != files.rows:
            raise Refused("model.rows", f"The model scored {scored.rows} of {files.rows} rows.")
        combined = Path(folder) / path.name
        _combine(path, scores, mapping, combined)
        yield combined, {"digest": files.digest, "bytes": files.size, "scored_by": model.digest}


def _understood(path: Path, mapping: Mapping, limits: Limits) -> parquet.ParquetFiles:
    """The file as it is, checked like any other before anything reads its rows."""
    if path.is_dir() or not path.is_file() or kind_of(path) != "parquet":
        raise Refused(
            "model.needs_parquet",
            "Rows are scored by the model from a single Parquet file. Convert the data to Parquet, or give a file with"
            ' the predictions in it and name their column in the mapping ("prediction" or "score").',
        )
    return parquet.understand(path, _own(mapping).columns, limits)


def _own(mapping: Mapping) -> Mapping:
    """The mapping without the score: the columns that the file itself must have."""
    return replace(
        mapping,
        score=None if mapping.score == FROM_MODEL else mapping.score,
        prediction=None if mapping.prediction == FROM_MODEL else mapping.prediction,
    )


def _combine(path: Path, scores: Path, mapping: Mapping, target: Path) -> None:
    """The mapped columns with the scores beside them, batch by batch: both have the same rows in the same order."""
    columns = list(_own(mapping).columns)
    data, scored = pq.ParquetFile(path), pq.ParquetFile(scores)
    schema = pa.schema(
        [data.schema_arrow.field(name) for name in columns] + [pa.field(FROM_MODEL, pa.float64())]
    )
    left = data.iter_batches(BATCH, columns=columns)
    right = scored.iter_batches(BATCH, columns=["score"])
    with pq.ParquetWriter(target, schema) as writer:
        for rows, marks in _aligned(left, right):
            arrays = [rows.column(name) for name in columns] + [marks.column(0).cast(pa.float64())]
            writer.write_batch(pa.record_batch(arrays, schema=schema))


def _aligned(
    left: Iterator[pa.RecordBatch], right: Iterator[pa.RecordBatch]
) -> Iterator[tuple[pa.RecordBatch, pa.RecordBatch]]:
    """Batches of equal length from two files whose row groups need not agree."""
    one, other = next(left, None), next(right, None)
    while one is not None and other is not None:
        size = min(one.num_rows, other.num_rows)
        if size:
            yield one.slice(0, size), other.slice(0, size)
        one = one.slice(size) if one.num_rows > size else next(left, None)
        other = other.slice(size) if other.num_rows > size else next(right, None)
    if one is not None or other is not None:
        raise Refused("model.rows", "The data and the scores do not have the same number of rows.")
