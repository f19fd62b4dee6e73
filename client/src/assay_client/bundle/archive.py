"""The file: a zip with nothing compressed and nothing left to choose: no two files hold the same contents."""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Mapping

MAX_SIZE = 128 * 1024 * 1024
MAX_FILES = 60_000
FIRST = ("manifest.json", "decision.dsse.json")

_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_PART = r"[a-z0-9][a-z0-9._-]*"
_NAME = re.compile(rf"{_PART}(?:/{_PART})*", re.ASCII)
_MADE_BY, _NEEDS = 3 << 8 | 20, 20  # Unix, zip 2.0
_DATE = 1 << 5 | 1  # 1980-01-01
_MODE = 0o100644 << 16


class BadBundle(ValueError):
    """The bytes are no bundle, or one that does not hold."""


def files(data: bytes) -> dict[str, bytes]:
    """Every file by its name. What is packed in any other way than the one is refused before anything is believed."""
    if len(data) > MAX_SIZE:
        raise BadBundle(f"it has more than {MAX_SIZE} bytes")
    found: dict[str, bytes] = {}
    at = 0
    while data[at : at + 4] == b"PK\x03\x04":
        name, start, end = _local(data, at)
        if name in found:
            raise BadBundle(f"it holds {name!a} twice")
        if len(found) == MAX_FILES:
            raise BadBundle(f"it holds more than {MAX_FILES} files")
        found[name], at = data[start:end], end
    if not found:
        raise BadBundle("it is no bundle")
    if packed(found) != data:
        raise BadBundle(
            "it is not packed as a bundle is: compressed, in another order, with something added or lost"
        )
    return found


def _local(data: bytes, at: int) -> tuple[str, int, int]:
    """The name of the file that begins there, and where its bytes begin and end."""
    start = at + _LOCAL.size
    if start > len(data):
        raise BadBundle("it ends too early")
    *_, method, _, _, _, _, size, name_size, extra = _LOCAL.unpack_from(data, at)
    if method or extra:
        raise BadBundle("something in it is compressed, or has a remark")
    begin = start + name_size
    if begin + size > len(data):
        raise BadBundle("it ends too early")
    try:
        name = data[start:begin].decode("ascii")
    except UnicodeDecodeError:
        raise BadBundle("a name in it is not ASCII") from None
    if len(name) > 200 or not _NAME.fullmatch(name):
        raise BadBundle(f"{name[:80]!a} is no name of a file in a bundle")
    return name, begin, begin + size


def packed(contents: Mapping[str, bytes]) -> bytes:
    """The one file that holds these contents: manifest and statement first, the others by name."""
    order = [name for name in FIRST if name in contents]
    order += sorted(set(contents) - set(FIRST))
    body, table, at = [], [], 0
    for name in order:
        coded, data = name.encode(), contents[name]
        about = (0, 0, 0, _DATE, zlib.crc32(data), len(data), len(data), len(coded), 0)
        head = _LOCAL.pack(b"PK\x03\x04", _NEEDS, *about)
        body += [head, coded, data]
        table += [_CENTRAL.pack(b"PK\x01\x02", _MADE_BY, _NEEDS, *about, 0, 0, 0, _MODE, at), coded]
        at += len(head) + len(coded) + len(data)
    listed = b"".join(table)
    end = _END.pack(b"PK\x05\x06", 0, 0, len(order), len(order), len(listed), at, 0)
    return b"".join([*body, listed, end])
