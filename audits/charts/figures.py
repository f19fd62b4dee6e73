"""The figures at the end of a row: value, interval and n, each in a column of its own so that they align."""

from collections.abc import Sequence
from dataclasses import dataclass

from audits.charts import svg
from audits.charts.rows import Bar
from audits.charts.scale import number
from audits.charts.text import width

COLUMN_GAP = 10.0


@dataclass(frozen=True, slots=True)
class Figures:
    """What is printed for one row, ready in words; an empty word prints nothing."""

    value: str
    interval: str
    count: str

    @property
    def sentence(self) -> str:
        """The same for those who do not see the chart."""
        value = "no value" if self.value == "—" else f"{self.value} {self.interval}".strip()
        return ", ".join(word for word in (value, self.count) if word)


def figures_of(row: Bar, digits: int) -> Figures:
    """Value, interval and n of a row; a row without a value says so."""
    count = "" if row.n is None else f"n {number(row.n, 0)}"
    if row.value is None or not row.drawable:
        return Figures("—", "", count)
    interval = f"[{number(row.span[0], digits)}, {number(row.span[1], digits)}]" if row.span else ""
    return Figures(number(row.value, digits), interval, count)


def columns(rows: Sequence[Figures], right: float) -> tuple[float, float, float]:
    """The right edges of the three columns that end at `right`."""
    count = max((width(row.count, svg.SIZE) for row in rows), default=0.0)
    interval = max((width(row.interval, svg.SIZE) for row in rows), default=0.0)
    at_interval = right - (count + COLUMN_GAP if count else 0.0)
    return at_interval - (interval + COLUMN_GAP if interval else 0.0), at_interval, right


def room(rows: Sequence[Figures]) -> float:
    """How wide the three columns are together."""
    value = max((width(row.value, svg.SIZE) for row in rows), default=0.0)
    return value - columns(rows, 0.0)[0]


def draw(row: Figures, edges: tuple[float, float, float], y: float) -> str:
    """The three columns of one row."""
    weights = (600, 400, 400)
    words = zip((row.value, row.interval, row.count), edges, weights, strict=True)
    return "".join(
        svg.text(edge, y, word, text_anchor="end", font_weight=weight, class_="chart-ink chart-figures")
        if weight == 600
        else svg.text(edge, y, word, text_anchor="end", class_="chart-muted chart-figures", fill=svg.MUTED)
        for word, edge, weight in words
        if word
    )
