"""Have a model explained on the rows of the source, in the sandbox."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping as AbcMapping
from pathlib import Path

import pyarrow.parquet as pq

from audits.engine.measuring import Progress
from audits.frames.mapping import Mapping
from audits.frames.source import Source
from audits.sandbox.errors import SandboxFailed, SandboxRefused
from audits.sandbox.jobs import explain
from audits.sandbox.results import Explanation, ModelRef

BATCH = 100_000


def explanation_of(
    model: ModelRef, source: Source, mapping: Mapping, seed: int, progress: Progress
) -> tuple[Explanation | None, AbcMapping[str, str] | None]:
    """SHAP importance overall and by group, or the reason why there is none."""
    if not mapping.features:
        message = 'Name the columns of the "features" in the mapping: a model is explained by them.'
        return None, {"code": "explanation.features", "message": message}
    with tempfile.TemporaryDirectory(prefix="assay-explain-") as folder:
        rows = Path(folder) / "rows.parquet"
        _write(source, (*mapping.features, *mapping.sensitive), rows)
        try:
            found = explain(
                model,
                rows,
                mapping.features,
                mapping.sensitive,
                seed=seed,
                progress=lambda step, share: progress(step, 0.7 + 0.25 * share),
            )
        except (SandboxRefused, SandboxFailed) as error:
            return None, error.as_dict()
    return found, None


def _write(source: Source, columns: tuple[str, ...], target: Path) -> None:
    """Some columns of the source as a Parquet file, batch by batch so that memory does not grow with the rows."""
    relation = source.frame.select(list(dict.fromkeys(columns))).to_native()
    reader = relation.to_arrow_reader(BATCH)
    with pq.ParquetWriter(target, reader.schema) as writer:
        for batch in reader:
            writer.write_batch(batch)
