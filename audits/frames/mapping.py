"""Which column means what: the declaration an auditor gives with a file."""

from __future__ import annotations

from collections.abc import Mapping as AbcMapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Mapping:
    """The columns of a predictions file and how their values are to be read."""

    task: str
    label: str | None = None
    positive: str | None = None
    prediction: str | None = None
    score: str | None = None
    favourable: str | None = None
    sensitive: tuple[str, ...] = ()
    weight: str | None = None
    features: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    reference: AbcMapping[str, str] = field(default_factory=dict)
    threshold: float = 0.5
    encoding: str | None = None
    delimiter: str | None = None

    @classmethod
    def from_dict(cls, declared: AbcMapping[str, Any]) -> Mapping:
        """Check a MAPPING document and refuse what it does not say clearly."""
        raise NotImplementedError
