"""What a row of the catalogue of events says."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Event:
    """One kind of thing that can happen."""

    code: str
    sentence: str  # how a log page tells it; {key} takes payload values
    keys: tuple[str, ...] = ()
    personal: tuple[str, ...] = ()
    version: int = 1
