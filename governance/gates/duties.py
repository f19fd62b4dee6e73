"""Facts about what the law makes of a system: its classification, the obligations that concern it, what was signed."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class ClassificationFacts:
    """Answers to the risk questionnaire that are in force or wait for confirmation, and what follows from them.

    `rules_now` is the digest of the questions and rules when the facts were read; `worse_from` the moment from which a
    prohibition that has not begun to apply makes the tier worse.
    """

    id: str
    number: int
    state: str
    tier: str
    answers_digest: str
    intact: bool
    rules_digest: str
    rules_now: str
    answerer: str
    answered_at: datetime
    confirmer: str
    worse_from: datetime | None
    in_scope: bool


@dataclass(frozen=True)
class ObligationFacts:
    """An obligation that concerns the system. `applies_from` is None where the day is not known: it has begun."""

    id: str
    title: str
    level: str
    evidence: tuple[str, ...]
    digest: str
    conditional: bool
    applies_from: datetime | None


@dataclass(frozen=True)
class FrameworkFacts:
    """What of a framework concerns the system, by its classification. `settled` is False where that is not known."""

    id: str
    name: str
    version: str
    digest: str
    checked_on: str
    settled: bool
    obligations: tuple[ObligationFacts, ...]
    others: tuple[str, ...]  # obligations that do not concern it


@dataclass(frozen=True)
class SignedFacts:
    """The last word that somebody signed about an obligation. `entitled`: still active, and still in that role."""

    obligation: str
    state: str
    basis_digest: str
    signer: str
    role: str
    signed_at: datetime
    entitled: bool
