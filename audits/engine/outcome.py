"""What an audit hands back: everything it found, and everything it took to find it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from audits.checks.spec import CheckResult, Verdict
from audits.frames.errors import Refused
from audits.frames.report import ReadReport
from audits.metrics.spec import Measurement
from audits.sandbox.results import Explanation

WORST_FIRST = (Verdict.ERRORED, Verdict.FAILED, Verdict.INSUFFICIENT, Verdict.PASSED)


@dataclass(frozen=True, slots=True)
class AuditOutcome:
    """The result of one audit; ``refused`` says why there is none."""

    seed: int
    versions: Mapping[str, str]
    inputs: Mapping[str, Any] = field(default_factory=dict)
    """Digests of what went in: data, mapping, checks, model."""
    measurements: tuple[Measurement, ...] = ()
    checks: tuple[CheckResult, ...] = ()
    read: ReadReport | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Which outcome is favourable, which groups are references, how intervals were made."""
    explanation: Explanation | None = None
    explanation_failed: Mapping[str, str] | None = None
    """Why the model that was given could not be explained."""
    refused: Refused | None = None

    @property
    def verdict(self) -> Verdict:
        """The worst verdict of the checks; without any, nothing was shown."""
        found = {result.verdict for result in self.checks}
        return next((verdict for verdict in WORST_FIRST if verdict in found), Verdict.INSUFFICIENT)

    def as_dict(self) -> dict[str, Any]:
        """The outcome as JSON values: no NaN and no infinity can occur."""
        return {
            "measurements": [measurement.as_dict() for measurement in self.measurements],
            "checks": [result.as_dict() for result in self.checks],
            "refused": self.refused.as_dict() if self.refused else None,
            "inputs": dict(self.inputs),
            "read": self.read.as_dict() if self.read else None,
            "settings": dict(self.settings),
            "versions": dict(self.versions),
            "seed": self.seed,
            "explanation": self.explanation.as_dict() if self.explanation else None,
            "explanation_failed": dict(self.explanation_failed) if self.explanation_failed else None,
        }
