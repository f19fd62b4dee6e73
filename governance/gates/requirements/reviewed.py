"""The demand that a version in production was reviewed in time."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final, Self

from governance import lifecycle
from governance.gates.requirements.base import Place, Requirement
from governance.gates.spec import Dossier, Finding, State
from registry.stages import Role

_CLEARS: Final = (
    "Complete the periodic review: move the version to monitoring, then take the step monitoring→monitoring."
)


@dataclass(frozen=True)
class ReviewCurrent(Requirement):
    """The periodic review is not overdue. Holds by itself wherever a policy says how often to review.

    The date is the one that was set when the version entered production or was reviewed, or the one that the policy
    in force gives from then on, whichever is earlier: another policy never moves it away.
    """

    every_days: int | None = None

    name: ClassVar[str] = "review"
    params: ClassVar[Mapping[str, Any]] = {
        "type": "object",
        "properties": {},
        "additionalProperties": False,
    }
    place: ClassVar[Place] = Place.STAGE

    @classmethod
    def of(cls, params: Mapping[str, Any]) -> Self:
        """The demand; how often is said once for the whole policy."""
        return cls()

    def findings(self, dossier: Dossier) -> tuple[Finding, ...]:
        """One line."""
        state, sentence = self._standing(dossier)
        return (
            Finding(
                code="review",
                state=state,
                sentence=sentence,
                requirement="Periodic review",
                owner_role=Role.OWNER.value,
                clears="" if state is State.MET else _CLEARS,
            ),
        )

    def _standing(self, dossier: Dossier) -> tuple[State, str]:
        if not _deployed(dossier):
            return State.MET, f"The first review is due {self.every_days} days after it enters production."
        due_at = self._due_at(dossier)
        if due_at is None:
            return State.OPEN, "It is in production, and no date of review is recorded."
        if dossier.now >= due_at:
            return State.STALE, f"The periodic review was due on {_day(due_at)} and is not completed."
        return State.MET, f"The next periodic review is due on {_day(due_at)}."

    def _due_at(self, dossier: Dossier) -> datetime | None:
        facts = dossier.review
        if facts is None:
            return None
        known = [] if facts.due_at is None else [facts.due_at]
        if self.every_days is not None:
            known.append(facts.since + timedelta(days=self.every_days))
        return min(known, default=None)

    def holds_until(self, dossier: Dossier) -> datetime | None:
        """When the review falls due."""
        due_at = self._due_at(dossier) if _deployed(dossier) else None
        return due_at if due_at is not None and due_at > dossier.now else None


def enters_production(subject: str, from_stage: str, to_stage: str) -> bool:
    """Whether a step leads into production: there the door asks for the review, and only there."""
    into = to_stage in lifecycle.DEPLOYED and from_stage not in lifecycle.DEPLOYED
    return subject == lifecycle.MODEL_VERSION and into


def asked(requirements: tuple[Requirement, ...], every_days: int) -> tuple[Requirement, ...]:
    """The demands of a step into production under a policy that says how often to review."""
    found = tuple(
        replace(one, every_days=every_days) if isinstance(one, ReviewCurrent) else one for one in requirements
    )
    if any(isinstance(one, ReviewCurrent) for one in found):
        return found
    return (*found, ReviewCurrent(every_days))


def _deployed(dossier: Dossier) -> bool:
    return dossier.version is not None and dossier.version.stage in lifecycle.DEPLOYED


def _day(at: datetime) -> str:
    return f"{at.day} {at:%B %Y}"
