"""The interval chart: one line per group, a point with its whiskers, and the bar all are held against."""

from collections.abc import Sequence

from audits.charts import svg
from audits.charts.axis import axis, closing, not_measurable
from audits.charts.figures import columns, draw, figures_of, room
from audits.charts.rows import Bar, finite, largest
from audits.charts.scale import Scale, fit, number
from audits.charts.text import visible, width

ROW, TOP, FOOT, CLOSING = 24.0, 32.0, 36.0, 20.0
LABEL_ROOM, GAP = 168.0, 16.0


def interval_chart(
    rows: Sequence[Bar],
    bar: float | None,
    title: str,
    unit: str,
    *,
    bar_label: str = "bar",
    digits: int = 2,
    max_rows: int = 40,
    width_px: float = 720.0,
) -> str:
    """Groups with their intervals on one axis, the bar drawn in; `unit` names what the axis measures."""
    shown, left_out = largest(rows, max_rows)
    figures = [figures_of(row, digits) for row in shown]
    edges = columns(figures, width_px)
    scale = _scale(shown, bar, LABEL_ROOM + GAP, width_px - room(figures) - GAP)
    bottom = TOP + max(len(shown), 1) * ROW
    height = bottom + (FOOT if shown else 0.0) + (CLOSING if left_out else 0.0)
    body = axis(scale, TOP, bottom, unit, width_px) if shown else ""
    if shown and bar is not None and finite(bar):
        body += _bar(scale, bar, f"{visible(bar_label)} {_declared(bar, digits)}", bottom)
    for index, (row, words) in enumerate(zip(shown, figures, strict=True)):
        y = TOP + (index + 0.5) * ROW
        body += _row(row, y, scale, bar) + draw(words, edges, y + 4)
    body += closing(height - 5 if shown else TOP + ROW, len(shown), left_out, "groups")
    said = describe(shown, bar, unit, digits, left_out)
    return svg.picture(body, width=width_px, height=height, title=title, description=said)


def describe(rows: Sequence[Bar], bar: float | None, unit: str, digits: int, left_out: int = 0) -> str:
    """What the chart shows, as sentences for those who do not see it."""
    if not rows:
        return "No groups to show."
    said = "; ".join(f"{visible(row.label)}: {figures_of(row, digits).sentence}" for row in rows)
    held = f" The bar is {_declared(bar, digits)}." if bar is not None and finite(bar) else ""
    more = f" And {number(left_out, 0)} smaller groups in the table." if left_out else ""
    return f"{visible(unit)}. {said}.{held}{more}"


def _declared(value: float, digits: int) -> str:
    """A declared number with all the digits it has itself: a bar of 0.125 is never printed as 0.13."""
    own = f"{value:.6f}".rstrip("0").partition(".")[2]
    return number(value, max(min(digits, 2), len(own)))


def _scale(rows: Sequence[Bar], bar: float | None, left: float, right: float) -> Scale:
    values = [row.value for row in rows if row.value is not None]
    values += [end for row in rows if row.span and row.drawable for end in row.span]
    if bar is not None and finite(bar):
        # A little room on both sides of the bar, so that it never is the edge of the picture.
        margin = (max([*values, bar]) - min([*values, bar])) / 20
        values += [bar - margin, bar + margin]
    return fit(values, left, right)


def _bar(scale: Scale, bar: float, words: str, bottom: float) -> str:
    """The bar as a dashed line with its label, which stays inside the picture at either end of the axis."""
    x, half = scale.x(bar), width(words, svg.SIZE) / 2
    at = min(max(x, scale.left + half), scale.right - half)
    dashes: dict[str, svg.Attribute] = {"stroke_width": 1.5, "stroke_dasharray": "4 3"}
    line = svg.element(
        "line", x1=x, x2=x, y1=TOP - 8, y2=bottom, class_="chart-bar", stroke=svg.BAR, **dashes
    )
    return line + svg.text(at, TOP - 14, words, text_anchor="middle", font_weight=600)


def _row(row: Bar, y: float, scale: Scale, bar: float | None) -> str:
    """Label, whiskers and mark of one group, or the reason why it has none."""
    name = svg.label(0, y + 4, row.label, LABEL_ROOM)
    if row.value is None or not row.drawable:
        return name + not_measurable(scale, y + 4, row.reason, bar)
    return name + _mark(row, row.value, y, scale)


def _mark(row: Bar, value: float, y: float, scale: Scale) -> str:
    """The whiskers and, on them, a shape that says how the group stands to the bar."""
    colour = svg.STATE_COLOURS.get(row.state or "", svg.ACCENT)
    name = f"chart-{row.state}" if row.state in svg.STATE_COLOURS else "chart-mark"
    lines = ""
    if row.span:
        low, high = scale.x(row.span[0]), scale.x(row.span[1])
        stroke: dict[str, svg.Attribute] = {"class_": f"{name}-line", "stroke": colour, "stroke_width": 1.75}
        lines = svg.element("line", x1=low, x2=high, y1=y, y2=y, **stroke)
        for end in (low, high):
            lines += svg.element("line", x1=end, x2=end, y1=y - 4, y2=y + 4, **stroke)
    return lines + _shape(row.state, scale.x(value), y, name, colour)


def _shape(state: str | None, x: float, y: float, name: str, colour: str) -> str:
    """Circle, triangle or square: the same shapes that verdicts have everywhere."""
    if state == "insufficient":
        points = f"{x - 5.5:.2f},{y + 4.5:.2f} {x:.2f},{y - 5.5:.2f} {x + 5.5:.2f},{y + 4.5:.2f}"
        return svg.element("polygon", points=points, class_=name, fill=colour)
    if state == "failed":
        return svg.element("rect", x=x - 4.5, y=y - 4.5, width=9, height=9, class_=name, fill=colour)
    return svg.element("circle", cx=x, cy=y, r=4.5, class_=name, fill=colour)
