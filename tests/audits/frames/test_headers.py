import pytest

from tests.audits.frames.reading import binary, counts, read, refusal

ROW = "a,1,1\n"


def test_a_wrong_column_name_is_answered_with_the_columns_there_are() -> None:
    found = refusal("group,Label,prediction\n" + ROW)
    assert (found.code, found.column, found.line) == ("column.unknown", "label", 1)
    assert '"group", "Label", "prediction"' in found.message
    assert 'Did you mean "Label"?' in found.message


@pytest.mark.parametrize(
    "twin",
    ["label", "Label", " label", "label ", "lаbel", "ⅼabel", "la\u200bbel", "LABEL\t"],
    ids=["same", "case", "before", "after", "cyrillic", "compatibility", "zero width", "tab"],
)
def test_a_mapped_column_with_a_twin_is_refused_naming_both(twin: str) -> None:
    found = refusal(f"group,label,prediction,{twin}\na,1,1,0\n")
    assert (found.code, found.column) == ("column.ambiguous", "label")
    assert "(column 2)" in found.message
    assert "(column 4)" in found.message


def test_names_that_differ_only_in_how_an_accent_is_stored_are_twins() -> None:
    found = refusal("é,label,prediction,e\u0301\na,1,1,b\n", binary(sensitive=["é"]))
    assert found.code == "column.ambiguous"


def test_odd_names_elsewhere_are_reported() -> None:
    report, found = read("group,label,prediction,x,X,\na,1,1,,,\n")
    assert counts(found) == {("a", 1, 1): 1}
    assert any("without a name" in note and "column 6" in note for note in report.notes)
    assert any("look alike" in note for note in report.notes)


@pytest.mark.parametrize("name", ["__class__", "c0", "SELECT", 'a"b', "it's", "a;b", "group_0", "weight"])
def test_names_are_never_taken_for_code_or_for_ours(name: str) -> None:
    quoted = '"' + name.replace('"', '""') + '"'
    _, found = read(f"{quoted},label,prediction\na,1,1\n", binary(sensitive=[name]))
    assert counts(found) == {("a", 1, 1): 1}


def test_a_name_may_hold_a_line_end() -> None:
    _, found = read('"group\nof people",label,prediction\na,1,1\n', binary(sensitive=["group\nof people"]))
    assert counts(found) == {("a", 1, 1): 1}


def test_a_blank_first_line_is_refused() -> None:
    assert refusal("\ngroup,label,prediction\n" + ROW).code == "header.blank"


def test_a_name_of_ten_thousand_letters_is_refused() -> None:
    assert refusal("x" * 10_000 + ",group,label,prediction\n1," + ROW).code == "limits.name"
