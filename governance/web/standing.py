"""How a version stands at the gate at this moment: gathered and decided as the gate does it, without recording."""

from collections.abc import Iterable
from dataclasses import dataclass

from governance import dossier as dossiers
from governance.gates import decide, evidence, subject
from governance.gates.spec import Dossier, Finding, GateDecision, RunFacts
from registry.models import ModelVersion

# The door that pages ask about; CI may name any environment the policy knows.
ENVIRONMENT = "production"


@dataclass(frozen=True)
class Standing:
    """The facts, what the gate would say, and what they are about."""

    dossier: Dossier
    decision: GateDecision
    basis_digest: str
    runs: tuple[RunFacts, ...]
    policy_body: str = ""


def standing(version: ModelVersion, environment: str = ENVIRONMENT) -> Standing:
    """What the gate would answer for an environment now; one query."""
    gathered = dossiers.gather_version(version).at_door(environment)
    return Standing(
        dossier=gathered.dossier,
        decision=decide.judge(gathered.dossier, gathered.policy_body),
        basis_digest=subject.basis_digest(gathered.dossier),
        runs=evidence.counted(gathered.dossier),
        policy_body=gathered.policy_body,
    )


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """Open lines first; where the version stands is a consequence, so it comes after the causes."""
    return sorted(
        findings,
        key=lambda finding: (not finding.blocks, finding.met, finding.code.startswith("version.stage")),
    )
