"""What both kinds of chart share: the axis, and the sentence for what is not drawn."""

from audits.charts import svg
from audits.charts.scale import Scale, number


def axis(scale: Scale, top: float, bottom: float, unit: str, end: float, *, zero: bool = False) -> str:
    """Grid lines with their numbers, a firmer line at nought if asked for, and what is measured."""
    lines = []
    for tick in scale.ticks:
        x = scale.x(tick)
        firm = zero and tick == 0
        name, colour = ("chart-zero", svg.MUTED) if firm else ("chart-grid", svg.GRID)
        lines.append(
            svg.element("line", x1=x, x2=x, y1=top, y2=bottom, class_=name, stroke=colour, stroke_width=1)
        )
        lines.append(muted(x, bottom + 15, number(tick, scale.digits), text_anchor="middle", font_size=11))
    small: dict[str, svg.Attribute] = {"font_size": 11, "class_": "chart-muted", "fill": svg.MUTED}
    words = svg.label(scale.left, bottom + 31, unit, end - scale.left, **small)
    return "".join(lines) + words


def closing(y: float, shown: int, left_out: int, noun: str) -> str:
    """The sentence for rows that are not drawn, or for a chart without any."""
    if not shown:
        return muted(0, y, f"No {noun} to show.")
    return muted(0, y, f"… and {number(left_out, 0)} smaller {noun} in the table") if left_out else ""


def not_measurable(scale: Scale, y: float, reason: str | None, bar: float | None = None) -> str:
    """The reason, where the mark would be, on the side of the axis that the bar leaves free."""
    left, right = scale.left + 6, scale.right - 6
    at = scale.left if bar is None else scale.x(bar)
    free_right = at < (left + right) / 2
    given: dict[str, svg.Attribute] = {"class_": "chart-muted", "fill": svg.MUTED}
    if free_right and bar is not None:
        given["text_anchor"] = "end"
    room = max(right - at, at - left) - 6
    return svg.label(
        right if free_right and bar is not None else left, y, reason or "not measurable", room, **given
    )


def muted(x: float, y: float, words: str, /, **attributes: svg.Attribute) -> str:
    """A line of text that steps back."""
    return svg.text(x, y, words, **{"class_": "chart-muted", "fill": svg.MUTED, **attributes})
