"""The lifecycle: one table of the steps that exist, who may ask for each, and which gate stands in it.

A step that is not a row here does not exist, whoever asks. The gates' demands are policies (governance/policies);
a step with a gate but without a section in the policy stays closed.
"""

from dataclasses import dataclass
from typing import Final

from registry.stages import SystemStage, VersionStage

SYSTEM: Final = "system"
MODEL_VERSION: Final = "model_version"

GATES: Final[dict[str, str]] = {
    "G1": "Problem",
    "G2": "Data",
    "G3": "Features",
    "G4": "Development complete",
    "G5": "Validation",
    "G6": "Compliance",
    "G7": "Periodic review",
}


@dataclass(frozen=True)
class Transition:
    """One step: any one of `permissions` lets somebody ask for it; `gate` is None where asking is enough.

    `by_assay` says that Assay may take it by itself, without anybody's permission: only where that stops something.
    """

    subject: str
    from_stage: str
    to_stage: str
    permissions: tuple[str, ...]
    gate: str | None
    by_assay: bool = False

    @property
    def name(self) -> str:
        """How the step is written: `compliance→production`."""
        return step_name(self.from_stage, self.to_stage)


def step_name(from_stage: str, to_stage: str) -> str:
    """How a step is written everywhere."""
    return f"{from_stage}→{to_stage}"


_S, _V = SystemStage, VersionStage
_MOVE = ("request_approval",)
_HOLD = ("request_approval", "vote")  # whoever works on it or reviews it may stop it
_JUDGE = ("vote",)

TRANSITIONS: Final[tuple[Transition, ...]] = (
    # an AI system on its way
    Transition(SYSTEM, _S.PROBLEM_DEFINITION, _S.DATA_SOURCING, _MOVE, "G1"),
    Transition(SYSTEM, _S.DATA_SOURCING, _S.FEATURE_ENGINEERING, _MOVE, "G2"),
    Transition(SYSTEM, _S.FEATURE_ENGINEERING, _S.DEVELOPMENT, _MOVE, "G3"),
    Transition(SYSTEM, _S.DEVELOPMENT, _S.LIVE, _MOVE, None),
    # … back, when what was assumed turns out otherwise
    Transition(SYSTEM, _S.DATA_SOURCING, _S.PROBLEM_DEFINITION, _HOLD, None),
    Transition(SYSTEM, _S.FEATURE_ENGINEERING, _S.DATA_SOURCING, _HOLD, None),
    Transition(SYSTEM, _S.DEVELOPMENT, _S.FEATURE_ENGINEERING, _HOLD, None),
    # … and out of use
    Transition(SYSTEM, _S.PROBLEM_DEFINITION, _S.RETIRED, _MOVE, None),
    Transition(SYSTEM, _S.DATA_SOURCING, _S.RETIRED, _MOVE, None),
    Transition(SYSTEM, _S.FEATURE_ENGINEERING, _S.RETIRED, _MOVE, None),
    Transition(SYSTEM, _S.DEVELOPMENT, _S.RETIRED, _MOVE, None),
    Transition(SYSTEM, _S.LIVE, _S.RETIRED, _MOVE, None),
    # a model version on its way
    Transition(MODEL_VERSION, _V.DEVELOPMENT, _V.VALIDATION, _MOVE, "G4"),
    Transition(MODEL_VERSION, _V.VALIDATION, _V.COMPLIANCE, _MOVE, "G5"),
    Transition(MODEL_VERSION, _V.COMPLIANCE, _V.PRODUCTION, _MOVE, "G6"),
    Transition(MODEL_VERSION, _V.PRODUCTION, _V.MONITORING, _MOVE, None),
    Transition(MODEL_VERSION, _V.MONITORING, _V.MONITORING, _MOVE, "G7"),
    # … back, with the reviewer's reasons
    Transition(MODEL_VERSION, _V.VALIDATION, _V.DEVELOPMENT, _HOLD, None),
    Transition(MODEL_VERSION, _V.COMPLIANCE, _V.DEVELOPMENT, _HOLD, None),
    Transition(MODEL_VERSION, _V.VALIDATION, _V.REJECTED, _JUDGE, None),
    Transition(MODEL_VERSION, _V.COMPLIANCE, _V.REJECTED, _JUDGE, None),
    # … stopped in production, by people or by Assay itself, and started again through the same gate as the first time
    Transition(MODEL_VERSION, _V.PRODUCTION, _V.SUSPENDED, _HOLD, None, by_assay=True),
    Transition(MODEL_VERSION, _V.MONITORING, _V.SUSPENDED, _HOLD, None, by_assay=True),
    Transition(MODEL_VERSION, _V.SUSPENDED, _V.PRODUCTION, _MOVE, "G6"),
    # … and out of use
    Transition(MODEL_VERSION, _V.PRODUCTION, _V.SUPERSEDED, _MOVE, None),
    Transition(MODEL_VERSION, _V.MONITORING, _V.SUPERSEDED, _MOVE, None),
    Transition(MODEL_VERSION, _V.DEVELOPMENT, _V.RETIRED, _MOVE, None),
    Transition(MODEL_VERSION, _V.VALIDATION, _V.RETIRED, _MOVE, None),
    Transition(MODEL_VERSION, _V.COMPLIANCE, _V.RETIRED, _MOVE, None),
    Transition(MODEL_VERSION, _V.PRODUCTION, _V.RETIRED, _MOVE, None),
    Transition(MODEL_VERSION, _V.MONITORING, _V.RETIRED, _MOVE, None),
    Transition(MODEL_VERSION, _V.SUSPENDED, _V.RETIRED, _MOVE, None),
    Transition(MODEL_VERSION, _V.SUPERSEDED, _V.RETIRED, _MOVE, None),
)

# A version moves only in a system that has passed G1 to G3.
SYSTEM_READY: Final = frozenset({str(_S.DEVELOPMENT), str(_S.LIVE)})
# Stages in which a version's bytes may run where its environments' gate leads.
DEPLOYED: Final = frozenset({str(_V.PRODUCTION), str(_V.MONITORING)})

_BY_STEP: Final = {(row.subject, row.from_stage, row.to_stage): row for row in TRANSITIONS}


def find(subject: str, from_stage: str, to_stage: str) -> Transition | None:
    """The step from one stage to another, if there is one."""
    return _BY_STEP.get((subject, from_stage, to_stage))


def steps_from(subject: str, from_stage: str) -> tuple[Transition, ...]:
    """Every step that leaves a stage, in the table's order."""
    return tuple(row for row in TRANSITIONS if row.subject == subject and row.from_stage == from_stage)
