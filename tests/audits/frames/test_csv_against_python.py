"""The strict reader against Python's csv module: the same values on every sound file, and on a damaged one
either a refusal, or a report, or still the same values."""

import codecs
import csv
import io

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audits.frames import careful
from audits.frames.csv_text import understand
from audits.frames.errors import Refused
from audits.frames.limits import STANDARD
from audits.frames.mapping import Mapping
from audits.frames.source import open_source
from audits.frames.unpack import kind_of
from tests.audits.frames.reading import Rows, frame_rows, written

QUICK = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
VALUES = st.text(
    st.one_of(st.sampled_from(list(",;\t|\"' \n\r\\aA0.\ufeff\u2028é女")), st.characters(codec="utf-8")),
    max_size=6,
).filter(lambda text: "\0" not in text)
TABLES = st.lists(st.tuples(VALUES, VALUES, st.sampled_from("01")), min_size=1, max_size=12)
MAPPED = Mapping.from_dict(
    {"task": "binary", "prediction": "p", "positive": "1", "features": ["first column", "second"]}
)


@st.composite
def csv_files(draw: st.DrawFn) -> tuple[bytes, Rows]:
    """A file as any careful program could write it, and what is in it."""
    rows = draw(TABLES)
    out = io.StringIO(newline="")
    writer = csv.writer(
        out,
        delimiter=draw(st.sampled_from(",;\t|")),
        quoting=draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC])),
        lineterminator=draw(st.sampled_from(["\n", "\r\n"])),
    )
    writer.writerows([("second", "p", "first column", "other"), *((b, p, a, "x") for a, b, p in rows)])
    text = out.getvalue()
    if draw(st.booleans()):
        text = text.rstrip("\r\n") if not text.endswith('"\n') else text
    mark = draw(st.sampled_from([b"", codecs.BOM_UTF8]))
    return mark + text.encode(), [(p, a, b) for a, b, p in rows]


@QUICK
@given(csv_files())
def test_a_sound_file_is_read_as_python_reads_it(case: tuple[bytes, Rows]) -> None:
    content, rows = case
    assert frame_rows(content, MAPPED) == rows


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", [b"", codecs.BOM_UTF8])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_plain_files_are_left_to_the_fast_reader(
    delimiter: str, mark: bytes, end: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(careful, "copy_mapped", None)
    lines = ["p,first column,second", '1,"a ""b"", c",ü', "0,,", "", '1," x ",it\'s']
    table = end.join(lines).replace(",", delimiter).replace(f'"{delimiter} c', '", c')
    assert frame_rows(mark + table.encode(), MAPPED)[1:] == [("0", "", ""), ("1", " x ", "it's")]


@QUICK
@given(csv_files())
def test_the_careful_reader_agrees_with_the_fast_one(case: tuple[bytes, Rows]) -> None:
    content, rows = case
    path = written(content)
    file = understand(path, kind_of(path), MAPPED, path.parent, STANDARD)
    found = careful.even_records(file.text, file.encoding.mark, file.layout, careful.Findings(), STANDARD)
    positions = file.layout.positions.values()
    assert [tuple(row[at] for at in positions) for _, row in found] == rows


DAMAGE = st.sampled_from(
    [b",", b";", b'"', b"\xff", b"\0", b"\n", b"\r", b"\r\n", b" ", b"\xc3", b"x,y", b'""']
)


@QUICK
@given(csv_files(), st.data())
def test_one_damaged_place_is_refused_or_reported_or_changes_nothing_silently(
    case: tuple[bytes, Rows], data: st.DataObject
) -> None:
    content, _ = case
    at = data.draw(st.integers(0, len(content)))
    taken = data.draw(st.integers(0, 2))
    damaged = content[:at] + data.draw(DAMAGE) + content[at + taken :]
    _refused_or_as_python_reads_it(damaged)


@QUICK
@given(st.binary(max_size=200))
def test_any_bytes_are_refused_or_read_as_python_reads_them(content: bytes) -> None:
    _refused_or_as_python_reads_it(b"p,first column,second\n" + content)


def _refused_or_as_python_reads_it(content: bytes) -> None:
    path = written(content)
    try:
        with open_source(path, MAPPED) as source:
            found = list(source.frame.collect().iter_rows())
            notes = " ".join(source.report.notes)
            encoding, delimiter = source.encoding, source.delimiter
    except Refused:
        return
    text = content.decode(f"{encoding}" if encoding != "utf-8" else "utf-8-sig", "surrogateescape")
    header, *rows = csv.reader(
        io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=delimiter or ","
    )
    rows = [row for row in rows if row]
    positions = [header.index(name) for name in MAPPED.columns]
    assert found == [tuple(row[at] for at in positions) for row in rows]
    assert all(len(row) == len(header) for row in rows)
    if any(not value.isprintable() and ("\0" in value or not _sound(value)) for row in rows for value in row):
        assert "not UTF-8" in notes


def _sound(value: str) -> bool:
    return not any("\ud800" <= c <= "\udfff" for c in value)
