"""Base64, hexadecimal and numbers with exactly one spelling: two texts never mean the same bytes."""

from __future__ import annotations

import base64
import binascii
import re

LARGEST = 2**64 - 1

_NUMBER = re.compile(r"0|[1-9][0-9]{0,19}", re.ASCII)
_HEX = re.compile(r"(?:[0-9a-fA-F]{2})*", re.ASCII)


class BadCode(ValueError):
    """The text is not the one spelling of anything."""


def unbase64(text: str) -> bytes:
    """The bytes of standard base64 with padding and no stray bits."""
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, ValueError):
        raise BadCode("is not base64") from None
    if base64_of(data) != text:
        # Lax decoders take several texts for the same bytes; then a changed text would go unnoticed.
        raise BadCode("is not the one base64 text of its bytes")
    return data


def base64_of(data: bytes) -> str:
    """The one base64 text of these bytes."""
    return base64.b64encode(data).decode("ascii")


def unhex(text: str) -> bytes:
    """The bytes of a hexadecimal text, without blanks."""
    if not _HEX.fullmatch(text):
        raise BadCode("is not hexadecimal")
    return bytes.fromhex(text)


def number(text: str) -> int:
    """A whole number up to 2^64 - 1 in ASCII digits, without sign, blanks or leading zeros."""
    if not _NUMBER.fullmatch(text) or int(text) > LARGEST:
        raise BadCode("is not a whole number")
    return int(text)
