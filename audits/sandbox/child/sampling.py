"""Draw rows by a seed, and reduce their SHAP values to means that say how sure they are."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from audits.sandbox.child import rows
from audits.sandbox.child.channel import Refusal

# Two-sided 95 % of the standard normal distribution.
_Z = 1.959963984540054
_MOST_GROUPS = 100


@dataclass(frozen=True, slots=True)
class Sample:
    """The drawn rows in the order of the file, with the text of each sensitive attribute beside them."""

    matrix: rows.Matrix
    groups: dict[str, list[str]]


def draw(table: rows.Table, features: Sequence[str], groups: Sequence[str], size: int, seed: int) -> Sample:
    """Rows drawn without replacement; all of them when there are no more than `size`."""
    if table.rows == 0:
        raise Refusal("data.empty", "The data file has no rows to explain.")
    chosen = np.sort(np.random.default_rng(seed).choice(table.rows, min(size, table.rows), replace=False))
    matrices: list[rows.Matrix] = []
    texts: dict[str, list[str]] = {name: [] for name in groups}
    for first_row, batch in table.batches([*features, *groups]):
        inside = chosen[
            np.searchsorted(chosen, first_row) : np.searchsorted(chosen, first_row + batch.num_rows)
        ]
        # Every row is checked, drawn or not: a refusal must not depend on the seed.
        matrices.append(rows.matrix(batch, features, first_row)[inside - first_row])
        drawn = batch.take(pa.array(inside - first_row))
        for name in groups:
            texts[name].extend(rows.texts(drawn, name))
    return Sample(np.concatenate(matrices), texts)


def means(values: NDArray[np.float64]) -> dict[str, Any]:
    """Mean |SHAP| per feature (margin units) with the 95 % interval of the mean, mean ± 1.96 s/√n, not below zero.

    `values` is rows x features. One row has no spread to estimate, so it has no interval.
    """
    sizes = np.abs(values)
    mean = sizes.mean(axis=0)
    if len(values) < 2:
        return {"mean_abs": mean.tolist(), "low": None, "high": None}
    half = _Z * sizes.std(axis=0, ddof=1) / math.sqrt(len(values))
    return {
        "mean_abs": mean.tolist(),
        "low": np.maximum(mean - half, 0.0).tolist(),
        "high": (mean + half).tolist(),
    }


def by_group(values: NDArray[np.float64], group_of: list[str]) -> dict[str, Any]:
    """Mean |SHAP| per feature within each group of the sample: the largest groups, when there are very many."""
    names, inverse, counts = np.unique(
        np.array(group_of, dtype=object), return_inverse=True, return_counts=True
    )
    largest = sorted(range(len(names)), key=lambda index: (-int(counts[index]), names[index]))[:_MOST_GROUPS]
    return {
        names[index]: {
            "n": int(counts[index]),
            "mean_abs": np.abs(values[inverse == index]).mean(axis=0).tolist(),
        }
        for index in sorted(largest, key=lambda index: names[index])
    }
