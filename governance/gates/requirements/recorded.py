"""Demands on the log itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final, Self

from governance.gates.dates import AnchorFacts
from governance.gates.requirements.base import Place, Requirement, earliest, schema
from governance.gates.spec import Dossier, Finding, State
from registry.stages import Role

SOON: Final = timedelta(minutes=1)  # an anchor leaves no entry, so a stored denial must not live on
# What whoever waits for an anchor can do.
OUTSIDE: Final = (
    "Wait until the worker has taken the next checkpoint outside, a minute or two. If it does not, the page of"
    " checkpoints says which place did not answer, or that none is named."
)
COVERED: Final = (
    "Wait until the worker has taken a checkpoint with the votes outside, a minute or two. If it does not, the page of"
    " checkpoints says which place did not answer, or that none is named."
)
HOURS: Final[Mapping[str, Any]] = {"type": "integer", "minimum": 1, "maximum": 8784}


@dataclass(frozen=True)
class LedgerVerified(Requirement):
    """The organisation's log was recomputed from its bytes and held, lately; and, if asked, anchored outside."""

    verified_within_hours: int
    anchored_within_hours: int | None = None
    anchor_covers_approvals: bool = False

    name: ClassVar[str] = "ledger"
    params: ClassVar[Mapping[str, Any]] = schema(
        {
            "verified_within_hours": HOURS,
            "anchored_within_hours": HOURS,
            "anchor_covers_approvals": {"const": True},
        },
        "verified_within_hours",
    )
    place: ClassVar[Place] = Place.SYSTEM
    of_systems: ClassVar[bool] = True

    @classmethod
    def of(cls, params: Mapping[str, Any]) -> Self:
        """The demand with what a policy wrote."""
        return cls(
            params["verified_within_hours"],
            params.get("anchored_within_hours"),
            params.get("anchor_covers_approvals", False),
        )

    def findings(self, dossier: Dossier) -> tuple[Finding, ...]:
        """One line about the verification, and one each about the anchor's age and reach where they are asked for."""
        found = [
            _line("verified", "Log verified", *self._verified(dossier), "Have the log verified and repaired.")
        ]
        if self.anchored_within_hours is not None:
            found.append(_line("anchored", "Log anchored", *self._anchored(dossier), OUTSIDE))
        if self.anchor_covers_approvals:
            found.append(_line("covered", "Approvals anchored", *_covered(dossier), COVERED))
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
        last, hours = dossier.log.anchor, self.anchored_within_hours
        if last is None or hours is None:
            return State.OPEN, "No checkpoint of the log lies outside yet."
        if not _within(_current(last, dossier), hours, dossier.now):
            return State.STALE, f"The log was last anchored more than {hours} hours ago."
        return State.MET, "The log is anchored outside."

    def holds_until(self, dossier: Dossier) -> datetime | None:
        """When the verification, or the anchor, grows too old; and soon where the next anchor is waited for."""
        last, anchor = dossier.log.verification, dossier.log.anchor
        ends = [last.at + timedelta(hours=self.verified_within_hours)] if last else []
        if anchor is not None and self.anchored_within_hours is not None:
            ends.append(_current(anchor, dossier) + timedelta(hours=self.anchored_within_hours))
        if self._waits(dossier):
            ends.append(dossier.now + SOON)
        return earliest([end for end in ends if end > dossier.now])

    def _waits(self, dossier: Dossier) -> bool:
        """Whether only an anchor is missing, which would leave no entry."""
        late = self.anchored_within_hours is not None and self._anchored(dossier)[0] is not State.MET
        return late or (self.anchor_covers_approvals and _covered(dossier)[0] is not State.MET)


def _current(anchor: AnchorFacts, dossier: Dossier) -> datetime:
    """Up to when the anchor shows the whole log: now, if nothing was written since."""
    return dossier.now if anchor.size >= dossier.log.size else anchor.at


def _covered(dossier: Dossier) -> tuple[State, str]:
    """Whether the entries of all votes lie outside."""
    anchor, voted = dossier.log.anchor, dossier.log.voted
    if not voted:
        return State.OPEN, "There is no vote yet that an anchor could cover."
    if anchor is None or anchor.size < voted:
        return State.OPEN, f"No anchor outside covers the newest vote, entry {voted - 1} of the log, yet."
    return State.MET, f"The log is anchored outside up to its first {anchor.size} entries, votes included."


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
