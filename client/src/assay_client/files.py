"""Small files that a command was told to read."""

from __future__ import annotations

from pathlib import Path

from assay_client.outcomes import BadInput

MEGABYTE = 1_000_000


class TooLarge(ValueError):
    """The file is larger than anything that it could be."""


def small(path: str, what: str, limit: int = MEGABYTE) -> bytes:
    """The bytes of a file; BadInput when it cannot be read."""
    try:
        with Path(path).open("rb") as stream:
            data = stream.read(limit + 1)
    except (OSError, ValueError) as error:
        cause = getattr(error, "strerror", None) or "that is no name of a file"
        raise BadInput(
            f"{what}.unreadable".replace(" ", "_"), f"The {what} {path!a} cannot be read: {cause}."
        ) from None
    if len(data) > limit:
        raise TooLarge(f"the {what} has more than {limit} bytes")
    return data
