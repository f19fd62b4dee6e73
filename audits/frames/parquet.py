"""A Parquet file or folder, looked at before the embedded database reads it.

Footers and page headers are read by our own bounded reader: encryption, references to other files, counts
that contradict each other and sizes beyond the limits are refused here. What remains for the native reader
is the decoding of pages, which can still crash a process: run audits of strangers' files in a child.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from audits.frames.errors import Refused
from audits.frames.headers import positions_of
from audits.frames.limits import Limits
from audits.frames.thrift import CompactReader, Cut, Malformed
from audits.frames.unpack import digest_of, regular_file
from audits.frames.wording import counted, shown

_MAGIC, _ENCRYPTED_MAGIC = b"PAR1", b"PARE"
_TAIL = 8
# The widths with which values lie in memory; texts at least the reference to them.
_WIDTHS = {0: 1, 1: 4, 2: 8, 3: 12, 4: 4, 5: 8, 6: 16, 7: 16}
_DATA_PAGE, _INDEX_PAGE, _DICTIONARY_PAGE, _DATA_PAGE_V2 = range(4)
_REPEATED = 2
# A structure that parses can still hold anything in any field.
_UNREADABLE = (Malformed, KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError)


@dataclass(frozen=True, slots=True)
class ParquetFiles:
    """The files of one table, in order, with what their footers agree on."""

    paths: tuple[Path, ...]
    digest: str
    size: int
    header: tuple[str, ...]
    rows: int
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Footer:
    header: tuple[str, ...]
    kinds: tuple[int | None, ...]
    """Physical type of each top-level column; None when it is nested."""
    rows: int
    width: int
    groups: list[dict[int, Any]]


def understand(path: Path, wanted: Sequence[str], limits: Limits) -> ParquetFiles:
    """Check the footers of a file, or of every file of a folder, and the pages of the mapped columns."""
    paths = _files_of(path)
    sizes = [regular_file(one, limits) for one in paths]
    footers = [_footer(one, size, limits) for one, size in zip(paths, sizes, strict=True)]
    first = footers[0]
    for one, footer in zip(paths, footers, strict=True):
        if (footer.header, footer.kinds) != (first.header, first.kinds):
            raise Refused(
                "parquet.differing", f"{shown(one.name)} has other columns than {shown(paths[0].name)}."
            )
    positions, notes = positions_of(first.header, wanted)
    nested = [name for name, at in positions.items() if first.kinds[at] is None]
    if nested:
        raise Refused(
            "parquet.nested",
            f"Column {shown(nested[0])} holds lists or records: an audited column must hold one value a row.",
            column=nested[0],
        )
    rows = sum(footer.rows for footer in footers)
    _refuse_too_much(rows, first, sum(sizes), limits)
    for one, size, footer in zip(paths, sizes, footers, strict=True):
        _check_pages(one, size, footer, positions, limits)
    return ParquetFiles(tuple(paths), _digest(path, paths), sum(sizes), first.header, rows, tuple(notes))


def _files_of(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    found = sorted(p for p in path.rglob("*.parquet") if not p.name.startswith((".", "_")))
    if not found:
        raise Refused("parquet.empty_folder", "The folder holds no .parquet files.")
    root = path.resolve()
    for one in found:
        if not one.resolve().is_relative_to(root):
            raise Refused("file.not_regular", f"{shown(one.name)} leads out of the folder.")
    return found


def _digest(path: Path, paths: Sequence[Path]) -> str:
    """A file's SHA-256; for a folder that of the lines ``digest  relative name`` of its files in order."""
    if paths == [path]:
        return digest_of(path)
    lines = "".join(f"{digest_of(one)}  {one.relative_to(path).as_posix()}\n" for one in paths)
    return "sha256:" + hashlib.sha256(lines.encode()).hexdigest()


def _damaged(path: Path, why: str) -> Refused:
    return Refused(
        "parquet.damaged", f"{shown(path.name)} is not a sound Parquet file: {why}. Write it again."
    )


def _encrypted(path: Path) -> Refused:
    return Refused("parquet.encrypted", f"{shown(path.name)} is encrypted: give it decrypted.")


def _footer(path: Path, size: int, limits: Limits) -> _Footer:
    with path.open("rb") as stored:
        start = stored.read(4)
        if size < _TAIL + 4:
            raise _damaged(path, "it is too short")
        stored.seek(size - _TAIL)
        tail = stored.read(_TAIL)
        if _ENCRYPTED_MAGIC in (start, tail[4:]):
            raise _encrypted(path)
        if start != _MAGIC or tail[4:] != _MAGIC:
            raise _damaged(path, "its first or last bytes are missing")
        length = int.from_bytes(tail[:4], "little")
        if length > min(size - _TAIL - 4, limits.max_footer_bytes):
            raise _damaged(path, "its footer is larger than the file or than allowed")
        stored.seek(size - _TAIL - length)
        raw = stored.read(length)
    try:
        return _stated(path, CompactReader(raw).read_struct())
    except _UNREADABLE as error:
        raise _damaged(path, "its footer cannot be read") from error


