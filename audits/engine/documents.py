"""JSON documents that people hand in with a file: read strictly, refused with the place of the mistake."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from audits.engine import digests
from audits.frames.errors import Refused
from audits.sandbox.results import ModelRef

LARGEST = 1024 * 1024
"""Bytes of a mapping or of a list of checks."""


def read_document(path: Path, what: str) -> Any:
    """A JSON document without duplicate keys, NaN or infinity; ``what`` names it in refusals: mapping, checks."""
    try:
        with path.open("rb") as file:
            stored = file.read(LARGEST + 1)
    except (OSError, ValueError) as error:
        raise Refused(f"{what}.unreadable", f"The {what} file cannot be read: {_why(error)}.") from error
    if len(stored) > LARGEST:
        raise Refused(
            f"{what}.too_large", f"The {what} file is larger than {LARGEST:,} bytes: that is no {what}."
        )
    try:
        return json.loads(stored.decode("utf-8-sig"), object_pairs_hook=_once, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        message = f"The {what} file is not JSON: {error.msg}, line {error.lineno}, column {error.colno}."
        raise Refused(f"{what}.json", message, line=error.lineno) from error
    except UnicodeDecodeError as error:
        raise Refused(f"{what}.json", f"The {what} file is not UTF-8 text, byte {error.start}.") from error
    except (ValueError, RecursionError) as error:
        raise Refused(f"{what}.json", f"The {what} file cannot be understood: {_why(error)}.") from error


def model_of(path: Path) -> ModelRef:
    """A stored model by its bytes. Only XGBoost's JSON format is ever opened, and only in the sandbox."""
    try:
        return ModelRef(path, "xgboost_json", digests.of_file(path))
    except (OSError, ValueError) as error:
        raise Refused("model.unreadable", f"The model file cannot be read: {_why(error)}.") from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {twice!r} stands there twice")
    return document


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not a JSON number")


def _why(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    return error.strerror or type(error).__name__ if isinstance(error, OSError) else str(error)
