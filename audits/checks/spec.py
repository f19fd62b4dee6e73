"""What a check is, and what its result says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from audits.metrics.spec import Measurement, Slice

COMPARISONS = (">=", "<=", ">", "<")


class Verdict(StrEnum):
    """The four ways a check can end; only the first opens a gate."""

    PASSED = "passed"
    FAILED = "failed"
    INSUFFICIENT = "insufficient"
    ERRORED = "errored"


class Severity(StrEnum):
    """Whether a gate waits for the check, or people are only told."""

    BLOCKING = "blocking"
    ADVISORY = "advisory"


class SmallGroups(StrEnum):
    """What groups below ``min_n`` do to a comparison: leave it undecided, or stay out of it, named."""

    INSUFFICIENT = "insufficient"
    EXCLUDE = "exclude"


class CheckError(Exception):
    """A declared check makes no sense; the message says what to change."""


@dataclass(frozen=True, slots=True)
class Check:
    """A bar for one metric: on one slice, or across all groups of ``across``."""

    name: str
    metric: str
    comparison: str
    threshold: float
    across: tuple[str, ...] = ()
    """Attributes whose groups are compared; several = their intersections. Empty = the check has a slice."""
    slice: Slice = field(default_factory=dict)
    min_n: int = 30
    """Rows that the denominator must have, in every group that is compared."""
    confidence: float = 0.95
    severity: Severity = Severity.BLOCKING
    small_groups: SmallGroups = SmallGroups.INSUFFICIENT

    @property
    def where(self) -> dict[str, str | None]:
        """The slice that the check's measurement has."""
        return dict.fromkeys(self.across) if self.across else dict(self.slice)

    def as_dict(self) -> dict[str, Any]:
        """The check as plain data; reading it back gives an equal check."""
        return {
            "name": self.name,
            "metric": self.metric,
            "attribute": list(self.across) if len(self.across) > 1 else next(iter(self.across), None),
            "slice": dict(self.slice),
            "comparison": self.comparison,
            "threshold": self.threshold,
            "min_n": self.min_n,
            "confidence": self.confidence,
            "severity": self.severity.value,
            "small_groups": self.small_groups.value,
        }


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was measured for a check, and what stands in the way of believing it."""

    measured: Measurement
    small: tuple[tuple[str, int], ...] = ()
    """Groups with fewer rows in the denominator than the check asks for, left out of the measurement."""
    rows: int = 0
    """All rows that were counted, those of small groups included."""
    objection: str | None = None
    """Why this measurement cannot answer the check, whatever its value."""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """A verdict, the sentence that explains it, and what it rests on."""

    check: Check
    verdict: Verdict
    sentence: str
    measured: Measurement | None = None
    small: tuple[tuple[str, int], ...] = ()
    rows_needed: int | None = None

    def as_dict(self) -> dict[str, Any]:
        """The result as plain data."""
        measured: Mapping[str, Any] = self.measured.as_dict() if self.measured else {}
        return {
            "name": self.check.name,
            "verdict": self.verdict.value,
            "sentence": self.sentence,
            "metric": self.check.metric,
            "slice": self.check.where,
            "comparison": self.check.comparison,
            "threshold": self.check.threshold,
            "value": measured.get("value"),
            "low": measured.get("low"),
            "high": measured.get("high"),
            "n": measured.get("n", 0),
            "reason": measured.get("reason"),
            "small_groups": [{"group": name, "rows": rows} for name, rows in self.small],
            "rows_needed": self.rows_needed,
            "check": self.check.as_dict(),
        }
