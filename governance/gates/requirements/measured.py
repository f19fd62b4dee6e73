"""Demands on data, and on what was measured at all."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final, Self

from governance.gates import evidence
from governance.gates.requirements.base import DAYS, Place, Requirement, fresh, schema
from governance.gates.spec import Dossier, Finding, RunFacts, State
from registry.stages import Role

LEVELS: Final = ("attested", "uploaded", "measured")  # weakest first; what runs here is measured
AUDIT: Final = (
    "Run an audit of this version that measures performance, compares groups and explains the model."
)


@dataclass(frozen=True)
class DatasetsRegistered(Requirement):
    """The system has registered data."""

    at_least: int

    name: ClassVar[str] = "datasets"
    params: ClassVar[Mapping[str, Any]] = schema({"at_least": {"type": "integer", "minimum": 1}}, "at_least")
    place: ClassVar[Place] = Place.DOCUMENTS
    of_systems: ClassVar[bool] = True

    @classmethod
    def of(cls, params: Mapping[str, Any]) -> Self:
        """The demand with what a policy wrote."""
        return cls(params["at_least"])

    def findings(self, dossier: Dossier) -> tuple[Finding, ...]:
        """One line."""
        enough = len(dossier.datasets) >= self.at_least
        return (
            Finding(
                code="datasets",
                state=State.MET if enough else State.OPEN,
                sentence=f"{len(dossier.datasets)} of {self.at_least} dataset versions are registered.",
                requirement="Registered data",
                owner_role=Role.DATA_STEWARD.value,
                clears="" if enough else "Register a dataset version with its columns and their roles.",
            ),
        )


@dataclass(frozen=True)
class EvidencePresent(Requirement):
    """There are measurements of this kind, made on a plan sealed before, and no older than asked."""

    kind: str
    level: str = "measured"
    within_days: int | None = None

    name: ClassVar[str] = "evidence"
    KINDS: ClassVar[Mapping[str, str]] = {
        "performance": "performance",
        "bias": "differences between groups",
        "explainability": "explanations",
    }
    params: ClassVar[Mapping[str, Any]] = schema(
        {"kind": {"enum": sorted(KINDS)}, "level": {"enum": list(LEVELS)}, "within_days": DAYS}, "kind"
    )
    place: ClassVar[Place] = Place.EVIDENCE

    @classmethod
    def of(cls, params: Mapping[str, Any]) -> Self:
        """The demand with what a policy wrote."""
        return cls(params["kind"], params.get("level", "measured"), params.get("within_days"))

    def findings(self, dossier: Dossier) -> tuple[Finding, ...]:
        """One line."""
        state, sentence = self._standing(dossier)
        return (
            Finding(
                code=f"evidence.{self.kind}",
                state=state,
                sentence=sentence,
                requirement=f"Evidence: {self.KINDS[self.kind]}, {self.level} here",
                owner_role=Role.VALIDATOR.value,
                clears="" if state is State.MET else AUDIT,
            ),
        )

    def _standing(self, dossier: Dossier) -> tuple[State, str]:
        words_, runs = self.KINDS[self.kind], self._runs(dossier)
        if not runs:
            return State.OPEN, f"Nothing was measured about {words_}."
        sealed = [run for run in runs if evidence.sealed_first(dossier, run)]
        if not sealed:
            return (
                State.OPEN,
                f"What was measured about {words_} had no plan sealed before; it is exploratory.",
            )
        if not any(_fresh(run, self.within_days, dossier.now) for run in sealed):
            return State.STALE, f"The measurements of {words_} are older than {self.within_days} days."
        return State.MET, f"Measurements of {words_} are there, on a plan sealed before."

    def _runs(self, dossier: Dossier) -> list[RunFacts]:
        return [run for run in evidence.counted(dossier) if run.intact and self.kind in run.kinds]

    def holds_until(self, dossier: Dossier) -> datetime | None:
        """When the newest measurement grows too old."""
        if self.within_days is None:
            return None
        ends = [
            r.finished_at + timedelta(days=self.within_days) for r in self._runs(dossier) if r.finished_at
        ]
        return max((end for end in ends if end > dossier.now), default=None)

    def disturbs(self, finding: Finding) -> bool:
        """New evidence is what votes are about."""
        return True


def _fresh(run: RunFacts, days: int | None, now: datetime) -> bool:
    return run.finished_at is not None and fresh(run.finished_at, days, now)
