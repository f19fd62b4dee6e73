"""Plans that loosen an earlier one: who has to accept them, and whether they have. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from governance.gates import evidence, lineage
from governance.gates.spec import DeviationFacts, DeviationVoteFacts, Dossier
from registry.stages import Role

Seats = tuple[tuple[str, int], ...]
# Where a policy does not say who: two people of the second line.
DEFAULT_SEATS: Final[Seats] = ((Role.VALIDATOR.value, 1), (Role.COMPLIANCE_OFFICER.value, 1))


@dataclass(frozen=True)
class Standing:
    """What the votes on a deviation are worth: who accepted in which role, what is missing, who is against."""

    accepted: tuple[DeviationVoteFacts, ...]
    missing: tuple[tuple[str, int], ...]
    against: tuple[DeviationVoteFacts, ...]

    @property
    def enough(self) -> bool:
        """Whether everybody who has to has accepted, and nobody is against."""
        return not self.missing and not self.against


def standing(dossier: Dossier, deviation: DeviationFacts, seats: Seats = DEFAULT_SEATS) -> Standing:
    """The votes on exactly these two plans and rows, by people who had no part in either, one seat each."""
    barred = taking_part(dossier, deviation)
    valid = [
        vote
        for vote in dossier.deviation_votes
        if vote.deviation == deviation.id
        and vote.digest == deviation.digest
        and vote.entitled
        and vote.voter not in barred
    ]
    last = {vote.voter: vote for vote in sorted(valid, key=lambda vote: (vote.voted_at, vote.voter))}
    accepted = tuple(vote for vote in last.values() if vote.verdict == "approve")
    given = {role: sum(vote.role == role for vote in accepted) for role, _ in seats}
    missing = tuple((role, count - given[role]) for role, count in seats if given[role] < count)
    return Standing(accepted, missing, tuple(vote for vote in last.values() if vote.verdict == "reject"))


def taking_part(dossier: Dossier, deviation: DeviationFacts) -> dict[str, str]:
    """Everybody who may not vote on a deviation, with what they did or for whom they act."""
    plans = {deviation.old_plan, deviation.new_plan}
    found: dict[str, str] = {deviation.sealer: "sealed the plan that loosens"}
    for plan in dossier.plans:
        if plan.id in plans:
            found.setdefault(plan.sealer, "sealed one of the two plans")
    for run in dossier.runs:
        if not run.reproduces:
            found.setdefault(run.starter, "started an audit of this version")
    if dossier.version is not None:
        found.setdefault(dossier.version.author, "registered this version")
    return lineage.with_delegates(dossier, found)


def of_current(dossier: Dossier) -> tuple[DeviationFacts, ...]:
    """The accepted deviations by which the plans that count came to be what they are."""
    plans = {plan.id for plan in evidence.current_plans(dossier)}
    return tuple(row for row in dossier.deviations if row.new_plan in plans and row.state == "accepted")


def widest(seats: Iterable[Seats]) -> Seats:
    """Of the seats that several steps ask for as many in each role as the one that asks for most; else the default."""
    most: dict[str, int] = {}
    for asked in seats:
        for role, count in asked:
            most[role] = max(most.get(role, 0), count)
    return tuple(most.items()) or DEFAULT_SEATS
