"""Cells made by hand, as the frames would make them, and the rows behind them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from audits.metrics.spec import Measurement, Orientation

POSITIVE = Orientation("1", "1")


@dataclass(frozen=True)
class HandMade:
    """What metrics need of cells."""

    attributes: tuple[str, ...]
    groups: tuple[tuple[str, ...], ...]
    label: NDArray[np.int8] | tuple[str | None, ...]
    prediction: NDArray[np.int8] | tuple[str | None, ...]
    n: NDArray[np.int64]
    weight: NDArray[np.float64]
    classes: tuple[str, ...] = ()

    def rows(self) -> pd.DataFrame:
        """The single rows, each with its cell's mean weight."""
        table = pd.DataFrame(self.groups, columns=list(self.attributes))
        table["y"], table["p"], table["w"] = self.label, self.prediction, self.weight / self.n
        return table.loc[table.index.repeat(self.n)].reset_index(drop=True)


def confusion(attribute: str, **groups: tuple[int, int, int, int]) -> HandMade:
    """Cells of a binary task from tp, fp, fn, tn of each group."""
    members, label, prediction, n = [], [], [], []
    for name, counts in groups.items():
        for (y, p), count in zip(((1, 1), (0, 1), (1, 0), (0, 0)), counts, strict=True):
            if count:
                members.append((name,))
                label.append(y)
                prediction.append(p)
                n.append(count)
    return binary((attribute,), members, label, prediction, n)


def binary(
    attributes: Sequence[str],
    groups: Sequence[tuple[str, ...]],
    label: Sequence[int],
    prediction: Sequence[int],
    n: Sequence[int],
    weight: Sequence[float] | None = None,
) -> HandMade:
    """Cells of a binary task; -1 = no label."""
    counts = np.asarray(n, dtype=np.int64)
    return HandMade(
        tuple(attributes),
        tuple(groups),
        np.asarray(label, dtype=np.int8),
        np.asarray(prediction, dtype=np.int8),
        counts,
        counts.astype(float) if weight is None else np.asarray(weight, dtype=float),
    )


def classes(attribute: str, rows: Sequence[tuple[str, str, str]], names: Sequence[str]) -> HandMade:
    """Cells of a multi-class task from rows of group, label, prediction."""
    counted = Counter(rows)
    n = np.asarray(list(counted.values()), dtype=np.int64)
    return HandMade(
        (attribute,),
        tuple((row[0],) for row in counted),
        tuple(row[1] for row in counted),
        tuple(row[2] for row in counted),
        n,
        n.astype(float),
        tuple(names),
    )


def at(measurements: Sequence[Measurement], code: str, where: Mapping[str, str | None]) -> Measurement:
    """The measurement of a code on a slice."""
    return next(one for one in measurements if one.code == code and dict(one.slice) == dict(where))
