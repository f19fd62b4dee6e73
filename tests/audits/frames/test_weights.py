import pytest

from tests.audits.frames.reading import binary, read, refusal

HEAD = "group,label,prediction,w\n"
WEIGHTED = binary(weight="w")


def test_weights_are_summed_beside_the_rows() -> None:
    _, found = read(HEAD + "a,1,1,0.5\na,1,1,2\na,0,1,.25\n", WEIGHTED)
    assert found.n.tolist() == [1, 2]
    assert found.weight.tolist() == [0.25, 2.5]


@pytest.mark.parametrize("weight", ["0", "-1", "nan", "", "inf", "1e400", "x", "1_0", "٣", "0,5"])
def test_a_weight_that_is_no_positive_number_is_refused_with_its_line(weight: str) -> None:
    found = refusal(HEAD + f'"a\nb",1,1,1\na,1,1,"{weight}"\na,1,1,0\n', WEIGHTED)
    assert (found.code, found.column, found.line) == ("values.weight", "w", 4)


def test_a_decimal_comma_in_weights_is_read_where_it_is_one() -> None:
    _, found = read("group;label;prediction;w\na;1;1;0,5\na;1;1;2\n", WEIGHTED)
    assert found.weight.tolist() == [2.5]
    bad = refusal("group;label;prediction;w\na;1;1;0,5\na;1;1;2.5\n", WEIGHTED)
    assert bad.line == 3
