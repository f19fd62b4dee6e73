"""The line diff says what went and what came, and both texts can be read off it again."""

from hypothesis import given
from hypothesis import strategies as st

from governance.gates import text_diff
from governance.gates.text_diff import Line


def test_it_works() -> None:
    old = "".join(f"line {number}\n" for number in range(1, 21))
    new = old.replace("line 10\n", "line ten\nand more\n")
    assert text_diff.lines(old, new) == (
        Line("skipped", "6 lines without a change"),
        *(Line("same", f"line {number}", number, number) for number in (7, 8, 9)),
        Line("removed", "line 10", old=10),
        Line("added", "line ten", new=10),
        Line("added", "and more", new=11),
        *(Line("same", f"line {number}", number, number + 1) for number in (11, 12, 13)),
        Line("skipped", "7 lines without a change"),
    )


def test_equal_texts_have_none() -> None:
    assert text_diff.lines("a\nb\n", "a\nb\n") == ()
    assert text_diff.lines("", "") == ()


texts = st.lists(st.sampled_from("abc"), max_size=12).map(lambda lines: "".join(f"{one}\n" for one in lines))


@given(texts, texts)
def test_every_line_that_differs_is_told_with_its_number(old: str, new: str) -> None:
    found = text_diff.lines(old, new)
    before, after = old.splitlines(), new.splitlines()
    for line in found:
        assert line.old is None or before[line.old - 1] == line.text
        assert line.new is None or after[line.new - 1] == line.text
    removed = {line.old for line in found if line.kind == "removed"}
    added = {line.new for line in found if line.kind == "added"}
    kept = [text for number, text in enumerate(before, 1) if number not in removed]
    assert kept == [text for number, text in enumerate(after, 1) if number not in added]
