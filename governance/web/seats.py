"""Whose votes a step asks for, in which turn, who gave one, and who still can."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from governance.dossier import Gathered
from governance.gates import subject, votes
from governance.gates.requirements.approvals import Approvals
from governance.gates.votes import Seat
from governance.services import questions
from governance.web.who import Reach, reach
from registry.models import System, User
from registry.stages import Role


@dataclass(frozen=True)
class SeatLine:
    """One seat as the page shows it."""

    role: str
    turn: int
    count: int
    state: str  # met | waiting | open: it is filled, its turn has not come, it is asked for now
    given: tuple[str, ...]
    who: tuple[str, ...]  # who could still vote
    signs: str


def seats(gathered: Gathered, system: System) -> list[SeatLine]:
    """Every seat of the step, in turn; 2 queries."""
    dossier = gathered.dossier
    demands = questions.asked_by(gathered.policy_body, dossier.step)
    people = reach(system, dossier, gathered.policy_body)
    names = _names(vote.voter for vote in dossier.votes)
    standing = [vote for demand in demands for vote in votes.standing(dossier, demand.seats)]
    voted = {vote.voter for vote in standing if vote.verdict == "approve"}
    rows = [
        _line(gathered, demand, seat, people, names, voted) for demand in demands for seat in demand.seats
    ]
    return sorted(rows, key=lambda row: row.turn)


def _line(
    gathered: Gathered,
    demand: Approvals,
    seat: Seat,
    people: Reach,
    names: Mapping[str, str],
    voted: set[str],
) -> SeatLine:
    given = demand.given(gathered.dossier, seat.role)
    waiting = bool(demand.waits_for(gathered.dossier, seat.role))
    able = [
        name
        for person, name in people.people.get(seat.role, ())
        if person not in people.barred and person not in voted
    ]
    return SeatLine(
        role=Role(seat.role).label,
        turn=seat.order,
        count=seat.count,
        state="met" if len(given) >= seat.count else "waiting" if waiting else "open",
        given=tuple(names.get(vote.voter, "somebody") for vote in given),
        who=tuple(able),
        signs=_signs(seat),
    )


def _signs(seat: Seat) -> str:
    if not seat.signs:
        return "everything"
    return ", ".join(subject.FIELD_WORDS[name] for name in seat.signs)


def _names(people: Iterable[str]) -> dict[str, str]:
    return {str(user.pk): user.display_name for user in User.objects.filter(pk__in=set(people))}
