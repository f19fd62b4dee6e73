"""The demand that the system's risk tier follows from answers that still hold."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, Self

from governance.gates.coverage import CLASSIFY, in_force
from governance.gates.duties import ClassificationFacts
from governance.gates.requirements.base import DAYS, Place, Requirement, earliest, fresh
from governance.gates.spec import Dossier, Finding, State
from registry.stages import RiskTier, Role

_AGAIN = "Answer the risk questionnaire of the system again."


@dataclass(frozen=True)
class Classified(Requirement):
    """One classification is in force, under the questions and rules as they are, and it is the system's tier.

    Nobody's confirmation is waited for, no prohibition has begun to apply since, and the answers are not too old.
    """

    within_days: int | None = None

    name: ClassVar[str] = "classification"
    params: ClassVar[Mapping[str, Any]] = {
        "type": "object",
        "properties": {"within_days": DAYS},
        "additionalProperties": False,
    }
    # Another tier has another policy, so this comes before everything else.
    place: ClassVar[Place] = Place.POLICY
    of_systems: ClassVar[bool] = True

    @classmethod
    def of(cls, params: Mapping[str, Any]) -> Self:
        """The demand with what a policy wrote."""
        return cls(params.get("within_days"))

    def findings(self, dossier: Dossier) -> tuple[Finding, ...]:
        """One line for what is in force, and one for what waits."""
        found = in_force(dossier)
        state, sentence = self._standing(dossier, found)
        clears = CLASSIFY if found is None else _AGAIN
        waiting = next((one for one in dossier.classifications if one.state == "proposed"), None)
        if waiting is not None and state is not State.MET:
            clears = ""  # whoever confirms what waits clears this too; the line below says so
        line = Finding(
            code="classification",
            state=state,
            sentence=sentence,
            requirement="Classification of the system",
            owner_role=Role.OWNER.value,
            clears="" if state is State.MET else clears,
        )
        return (line, _waiting(waiting)) if waiting is not None else (line,)

    def _standing(self, dossier: Dossier, found: ClassificationFacts | None) -> tuple[State, str]:
        if found is None:
            return State.OPEN, "No classification of the system is in force."
        name, tier = f"Classification {found.number}", RiskTier(found.tier).label.lower()
        if not found.intact:
            return (
                State.OPEN,
                f"The answers of classification {found.number} are not those that were recorded.",
            )
        if found.rules_digest != found.rules_now:
            return State.STALE, f"The questions or rules changed since classification {found.number}."
        if found.worse_from is not None and found.worse_from <= dossier.now:
            day = found.worse_from.date().isoformat()
            return State.STALE, f"Since {day} a prohibition applies that {name.lower()} does not count yet."
        if not fresh(found.answered_at, self.within_days, dossier.now):
            return State.STALE, f"The answers of {name.lower()} are older than {self.within_days} days."
        if found.tier != dossier.system.tier:
            has = RiskTier(dossier.system.tier).label.lower()
            return State.OPEN, f"{name} says {tier} risk, but the system's tier is {has}."
        return State.MET, f"{name} is in force: {tier} risk."

    def holds_until(self, dossier: Dossier) -> datetime | None:
        """When the answers grow too old, or a prohibition begins to apply."""
        found = in_force(dossier)
        if found is None:
            return None
        ends = [] if found.worse_from is None else [found.worse_from]
        if self.within_days is not None:
            ends.append(found.answered_at + timedelta(days=self.within_days))
        return earliest([end for end in ends if end > dossier.now])


def _waiting(found: ClassificationFacts) -> Finding:
    tier = RiskTier(found.tier).label.lower()
    return Finding(
        code="classification.waiting",
        state=State.OPEN,
        sentence=f"Classification {found.number} as {tier} risk waits for another person's word.",
        requirement="No classification waits",
        owner_role=Role.COMPLIANCE_OFFICER.value,
        clears=f"A reviewer or compliance officer confirms or rejects classification {found.number}.",
    )
