"""What happened to every row between the file and the cells."""

from __future__ import annotations

from collections.abc import Mapping as AbcMapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class ReadReport:
    """Rows read, rows set aside with the reason, and how the file was understood.

    ``rows_used + sum(dropped.values()) == rows_read``; ``unlabelled`` of the used rows have no label.
    """

    rows_read: int
    rows_used: int
    unlabelled: int = 0
    dropped: AbcMapping[str, int] = field(default_factory=dict)
    missing_groups: AbcMapping[str, int] = field(default_factory=dict)
    scores: AbcMapping[str, int] = field(default_factory=dict)
    """Used rows by what their score was: ``valid`` or the reason why it is left out of score metrics."""
    readings: AbcMapping[str, AbcMapping[str, str]] = field(default_factory=dict)
    """Column -> value as written -> what it was read as."""
    notes: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The report as plain data."""
        return {
            "rows_read": self.rows_read,
            "rows_used": self.rows_used,
            "unlabelled": self.unlabelled,
            "dropped": dict(self.dropped),
            "missing_groups": dict(self.missing_groups),
            "scores": dict(self.scores),
            "readings": {column: dict(tokens) for column, tokens in self.readings.items()},
            "notes": list(self.notes),
        }
