"""Bytes, encodings, delimiters and line ends."""

import bz2
import codecs
import gzip
from collections.abc import Callable

import pyarrow as pa
import pytest

from tests.audits.frames.reading import binary, counts, read, refusal, written

TABLE = "group,label,prediction\nMüller,1,1\nO’Neil,0,1\n"
EXPECTED = {("Müller", 1, 1): 1, ("O’Neil", 0, 1): 1}


def zstd(data: bytes) -> bytes:
    out = pa.BufferOutputStream()
    with pa.CompressedOutputStream(out, "zstd") as stream:
        stream.write(data)
    return bytes(out.getvalue().to_pybytes())


@pytest.mark.parametrize("pack", [bytes, gzip.compress, bz2.compress, zstd])
def test_packed_files_are_recognised_by_their_bytes(pack: Callable[[bytes], bytes]) -> None:
    _, found = read(written(pack(TABLE.encode()), "no-extension"))
    assert counts(found) == EXPECTED


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, zstd])
def test_a_cut_off_file_is_refused(pack: Callable[[bytes], bytes]) -> None:
    assert refusal(pack(TABLE.encode() * 100)[:-8]).code == "file.damaged"


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress])
def test_what_follows_a_packed_file_is_refused(pack: Callable[[bytes], bytes]) -> None:
    assert refusal(pack(TABLE.encode()) + b"more").code == "file.damaged"


def test_several_members_are_read_as_one_file() -> None:
    _, found = read(gzip.compress(TABLE.encode()) + gzip.compress(b"b,1,0\n"))
    assert counts(found) == EXPECTED | {("b", 1, 0): 1}


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (codecs.BOM_UTF8 + TABLE.encode(), "utf-8"),
        (codecs.BOM_UTF16_LE + TABLE.encode("utf-16-le"), "utf-16-le"),
        (codecs.BOM_UTF16_BE + TABLE.encode("utf-16-be"), "utf-16-be"),
        (TABLE.encode("cp1252"), "cp1252"),
        (TABLE.encode(), "utf-8"),
    ],
)
def test_the_encoding_is_found_by_mark_or_rule_and_reported(content: bytes, name: str) -> None:
    report, found = read(content)
    assert counts(found) == EXPECTED
    assert name in report.notes[0] or "Windows-1252" in report.notes[0]


def test_a_declared_encoding_is_kept_to() -> None:
    _, found = read(TABLE.encode("cp1252"), binary(encoding="cp1252"))
    assert counts(found) == EXPECTED
    assert refusal(TABLE.encode("cp1252"), binary(encoding="utf-8")).code == "csv.undecodable"
    assert (
        refusal(codecs.BOM_UTF8 + TABLE.encode(), binary(encoding="cp1252")).code == "encoding.contradicted"
    )
    assert refusal(TABLE.encode(), binary(encoding="utf-16")).code == "encoding.utf16_without_mark"
    assert refusal(codecs.BOM_UTF32_LE + TABLE.encode("utf-32-le")).code == "encoding.utf32"
    assert refusal(TABLE.encode("utf-16-le")).code == "encoding.undeclared"


def test_bytes_that_mean_nothing_are_refused_with_their_line() -> None:
    found = refusal(TABLE.encode("cp1252") + b"\x81,1,1\n", binary(encoding="cp1252"))
    assert (found.code, found.line) == ("encoding.undecodable", 4)
    odd = codecs.BOM_UTF16_LE + TABLE.encode("utf-16-le") + b"x"
    assert refusal(odd).code == "encoding.undecodable"


def test_damaged_bytes_are_refused_in_a_mapped_column_and_reported_elsewhere() -> None:
    head, row = b"group,label,prediction,name\n", "a,1,1,Zoë\n".encode()
    found = refusal(head + row + b"\xff,1,1,x\n")
    assert (found.code, found.line, found.column) == ("csv.undecodable", 3, "group")
    report, _ = read(head + row + b"a,0,1,\xff\na,0,0,\0\n")
    note = next(note for note in report.notes if "not UTF-8" in note)
    assert note.startswith("1 row with bytes that are not UTF-8 and 1 with NUL")
    assert "line 3" in note
    assert '"name"' in note


