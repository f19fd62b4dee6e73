"""What a gate asks of a sealed result: is it untouched, what does it have numbers for, what passed."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from audits.checks.spec import Severity
from audits.metrics.catalogue import METRICS
from audits.metrics.spec import LABEL, Direction, Scope
from governance.gates.spec import CheckFacts
from registry.ledger import chain


def intact(text: str, digest: str) -> bool:
    """Whether the stored text still has the digest it was recorded with."""
    return bool(text) and chain.digest(text.encode()) == digest


def read(text: str) -> tuple[tuple[str, ...], tuple[CheckFacts, ...]]:
    """The kinds of evidence in a result, and its checks. A result of a form we do not know has neither."""
    try:
        result = json.loads(text)
        return tuple(sorted(set(_kinds(result)))), tuple(_check(row) for row in result["checks"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return (), ()


def _kinds(result: Mapping[str, Any]) -> Iterator[str]:
    if result.get("refused"):
        return
    for row in result["measurements"]:
        spec = METRICS.get(row["code"])
        if spec is None or row["value"] is None:
            continue
        if not row["slice"] and LABEL in spec.needs and spec.direction is not Direction.NEITHER:
            yield "performance"
        if Scope.ACROSS in spec.scopes and None in row["slice"].values():
            yield "bias"
    if result.get("explanation"):
        yield "explainability"


def _check(row: Mapping[str, Any]) -> CheckFacts:
    return CheckFacts(
        name=str(row["name"]),
        metric=str(row["metric"]),
        comparison=str(row["comparison"]),
        threshold=str(row["threshold"]),
        blocking=row["check"].get("severity", Severity.BLOCKING) != Severity.ADVISORY,
        verdict=str(row["verdict"]),
        sentence=str(row["sentence"]),
    )
