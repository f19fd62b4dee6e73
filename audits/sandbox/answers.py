"""Read what a child wrote as if a stranger had written it: bounded, plain JSON, and in the one expected shape."""

import json
import math
import os
from typing import Any, Never

from audits.sandbox.errors import SandboxFailed, SandboxRefused
from audits.sandbox.limits import SandboxLimits
from audits.sandbox.results import Confinement

_TEXT_LENGTH = 2_000


def malformed(what: str) -> SandboxFailed:
    """The failure for an answer that is not a result."""
    return SandboxFailed(
        "sandbox.answer",
        f"The model job's answer is not a result ({what}). Treat the model file as damaged or hostile.",
    )


def read_answer(descriptor: int, limits: SandboxLimits) -> dict[str, Any]:
    """The result the child wrote; raises its refusal when it wrote one."""
    size = os.fstat(descriptor).st_size
    if size > limits.result_bytes:
        raise malformed(f"{size} bytes, more than {limits.result_bytes}")
    try:
        answer = json.loads(os.pread(descriptor, size, 0), parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise malformed("not JSON") from error
    if isinstance(answer, dict) and answer.keys() == {"result"} and isinstance(answer["result"], dict):
        return dict(answer["result"])
    if isinstance(answer, dict) and answer.keys() == {"refused"}:
        refused = answer["refused"]
        raise SandboxRefused(text(refused, "code"), text(refused, "message"))
    raise malformed("neither a result nor a refusal")


def as_confinement(walls: object) -> Confinement:
    """Which walls stood, as the child said before it opened the model."""
    return Confinement(
        **{name: flag(walls, name) for name in ("network", "files", "processes", "privileges")}
    )


def _no_constant(name: str) -> Never:
    raise ValueError(name)


def member(source: object, name: str) -> Any:
    """A named part of an object."""
    if not isinstance(source, dict) or name not in source:
        raise malformed(f"{name} is missing")
    return source[name]


def text(source: object, name: str) -> str:
    """A short printable text."""
    value = member(source, name)
    if not isinstance(value, str) or len(value) > _TEXT_LENGTH or not value.isprintable():
        raise malformed(f"{name} is not a short text")
    return value


def flag(source: object, name: str) -> bool:
    """True or false."""
    value = member(source, name)
    if not isinstance(value, bool):
        raise malformed(f"{name} is neither true nor false")
    return value


def count(source: object, name: str) -> int:
    """A whole number, not negative."""
    value = member(source, name)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise malformed(f"{name} is not a count")
    return value


def number(source: object, name: str) -> float:
    """A finite number."""
    return as_number(member(source, name), name)


def as_number(value: object, name: str) -> float:
    """This value as a finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise malformed(f"{name} is not a finite number")
    return float(value)


def numbers(source: object, name: str, length: int) -> list[float]:
    """A list of this many finite numbers."""
    values = member(source, name)
    if not isinstance(values, list) or len(values) != length:
        raise malformed(f"{name} is not a list of {length} numbers")
    return [as_number(value, name) for value in values]


def texts(source: object, name: str) -> tuple[str, ...]:
    """A list of short texts."""
    values = member(source, name)
    if not isinstance(values, list):
        raise malformed(f"{name} is not a list")
    return tuple(text({name: value}, name) for value in values)


def mapping(source: object, name: str) -> dict[str, Any]:
    """An object."""
    value = member(source, name)
    if not isinstance(value, dict):
        raise malformed(f"{name} is not an object")
    return value


def choice(source: object, name: str, allowed: tuple[str, ...]) -> str:
    """One of these words."""
    value = text(source, name)
    if value not in allowed:
        raise malformed(f"{name} is not one of {', '.join(allowed)}")
    return value


def versions(source: object) -> dict[str, str]:
    """Library name -> version."""
    return {name: text(member(source, "versions"), name) for name in mapping(source, "versions")}
