"""Which checks a plan makes: those that were asked for, or the default set for its columns."""

import difflib
from collections.abc import Mapping, Sequence
from typing import Any

from audits.checks.declare import checks_from
from audits.checks.default import default_checks
from audits.checks.spec import Check, CheckError
from audits.frames.mapping import Mapping as ColumnMapping
from audits.metrics.catalogue import METRICS
from audits.metrics.spec import BINARY, CLASS
from registry.errors import Invalid

DECIMALS = ("threshold", "confidence")


def for_mapping(mapping: ColumnMapping, given: Sequence[Mapping[str, Any]] | None) -> tuple[Check, ...]:
    """The checks of a plan; Invalid when one of them makes no sense, with what would."""
    planned = _default(mapping) if given is None else _declared(given)
    errors = [error for check in planned for error in _misfits(check, mapping)]
    if not planned:
        errors = [("checks", "With neither a label nor a sensitive column there is nothing to check.")]
    if errors:
        raise Invalid(errors[0][1], errors=errors, code="checks.invalid")
    return planned


def from_sealed(sealed: Sequence[Mapping[str, Any]]) -> tuple[Check, ...]:
    """The checks of a sealed plan, in which numbers with a fraction are decimal strings."""
    return checks_from([{**row, **{key: float(row[key]) for key in DECIMALS}} for row in sealed])


def _default(mapping: ColumnMapping) -> tuple[Check, ...]:
    return default_checks(
        mapping.task,
        mapping.sensitive,
        label=mapping.label is not None,
        inverted=mapping.task == BINARY and not _alike(mapping.favourable, mapping.positive),
        favourable=mapping.favourable is not None,
    )


def _alike(favourable: str | None, positive: str | None) -> bool:
    """Whether the favourable outcome is the positive class, however it is written: 1 and 1.0, yes and Yes."""
    if favourable is None or positive is None:
        return True
    try:
        return float(favourable) == float(positive)
    except ValueError:
        return favourable.strip().casefold() == positive.strip().casefold()


def _declared(given: Sequence[Mapping[str, Any]]) -> tuple[Check, ...]:
    unknown = [str(row["metric"]) for row in given if row.get("metric") and str(row["metric"]) not in METRICS]
    if unknown:
        raise Invalid(
            f"There is no metric “{unknown[0]}”. {_near(unknown[0])}The metrics are: {', '.join(sorted(METRICS))}.",
            errors=[("checks", f"unknown metric {code}") for code in unknown],
            code="checks.unknown_metric",
        )
    try:
        return checks_from(list(given))
    except CheckError as error:
        raise Invalid(str(error), errors=[("checks", str(error))], code="checks.invalid") from error


def _near(code: str) -> str:
    near = difflib.get_close_matches(code, METRICS, n=3)
    return f"Did you mean {' or '.join(near)}? " if near else ""


def _misfits(check: Check, mapping: ColumnMapping) -> list[tuple[str, str]]:
    """Why a check cannot be answered from these columns."""
    errors = []
    for name in (*check.across, *(key for key in check.slice if key != CLASS)):
        if name not in mapping.sensitive:
            known = ", ".join(mapping.sensitive) or "none"
            errors.append(
                (
                    "checks",
                    f"{check.name}: “{name}” is no sensitive column. The sensitive columns are: {known}.",
                )
            )
    tasks = METRICS[check.metric].tasks
    if mapping.task not in tasks:
        needed = " or ".join(sorted(tasks))
        errors.append(("checks", f"{check.name}: {check.metric} is for a {needed} task, not {mapping.task}."))
    return errors
