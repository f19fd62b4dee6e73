"""Few groups are all listed, of many only the largest; comparisons are always over all of them."""

from audits.metrics import binary
from audits.metrics.spec import Listing, Orientation, Sampling
from audits.metrics.tables import tabulate
from tests.audits.metrics.counted import POSITIVE, at, confusion
from tests.audits.metrics.counted import binary as cells_of

SAMPLING = Sampling(resamples=50)


def test_of_many_groups_the_largest_are_listed_and_all_are_compared() -> None:
    names = [f"g{at:03}" for at in range(120)]
    groups = [(name,) for name in names for _ in range(2)]
    n = [count for at in range(120) for count in (at + 1, at + 2)]
    cells = cells_of(["g"], groups, [1, 0] * 120, [1, 0] * 120, n)
    found, _ = binary.measure(cells, [("g",)], POSITIVE, SAMPLING, Listing())
    listed = {row.slice["g"] for row in found} - {None}
    assert listed == set(names[-25:])
    compared = at(found, "demographic_parity_difference", {"g": None})
    assert compared.n == sum(n)
    assert compared.note is not None
    assert "25 of 120 groups are listed one by one, the largest." in compared.note
    assert (
        "14 of 120 groups have fewer than 30 rows: g000 (3), g001 (5), g002 (7), g003 (9), g004 (11) and 9 more."
        in (compared.note)
    )


def test_small_groups_are_named_where_groups_are_compared() -> None:
    found, _ = binary.measure(
        confusion("g", A=(1, 0, 0, 0), B=(50, 50, 50, 50)), [("g",)], POSITIVE, SAMPLING, Listing()
    )
    compared = at(found, "demographic_parity_difference", {"g": None})
    assert compared.value == 0.5
    assert compared.note == "Lowest: B 0.5; highest: A 1. 1 of 2 groups have fewer than 30 rows: A (1)."


def test_the_largest_group_is_the_reference_unless_another_one_is_declared() -> None:
    cells = confusion("g", A=(10, 5, 5, 30), B=(30, 20, 10, 40))
    for orientation, base, value in (
        (POSITIVE, "B", 0.6),
        (Orientation("1", "1", reference={"g": "A"}), "A", 1.0),
    ):
        found, _ = binary.measure(cells, [("g",)], orientation, SAMPLING, Listing())
        row = at(found, "disparate_impact_vs_ref", {"g": "A"})
        assert row.value == value
        assert row.note == f"Reference: {base}."


def test_rows_without_a_group_count_overall_and_are_no_group() -> None:
    cells = cells_of(["g"], [("A",), ("",), ("B",)], [1, 1, 0], [1, 1, 0], [10, 5, 20])
    assert tabulate(cells, ()).sizes.tolist() == [35]
    assert tabulate(cells, ("g",)).groups.members == (("A",), ("B",))


def test_long_group_names_are_cut_in_sentences_and_kept_in_slices() -> None:
    long = "x" * 10_000
    found, _ = binary.measure(
        confusion("g", **{long: (1, 0, 0, 0), "B": (9, 9, 9, 9)}), [("g",)], POSITIVE, SAMPLING, Listing()
    )
    assert at(found, "tpr", {"g": long}).value == 1
    assert all(len(row.note or "") < 400 for row in found)
