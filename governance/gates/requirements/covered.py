"""The demand that the obligations of a framework are covered."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Final, Self

from governance.frameworks import FILES
from governance.gates import coverage
from governance.gates.coverage import AUDIT, CLASSIFY, LEVELS, RECORD, Standing
from governance.gates.duties import FrameworkFacts, ObligationFacts
from governance.gates.requirements.base import Place, Requirement, earliest, schema, words
from governance.gates.spec import Dossier, Finding, State
from registry.stages import Role

MAX_LINES: Final = 25
# Actions that make what votes are about another thing.
_DISTURBING: Final = frozenset({AUDIT, RECORD, "Add the document “Intended-use statement”."})


@dataclass(frozen=True)
class FrameworkCovered(Requirement):
    """Every obligation of a framework that concerns the system and has begun has its evidence, or a signed word.

    `items` names obligations where not all are meant; `levels` those that count, by how far a machine can tell.
    """

    id: str
    items: tuple[str, ...] = ()
    levels: tuple[str, ...] = LEVELS

    name: ClassVar[str] = "framework"
    params: ClassVar[Mapping[str, Any]] = schema(
        {
            "id": {"enum": sorted(FILES)},
            "items": {
                "type": "array",
                "items": {"type": "string", "pattern": r"^[a-z0-9.-]{1,60}:[A-Za-z0-9._-]{1,60}$"},
                "minItems": 1,
                "uniqueItems": True,
            },
            "levels": words(LEVELS),
        },
        "id",
    )
    place: ClassVar[Place] = Place.DOCUMENTS
    of_systems: ClassVar[bool] = True

    @classmethod
    def of(cls, params: Mapping[str, Any]) -> Self:
        """The demand with what a policy wrote."""
        return cls(params["id"], tuple(params.get("items", ())), tuple(params.get("levels", LEVELS)))

    @property
    def frameworks(self) -> tuple[str, ...]:
        """The framework it asks about."""
        return (self.id,)

    def findings(self, dossier: Dossier) -> tuple[Finding, ...]:
        """A summary, a line for each open obligation up to a limit, and one for those beyond it."""
        found = self._framework(dossier)
        if found is None or not found.settled:
            return (self._unsettled(found),)
        begun = [one for one in self._asked(found) if coverage.begun(dossier, one)]
        stands = [(one, coverage.standing(dossier, one)) for one in begun]
        unmet = [(one, how) for one, how in stands if how.state is not State.MET]
        lines = [_line(one, how) for one, how in unmet[:MAX_LINES]]
        rest = [how for _, how in unmet[MAX_LINES:]]
        unknown = self._unknown(found)
        summary = self._summary(dossier, found, len(stands), len(unmet) + len(unknown))
        return (summary, *unknown, *lines, *([self._rest(rest)] if rest else []))

    def _framework(self, dossier: Dossier) -> FrameworkFacts | None:
        return next((one for one in dossier.frameworks if one.id == self.id), None)

    def _asked(self, found: FrameworkFacts) -> list[ObligationFacts]:
        wanted = set(self.items)
        return [
            one for one in found.obligations if one.level in self.levels and (not wanted or one.id in wanted)
        ]

    def _unsettled(self, found: FrameworkFacts | None) -> Finding:
        sentence = f"What {found.name if found else self.id} asks for is not known"
        if found is not None:
            sentence += ": it depends on the classification, and none is in force"
        return Finding(
            code=f"framework.{self.id}",
            state=State.OPEN,
            sentence=f"{sentence}.",
            requirement=f"Coverage: {found.name if found else self.id}",
            owner_role=Role.OWNER.value,
            clears=CLASSIFY if found is not None else "",
        )

    def _unknown(self, found: FrameworkFacts) -> list[Finding]:
        known = {one.id for one in found.obligations} | set(found.others)
        return [
            Finding(
                code=f"framework.{self.id}.unknown",
                state=State.OPEN,
                sentence=f"{found.name} has no obligation “{item}”.",
                requirement="Obligations that exist",
                owner_role=Role.COMPLIANCE_OFFICER.value,
                clears="Publish a policy that names obligations of the framework only.",
            )
            for item in self.items
            if item not in known
        ]

    def _summary(self, dossier: Dossier, found: FrameworkFacts, begun: int, unmet: int) -> Finding:
        later = self._later(dossier, found)
        sentence = (
            f"{begun - min(unmet, begun)} of {begun} obligations that concern the system today are covered"
        )
        if later:
            first = min(later).date().isoformat()
            sentence += f"; {len(later)} begin later, the first on {first}"
        if not begun and not later:
            sentence = "No obligation that is asked about concerns the system"
        return Finding(
            code=f"framework.{self.id}",
            state=State.OPEN if unmet else State.MET,
            sentence=f"{sentence} (state of {found.checked_on}).",
            requirement=f"Coverage: {found.name}",
            owner_role=Role.COMPLIANCE_OFFICER.value,
        )

    def _rest(self, rest: list[Standing]) -> Finding:
        actions = dict.fromkeys(action for how in rest for action in how.actions)
        return Finding(
            code=f"framework.{self.id}.more",
            state=State.OPEN,
            sentence=f"And {len(rest)} more obligations are open; the page of coverage lists them.",
            requirement="All other obligations",
            owner_role=Role.COMPLIANCE_OFFICER.value,
            clears="\n".join(actions),
        )

    def _later(self, dossier: Dossier, found: FrameworkFacts) -> list[datetime]:
        return [
            one.applies_from
            for one in self._asked(found)
            if one.applies_from is not None and one.applies_from > dossier.now
        ]

    def holds_until(self, dossier: Dossier) -> datetime | None:
        """When the next obligation begins."""
        found = self._framework(dossier)
        return earliest(self._later(dossier, found)) if found is not None else None

    def disturbs(self, finding: Finding) -> bool:
        """New evidence, another version, and another intended use are what votes are about."""
        return bool(_DISTURBING & set(finding.clears.splitlines()))


def _line(one: ObligationFacts, how: Standing) -> Finding:
    return Finding(
        code=f"framework.{one.id}",
        state=how.state,
        sentence=how.sentence,
        requirement=f"{one.title} ({one.id})",
        owner_role=(Role.VALIDATOR if one.level == "human" else Role.OWNER).value,
        clears="\n".join(how.actions),
    )
