"""Which characters the bytes of a text file mean: by mark, by declaration, or by a stated rule."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from pathlib import Path

from audits.frames.errors import Refused
from audits.frames.unpack import CHUNK
from audits.frames.wording import counted

_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_HEAD = 4096
_UNDEFINED_IN_CP1252 = b"\x81\x8d\x8f\x90\x9d"


@dataclass(frozen=True, slots=True)
class Encoding:
    """How a text file is decoded, whether it starts with a mark, and who said so."""

    name: str
    mark: int
    """Length of the byte order mark in bytes; 0 without one."""
    declared: bool


def encoding_of(path: Path, declared: str | None) -> Encoding:
    """The encoding by byte order mark or declaration; UTF-8 until the bytes show otherwise."""
    with path.open("rb") as text:
        head = text.read(_HEAD)
    for mark, name in _MARKS:
        if head.startswith(mark):
            return _marked(name, len(mark), declared)
    if declared == "utf-16":
        raise Refused(
            "encoding.utf16_without_mark",
            'The file has no byte order mark: declare "utf-16-le" or "utf-16-be" as its encoding.',
            line=1,
        )
    if declared is None and _looks_like_utf16(head):
        raise Refused(
            "encoding.undeclared",
            "Every second byte is NUL, as in UTF-16, but there is no byte order mark: declare the encoding.",
            line=1,
        )
    return Encoding(declared or "utf-8", 0, declared is not None)


def _marked(name: str, length: int, declared: str | None) -> Encoding:
    if name == "utf-32":
        raise Refused("encoding.utf32", "UTF-32 is not read: save the file as UTF-8.", line=1)
    if declared not in (None, name) and not (declared == "utf-16" and name.startswith("utf-16")):
        raise Refused(
            "encoding.contradicted",
            f"The file's byte order mark says {name}, the mapping declares {declared}. Correct one of them.",
            line=1,
        )
    return Encoding(name, length, declared is not None)


def _looks_like_utf16(head: bytes) -> bool:
    pairs = len(head) // 2
    return pairs >= 4 and max(head[0::2].count(0), head[1::2].count(0)) > pairs // 2


def is_windows_1252(path: Path) -> bool:
    """The rule for undeclared bytes that are not UTF-8: Windows-1252 when not one character outside
    ASCII is valid UTF-8 and every byte has a meaning there. A mixture is UTF-8 with damaged places."""
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    with path.open("rb") as text:
        while chunk := text.read(CHUNK):
            decoded = decoder.decode(chunk)
            if any(byte in chunk for byte in _UNDEFINED_IN_CP1252):
                return False
            if not decoded.isascii() and _has_real_characters(decoded):
                return False
    return True


def _has_real_characters(decoded: str) -> bool:
    return any(c > "\x7f" and not "\udc80" <= c <= "\udcff" for c in set(decoded))


def transcode(path: Path, encoding: Encoding, target: Path) -> None:
    """Write the text as UTF-8 without a mark; refuse the first bytes that mean nothing, with their line."""
    decoder = codecs.getincrementaldecoder(encoding.name)("strict")
    lines = 0
    with path.open("rb") as text, target.open("wb") as out:
        text.seek(encoding.mark)
        final = False
        while not final:
            chunk = text.read(CHUNK)
            final = not chunk
            try:
                decoded = decoder.decode(chunk, final)
            except UnicodeDecodeError as error:
                lines += _line_ends(error.object[: error.start].decode(encoding.name, "ignore"))
                raise Refused(
                    "encoding.undecodable",
                    f"Line {lines + 1} holds bytes that mean nothing in {encoding.name}. Correct them, "
                    "or declare the encoding in which the file was written.",
                    line=lines + 1,
                ) from error
            lines += _line_ends(decoded)
            out.write(decoded.encode("utf-8"))


def _line_ends(decoded: str) -> int:
    return decoded.count("\n") or decoded.count("\r")


def described(encoding: Encoding) -> str:
    """One sentence for the report on where the encoding comes from."""
    if encoding.declared:
        return f"Read as {encoding.name}, as declared."
    if encoding.mark:
        return f"Read as {encoding.name}: the file starts with its byte order mark of {counted(encoding.mark, 'byte')}."
    if encoding.name == "cp1252":
        return "Read as Windows-1252: the bytes are not UTF-8, and no character in them is."
    return f"Read as {encoding.name}."
