"""Places outside the database that keep checkpoints: whoever rewrites the log cannot rewrite them too.

`ASSAY_LOG_ANCHORS` names them, comma-separated: `file:FOLDER`, `git+URL`, `s3://BUCKET/PREFIX`,
`timestamp+URL#ROOTS`, `witness+URL#VERIFIERKEY`.
"""

from collections.abc import Callable
from typing import Final

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from registry.ledger.anchors.base import Anchor
from registry.ledger.anchors.file import FileAnchor
from registry.ledger.anchors.git import GitAnchor
from registry.ledger.anchors.s3 import S3Anchor
from registry.ledger.anchors.timestamp import TimestampAnchor
from registry.ledger.anchors.witness import WitnessAnchor

LONGEST: Final = 200  # characters of an address without its secrets
# How the address of a place begins, and what it is then.
KINDS: Final[dict[str, Callable[[str], Anchor]]] = {
    "file:": FileAnchor,
    "git+": GitAnchor,
    "s3://": S3Anchor,
    "timestamp+": TimestampAnchor,
    "witness+": WitnessAnchor,
}


def configured(*, seconds: float | None = None) -> list[Anchor]:
    """The places that the settings name, in that order; `seconds` is how long each may take at most for a step."""
    found = [_of(address) for address in settings.ASSAY_LOG_ANCHORS]
    for anchor in found:
        anchor.seconds = anchor.seconds if seconds is None else min(seconds, anchor.seconds)
    if any(len(anchor.place) > LONGEST for anchor in found):
        raise ImproperlyConfigured(f"An address in ASSAY_LOG_ANCHORS is longer than {LONGEST} characters.")
    if len({anchor.place for anchor in found}) != len(found):
        raise ImproperlyConfigured("ASSAY_LOG_ANCHORS names one place twice.")
    return found


def _of(address: str) -> Anchor:
    for beginning, make in KINDS.items():
        if address.startswith(beginning):
            try:
                return make(address)
            except ValueError as error:
                raise ImproperlyConfigured(f"ASSAY_LOG_ANCHORS: {error}") from error
    raise ImproperlyConfigured(
        f"ASSAY_LOG_ANCHORS names {address.partition(':')[0]!r}. A place begins with {', '.join(KINDS)}."
    )
