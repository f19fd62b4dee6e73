"""The charts of a report, drawn from the same cited values as the tables under them."""

from dataclasses import dataclass

from audits.charts import Bar, bar_chart, interval_chart
from audits.charts.rows import State as Mark
from governance.reports.measured import Comparison, Explanation
from governance.reports.printable import draws_upright, printable
from governance.reports.values import Estimate, State

MOST_GROUPS = 24
MOST_FEATURES = 20
WIDTH = 690.0
MARKS: dict[State, Mark] = {
    State.PASSED: "passed",
    State.INSUFFICIENT: "insufficient",
    State.FAILED: "failed",
}


@dataclass(frozen=True, slots=True)
class Figure:
    """A finished chart; only this module makes one."""

    svg: str


def of_comparison(comparison: Comparison, digits: int) -> Figure:
    """Every group's relation to the reference with its interval, and the bar."""
    rows = [
        _bar(
            line.group,
            line.relation,
            f"row {index} of the table",
            MARKS.get(line.state) if line.state else None,
        )
        for index, line in enumerate(comparison.groups, start=1)
    ]
    bar = comparison.bar.value if comparison.bar else None
    heading = printable(f"{comparison.relation_title.capitalize()} by {comparison.attribute}", 300)
    return Figure(
        interval_chart(
            rows,
            bar,
            f"Chart: {heading}, each group with its interval. The table below has the same numbers.",
            heading,
            bar_label=f"bar, {printable(comparison.comparison, 40)}",
            digits=digits,
            max_rows=MOST_GROUPS,
            width_px=WIDTH,
        )
    )


def of_explanation(explanation: Explanation) -> Figure:
    """The features that move the output most, with their intervals."""
    rows = [
        _bar(one.feature, one.value, f"row {index} of the table", None)
        for index, one in enumerate(explanation.importance, start=1)
    ]
    heading = printable(f"Mean absolute attribution, {explanation.output}", 300)
    return Figure(
        bar_chart(
            rows,
            f"Chart: {heading}, by feature with intervals. The table below has the same numbers.",
            heading,
            max_rows=MOST_FEATURES,
            width_px=WIDTH,
        )
    )


def _bar(label: str, estimate: Estimate, stand_in: str, state: Mark | None) -> Bar:
    """A chart row; a label that a chart cannot set letter by letter is replaced by its place in the table."""
    shown = printable(label, 300)
    count = estimate.n.value if estimate.n else None
    return Bar(
        label=shown if draws_upright(shown) else stand_in,
        value=estimate.value.value,
        low=estimate.low.value if estimate.low else None,
        high=estimate.high.value if estimate.high else None,
        n=None if count is None else int(count),
        state=state,
        reason=printable(estimate.value.reason, 300) or None,
    )
