"""A policy's text as data: the part of YAML that policies are written in, and nothing that could be read in two ways.

Mappings, lists, words, numbers, `{…}`, `[…]` and quotes. Whatever else YAML has (anchors, tags, text over several
lines) is not supported here: refused, never guessed.
"""

from __future__ import annotations

import re
from typing import Any

from assay_client.decide.errors import NotSupported

MAX_SIZE = 256 * 1024
MAX_DEPTH = 20

_KEY = re.compile(r"([A-Za-z_][A-Za-z0-9_.-]*):(?: +(?=\S)|$)")
_WHOLE = re.compile(r"-?(?:0|[1-9][0-9]{0,17})", re.ASCII)
_TRUTH = {"true": True, "false": False}
# Where a word may begin, and what it may hold inside brackets. Wider in YAML itself.
_FIRST = re.compile(r"[^\s&*!|>%@`\"'{}\[\],?:#-]|-(?=[^\s,\[\]{}-])")
_INSIDE = re.compile(r"(?:[^\s,\[\]{}?:#]|:(?=[A-Za-z0-9_./*-])|(?<=\S)#| +(?=[^\s,\[\]{}?:#]))+")
# What may stand in the text at all: not the line ends that only some readers know, nor what is no character.
_STRANGE = re.compile("[^\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")


def load(text: str) -> Any:
    """The data in this text."""
    if len(text) > MAX_SIZE:
        raise NotSupported("the policy's text is larger than a policy can be")
    strange = _STRANGE.search(text)
    if strange is not None:
        raise NotSupported(f"the policy's text holds {strange[0]!a}")
    return _Reader(text).document()


