"""What a policy says about time beside its steps: how often what runs is reviewed, and when people are told."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

_DAYS: Final[Mapping[str, Any]] = {"type": "integer", "minimum": 1, "maximum": 3660}


def _schema(*required: str, **optional: Any) -> Mapping[str, Any]:
    return {
        "type": "object",
        "properties": {**dict.fromkeys(required, _DAYS), **optional},
        "required": list(required),
        "additionalProperties": False,
    }


@dataclass(frozen=True)
class Reviewing:
    """A version in production is reviewed every so many days; people are told so many days before."""

    every_days: int
    warn_days: int = 14


@dataclass(frozen=True)
class Reminding:
    """In days: when people are told of what waits, how often again, and when it goes to those above them."""

    after_days: int = 2
    every_days: int = 3
    escalate_after_days: int = 7


@dataclass(frozen=True)
class ReviewFacts:
    """A version in production: since when it counts as reviewed, and the day that was set then for the next review."""

    since: datetime
    due_at: datetime | None


@dataclass(frozen=True)
class VerificationFacts:
    """What the newest verification of the organisation's log said."""

    at: datetime
    size: int
    holds: bool


@dataclass(frozen=True)
class AnchorFacts:
    """The longest checkpoint of the organisation's log that lies outside the database, and since when."""

    at: datetime
    size: int


REVIEW_SCHEMA: Final = _schema("every_days", warn_days=_DAYS)
REMINDERS_SCHEMA: Final = _schema(after_days=_DAYS, every_days=_DAYS, escalate_after_days=_DAYS)


def reviewing(written: Mapping[str, int]) -> Reviewing:
    """What a policy wrote under `review`."""
    return Reviewing(**written)


def reminding(written: Mapping[str, int]) -> Reminding:
    """What a policy wrote under `reminders`."""
    return Reminding(**written)
