"""How the evidence of a version came to be, for its page: from facts that are gathered already."""

from dataclasses import dataclass

from governance.gates import evidence, locks
from governance.gates.spec import DeviationFacts, Dossier, RunFacts


@dataclass(frozen=True)
class Assurance:
    """Attempts, levels, loosened plans and champions in words."""

    counted: tuple[RunFacts, ...]
    levels: tuple[str, ...]
    champions: tuple[str, ...]
    on_training_data: bool
    deviations: tuple[DeviationFacts, ...]


def assurance_of(dossier: Dossier) -> Assurance:
    """What the page tells."""
    counted = evidence.counted(dossier)
    return Assurance(
        counted=counted,
        levels=tuple(_level(dossier, run) for run in counted),
        champions=tuple(champion.name for champion in dossier.champions),
        on_training_data=any(
            locks.measured_on_training_data(dossier, plan) for plan in evidence.current_plans(dossier)
        ),
        deviations=dossier.deviations,
    )


def _level(dossier: Dossier, run: RunFacts) -> str:
    found = evidence.assurance(dossier, run)
    if found.mismatches:
        return f"{found.level}; it came out otherwise when it was made again"
    return found.level
