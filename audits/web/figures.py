"""What the run page draws: charts made from stored measurements, each with the rows of its table."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.safestring import SafeString, mark_safe

from audits.charts import Bar, bar_chart, interval_chart
from audits.charts.rows import State
from audits.models import CheckResult, Measurement

FEATURES_SHOWN = 15


@dataclass(frozen=True)
class Figure:
    """A chart and the same numbers as a table."""

    title: str
    explained: str
    chart: SafeString
    rows: Sequence[Bar]
    row_name: str
    value_name: str
    left_out: int = 0


# code of a measurement → (title, what it says)
BY_GROUP: dict[str, tuple[str, str]] = {
    "favourable_impact_ratio": (
        "Impact ratio by {attribute}",
        "Rate of the favourable outcome in each group divided by the highest. The whiskers are 95 % intervals.",
    ),
    "favourable_rate": (
        "Rate of the favourable outcome by {attribute}",
        "Share of each group that gets the favourable outcome. The whiskers are 95 % intervals.",
    ),
    "tpr": (
        "True positive rate by {attribute}",
        "Of those whose true outcome is positive, the share predicted so. The whiskers are 95 % intervals.",
    ),
    "accuracy": ("Accuracy by {attribute}", "Share of right predictions. The whiskers are 95 % intervals."),
    "mae": ("Mean absolute error by {attribute}", "In units of the target; smaller is better."),
}
NAMES = {
    "favourable_impact_ratio": "impact ratio",
    "favourable_rate": "rate of the favourable outcome",
    "tpr": "true positive rate",
    "mae": "mean absolute error",
}
TABLE_ROWS = 50


def by_group(
    measurements: Iterable[Measurement], attributes: Sequence[str], checks: Iterable[CheckResult]
) -> list[Figure]:
    """A chart per metric and sensitive attribute, the bar of a check drawn in where one holds that metric."""
    found: dict[tuple[str, str], list[Bar]] = {}
    bars = _thresholds(checks)
    for row in measurements:
        if row.code in BY_GROUP and len(row.slice) == 1:
            ((attribute, group),) = row.slice.items()
            if group is not None:
                found.setdefault((row.code, attribute), []).append(_bar(row, str(group), bars))
    return [
        _group_figure(code, attribute, found[code, attribute], bars.get((code, attribute)))
        for attribute in attributes
        for code in BY_GROUP
        if (code, attribute) in found
    ]


def _bar(row: Measurement, group: str, bars: Mapping[tuple[str, str], float]) -> Bar:
    bar = bars.get((row.code, next(iter(row.slice))))
    state: State | None = None
    if bar is not None and row.value is not None and row.value != 1.0 and row.low is not None:
        held = (row.low >= bar, (row.high or row.value) < bar)
        state = "passed" if held[0] else "failed" if held[1] else "insufficient"
    return Bar(group, row.value, row.low, row.high, row.n, state, row.reason or None)


def _group_figure(code: str, attribute: str, rows: list[Bar], threshold: float | None) -> Figure:
    title, explained = BY_GROUP[code]
    title = title.format(attribute=attribute)
    measure = NAMES.get(code, code)
    svg = interval_chart(rows, threshold, title, measure, digits=3)
    return Figure(
        title=title,
        explained=explained,
        chart=_markup(svg),
        rows=rows[:TABLE_ROWS],
        row_name=attribute,
        value_name=measure,
        left_out=max(0, len(rows) - TABLE_ROWS),
    )


def importance(explanation: Mapping[str, Any]) -> Figure | None:
    """Global SHAP importance: mean |SHAP| of each feature."""
    rows = [
        Bar(row["feature"], row["mean_abs"], row.get("low"), row.get("high"), explanation.get("n"))
        for row in explanation.get("importance", ())
    ]
    if not rows:
        return None
    title = "What the model relies on (mean |SHAP|)"
    svg = bar_chart(rows, title, "mean |SHAP|, log-odds", max_rows=FEATURES_SHOWN)
    return Figure(
        title=title,
        explained=(
            "Average size of each feature's contribution to the score, over a sample of"
            f" {explanation.get('n')} rows. Method: {explanation.get('method')}."
        ),
        chart=_markup(svg),
        rows=sorted(rows, key=lambda row: -(row.value or 0))[:TABLE_ROWS],
        row_name="Feature",
        value_name="mean |SHAP|",
        left_out=max(0, len(rows) - TABLE_ROWS),
    )


def _thresholds(checks: Iterable[CheckResult]) -> dict[tuple[str, str], float]:
    found: dict[tuple[str, str], float] = {}
    for check in checks:
        across = [name for name, group in (check.body.get("slice") or {}).items() if group is None]
        if len(across) == 1 and check.body.get("threshold") is not None:
            found[str(check.body.get("metric")), across[0]] = float(check.body["threshold"])
    return found


def _markup(svg: str) -> SafeString:
    # audits.charts escapes every text it is given; nothing else of the string comes from outside.
    return mark_safe(svg)  # noqa: S308
