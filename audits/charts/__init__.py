"""Charts: a picture of evidence as one SVG string, the same on a page and in a printed report.

A chart is pure text made from plain rows: no script, no style attribute, no identifier that changes between
runs. Colours stand in presentation attributes, which print as they are; on a page the style sheet `charts.css`
overrides them by class, so light and dark come from the page. The table under a chart carries the same numbers:
a chart never stands alone.
"""

from audits.charts.bars import bar_chart
from audits.charts.intervals import interval_chart
from audits.charts.rows import Bar

__all__ = ["Bar", "bar_chart", "interval_chart"]
