"""What the run page draws: charts made from stored measurements, each with the rows of its table."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.safestring import SafeString, mark_safe

from audits.charts import Bar, bar_chart, interval_chart
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
    "impact_ratio": (
        "Impact ratio by {attribute}",
        "Selection rate of each group divided by the highest. The whiskers are 95 % intervals.",
    ),
    "selection_rate": (
        "Selection rate by {attribute}",
        "Share of each group that gets the favourable outcome. The whiskers are 95 % intervals.",
    ),
    "tpr": (
        "True positive rate by {attribute}",
        "Of those whose true outcome is positive, the share predicted so. The whiskers are 95 % intervals.",
    ),
    "accuracy": ("Accuracy by {attribute}", "Share of right predictions. The whiskers are 95 % intervals."),
    "mae": ("Mean absolute error by {attribute}", "In units of the target; smaller is better."),
}
TABLE_ROWS = 50


def by_group(
    measurements: Iterable[Measurement], attributes: Sequence[str], checks: Iterable[CheckResult]
) -> list[Figure]:
    """A chart per metric and sensitive attribute, the bar of a check drawn in where one holds that metric."""
    found: dict[tuple[str, str], list[Bar]] = {}
    for row in measurements:
        if row.code in BY_GROUP and len(row.slice) == 1:
            ((attribute, group),) = row.slice.items()
            if group is not None:
                bar = Bar(str(group), row.value, row.low, row.high, row.n, reason=row.reason or None)
                found.setdefault((row.code, attribute), []).append(bar)
    bars = _thresholds(checks)
    return [
        _group_figure(code, attribute, found[code, attribute], bars.get((code, attribute)))
        for attribute in attributes
        for code in BY_GROUP
        if (code, attribute) in found
    ]


def _group_figure(code: str, attribute: str, rows: list[Bar], threshold: float | None) -> Figure:
    title, explained = BY_GROUP[code]
    title = title.format(attribute=attribute)
    svg = interval_chart(rows, threshold, title, code.replace("_", " "), digits=3)
    return Figure(
        title=title,
        explained=explained,
        chart=_markup(svg),
        rows=rows[:TABLE_ROWS],
        row_name=attribute,
        value_name=code.replace("_", " "),
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
        attribute, threshold = check.body.get("attribute"), check.body.get("threshold")
        if attribute and threshold is not None:
            found[str(check.body.get("metric")), str(attribute)] = float(threshold)
    return found


def _markup(svg: str) -> SafeString:
    # audits.charts escapes every text it is given; nothing else of the string comes from outside.
    return mark_safe(svg)  # noqa: S308
