"""Demands on the log itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final, Self

from governance.gates.requirements.base import Place, Requirement, earliest, schema
from governance.gates.spec import Dossier, Finding, State
from registry.stages import Role

HOURS: Final[Mapping[str, Any]] = {"type": "integer", "minimum": 1, "maximum": 8784}


@dataclass(frozen=True)
class LedgerVerified(Requirement):
    """The organisation's log was recomputed from its bytes and held, lately; and, if asked, anchored outside."""

    verified_within_hours: int
    anchored_within_hours: int | None = None

    name: ClassVar[str] = "ledger"
    params: ClassVar[Mapping[str, Any]] = schema(
        {"verified_within_hours": HOURS, "anchored_within_hours": HOURS}, "verified_within_hours"
    )
    place: ClassVar[Place] = Place.SYSTEM
    of_systems: ClassVar[bool] = True

    @classmethod
    def of(cls, params: Mapping[str, Any]) -> Self:
        """The demand with what a policy wrote."""
        return cls(params["verified_within_hours"], params.get("anchored_within_hours"))

    def findings(self, dossier: Dossier) -> tuple[Finding, ...]:
        """One line about the verification, and one about the anchor where it is asked for."""
        found = [
            _line("verified", "Log verified", *self._verified(dossier), "Have the log verified and repaired.")
        ]
        if self.anchored_within_hours is not None:
            found.append(
                _line("anchored", "Log anchored", *self._anchored(dossier), "Set up an anchor of the log.")
            )
        return tuple(found)

    def _verified(self, dossier: Dossier) -> tuple[State, str]:
        last, hours = dossier.log.verification, self.verified_within_hours
        if last is None:
            return State.OPEN, "The log was not verified yet."
        if not last.holds:
            return State.OPEN, "The log does not hold: its last verification found a break."
        if not _within(last.at, hours, dossier.now):
            return State.STALE, f"The log was last verified more than {hours} hours ago."
        return State.MET, f"The log's first {last.size} entries were verified and hold."

    def _anchored(self, dossier: Dossier) -> tuple[State, str]:
        last, hours = dossier.log.verification, self.anchored_within_hours
        at = last.anchored_at if last else None
        if at is None or hours is None:
            return State.OPEN, "The log is not anchored outside; anchors are not configured."
        if not _within(at, hours, dossier.now):
            return State.STALE, f"The log was last anchored more than {hours} hours ago."
        return State.MET, "The log is anchored outside."

    def holds_until(self, dossier: Dossier) -> datetime | None:
        """When the verification, or the anchor, grows too old."""
        last = dossier.log.verification
        if last is None:
            return None
        dated = ((last.at, self.verified_within_hours), (last.anchored_at, self.anchored_within_hours))
        ends = [at + timedelta(hours=hours) for at, hours in dated if at is not None and hours is not None]
        return earliest([end for end in ends if end > dossier.now])


def _within(at: datetime, hours: int, now: datetime) -> bool:
    return now < at + timedelta(hours=hours)


def _line(part: str, requirement: str, state: State, sentence: str, clears: str) -> Finding:
    return Finding(
        code=f"ledger.{part}",
        state=state,
        sentence=sentence,
        requirement=requirement,
        owner_role=Role.OPERATOR.value,
        clears="" if state is State.MET else clears,
    )
