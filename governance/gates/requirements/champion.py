"""The demand that somebody independent has read the comparison with the version in production."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from governance.gates import champions
from governance.gates.requirements.base import Place, Requirement
from governance.gates.spec import ChampionFacts, Dossier, Finding, State
from registry.stages import Role


@dataclass(frozen=True)
class ChampionCompared(Requirement):
    """For each other version in production, exactly these two results were compared and the comparison acknowledged."""

    name: ClassVar[str] = "champion"
    params: ClassVar[Mapping[str, Any]] = {"type": "object", "properties": {}, "additionalProperties": False}
    # Another result is another comparison, so it comes after the evidence.
    place: ClassVar[Place] = Place.STAGE

    @classmethod
    def of(cls, params: Mapping[str, Any]) -> Self:
        """The demand has nothing to say but its name."""
        return cls()

    def findings(self, dossier: Dossier) -> tuple[Finding, ...]:
        """One line for each champion, or one that says there is none."""
        if not dossier.champions:
            sentence = "No other version of this model is in production."
            return (_line("champion", State.MET, sentence),)
        return tuple(self._finding(dossier, champion) for champion in dossier.champions)

    def _finding(self, dossier: Dossier, champion: ChampionFacts) -> Finding:
        code = f"champion.{champion.name}"
        against = f"version {champion.name}, which is in production"
        digest = champions.digest(dossier, champion)
        if not champions.results(dossier):
            return _line(
                code, State.OPEN, f"Nothing was measured to compare with {against}.", "Run an audit."
            )
        if not champion.results:
            clears = f"Audit version {champion.name} on the same test set."
            return _line(code, State.OPEN, f"There is no result of {against}, to compare with.", clears)
        given = champions.acknowledged(dossier, champion)
        if any(row.digest == digest for row in given):
            return _line(code, State.MET, f"The comparison with {against}, was read and acknowledged.")
        clears = "Somebody who neither made nor asked for this reads the comparison and acknowledges it."
        if given:
            sentence = f"The comparison with {against}, was acknowledged before one of the results changed."
            return _line(code, State.STALE, sentence, clears)
        return _line(code, State.OPEN, f"Nobody independent has read the comparison with {against}.", clears)


def _line(code: str, state: State, sentence: str, clears: str = "") -> Finding:
    return Finding(code, state, sentence, "Comparison with the champion", Role.VALIDATOR.value, clears)
