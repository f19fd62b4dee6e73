"""Turn the child's raw numbers into a Parquet file that this side wrote, after looking at every one of them."""

import os
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from audits.sandbox.answers import malformed

_BATCH_ROWS = 1_000_000
_SCHEMA = pa.schema([("score", pa.float64())])


def write_parquet(raw: Path, target: Path, rows: int, *, bounded: bool) -> None:
    """Write `rows` scores as one Parquet column `score`; all finite, and between 0 and 1 when they are probabilities.

    The child writes plain numbers and no Parquet, so that no file of its making is ever parsed outside.
    """
    if raw.stat().st_size != rows * 8:
        raise malformed(f"{raw.stat().st_size} bytes of scores for {rows} rows")
    unfinished = target.with_name(target.name + ".part")
    try:
        with raw.open("rb") as source, pq.ParquetWriter(unfinished, _SCHEMA) as writer:
            while len(batch := np.fromfile(source, dtype="<f8", count=_BATCH_ROWS)):
                if not np.isfinite(batch).all() or (bounded and (batch.min() < 0 or batch.max() > 1)):
                    raise malformed("a score is not a finite number" + (" from 0 to 1" if bounded else ""))
                writer.write_batch(pa.record_batch([pa.array(batch)], schema=_SCHEMA))
        os.replace(unfinished, target)
    finally:
        unfinished.unlink(missing_ok=True)
