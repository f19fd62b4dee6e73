"""The demand that nothing grave is known and still open."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Final, Self

from governance.gates.requirements.base import Place, Requirement, earliest, schema, words
from governance.gates.spec import Dossier, Finding, IssueFacts, State
from registry.stages import Role

KINDS: Final = ("finding", "incident")
SEVERITIES: Final = ("low", "medium", "high", "critical")  # mildest first


@dataclass(frozen=True)
class IssuesBelow(Requirement):
    """No open finding or incident of the system, or of this version, is as grave as this or graver."""

    below: str
    kinds: tuple[str, ...] = KINDS

    name: ClassVar[str] = "issues"
    params: ClassVar[Mapping[str, Any]] = schema(
        {"kinds": words(KINDS), "below": {"enum": list(SEVERITIES)}}, "below"
    )
    place: ClassVar[Place] = Place.PEOPLE
    of_systems: ClassVar[bool] = True

    @classmethod
    def of(cls, params: Mapping[str, Any]) -> Self:
        """The demand with what a policy wrote."""
        return cls(params["below"], tuple(params.get("kinds", KINDS)))

    def findings(self, dossier: Dossier) -> tuple[Finding, ...]:
        """One line for each issue that is too grave; one line when there is none."""
        grave = sorted(
            (issue for issue in self._mine(dossier) if _rank(issue.severity) >= _rank(self.below)),
            key=lambda issue: (-_rank(issue.severity), issue.id),
        )
        return tuple(_open(issue, dossier.now) for issue in grave) or (self._none(dossier),)

    def _mine(self, dossier: Dossier) -> list[IssueFacts]:
        return [issue for issue in dossier.issues if issue.kind in self.kinds]

    def _none(self, dossier: Dossier) -> Finding:
        late = sorted(issue.title for issue in self._mine(dossier) if _overdue(issue, dossier.now))
        sentence = f"No open {' or '.join(self.kinds)} is of {self.below} severity or graver."
        if late:
            sentence += f" Overdue, though milder: {', '.join(f'“{title}”' for title in late)}."
        return Finding("issues", State.MET, sentence, self._words(), Role.REVIEWER.value)

    def _words(self) -> str:
        return f"No open {' or '.join(self.kinds)} of {self.below} severity or graver"

    def holds_until(self, dossier: Dossier) -> datetime | None:
        """When the first issue becomes overdue, which the line then says."""
        dues = [issue.overdue_from for issue in self._mine(dossier) if issue.overdue_from is not None]
        return earliest([due for due in dues if due > dossier.now])


def _open(issue: IssueFacts, now: datetime) -> Finding:
    late = ", overdue" if _overdue(issue, now) else ""
    owned = "" if issue.owner else " Nobody owns its fix yet."
    return Finding(
        code=f"issues.{issue.id}",
        state=State.OPEN,
        sentence=f"An open {issue.kind} of {issue.severity} severity{late}: “{issue.title}”.{owned}",
        requirement=f"Settled: {issue.kind} “{issue.title}”",
        owner_role=Role.REVIEWER.value,
        clears=f"Settle and close the {issue.kind} “{issue.title}”.",
    )


def _overdue(issue: IssueFacts, now: datetime) -> bool:
    return issue.overdue_from is not None and issue.overdue_from <= now


def _rank(severity: str) -> int:
    return SEVERITIES.index(severity) if severity in SEVERITIES else len(SEVERITIES)
