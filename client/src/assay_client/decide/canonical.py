"""The one byte string of a JSON value (RFC 8785), as far as facts need it: no fractions."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from assay_client.decide.errors import BadFacts

LARGEST = 2**53 - 1


def canonical(value: Any) -> bytes:
    """The bytes that digests of facts are made of."""
    try:
        text = json.dumps(_sorted(value), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        return text.encode("utf-8")
    except (UnicodeEncodeError, RecursionError):
        raise BadFacts("a text in it cannot be written canonically") from None


def digest(data: bytes) -> str:
    """`sha256:<hex>` of bytes."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def digest_of(value: Any) -> str:
    """`sha256:<hex>` of a value's canonical bytes."""
    return digest(canonical(value))


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        # Names are sorted by their UTF-16 units, not by code points.
        return {name: _sorted(value[name]) for name in sorted(value, key=_units)}
    if isinstance(value, (list, tuple)):
        return [_sorted(one) for one in value]
    if isinstance(value, float) or (isinstance(value, int) and abs(value) > LARGEST):
        raise BadFacts("a number in it has no canonical form")
    return value


def _units(name: str) -> bytes:
    return name.encode("utf-16-be", "surrogatepass")
