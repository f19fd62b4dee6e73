"""Signed lists of verdicts that were taken back (docs/reference/signed-verdicts.md).

A list is dated at both ends: without an end, whoever hands it out could keep showing one from before the revocation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from assay_client import dsse, files, strict_json, times
from assay_client.keys import PinnedKey
from assay_client.outcomes import Unusable
from assay_client.verdict import MAX_SKEW

PAYLOAD_TYPE = "application/vnd.assay.revocations+json"
FORMAT = "assay-revocations/1"
FIELDS = {"format", "verifier", "issued_at", "valid_until", "revoked"}
ENTRY_FIELDS = {"decision", "revoked_at", "reason"}
MAX_LIST = 32 * files.MEGABYTE


class BadList(ValueError):
    """The list cannot be believed."""


@dataclass(frozen=True)
class Revocation:
    """When and why a verdict was taken back."""

    at: datetime
    reason: str


def of(
    path: str,
    decision: str,
    verifier: str,
    keys: Sequence[PinnedKey],
    now: datetime,
    threshold: int = 1,
) -> Revocation | None:
    """The revocation of a decision, or None when this verifier's list of today does not name it."""
    try:
        data = files.small(path, "revocations", MAX_LIST)
        return read(data, verifier, keys, now, threshold).get(decision)
    except (files.TooLarge, BadList) as error:
        raise Unusable(
            "revocations.unusable", f"The list of revocations cannot be believed: {error}."
        ) from None


def read(
    data: bytes, verifier: str, keys: Sequence[PinnedKey], now: datetime, threshold: int = 1
) -> Mapping[str, Revocation]:
    """Every revoked decision in the list, once enough pinned keys of this verifier signed it and it is not out of date.

    As many as have to sign a verdict: else one of them could take a revocation back alone.
    """
    try:
        opened = dsse.opened(strict_json.parse(data), PAYLOAD_TYPE, keys)
        document = strict_json.parse(opened.payload)
    except (dsse.BadEnvelope, strict_json.NotJson) as error:
        raise BadList(str(error).rstrip(".")) from None
    if not isinstance(document, dict) or set(document) != FIELDS or document["format"] != FORMAT:
        raise BadList(f"it does not have exactly the fields of {FORMAT}")
    if document["verifier"] != verifier:
        raise BadList("it is not the list of the verifier that signed the verdict")
    if len({key.public for key in opened.signers if key.name in (None, verifier)}) < max(threshold, 1):
        raise BadList(
            "not enough of the keys that signed it are pinned for the verifier that signed the verdict"
        )
    issued, until = times.parse(document["issued_at"]), times.parse(document["valid_until"])
    if issued is None or until is None or issued - now > MAX_SKEW:
        raise BadList("it does not say when it was made and until when it is good, or a clock is wrong")
    if until <= now:
        raise BadList(f"it was good until {until:%Y-%m-%d %H:%M:%S} UTC; fetch a newer one")
    if not isinstance(document["revoked"], list):
        raise BadList("it lists nothing")
    return dict(_entry(entry) for entry in document["revoked"])


def _entry(entry: Any) -> tuple[str, Revocation]:
    if not isinstance(entry, dict) or set(entry) != ENTRY_FIELDS:
        raise BadList(f"an entry does not have exactly the fields {', '.join(sorted(ENTRY_FIELDS))}")
    at = times.parse(entry["revoked_at"])
    if at is None or not all(isinstance(entry[name], str) for name in ("decision", "reason")):
        raise BadList("an entry does not say which decision was revoked, when and why")
    return entry["decision"], Revocation(at, entry["reason"])