class _Reader:
    """Line by line; brackets and quotes may run on over lines that are taken from the rest."""

    def __init__(self, text: str) -> None:
        self._lines = text.split("\n")
        self._at = 0
        self._column = 0  # where on the present line something not yet read begins
        self._depth = 0

    def document(self) -> Any:
        self._skip()
        found = self._block(self._indent())
        self._skip()
        if self._at < len(self._lines):
            raise self._odd("this is indented otherwise than what is around it")
        return found

    def _skip(self) -> None:
        """On to the next line that says something."""
        while self._at < len(self._lines):
            rest = self._lines[self._at][self._column :].strip(" ")
            if rest and not rest.startswith("#"):
                if rest.startswith(("--- ", "...")) or rest in ("---", "..."):
                    raise self._odd("a text of several documents")
                return
            self._next()

    def _next(self) -> None:
        self._at, self._column = self._at + 1, 0

    def _indent(self) -> int:
        """Where the present line begins; -1 behind the last."""
        if self._at >= len(self._lines):
            return -1
        line = self._lines[self._at]
        return self._column + len(line[self._column :]) - len(line[self._column :].lstrip(" "))

    def _rest(self) -> str:
        return self._lines[self._at][self._indent() :]

    def _block(self, indent: int) -> Any:
        """What stands at this indentation: a list, a mapping, or one value."""
        if indent < 0:
            raise NotSupported("the policy's text is empty")
        self._deeper()
        rest = self._rest()
        found: Any
        if rest == "-" or rest.startswith("- "):
            found = self._list(indent)
        elif _KEY.match(rest):
            found = self._mapping(indent)
        else:
            self._column = indent
            found = self._value(indent)
        self._depth -= 1
        return found

    def _deeper(self) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise self._odd("this is nested too deep")

    def _list(self, indent: int) -> list[Any]:
        found: list[Any] = []
        while self._indent() == indent and (self._rest() == "-" or self._rest().startswith("- ")):
            here = self._at
            self._column = indent + 1
            self._skip()
            # On the same line what follows is indented by where it stands; else it must be deeper than the dash.
            inner = self._indent()
            if inner <= indent:
                raise self._odd("an entry of a list says nothing", here)
            found.append(self._block(inner))
            self._skip()
        return found

    def _mapping(self, indent: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while self._indent() == indent:
            match = _KEY.match(self._rest())
            if match is None:
                raise self._odd("this is no key with a value")
            if match[1] in found:
                raise self._odd(f"the key {match[1]!a} is there twice")
            self._column = indent + match.end()
            found[match[1]] = self._under(indent)
            self._skip()
        return found

    def _under(self, indent: int) -> Any:
        """The value of a key: on its line, or below it and deeper; a list may begin as far left as its key."""
        rest = self._lines[self._at][self._column :].strip(" ")
        if rest and not rest.startswith("#"):
            return self._value(indent)
        self._next()
        self._skip()
        inner = self._indent()
        if inner > indent:
            return self._block(inner)
        if inner == indent and (self._rest() == "-" or self._rest().startswith("- ")):
            self._deeper()
            found = self._list(indent)
            self._depth -= 1
            return found
        return ""

    def _value(self, indent: int) -> Any:
        """A word, or brackets or quotes; nothing may follow it, nor run on below it."""
        line = self._lines[self._at]
        start = self._indent()
        if line[start] in "[{\"'":
            self._column = start
            found = self._flow()
            rest = self._lines[self._at][self._column :]
            if rest.strip(" ") and not re.match(r" +#", rest):
                raise self._odd("something stands behind a value")
        else:
            text = re.split(r" +#", line[start:], maxsplit=1)[0].rstrip(" ")
            if not _FIRST.match(text) or ": " in text or text.endswith(":"):
                raise self._odd("this cannot be read here")
            found = _plain(text)
        self._next()
        self._skip()
        if self._indent() > indent:
            raise self._odd("a text over several lines")
        return found

    def _flow(self) -> Any:
        """What begins with a bracket or a quote, or a word inside brackets."""
        self._blank()
        line = self._lines[self._at]
        sign = line[self._column]
        if sign in "\"'":
            return self._quoted(sign)
        if sign in "[{":
            self._deeper()
            self._column += 1
            found = self._flow_list() if sign == "[" else self._flow_mapping()
            self._depth -= 1
            return found
        return _plain(self._word())

    def _word(self) -> str:
        line = self._lines[self._at]
        match = _INSIDE.match(line, self._column)
        if match is None or not _FIRST.match(line, self._column):
            raise self._odd("this cannot be read here")
        self._column = match.end()
        return match[0]

    def _blank(self) -> None:
        """Over blanks, remarks and line ends, to the next sign inside brackets."""
        while self._at < len(self._lines):
            line = self._lines[self._at]
            while self._column < len(line) and line[self._column] == " ":
                self._column += 1
            spaced = self._column == 0 or line[self._column - 1 : self._column] == " "
            if self._column < len(line) and not (line[self._column] == "#" and spaced):
                return
            self._next()
        raise NotSupported("the policy's text ends inside a bracket")

    def _sign(self) -> str:
        self._blank()
        return self._lines[self._at][self._column]

    def _flow_list(self) -> list[Any]:
        found: list[Any] = []
        while self._sign() != "]":
            found.append(self._flow())
            self._between("]")
        self._column += 1
        return found

    def _flow_mapping(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while self._sign() != "}":
            sign = self._sign()
            key = self._quoted(sign) if sign in "\"'" else self._word()
            if not _KEY.match(f"{key}:") or key in found:
                raise self._odd(f"{key!a} is no key, or there twice")
            rest = self._lines[self._at][self._column : self._column + 2]
            if rest not in (": ", ":"):
                raise self._odd(f"the key {key!a} has no value")
            self._column += 1
            found[key] = self._flow()
            self._between("}")
        self._column += 1
        return found

    def _between(self, end: str) -> None:
        sign = self._sign()
        if sign == ",":
            self._column += 1
            if self._sign() == ",":
                raise self._odd("two commas")
        elif sign != end:
            raise self._odd("a comma or a bracket is missing")

    def _quoted(self, sign: str) -> str:
        line, end = self._lines[self._at], self._column + 1
        found: list[str] = []
        while end < len(line):
            if line[end] == sign:
                if sign == "'" and line[end + 1 : end + 2] == "'":
                    end += 1  # two of them are one
                else:
                    self._column = end + 1
                    return "".join(found)
            elif line[end] == "\\" and sign == '"':
                end += 1
                if line[end : end + 1] not in ('"', "\\", "/"):
                    raise self._odd("this escape is not known here")
            found.append(line[end])
            end += 1
        raise self._odd("a quote is not closed on its line")

    def _odd(self, what: str, at: int | None = None) -> NotSupported:
        return NotSupported(f"line {(self._at if at is None else at) + 1} of the policy: {what}")


def _plain(text: str) -> Any:
    if text in _TRUTH:
        return _TRUTH[text]
    return int(text) if _WHOLE.fullmatch(text) else text