def _stated(path: Path, metadata: dict[int, Any]) -> _Footer:
    """What a footer says, after the contradictions that it shows by itself."""
    if 8 in metadata or 9 in metadata:
        raise _encrypted(path)
    header, kinds, width = _columns(metadata[2])
    rows, groups = metadata[3], metadata[4]
    if rows < 0 or rows != sum(group[3] for group in groups) or any(group[3] < 0 for group in groups):
        raise _damaged(path, "its row counts contradict each other")
    for group in groups:
        for chunk in group[1]:
            if 8 in chunk or 9 in chunk:
                raise _encrypted(path)
            if chunk.get(1):
                raise _damaged(path, "it points to other files")
    return _Footer(header, kinds, rows, width, groups)


def _columns(schema: list[dict[int, Any]]) -> tuple[tuple[str, ...], tuple[int | None, ...], int]:
    """Top-level names and physical types from the flattened schema tree, and the width of all leaves."""
    names: list[str] = []
    kinds: list[int | None] = []
    if any(element.get(1, 0) not in _WIDTHS for element in schema):
        raise Malformed("the schema has a type that does not exist")
    width = sum(_WIDTHS.get(element[1], 16) for element in schema[1:] if 1 in element)
    at = 1
    for _ in range(schema[0][5]):
        element = schema[at]
        flat = not element.get(5) and element.get(3, 0) != _REPEATED
        names.append(element[4].decode("utf-8", "backslashreplace"))
        kinds.append(element[1] if flat else None)
        at = _after(schema, at, 0)
    if at != len(schema):
        raise Malformed("the schema has more elements than its root says")
    return tuple(names), tuple(kinds), width


def _after(schema: list[dict[int, Any]], at: int, depth: int) -> int:
    if depth > 64:
        raise Malformed("the schema is nested too deeply")
    children = schema[at].get(5) or 0
    if children < 0 or children > len(schema):
        raise Malformed("the schema counts its children wrongly")
    at += 1
    for _ in range(children):
        at = _after(schema, at, depth + 1)
    return at


def _refuse_too_much(rows: int, footer: _Footer, stored: int, limits: Limits) -> None:
    columns = len(footer.header)
    if columns > limits.max_columns:
        raise Refused("limits.columns", f"The file has more than {counted(limits.max_columns, 'column')}.")
    if rows > limits.max_rows or rows * columns > limits.max_values:
        raise Refused(
            "limits.rows", f"The file has {counted(rows, 'row')} of {counted(columns, 'column')}: too many."
        )
    decoded = rows * footer.width
    if decoded > limits.parquet_ratio_from_bytes and decoded > stored * limits.max_ratio:
        raise Refused(
            "limits.ratio",
            f"{counted(stored, 'byte')} claim {counted(rows, 'row')} of {counted(columns, 'column')}, at least "
            f"{counted(decoded, 'byte')} when read. If the file is honest, audit a part of it.",
        )


def _check_pages(path: Path, size: int, footer: _Footer, positions: dict[str, int], limits: Limits) -> None:
    """The pages of the mapped columns must lie in the file and hold as many values as there are rows."""
    name = ""
    try:
        with path.open("rb", buffering=0) as stored:
            for group in footer.groups:
                if group[3] == 0:
                    continue
                chunks = {tuple(chunk[3][3]): chunk[3] for chunk in group[1]}
                for name in positions:
                    _walk(stored, size, chunks[name.encode(),], group[3], limits)
    except Malformed as error:
        raise _damaged(path, f"column {shown(name)}: {error}") from error
    except _UNREADABLE as error:
        raise _damaged(path, "its column chunks cannot be read") from error


def _walk(stored: BinaryIO, size: int, chunk: dict[int, Any], rows: int, limits: Limits) -> None:
    if chunk[5] != rows:
        raise Malformed("it has another number of values than the file has rows")
    at = chunk[9]
    if 0 < chunk.get(11, 0) < at:
        at = chunk[11]
    end = at + chunk[7]
    if at < 4 or chunk[7] < 0 or end > size - _TAIL:
        raise Malformed("its pages lie outside the file")
    values = 0
    while at < end and values < chunk[5]:
        header, length = _page_header(stored.fileno(), at, end)
        packed, unpacked = header[3], header[2]
        if packed < 0 or unpacked < 0 or at + length + packed > end:
            raise Malformed("a page lies outside its column")
        if unpacked > limits.max_page_bytes:
            raise Malformed("a page is larger than allowed")
        count = _values_in(header)
        if count < 0:
            raise Malformed("a page has a negative number of values")
        values += count if header[1] in (_DATA_PAGE, _DATA_PAGE_V2) else 0
        at += length + packed
    if values != chunk[5]:
        raise Malformed("its pages hold another number of values than stated")


def _page_header(descriptor: int, at: int, end: int) -> tuple[dict[int, Any], int]:
    for most in (512, 65_536, 16 * 1024**2):
        reader = CompactReader(os.pread(descriptor, min(most, end - at), at))
        try:
            return reader.read_struct(), reader.at
        except Cut:
            if most >= end - at:
                raise
    raise Malformed("a page header is too large")


def _values_in(header: dict[int, Any]) -> int:
    detail = {_DATA_PAGE: 5, _DICTIONARY_PAGE: 7, _DATA_PAGE_V2: 8}.get(header[1])
    if detail is None:
        if header[1] == _INDEX_PAGE:
            return 0
        raise Malformed("a page of an unknown kind")
    return int(header[detail][1])
