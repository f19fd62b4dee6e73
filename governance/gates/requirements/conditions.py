"""The demand that what approvals were given on condition of is done in time."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Self

from governance.gates import votes
from governance.gates.requirements.base import Place, Requirement, earliest, schema
from governance.gates.spec import Dossier, Finding, State
from governance.gates.voted import ConditionFacts
from registry.stages import Role


@dataclass(frozen=True)
class ConditionsKept(Requirement):
    """No condition has lapsed; or, more strictly, none is open."""

    none: str

    name: ClassVar[str] = "conditions"
    params: ClassVar[Mapping[str, Any]] = schema({"none": {"enum": ["lapsed", "open"]}}, "none")
    place: ClassVar[Place] = Place.APPROVALS
    of_systems: ClassVar[bool] = True

    @classmethod
    def of(cls, params: Mapping[str, Any]) -> Self:
        """The demand with what a policy wrote."""
        return cls(params["none"])

    def findings(self, dossier: Dossier) -> tuple[Finding, ...]:
        """A line for each condition in the way, or one that says that there is none."""
        binding = votes.binding(dossier)
        in_the_way = [one for one in binding if self._in_the_way(one, dossier.now)]
        if in_the_way:
            return tuple(_line(one, dossier.now) for one in in_the_way)
        pending = sum(one.met_at is None for one in binding)
        sentence = f"{pending} of {len(binding)} conditions are open, none has lapsed."
        if not pending:
            sentence = "No condition is open."
        return (Finding("conditions", State.MET, sentence, "Conditions kept", Role.OWNER.value),)

    def _in_the_way(self, condition: ConditionFacts, now: datetime) -> bool:
        return condition.lapsed(now) or (self.none == "open" and condition.met_at is None)

    def holds_until(self, dossier: Dossier) -> datetime | None:
        """When the first open condition falls due."""
        return earliest([one.due_at for one in votes.binding(dossier) if one.met_at is None])


def _line(condition: ConditionFacts, now: datetime) -> Finding:
    role, lapsed = Role(condition.role).label.lower(), condition.lapsed(now)
    was = "was" if lapsed else "is"
    return Finding(
        code=f"conditions.{condition.id}",
        state=State.STALE if lapsed else State.OPEN,
        sentence=f"A condition of the {role}'s approval {was} due on {condition.due_on} and is not met.",
        requirement="Conditions kept",
        owner_role=condition.role,
        clears=f"The owner of the condition does what was asked, and a {role} confirms it.",
    )
