"""Demands on data, and on what was measured at all."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final, Self

from governance.gates import evidence
from governance.gates.levels import LEVELS as LEVELS
from governance.gates.levels import MEASURED, REPRODUCED, reaches
from governance.gates.memory import once
from governance.gates.requirements.base import DAYS, Place, Requirement, fresh, schema
from governance.gates.spec import Dossier, Finding, RunFacts, State
from registry.stages import Role

AUDIT: Final = (
    "Run an audit of this version that measures performance, compares groups and explains the model."
)
REPRODUCE: Final = "A validator who had no part in the audit makes it again (“Reproduce” on its page)."


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
    level: str = MEASURED
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
        return cls(params["kind"], params.get("level", MEASURED), params.get("within_days"))

    def findings(self, dossier: Dossier) -> tuple[Finding, ...]:
        """One line."""
        state, sentence, clears = self._standing(dossier)
        return (
            Finding(
                code=f"evidence.{self.kind}",
                state=state,
                sentence=sentence,
                requirement=f"Evidence: {self.KINDS[self.kind]}, {self.level} here",
                owner_role=Role.VALIDATOR.value,
                clears=clears,
            ),
        )

    def _standing(self, dossier: Dossier) -> tuple[State, str, str]:
        words_, runs = self.KINDS[self.kind], self._runs(dossier)
        if not runs:
            return State.OPEN, f"Nothing was measured about {words_}.", AUDIT
        locked = _locked(dossier, self.kind)
        if not locked:
            sentence = (
                f"What was measured about {words_} had no plan and seed sealed before; it is exploratory."
            )
            return State.OPEN, sentence, AUDIT
        recent = [run for run in locked if _fresh(run, self.within_days, dossier.now)]
        if not recent:
            return State.STALE, f"The measurements of {words_} are older than {self.within_days} days.", AUDIT
        return self._at_level(dossier, recent)

    def _at_level(self, dossier: Dossier, runs: list[RunFacts]) -> tuple[State, str, str]:
        words_ = self.KINDS[self.kind]
        found = [evidence.assurance(dossier, run) for run in runs]
        if not any(reaches(one.level, self.level) for one in found):
            if any(one.mismatches for one in found):
                sentence = f"The measurements of {words_} came out otherwise when they were made again."
                clears = "Find out why, correct it, and run the audit anew; then have it made again."
                return State.INSUFFICIENT, sentence, clears
            sentence = (
                f"The measurements of {words_} were not made again by somebody who had no part in them."
            )
            return State.OPEN, sentence, REPRODUCE
        if self.level == REPRODUCED:
            return (
                State.MET,
                f"Measurements of {words_} were made again by somebody else, with the same result.",
                "",
            )
        return State.MET, f"Measurements of {words_} are there, on a plan sealed before.", ""

    def _runs(self, dossier: Dossier) -> tuple[RunFacts, ...]:
        return _of_kind(dossier, self.kind)

    def holds_until(self, dossier: Dossier) -> datetime | None:
        """When the newest of the measurements that would do by itself grows too old."""
        if self.within_days is None:
            return None
        ends = [
            run.finished_at + timedelta(days=self.within_days)
            for run in _locked(dossier, self.kind)
            if run.finished_at
            if reaches(evidence.assurance(dossier, run).level, self.level)
        ]
        return max((end for end in ends if end > dossier.now), default=None)

    def disturbs(self, finding: Finding) -> bool:
        """New evidence is what votes are about; the same result made again is not new."""
        return finding.clears != REPRODUCE


@once
def _of_kind(dossier: Dossier, kind: str) -> tuple[RunFacts, ...]:
    """The runs that count and have measured something of a kind."""
    return tuple(run for run in evidence.counted(dossier) if run.intact and kind in run.kinds)


@once
def _locked(dossier: Dossier, kind: str) -> tuple[RunFacts, ...]:
    """Those of them whose plan and seed were sealed before."""
    return tuple(run for run in _of_kind(dossier, kind) if evidence.locked(dossier, run))


def _fresh(run: RunFacts, days: int | None, now: datetime) -> bool:
    return run.finished_at is not None and fresh(run.finished_at, days, now)
