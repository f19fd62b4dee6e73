"""How far evidence can be relied on, weakest first."""

from typing import Final

ATTESTED: Final = "attested"  # somebody says so
UPLOADED: Final = "uploaded"  # somebody hands in numbers
MEASURED: Final = "measured"  # measured here, on a plan sealed before
REPRODUCED: Final = (
    "reproduced"  # measured here again by somebody who had no part in it, within the sealed tolerance
)

LEVELS: Final = (ATTESTED, UPLOADED, MEASURED, REPRODUCED)


def reaches(level: str, wanted: str) -> bool:
    """Whether a level is at least the wanted one; an unknown one reaches nothing."""
    return level in LEVELS and LEVELS.index(level) >= LEVELS.index(wanted)
