"""Score every row: one 64-bit number per row, in the order of the rows."""

from typing import Any

import numpy as np
import pyarrow as pa
import xgboost

from audits.sandbox.child import booster, rows
from audits.sandbox.child.channel import Channel


def work(job: dict[str, Any], channel: Channel) -> dict[str, Any]:
    """The worker's one function; the scores go to the descriptor `scores` as little-endian 64-bit numbers."""
    channel.progress("Reading the model", 0.0)
    model = booster.load(channel, job["threads"])
    table = rows.Table(channel.reader("data"))
    ignored = booster.ignored(model.features, job["features"], table.columns)
    done = 0
    with channel.writer("scores") as out:
        for first_row, batch in table.batches(model.features):
            scores = model.booster.inplace_predict(rows.matrix(batch, model.features, first_row))
            out.write(np.asarray(scores, dtype="<f8").tobytes())
            done += batch.num_rows
            channel.progress("Scoring the rows", done / max(table.rows, 1))
    return {
        "rows": done,
        "output": model.output,
        "ignored_features": ignored,
        "versions": booster.versions(xgboost, np, pa),
    }
