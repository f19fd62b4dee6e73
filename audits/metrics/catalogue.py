"""The catalogue: one row per metric, with what it needs, its formula and where that comes from.

Nothing heavy is imported here, so a web page may show the catalogue. A code is never reused for another formula.
"""

from __future__ import annotations

from audits.metrics.rows.comparisons import COMPARISONS
from audits.metrics.rows.errors import ERRORS
from audits.metrics.rows.rates import CLASSES, COUNTS, RATES
from audits.metrics.rows.scores import SCORES
from audits.metrics.rows.standings import STANDINGS
from audits.metrics.spec import MetricSpec

METRICS: dict[str, MetricSpec] = {
    spec.code: spec for spec in (*COUNTS, *RATES, *STANDINGS, *COMPARISONS, *CLASSES, *SCORES, *ERRORS)
}
"""Code -> the metric."""
