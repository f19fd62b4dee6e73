"""Demands on reports."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Self

from governance.gates import subject
from governance.gates.requirements.base import Place, Requirement, schema
from governance.gates.spec import Dossier, Finding, ReportFacts, State
from registry.stages import Role

REPORTS: Final[dict[str, str]] = {"validation_report": "validation report"}


@dataclass(frozen=True)
class ReportCurrent(Requirement):
    """The report is there, and it tells exactly the facts as they are now, votes included."""

    kind: str

    name: ClassVar[str] = "report"
    params: ClassVar[Mapping[str, Any]] = schema({"kind": {"enum": sorted(REPORTS)}}, "kind")
    place: ClassVar[Place] = Place.REPORT

    @classmethod
    def of(cls, params: Mapping[str, Any]) -> Self:
        """The demand with what a policy wrote."""
        return cls(params["kind"])

    def findings(self, dossier: Dossier) -> tuple[Finding, ...]:
        """One line."""
        state, sentence = self._standing(dossier)
        return (
            Finding(
                code=f"report.{self.kind}",
                state=state,
                sentence=sentence,
                requirement=f"Current {REPORTS[self.kind]}",
                owner_role=Role.VALIDATOR.value,
                clears="" if state is State.MET else f"Generate the {REPORTS[self.kind]}.",
            ),
        )

    def _standing(self, dossier: Dossier) -> tuple[State, str]:
        words, basis = REPORTS[self.kind], subject.basis_digest(dossier)
        mine = [report for report in dossier.reports if report.kind == self.kind]
        current = next((report for report in mine if report.basis_digest == basis), None)
        if current is not None and _whole(current):
            return State.MET, f"The {words} tells the facts as they are now."
        if current is not None and current.state == "failed":
            return State.OPEN, f"The {words} could not be generated."
        if current is not None:
            return State.OPEN, f"The {words} is being written."
        if any(_whole(report) for report in mine):
            return State.STALE, f"The facts changed since the {words} was generated."
        return State.OPEN, f"There is no {words}."


def _whole(report: ReportFacts) -> bool:
    return report.state == "ready" and bool(report.pdf_digest)
