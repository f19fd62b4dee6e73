"""Entries of a log: what one says about itself, read strictly, or checked fast where it is written canonically."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from assay_client import strict_json

SCHEMA = "assay.entry/1"
FIELDS = {"actor", "at", "data", "event", "index", "log", "schema", "subject", "system", "version"}
MAX_ENTRY = 4 * 1024 * 1024

# What follows the schema at the end of a canonical entry: no text here may hold a quote or a backslash, so
# nothing inside an entry's data can look like it.
_END = re.compile(
    rb'"subject":\{"id":"[^"\\]*","kind":"[^"\\]*"\},"system":(?:null|"[^"\\]*"),"version":[0-9]+\}'
)


class NotAnEntry(ValueError):
    """The bytes are no entry of a log."""


@dataclass(frozen=True)
class Entry:
    """What an entry says about itself."""

    index: int
    log: str
    document: Mapping[str, Any]


def entry(body: bytes) -> Entry:
    """The entry in these bytes; it must have exactly the fields of the format, none of them twice."""
    if len(body) > MAX_ENTRY:
        raise NotAnEntry(f"it has more than {MAX_ENTRY} bytes")
    try:
        document = strict_json.parse(body)
    except strict_json.NotJson as error:
        raise NotAnEntry(f"{error}") from None
    if not isinstance(document, dict) or set(document) != FIELDS or document["schema"] != SCHEMA:
        raise NotAnEntry(f"it does not have exactly the fields of {SCHEMA}")
    index, log = document["index"], document["log"]
    if not isinstance(index, int) or isinstance(index, bool) or not isinstance(log, str):
        raise NotAnEntry("it does not say its index and its log")
    return Entry(index, log, document)


def log_of(origin: str) -> str:
    """The log that entries name: a log that was stopped and opened again is signed as LOG/epoch/NUMBER."""
    log, marked, number = origin.rpartition("/epoch/")
    return log if marked and number.isascii() and number.isdigit() else origin


class Canonical:
    """Says quickly whether bytes are an entry of this log at this index, written as the log writes it.

    A no means only that somebody has to look closer.
    """

    def __init__(self, origin: str) -> None:
        named = json.dumps(log_of(origin), ensure_ascii=False).encode("utf-8", "surrogatepass")
        self._after = b',"log":' + named + b',"schema":"' + SCHEMA.encode() + b'",'

    def fits(self, body: bytes, index: int) -> bool:
        """Whether its last field called index is this one, of this log, with the rest of an entry after it."""
        place = b',"index":%d%b' % (index, self._after)
        at = body.rfind(b',"index":')
        return (
            at > 0
            and body.startswith(b'{"actor":{')
            and body.startswith(place, at)
            and _END.fullmatch(body, at + len(place)) is not None
        )
