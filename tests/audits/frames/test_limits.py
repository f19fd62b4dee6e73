import gzip

from audits.frames.limits import Limits
from tests.audits.frames.reading import binary, counts, read, refusal

HEAD = "group,label,prediction\n"


def test_a_small_file_that_unpacks_to_a_large_one_is_stopped_on_the_way() -> None:
    packed = gzip.compress(HEAD.encode() + b"a,1,1\n" * 3_000_000)
    found = refusal(packed, limits=Limits(ratio_from_bytes=1024**2))
    assert found.code == "limits.ratio"
    assert refusal(packed, limits=Limits(max_unpacked_bytes=1024**2)).code == "limits.unpacked_bytes"


def test_stored_bytes_are_limited() -> None:
    assert refusal(HEAD + "a,1,1\n", limits=Limits(max_stored_bytes=20)).code == "file.too_large"


def test_one_endless_field_is_stopped_with_its_line() -> None:
    limits = Limits(max_field_bytes=1_000, max_columns=10)
    unclosed = refusal(HEAD + 'a,1,1\n"a,1,1\n' + "b,1,1\n" * 1_000, limits=limits)
    assert (unclosed.code, unclosed.line) == ("csv.malformed", 3)
    endless = refusal(HEAD + 'a,1,1\n"' + "x" * 10_000, limits=limits)
    assert (endless.code, endless.line) == ("limits.line", 3)


def test_columns_and_rows_are_limited() -> None:
    wide = HEAD.strip() + ",x" * 50 + "\n" + "a,1,1" + ",0" * 50 + "\n"
    assert refusal(wide, limits=Limits(max_columns=20)).code == "limits.columns"
    assert refusal(HEAD + "a,1,1\n" * 50, limits=Limits(max_rows=20)).code == "limits.rows"
    assert refusal(HEAD + "a,1,1\n" * 50, limits=Limits(max_values=90)).code == "limits.rows"


def test_a_first_line_without_end_is_stopped() -> None:
    found = refusal("x" * 2_000_000, limits=Limits(max_columns=10))
    assert found.code in ("limits.line", "limits.name")


def test_five_thousand_columns_are_read() -> None:
    names = ",".join(f"f{at}" for at in range(5_000))
    rows = "".join(f"a,1,{at % 2}" + ",1" * 5_000 + "\n" for at in range(6))
    _, found = read(f"{HEAD.strip()},{names}\n{rows}")
    assert counts(found) == {("a", 1, 0): 3, ("a", 1, 1): 3}


def test_memory_is_limited_with_a_refusal() -> None:
    rows = "".join(f"g{at},1,1\n" for at in range(300_000))
    limits = Limits(max_groups=10**9, max_cells=10**9, memory_bytes=12 * 1024**2, spill_bytes=1024**2)
    assert refusal(HEAD + rows, binary(), limits).code == "limits.memory"
