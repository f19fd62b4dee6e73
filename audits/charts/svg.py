"""Writes SVG: elements with escaped attributes and texts, numbers short and always the same."""

from hashlib import sha256
from html import escape

from audits.charts.text import shortened, visible

FONT = "Inter, system-ui, sans-serif"
INK, MUTED, GRID, ACCENT, BAR = "#16202b", "#56626e", "#dfe4e9", "#1d4f91", "#16202b"
STATE_COLOURS = {"passed": "#1b7a43", "insufficient": "#8a5a00", "failed": "#b3261e"}
SIZE = 12.0
Attribute = str | float | int


def element(tag: str, body: str = "", /, **attributes: Attribute) -> str:
    """One element; `class_` and `font_size` stand for class and font-size."""
    written = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{_value(value)}"' for name, value in attributes.items()
    )
    return f"<{tag}{written}>{body}</{tag}>" if body else f"<{tag}{written}/>"


def _value(value: Attribute) -> str:
    """A number with at most two decimals, a text escaped."""
    if isinstance(value, str):
        return escape(value)
    short = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if short in ("-0", "") else short


def text(x: float, y: float, words: str, /, **attributes: Attribute) -> str:
    """A line of text at its baseline; ink unless another fill is given."""
    given: dict[str, Attribute] = {"class_": "chart-ink", "fill": INK, **attributes}
    return element("text", escape(words), x=x, y=y, **given)


def label(x: float, y: float, words: str, room: float, /, **attributes: Attribute) -> str:
    """A label cut to its room; the whole text is then kept in a title, where a pointer or reader finds it."""
    whole = visible(words)
    short = shortened(whole, SIZE, room)
    written = text(x, y, short, **attributes)
    # A title inside <text> would be printed by some renderers, so it belongs to a group around it.
    return written if short == whole else element("g", element("title", escape(whole)) + written)


def picture(body: str, *, width: float, height: float, title: str, description: str) -> str:
    """The whole chart: an image with a name and a description for those who do not see it."""
    key = sha256(f"{title}\0{description}\0{body}".encode("utf-8", "surrogatepass")).hexdigest()[:10]
    head = element("title", escape(visible(title)) or " ", id=f"chart-{key}-title")
    head += element("desc", escape(visible(description)) or " ", id=f"chart-{key}-desc")
    return element(
        "svg",
        head + body,
        xmlns="http://www.w3.org/2000/svg",
        class_="chart",
        role="img",
        aria_labelledby=f"chart-{key}-title",
        aria_describedby=f"chart-{key}-desc",
        viewBox=f"0 0 {_value(width)} {_value(height)}",
        width=width,
        height=height,
        font_family=FONT,
        font_size=SIZE,
    )
