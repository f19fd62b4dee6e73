"""The most waiver-time in any year, against counting it minute by minute."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from governance.gates import budget
from tests.governance.gates.facts import NOW

HOUR = timedelta(hours=1)
SPELLS = st.lists(
    st.tuples(st.integers(0, 60), st.integers(1, 20)).map(
        lambda pair: (NOW + pair[0] * HOUR, NOW + (pair[0] + pair[1]) * HOUR)
    ),
    max_size=6,
)
WINDOW = 24 * HOUR


def counted(spells: list[budget.Spell], touching: budget.Spell | None = None) -> timedelta:
    """By trying every window that begins at a full hour."""
    found = [timedelta(0)]
    for hour in range(-30, 90):
        begin, end = NOW + hour * HOUR, NOW + hour * HOUR + WINDOW
        if touching is None or (begin <= touching[1] and end >= touching[0]):
            hours = [NOW + (hour + n) * HOUR for n in range(24)]
            found.append(sum((HOUR for at in hours for s in spells if s[0] <= at < s[1]), timedelta(0)))
    return max(found)


@given(SPELLS)
def test_it_finds_the_fullest_window(spells: list[budget.Spell]) -> None:
    assert budget.most(spells, WINDOW) == counted(spells)


@given(SPELLS, SPELLS.filter(bool))
def test_another_counts_in_the_windows_it_falls_into(
    spells: list[budget.Spell], others: list[budget.Spell]
) -> None:
    other = others[0]
    assert budget.with_another(spells, other, WINDOW) == counted([*spells, other], other)


def test_waivers_side_by_side_add_up() -> None:
    spell = (NOW, NOW + timedelta(days=10))
    assert budget.most([spell, spell]) == timedelta(days=20)


def test_a_day_of_last_year_does_not_count() -> None:
    old = (NOW - timedelta(days=400), NOW - timedelta(days=370))
    assert budget.with_another([old], (NOW, NOW + timedelta(days=1))) == timedelta(days=1)
    assert budget.most([]) == timedelta(0)


def test_the_fullest_window_may_end_where_the_shorter_of_two_ends() -> None:
    """A long one that is almost over, and a short one that begins at its end."""
    long, short = (NOW, NOW + 100 * HOUR), (NOW + 95 * HOUR, NOW + 110 * HOUR)
    assert budget.most([long, short], WINDOW) == 29 * HOUR


def test_windows_that_only_touch_the_other_spell_count_too() -> None:
    other = (NOW, NOW + HOUR)
    before, after = (NOW - WINDOW, NOW), (NOW + HOUR, NOW + HOUR + WINDOW)
    assert budget.with_another([before, before], other, WINDOW) == 2 * WINDOW
    assert budget.with_another([after, after], other, WINDOW) == 2 * WINDOW
