"""Where measurements are collected: values first, all bootstrap intervals together at the end."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np

from audits.metrics.intervals import percentiles
from audits.metrics.spec import Measurement, Sampling, Slice
from audits.metrics.tables import Numbers


@dataclass(slots=True)
class Sheet:
    """A growing list of measurements."""

    sampling: Sampling
    rows: list[Measurement] = field(default_factory=list)
    _waiting: dict[int, Numbers] = field(default_factory=dict)

    def add(
        self,
        code: str,
        where: Slice,
        value: float,
        n: int,
        *,
        reason: str | None = None,
        draws: Numbers | None = None,
        limits: tuple[float, float] | None = None,
        undefined: float = 0.0,
        denominator: int | None = None,
        note: str | None = None,
    ) -> None:
        """Write one value down: its reason if it is nan, its limits, or the resamples to take them from.

        ``undefined`` is the share of resamples without a value, where the limits were taken from resamples already.
        """
        if math.isnan(value):
            self.rows.append(Measurement(code, where, None, n, reason, denominator=denominator, note=note))
            return
        row = Measurement(code, where, float(value), n, None, denominator=denominator, note=note)
        if draws is not None:
            self._waiting[len(self.rows)] = draws
        if limits is not None and (undefined or not math.isnan(limits[0])):
            row = with_limits(row, *limits, undefined, self.sampling)
        self.rows.append(row)

    def measurements(self) -> list[Measurement]:
        """The measurements, with the limits that the resamples give."""
        if self._waiting:
            limits = percentiles(np.stack(list(self._waiting.values()), axis=1), self.sampling)
            for place, low, high, undefined in zip(self._waiting, *limits, strict=True):
                self.rows[place] = with_limits(self.rows[place], low, high, undefined, self.sampling)
            self._waiting.clear()
        return self.rows


def with_limits(
    row: Measurement, low: float, high: float, undefined: float, sampling: Sampling
) -> Measurement:
    """Give a measurement its interval, or say why it has none."""
    if not math.isnan(low):
        return replace(row, low=float(low), high=float(high))
    why = (
        f"No interval: the value is undefined in {undefined:.0%} of {sampling.resamples:,} resamples "
        f"(more than {sampling.max_undefined:.0%}), because too few rows decide it."
    )
    return replace(row, note=f"{row.note} {why}" if row.note else why)
