"""Digests that name an input: of bytes as they lie, or of a document whatever its spacing."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from pathlib import Path
from typing import Any

import rfc8785

from audits.checks.spec import Check
from audits.frames.mapping import Mapping


def of_document(document: Any) -> str:
    """SHA-256 of a JSON document in canonical form (RFC 8785)."""
    return f"sha256:{hashlib.sha256(rfc8785.dumps(document)).hexdigest()}"


def of_file(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"


def mapping_document(mapping: Mapping) -> dict[str, Any]:
    """A mapping as plain data, complete with what it left to the defaults."""
    return {
        key: list(value) if isinstance(value, tuple) else dict(value) if key == "reference" else value
        for key, value in asdict(mapping).items()
    }


def checks_document(checks: tuple[Check, ...]) -> list[dict[str, Any]]:
    """Checks as plain data."""
    return [check.as_dict() for check in checks]
