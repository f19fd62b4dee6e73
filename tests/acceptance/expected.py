"""The published cases, and an account of every value that was compared with one."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.shared import shared


def case(name: str) -> dict[str, Any]:
    """One case of expected.json."""
    document = json.loads(shared("data", "expected.json").read_text(encoding="utf-8"))
    return next(entry for entry in document["cases"] if entry["id"] == name)


@dataclass
class Ledger:
    """Measurements by code and slice, and how many were compared."""

    measurements: list[dict[str, Any]]
    compared: int = 0
    wrong: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.by_key = {(row["code"], _key(row["slice"])): row for row in self.measurements}
        assert len(self.by_key) == len(self.measurements), "a code and a slice occur twice"

    def row(self, code: str, where: Mapping[str, str | None]) -> dict[str, Any]:
        """A measurement that must be there."""
        return self.by_key[code, _key(where)]

    def expect(
        self, code: str, where: Mapping[str, str | None], expected: float | None, tolerance: float = 1e-9
    ) -> None:
        """Compare one value; null must be null with a reason."""
        row = self.by_key.get((code, _key(where)))
        self.same(f"{code} {dict(where)}", row["value"] if row else math.nan, expected, tolerance)
        if expected is None:
            assert row is not None
            assert row["reason"]

    def same(self, what: str, found: float | None, expected: float | None, tolerance: float = 1e-9) -> None:
        """Compare two numbers, absolutely, or relatively where they are tiny."""
        self.compared += 1
        if found is None or expected is None:
            close = found is expected
        else:
            close = abs(found - expected) <= tolerance
            if close and 0 < abs(expected) < tolerance:
                close = math.isclose(found, expected, rel_tol=1e-9)
        if not close:
            self.wrong.append(f"{what}: found {found}, expected {expected}")


def _key(where: Mapping[str, str | None]) -> frozenset[tuple[str, str | None]]:
    return frozenset(where.items())
