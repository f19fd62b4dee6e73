"""YAML as plain data with the line of every value. Only what a policy needs: no anchors, no tags, no surprises.

Norway stays `no`, 1.10 stays `1.10`: numbers with a point and dates are text, and only `true` and `false` are truth
values. Nothing is constructed but lists, mappings, text, whole numbers and truth values.
"""

import re
from collections.abc import Iterable
from typing import Any, Final

import yaml

from registry.errors import Invalid

MAX_SIZE: Final = 256 * 1024
MAX_DEPTH: Final = 20
_WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_TRUTH = {"true": True, "false": False}


class Lines:
    """Where each value stands in the text."""

    def __init__(self) -> None:
        self._lines: dict[tuple[str | int, ...], int] = {(): 1}

    def put(self, path: tuple[str | int, ...], node: yaml.Node) -> None:
        """Remember a value's line."""
        self._lines[path] = node.start_mark.line + 1

    def at(self, path: Iterable[str | int]) -> int:
        """The line of the value, or of the nearest one around it."""
        key = tuple(path)
        while key not in self._lines:
            key = key[:-1]
        return self._lines[key]


def load(text: str) -> tuple[Any, Lines]:
    """The data in the text and its lines, or Invalid with the line of what cannot be read."""
    if len(text) > MAX_SIZE:
        raise _refused(1, f"The text is larger than {MAX_SIZE // 1024} kB.")
    try:
        text.encode()
        _refuse_references(text)
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise _refused(line, "A character that is no text stands here, such as NUL.") from error
    except UnicodeEncodeError as error:
        raise _refused(1, "The text holds half a character.") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or "it is not YAML"
        raise _refused(mark.line + 1 if mark else 1, f"This cannot be read: {problem}.") from error
    if root is None:
        raise _refused(1, "The text is empty.")
    lines = Lines()
    return _value(root, (), lines), lines


def _refuse_references(text: str) -> None:
    """Before anything is built: an alias in an alias makes gigabytes out of one page."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        line = _line_of(event)
        if getattr(event, "anchor", None) is not None:
            raise _refused(line, "Anchors and aliases (& and *) are not allowed. Write it out.")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                raise _refused(line, f"This is nested deeper than {MAX_DEPTH} levels.")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if tag := getattr(event, "tag", None):
            raise _refused(line, f"Tags such as {tag} are not allowed.")


def _line_of(event: yaml.Event) -> int:
    mark = event.start_mark
    return mark.line + 1 if mark is not None else 1


def _value(node: yaml.Node, path: tuple[str | int, ...], lines: Lines) -> Any:
    lines.put(path, node)
    if isinstance(node, yaml.SequenceNode):
        return [_value(one, (*path, number), lines) for number, one in enumerate(node.value)]
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, path, lines)
    if getattr(node, "style", None) in ("'", '"', "|", ">"):
        return node.value
    if node.value in _TRUTH:
        return _TRUTH[node.value]
    return int(node.value) if _WHOLE.fullmatch(node.value) else node.value


def _mapping(node: yaml.MappingNode, path: tuple[str | int, ...], lines: Lines) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            raise _refused(line, "A key must be a word.")
        if key.value in found:
            raise _refused(line, f"The key “{key.value}” is there twice.")
        found[key.value] = _value(value, (*path, key.value), lines)
        lines.put((*path, key.value), key)
    return found


def _refused(line: int, message: str) -> Invalid:
    return Invalid(f"Line {line}: {message}", code="policy.invalid", errors=[(f"line {line}", message)])
