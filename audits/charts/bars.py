"""The bar chart: how much each feature moves the model's output, the largest first."""

from collections.abc import Sequence

from audits.charts import svg
from audits.charts.axis import axis, closing, not_measurable
from audits.charts.figures import columns, draw, figures_of, room
from audits.charts.rows import Bar
from audits.charts.scale import Scale, fit, number
from audits.charts.text import visible

ROW, TOP, FOOT, CLOSING = 24.0, 6.0, 36.0, 20.0
LABEL_ROOM, GAP = 188.0, 16.0
THICK = 11.0


def bar_chart(
    rows: Sequence[Bar],
    title: str,
    unit: str,
    *,
    digits: int = 3,
    max_rows: int = 20,
    width_px: float = 720.0,
    noun: str = "features",
) -> str:
    """Horizontal bars from nought with their intervals; `max_rows` are drawn, the others counted."""
    ordered = sorted(rows, key=_by_length)
    shown, left_out = ordered[:max_rows], max(0, len(ordered) - max_rows)
    figures = [figures_of(row, digits) for row in shown]
    edges = columns(figures, width_px)
    scale = fit(_ends(shown), LABEL_ROOM + GAP, width_px - room(figures) - GAP, zero=True)
    bottom = TOP + max(len(shown), 1) * ROW
    height = bottom + (FOOT if shown else 0.0) + (CLOSING if left_out else 0.0)
    body = axis(scale, TOP, bottom, unit, width_px, zero=True) if shown else ""
    for index, (row, words) in enumerate(zip(shown, figures, strict=True)):
        y = TOP + (index + 0.5) * ROW
        body += _row(row, y, scale) + draw(words, edges, y + 4)
    body += closing(height - 5 if shown else TOP + ROW, len(shown), left_out, noun)
    said = describe(shown, unit, digits, left_out, noun)
    return svg.picture(body, width=width_px, height=height, title=title, description=said)


def describe(rows: Sequence[Bar], unit: str, digits: int, left_out: int = 0, noun: str = "features") -> str:
    """What the chart shows, as a sentence for those who do not see it."""
    if not rows:
        return f"No {noun} to show."
    said = "; ".join(f"{visible(row.label)}: {figures_of(row, digits).sentence}" for row in rows)
    more = f" And {number(left_out, 0)} smaller {noun} in the table." if left_out else ""
    return f"{visible(unit)}. {said}.{more}"


def _by_length(row: Bar) -> tuple[bool, float]:
    """Longest first, rows without a value last."""
    return (not row.drawable, -abs(row.value) if row.drawable and row.value is not None else 0.0)


def _ends(rows: Sequence[Bar]) -> list[float]:
    drawable = [row for row in rows if row.drawable]
    return [end for row in drawable for end in (row.value, *(row.span or ())) if end is not None]


def _row(row: Bar, y: float, scale: Scale) -> str:
    """Label, bar and whiskers of one feature, or the reason why it has none."""
    name = svg.label(0, y + 4, row.label, LABEL_ROOM)
    if row.value is None or not row.drawable:
        return name + not_measurable(scale, y + 4, row.reason)
    start, end = sorted((scale.x(0.0), scale.x(row.value)))
    size: dict[str, svg.Attribute] = {"width": max(end - start, 0.5), "height": THICK}
    filled = svg.element("rect", x=start, y=y - THICK / 2, class_="chart-mark", fill=svg.ACCENT, **size)
    return name + filled + _whiskers(row, y, scale)


def _whiskers(row: Bar, y: float, scale: Scale) -> str:
    """The interval on the end of a bar."""
    if row.span is None:
        return ""
    low, high = scale.x(row.span[0]), scale.x(row.span[1])
    stroke: dict[str, svg.Attribute] = {"class_": "chart-whisker", "stroke": svg.INK, "stroke_width": 1.25}
    lines = svg.element("line", x1=low, x2=high, y1=y, y2=y, **stroke)
    for end in (low, high):
        lines += svg.element("line", x1=end, x2=end, y1=y - 3.5, y2=y + 3.5, **stroke)
    return lines
