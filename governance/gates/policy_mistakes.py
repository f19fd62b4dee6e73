"""What is wrong with a policy, in words: line, path, and what is allowed there."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from jsonschema import ValidationError

from governance.gates.yaml_text import Lines

_LONGEST: Final = 80  # characters of what was written that are repeated
_TYPES: Final = {
    "object": "a list of keys with values",
    "array": "a list",
    "string": "a text",
    "integer": "a whole number",
    "boolean": "true or false",
}

Path = Sequence[str | int]


def told(error: ValidationError, lines: Lines) -> Iterator[tuple[str, str]]:
    """Place and sentence of each mistake in an error of the schema."""
    path = list(error.absolute_path)
    if error.validator == "additionalProperties":
        known: dict[str, Any] = error.schema["properties"]  # type: ignore[index]
        for unknown in sorted(set(error.instance) - set(known)):  # type: ignore[arg-type]
            sentence = f"{shown(unknown)} is not known here. Allowed: {', '.join(sorted(known))}."
            yield place([*path, unknown], lines), sentence
        return
    if error.validator == "oneOf":
        if isinstance(error.instance, dict):
            yield place(path, lines), "Either transitions or prohibited is needed, not both."
        return
    say = _SENTENCES.get(str(error.validator), _by_the_library)
    yield place(path, lines), say(error)


def place(path: Path, lines: Lines) -> str:
    """`line 8, transitions[0].requirements[0]`."""
    words = "".join(f"[{part}]" if isinstance(part, int) else f".{part[:_LONGEST]}" for part in path).lstrip(
        "."
    )
    return f"line {lines.at(path)}, {words}" if words else f"line {lines.at(path)}"


def shown(value: Any) -> str:
    """What was written, short enough to be repeated."""
    text = repr(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _by_the_library(error: ValidationError) -> str:
    return f"{error.message if len(error.message) <= 200 else f'{error.message[:200]}…'}."


def _type(error: ValidationError) -> str:
    asked: Any = error.validator_value
    wanted = " or ".join(_TYPES.get(one, one) for one in ([asked] if isinstance(asked, str) else asked))
    return f"{shown(error.instance)} is not what belongs here. Allowed: {wanted}."


def _choice(error: ValidationError) -> str:
    choices: Any = error.validator_value
    return f"{shown(error.instance)} is not known here. Allowed: {', '.join(map(str, choices))}."


_SENTENCES: Final[dict[str, Callable[[ValidationError], str]]] = {
    "type": _type,
    "enum": _choice,
    "const": lambda e: f"{shown(e.instance)} is not known here. Allowed: {e.validator_value}.",
    "minimum": lambda e: f"{shown(e.instance)} is less than the minimum of {e.validator_value}.",
    "maximum": lambda e: f"{shown(e.instance)} is more than the maximum of {e.validator_value}.",
    "minLength": lambda e: "The text is empty.",
    "maxLength": lambda e: f"The text is longer than {e.validator_value} characters.",
    "minItems": lambda e: "The list is empty: it should be non-empty.",
    "maxItems": lambda e: f"The list has more than {e.validator_value} entries.",
    "uniqueItems": lambda e: "The list names something twice.",
    "pattern": lambda e: f"{shown(e.instance)} is not written as it must be. Allowed: {e.validator_value}",
}
