"""What a gate says: findings, and the decision they make. Frozen plain data."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Self


class State(StrEnum):
    """How one line of the checklist stands. `met` and, for a time, `waived` stand in nobody's way."""

    MET = "met"
    WAIVED = "waived"
    OPEN = "open"
    INSUFFICIENT = "insufficient"
    STALE = "stale"


class Verdict(StrEnum):
    """The answers of a gate."""

    ALLOW = "allow"
    ALLOW_WITH_WAIVER = "allow_with_waiver"
    DENY = "deny"


@dataclass(frozen=True, init=False)
class Finding:
    """One line of the checklist: how it stands in a sentence, whose it is, and what clears it.

    `alternative` is what may be asked for instead of clearing it.
    """

    code: str
    state: State
    sentence: str
    requirement: str
    owner_role: str
    clears: str = ""
    alternative: str = ""

    def __init__(
        self,
        code: str,
        state: State,
        sentence: str,
        requirement: str,
        owner_role: str,
        clears: str = "",
        alternative: str = "",
    ) -> None:
        """As the frozen dataclass would; a decision makes hundreds of them, and that takes twice as long."""
        known = self.__dict__
        known["code"] = code
        known["state"] = state
        known["sentence"] = sentence
        known["requirement"] = requirement
        known["owner_role"] = owner_role
        known["clears"] = clears
        known["alternative"] = alternative

    def coded(self, code: str) -> Self:
        """The same line under another code. There may be hundreds, and `replace` takes six times as long."""
        copy = object.__new__(type(self))
        copy.__dict__.update(self.__dict__)
        copy.__dict__["code"] = code
        return copy

    @property
    def met(self) -> bool:
        """Whether what is asked for is there."""
        return self.state is State.MET

    @property
    def blocks(self) -> bool:
        """Whether this line keeps the gate shut."""
        return self.state not in (State.MET, State.WAIVED)


@dataclass(frozen=True)
class PolicyReference:
    """Which policy was decided under."""

    name: str
    version: int
    digest: str


@dataclass(frozen=True)
class GateDecision:
    """The answer of a gate with every reason. `holds_until` is when time alone may change it."""

    verdict: Verdict
    transition: str
    subject_digest: str
    policy: PolicyReference | None
    findings: tuple[Finding, ...]
    unblock_plan: tuple[str, ...]
    holds_until: datetime | None
    waivers: tuple[str, ...] = ()
    schema: str = "assay.outcome/1"

    @property
    def allows(self) -> bool:
        """Whether the gate is open."""
        return self.verdict is not Verdict.DENY
