"""Could enough different people lawfully vote? A rule that nobody could satisfy must be seen, not waited for."""

from collections.abc import Mapping, Sequence
from typing import Final

from governance.gates.spec import HolderFacts
from governance.gates.votes import Seat

SPENT: Final = ""  # of somebody whose voice or authority is used up by a seat that another entry counts


def unfillable(
    holders: Sequence[HolderFacts],
    seats: Sequence[Seat],
    excluded: Mapping[str, str],
    cast: Mapping[str, str],
) -> tuple[str, ...]:
    """Roles whose seats cannot all be taken by different people; `cast` says who has a seat already, and who is spent.

    A delegate adds nobody: they speak with the authority of someone who could vote themselves, and both are counted
    once. A largest matching of seats to people, found by augmenting paths: the people are few.
    """
    able: dict[str, set[str]] = {seat.role: set() for seat in seats}
    for holder in holders:
        known = holder.role in able and not holder.principal
        if known and holder.person not in excluded and holder.person not in cast:
            able[holder.role].add(holder.person)
    open_seats = [
        (seat.role, number)
        for seat in seats
        for number in range(seat.count - sum(taken == seat.role for taken in cast.values()))
    ]
    seat_of: dict[str, tuple[str, int]] = {}

    def place(seat: tuple[str, int], tried: set[str]) -> bool:
        for person in sorted(able[seat[0]] - tried):
            tried.add(person)
            if person not in seat_of or place(seat_of[person], tried):
                seat_of[person] = seat
                return True
        return False

    short = [seat[0] for seat in open_seats if not place(seat, set())]
    return tuple(dict.fromkeys(short))
