"""Texts that others wrote, made safe to print: every character visible, every label inside its box."""

import unicodedata

# Characters that turn or move others, or are not seen at all, are printed by their number, so that a signed
# page can not be made to say something else than its bytes do.
_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_SPACES = {"\t": " ", "\n": " ", "\r": " "}
_JOINERS = "\u200c\u200d"
_MARKS_IN_A_ROW = 3


def visible(text: str) -> str:
    """The text with controls, direction overrides and piled-up marks replaced by their code points."""
    if text.isascii() and text.isprintable():
        return text
    out: list[str] = []
    marks = 0
    for character in text:
        category = unicodedata.category(character)
        marks = marks + 1 if category in ("Mn", "Me") else 0
        if character in _SPACES:
            out.append(_SPACES[character])
        elif character in _JOINERS and out and _joins(out[-1]):
            out.append(character)
        elif category in _HIDDEN or marks > _MARKS_IN_A_ROW:
            out.append(code_point(character))
        else:
            out.append(character)
    return "".join(out)


def code_point(character: str) -> str:
    """A character nobody could see or draw, by its number."""
    return f"‹U+{ord(character):04X}›"


def _joins(previous: str) -> bool:
    """Whether the script of the previous character uses joiners (Arabic and the scripts of South Asia)."""
    return "\u0600" <= previous[-1] <= "\u0dff"


def width(text: str, size: float) -> float:
    """A careful estimate, in pixels, of how wide a text sets in a grotesque of this size."""
    return sum(map(_em, text)) * size


def _em(character: str) -> float:
    """The advance of one character in em, rounded up by class."""
    if character in " .,:;'|!il()[]\u202f":
        return 0.31
    if character in "mwMW@%—…" or character == "\u2212":
        return 0.92
    if character.isdigit():
        return 0.64
    if character.isupper():
        return 0.74
    if character.isascii():
        return 0.59
    if unicodedata.combining(character):
        return 0.0
    return 1.02 if unicodedata.east_asian_width(character) in "WFA" else 0.72


def shortened(text: str, size: float, room: float) -> str:
    """The text, or as much of it as fits into `room` pixels with an ellipsis."""
    if len(text) * 0.2 * size <= room and width(text, size) <= room:
        return text
    used = _em("…") * size
    kept: list[str] = []
    for character in text:
        used += _em(character) * size
        if used > room:
            break
        kept.append(character)
    return "".join(kept).rstrip() + "…"