def test_nul_in_a_mapped_column_is_refused() -> None:
    assert refusal(TABLE + "a\0b,1,1\n").code == "csv.undecodable"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_line_end_is_read(end: str) -> None:
    _, found = read(TABLE.replace("\n", end))
    assert counts(found) == EXPECTED


def test_mixed_line_ends_and_line_ends_inside_quotes_are_read() -> None:
    content = 'group,label,prediction,note\r\n"a\r\nb",1,1,"x\ny"\n"c ""d""",0,0,\r\n'
    _, found = read(content)
    assert counts(found) == {("a\r\nb", 1, 1): 1, ('c "d"', 0, 0): 1}


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_and_reported(delimiter: str) -> None:
    report, found = read(TABLE.replace(",", delimiter))
    assert counts(found) == EXPECTED
    assert "found from the header" in report.notes[1]


def test_a_delimiter_inside_names_does_not_mislead() -> None:
    _, found = read("group;a,b,c;label;prediction\nx;1,2,3;1;1\n")
    assert counts(found) == {("x", 1, 1): 1}
    assert refusal("group;label;prediction\na;1;1\n", binary(delimiter=",")).code == "column.unknown"


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        ("a,1\n", "csv.field_count"),
        ("a,1,1,\n", "csv.field_count"),
        ("a,1,1,x\n", "csv.field_count"),
        ("   \n", "csv.field_count"),
        ('"a"b,1,1\n', "csv.malformed"),
        ('"a,1,1\n', "csv.malformed"),
    ],
)
@pytest.mark.parametrize("later", ["", 'b,"0",1\n' * 50])
def test_uneven_or_malformed_records_are_refused_with_their_line(bad: str, code: str, later: str) -> None:
    found = refusal('group,label,prediction\n"two\nlines",1,1\nb,0,1\n' + bad + later)
    assert (found.code, found.line) == (code, 5)


def test_uneven_records_are_counted_to_the_end() -> None:
    found = refusal("group,label,prediction\na,1,1\na,1\na\na,1,1,1\n")
    assert "2 records too short and 1 too long" in found.message


def test_blank_lines_are_passed_over_and_counted() -> None:
    for content in (
        "group,label,prediction\na,1,1\n\n\nb,0,0\n\n",
        "group,label,prediction\r\na,1,1\r\n\r\nb,0,0",
    ):
        report, found = read(content)
        assert counts(found) == {("a", 1, 1): 1, ("b", 0, 0): 1}
        assert any("blank line" in note for note in report.notes)


def test_a_file_with_one_column_is_read() -> None:
    _, found = read("prediction\n1\n\n0\n", binary(label=None, sensitive=[]))
    assert counts(found) == {(-1, 0): 1, (-1, 1): 1}


def test_a_decimal_comma_is_read_in_a_whole_column_separated_by_semicolons() -> None:
    mapping = binary(prediction=None, score="s")
    report, found = read("group;label;s\na;1;0,7\na;0;0,2\na;1;,9\na;1;0.9\n", mapping)
    assert counts(found) == {("a", 1, 1): 2, ("a", 0, 0): 1}
    assert report.dropped == {"score not a plain number": 1}
    report, found = read("group;label;s\na;1;0.7\na;0;0.2\n", mapping)
    assert report.dropped == {}


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file.empty"),
        (gzip.compress(b"", mtime=0), "file.empty"),
        (b"group,label,prediction\n", "rows.none"),
        (b"group,label,prediction", "rows.none"),
        (b"group,label,prediction\n\n\n", "rows.none"),
        (b"\x80\x04\x95more", "file.kind"),
        (b"PK\x03\x04more", "file.kind"),
        (b"\xd0\xcf\x11\xe0more", "file.kind"),
    ],
)
def test_what_is_no_table_is_refused(content: bytes, code: str) -> None:
    assert refusal(content).code == code


def test_what_is_no_plain_file_is_refused() -> None:
    path = written(b"x")
    assert refusal(path.parent / "absent.csv").code == "file.unreadable"
    assert refusal(path.parent).code == "parquet.empty_folder"
