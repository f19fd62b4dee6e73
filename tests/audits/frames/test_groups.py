import random

import pytest

from audits.frames.cells import MISSING_GROUP
from audits.frames.limits import Limits
from tests.audits.frames.reading import binary, counts, read, refusal

HEADER = "group,label,prediction\n"


@pytest.mark.parametrize(
    "group",
    [
        "NA",
        "None",
        "NaN",
        "null",
        " a ",
        "é",
        "e\u0301",
        "0",
        "-2+3",
        "=1+1",
        "<b>",
        "'; DROP TABLE x;--",
        "a" * 9999,
    ],
)
def test_group_values_are_kept_exactly(group: str) -> None:
    _, found = read(HEADER + f"{group},1,1\nother,0,0\n")
    assert {groups[0] for groups in found.groups} == {group, "other"}


def test_a_group_that_may_mean_missing_is_reported_and_can_be_declared() -> None:
    report, _ = read(HEADER + "NA,1,1\nb,0,0\n")
    assert any('"NA" is a group' in note for note in report.notes)
    report, found = read(HEADER + "NA,1,1\nb,0,0\n", binary(missing=["NA"]))
    assert counts(found) == {(MISSING_GROUP, 1, 1): 1, ("b", 0, 0): 1}


@pytest.mark.parametrize("blank", ["", '""', "  "])
def test_a_blank_group_is_no_group_but_stays_in_the_overall_count(blank: str) -> None:
    report, found = read(HEADER + f"{blank},1,1\nb,0,0\n")
    assert counts(found) == {(MISSING_GROUP, 1, 1): 1, ("b", 0, 0): 1}
    assert report.missing_groups == {"group": 1}
    assert report.rows_used == 2


def test_groups_that_look_alike_are_kept_apart_and_reported() -> None:
    report, found = read(HEADER + "Male,1,1\nmale,0,0\n\u041cale,1,0\n")
    assert len(set(found.groups)) == 3
    assert any("look alike are kept apart" in note for note in report.notes)


def test_cells_join_all_sensitive_columns() -> None:
    _, found = read(
        "sex,race,label,prediction\nf,x,1,1\nf,y,1,1\nm,x,0,0\n", binary(sensitive=["sex", "race"])
    )
    assert found.attributes == ("sex", "race")
    assert counts(found) == {("f", "x", 1, 1): 1, ("f", "y", 1, 1): 1, ("m", "x", 0, 0): 1}


def test_the_cells_come_in_the_same_order_however_the_rows_lie() -> None:
    rows = [f"{g},{y},{p}\n" for g in "abcde" for y in "01" for p in "01"] * 3
    random.Random(4).shuffle(rows)
    _, found = read(HEADER + "".join(rows))
    _, again = read(HEADER + "".join(reversed(rows)))
    assert found.groups == again.groups
    assert found.label.tolist() == again.label.tolist()  # type: ignore[union-attr]
    assert found.n.tolist() == again.n.tolist()


def test_too_many_groups_are_refused_by_name() -> None:
    rows = "".join(f"g{at},1,1\n" for at in range(1_001))
    found = refusal(HEADER + rows)
    assert (found.code, found.column) == ("limits.groups", "group")
    assert "1,000" in found.message


def test_too_many_combinations_are_refused_before_they_are_grouped() -> None:
    names = [f"s{at}" for at in range(30)]
    random_rows = random.Random(1)
    rows = "".join(
        ",".join([*(str(random_rows.randrange(9)) for _ in names), "1", "1"]) + "\n" for _ in range(3_000)
    )
    found = refusal(
        ",".join([*names, "label", "prediction"]) + "\n" + rows,
        binary(sensitive=names),
        Limits(max_cells=2_000),
    )
    assert found.code == "limits.cells"
