"""Find, or compute, what a check is judged by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from audits.checks.evaluate import judge
from audits.checks.sentences import subject
from audits.checks.spec import Check, CheckResult, Evidence, Verdict
from audits.engine.measuring import Measured
from audits.frames.mapping import Mapping
from audits.metrics.catalogue import METRICS
from audits.metrics.fairness import COMPARISONS
from audits.metrics.figures import Figures, compare, ends_note
from audits.metrics.sheet import Sheet

POSITIVE_RATES = frozenset(
    {
        "selection_rate",
        "impact_ratio",
        "demographic_parity_ratio",
        "demographic_parity_ratio_to_overall",
        "disparate_impact_vs_ref",
    }
)
"""Metrics that turn around when the other outcome is the favourable one."""

OF_LABELLED_ROWS = POSITIVE_RATES | {
    "demographic_parity_difference",
    "demographic_parity_difference_to_overall",
    "statistical_parity_difference_vs_ref",
}
"""Selection metrics that by definition count only rows with a label."""

Remeasure = Callable[[float], Measured]
"""Everything measured again with intervals of another confidence."""


def decide(check: Check, mapping: Mapping, measured: Measured, remeasure: Remeasure) -> CheckResult:
    """The verdict on one check."""
    misplaced = _misplaced(check, mapping)
    if misplaced:
        return CheckResult(check, Verdict.ERRORED, f"{subject(check)} cannot be measured. {misplaced}")
    if check.across:
        evidence = across(check, mapping, measured)
    else:
        if check.confidence != measured.sampling.confidence:
            measured = remeasure(check.confidence)
        evidence = on_slice(check, measured)
    if evidence is None:
        return CheckResult(
            check,
            Verdict.INSUFFICIENT,
            f"{subject(check)} was not measured: no such group, or no column for it.",
        )
    return judge(check, replace(evidence, objection=_objection(check, measured)))


def on_slice(check: Check, measured: Measured) -> Evidence | None:
    """The measurement of all rows or of one group."""
    for measurement in measured.measurements:
        if measurement.code == check.metric and dict(measurement.slice) == check.where:
            return Evidence(measurement, rows=measurement.n)
    return None


def family_of(check: Check, mapping: Mapping) -> tuple[str, ...]:
    """The attributes that a check compares, in the order of the mapping."""
    return tuple(name for name in mapping.sensitive if name in check.across)


def across(check: Check, mapping: Mapping, measured: Measured) -> Evidence | None:
    """The groups with enough rows compared with each other, and the small ones named."""
    family = family_of(check, mapping)
    comparison = COMPARISONS[check.metric]
    for found in measured.figures.get(family, []):
        if found.has(comparison.of):
            return _compared(check, found, measured)
    for measurement in measured.measurements:  # Too many groups, or none: it was written down why.
        if dict(measurement.slice) == check.where and measurement.value is None:
            return Evidence(replace(measurement, code=check.metric))
    return None


def _compared(check: Check, found: Figures, measured: Measured) -> Evidence:
    parts = [found.quantities[name] for name in COMPARISONS[check.metric].of]
    fewest = np.minimum.reduce([part.among for part in parts])
    keep = fewest >= check.min_n
    small = tuple((found.groups.name(int(at)), int(fewest[at])) for at in np.flatnonzero(~keep))
    sheet = Sheet(replace(measured.sampling, confidence=check.confidence))
    result = compare(found, check.metric, sheet.sampling, keep)
    reason = result.reason
    if keep.sum() < 2 <= len(found.groups):
        reason = (
            f"Fewer than two groups have at least {check.min_n:,} {parts[0].population} to be compared by."
        )
    sheet.add(
        check.metric,
        found.groups.across(),
        float("nan") if reason else result.value,
        result.n,
        reason=reason,
        limits=(result.low, result.high),
        undefined=result.undefined_share,
        note=ends_note(result.ends) if result.ends else None,
    )
    return Evidence(sheet.measurements()[0], small, int(parts[0].rows.sum()))


def _misplaced(check: Check, mapping: Mapping) -> str | None:
    """Why this check has nothing to do with this mapping, if so."""
    spec = METRICS[check.metric]
    if mapping.task not in spec.tasks:
        return f"{check.metric} is a metric of {' and '.join(sorted(spec.tasks))} tasks; this one is {mapping.task}."
    given = {
        "label": mapping.label,
        "prediction": mapping.prediction or mapping.score,
        "score": mapping.score,
    }
    lacking = sorted(need for need in spec.needs if given[need] is None)
    if lacking:
        return f"It needs a {lacking[0]} column, and the mapping names none."
    foreign = [name for name in check.across if name not in mapping.sensitive]
    if foreign:
        known = ", ".join(mapping.sensitive) or "none"
        return f"{foreign[0]!r} is not a sensitive column of the mapping (those are: {known})."
    return None


def _objection(check: Check, measured: Measured) -> str | None:
    """Why the metric does not say what the check is after, on this data."""
    orientation = measured.orientation
    if orientation.inverted and check.metric in POSITIVE_RATES:
        return (
            f"it speaks of the positive class {orientation.positive!r}, and {orientation.favourable!r} is the "
            "favourable outcome. Use favourable_impact_ratio."
        )
    if measured.unlabelled and check.metric in OF_LABELLED_ROWS:
        return (
            f"it counts rows with a label, and {measured.unlabelled:,} rows with a prediction have none. "
            "Use favourable_impact_ratio, which counts every row with a prediction."
        )
    return None
