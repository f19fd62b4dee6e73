"""JSON that means one thing only: UTF-8, no repeated names, no NaN, nothing left over."""

from __future__ import annotations

import json
import math
from typing import Any


class NotJson(ValueError):
    """The bytes are not one unambiguous JSON document."""


def parse(data: bytes) -> Any:
    """The document in these bytes; two readers can never see two different documents in them."""
    try:
        return json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_unique_names,
            parse_constant=_no_constant,
            parse_float=_finite,
            parse_int=_short,
        )
    except NotJson:
        raise
    except (ValueError, RecursionError) as error:
        raise NotJson(f"it is not complete, valid JSON ({type(error).__name__})") from None


def _unique_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = dict(pairs)
    if len(names) != len(pairs):
        # With a name given twice, one reader believes the first and another the last.
        raise NotJson("it gives a name twice in one object")
    return names


def _no_constant(name: str) -> Any:
    raise NotJson(f"it contains {name}, which is not a JSON number")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise NotJson("it contains a number too large to hold")
    return number


def _short(digits: str) -> int:
    if len(digits) > 40:  # older Pythons take minutes over a number of a million digits
        raise NotJson("it contains a number too long to be meant")
    return int(digits)
