"""Facts about what is not as it should be: waivers, emergency releases, and what is known to be wrong."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class WaivedFinding:
    """One finding that a waiver covers, and the digest of how exactly it stood when the waiver was asked for."""

    code: str
    standing: str


@dataclass(frozen=True)
class WaiverFacts:
    """A waiver that was approved once. `intact`: its terms still have their digest; `entitled`: as for a vote.

    With an environment it counts at that door only; without one, for the step and every door it guards.
    """

    id: str
    state: str
    model_version: str
    step: str
    environment: str
    findings: tuple[WaivedFinding, ...]
    starts: datetime
    expires_at: datetime
    requester: str
    approver: str
    approved_role: str
    approved_at: datetime
    renews: str
    renewal: int
    digest: str
    intact: bool
    entitled: bool


@dataclass(frozen=True)
class BreakGlassFacts:
    """A confirmed emergency release of the system: of which version, where, until when, and whether it was reviewed."""

    id: str
    model_version: str
    environment: str
    requester: str
    confirmer: str
    starts: datetime
    ends: datetime
    review_due_at: datetime
    reviewed_at: datetime | None
    incident: str


@dataclass(frozen=True)
class IssueFacts:
    """An open finding or incident of the system, or of this version. It is overdue from `overdue_from` on."""

    id: str
    kind: str
    severity: str
    title: str
    of_version: bool
    owner: str
    overdue_from: datetime | None
