"""Whether different people could take all the seats, against trying every way to seat them."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.gates.spec import HolderFacts
from governance.gates.staffing import SPENT, unfillable
from governance.gates.votes import Seat

ROLES, PEOPLE = ("validator", "approver", "reviewer"), "abcde"
HOLDERS = st.lists(st.builds(HolderFacts, st.sampled_from(PEOPLE), st.sampled_from(ROLES)), max_size=8)
SEATS = st.lists(
    st.builds(Seat, st.sampled_from(ROLES), st.integers(1, 2)), max_size=3, unique_by=lambda seat: seat.role
)


def holding(**roles: str) -> list[HolderFacts]:
    """People by the first letters of the roles they hold."""
    known = {role[0]: role for role in ROLES}
    return [HolderFacts(person, known[letter]) for person, letters in roles.items() for letter in letters]


def seatable(holders: list[HolderFacts], seats: list[Seat]) -> bool:
    wanted = [seat.role for seat in seats for _ in range(seat.count)]
    held = {(holder.person, holder.role) for holder in holders}
    return any(
        all(pair in held for pair in zip(people, wanted, strict=True))
        for people in permutations(PEOPLE, len(wanted))
    )


@given(HOLDERS, SEATS)
def test_it_says_nothing_exactly_when_everybody_finds_a_seat(
    holders: list[HolderFacts], seats: list[Seat]
) -> None:
    assert (unfillable(holders, seats, {}, {}) == ()) is seatable(holders, seats)


def test_somebody_moves_over_for_whom_only_one_seat_will_do() -> None:
    seats = [Seat("validator"), Seat("reviewer"), Seat("approver")]
    assert unfillable(holding(a="vra", b="vr", c="v"), seats, {}, {}) == ()
    assert unfillable(holding(a="vra", b="va", c="v"), seats, {}, {}) == ()
    assert unfillable(holding(a="vr", b="vr", c="v"), seats, {}, {}) == ("approver",)


def test_each_role_that_stays_short_is_named_once() -> None:
    seats = [Seat("validator", 3), Seat("approver", 2)]
    assert unfillable(holding(a="v"), seats, {}, {}) == ("validator", "approver")


@pytest.mark.parametrize(
    ("excluded", "cast", "short"),
    [
        ({}, {}, ()),
        ({"a": "asked for it"}, {}, ("validator",)),
        ({"a": "asked for it"}, {"b": "validator"}, ("validator",)),
        ({}, {"b": "validator"}, ()),
        ({}, {"b": SPENT}, ("validator",)),
        ({"b": "asked for it"}, {"z": "validator"}, ()),
        ({}, {"a": "validator", "b": "validator"}, ()),
        ({}, {"a": "approver", "b": "validator"}, ("validator",)),
    ],
)
def test_who_has_a_seat_had_a_part_or_is_spent_takes_no_other(
    excluded: dict[str, str], cast: dict[str, str], short: tuple[str, ...]
) -> None:
    assert unfillable(holding(a="v", b="v"), [Seat("validator", 2)], excluded, cast) == short


def test_a_delegate_and_whoever_holds_another_role_add_nobody() -> None:
    others = [HolderFacts("b", "validator", "a"), HolderFacts("c", "approver")]
    assert unfillable([*holding(a="v"), *others], [Seat("validator", 2)], {}, {}) == ("validator",)
