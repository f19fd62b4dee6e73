"""The rule: measured evidence against a bar gives a verdict and a sentence."""

from __future__ import annotations

import math
from collections.abc import Sequence

from audits.checks.sentences import OTHER_SIDES, SIDES, finding, rows, subject
from audits.checks.spec import Check, CheckResult, Evidence, SmallGroups, Verdict
from audits.metrics.catalogue import METRICS
from audits.metrics.groups import enumerate_groups
from audits.metrics.spec import Measurement

HOPELESS = 10_000
"""An answer that would take so many times the rows at hand is not one."""


def evaluate(check: Check, measurements: Sequence[Measurement]) -> CheckResult:
    """Judge a check by the measurement with its code and slice."""
    for measured in measurements:
        if measured.code == check.metric and dict(measured.slice) == check.where:
            return judge(check, Evidence(measured))
    return CheckResult(
        check, Verdict.INSUFFICIENT, f"{subject(check)} was not measured, so this check has nothing to judge."
    )


def judge(check: Check, evidence: Evidence) -> CheckResult:
    """Judge a check by its evidence: the whole interval must be on the right side of the bar."""
    measured = evidence.measured
    doubt = _doubt(check, evidence)
    if doubt or measured.value is None:
        return _result(check, evidence, Verdict.INSUFFICIENT, f"{doubt or measured.reason}")
    low, high = _limits(measured)
    stated, bar = finding(check, measured)
    aside = f"{_ends(check, measured)}{_left_out(check, evidence)}"
    if _clears(check, low, high):
        return _cleared(check, evidence, f"{stated}, all of it {SIDES[check.comparison]} the bar of {bar}")
    if _misses(check, low, high):
        sentence = f"{stated}, all of it {OTHER_SIDES[check.comparison]} the bar of {bar}.{aside}"
        return _result(check, evidence, Verdict.FAILED, sentence)
    needed = rows_needed(check, measured, low, high)
    sentence = f"{stated}: the bar of {bar} lies within the interval. {_settle(needed)}{aside}"
    return _result(check, evidence, Verdict.INSUFFICIENT, sentence, needed)


def rows_needed(check: Check, measured: Measurement, low: float, high: float) -> int | None:
    """Rows at which the interval would leave the bar, if the value stays and widths shrink with the root of n."""
    value = measured.value if measured.value is not None else math.nan
    apart = abs(value - check.threshold)
    reach = value - low if value > check.threshold else high - value
    if not apart > 0 or not (reach / apart) ** 2 < HOPELESS:
        return None
    return max(math.ceil(measured.n * (reach / apart) ** 2), measured.n + 1)


def _doubt(check: Check, evidence: Evidence) -> str | None:
    """Why the measurement cannot be judged at all, if so."""
    measured, name = evidence.measured, subject(check)
    if evidence.objection:
        return f"{name} cannot answer this check: {evidence.objection}"
    if measured.value is None:
        return f"{name} has no value. {measured.reason}{_left_out(check, evidence)}"
    counted = measured.n if measured.denominator is None else measured.denominator
    if not check.across and counted < check.min_n:
        return f"{name} rests on {counted:,} rows, and this check asks for at least {check.min_n:,}."
    if METRICS[check.metric].interval != "none" and (measured.low is None or measured.high is None):
        return f"{name} has no interval to hold against the bar. {measured.note or ''}".rstrip()
    return None


def _limits(measured: Measurement) -> tuple[float, float]:
    """The interval; a count or a statistic is its own."""
    value = measured.value if measured.value is not None else math.nan
    return (
        value if measured.low is None else measured.low,
        value if measured.high is None else measured.high,
    )


def _clears(check: Check, low: float, high: float) -> bool:
    bar = check.threshold
    return {">=": low >= bar, ">": low > bar, "<=": high <= bar, "<": high < bar}[check.comparison]


def _misses(check: Check, low: float, high: float) -> bool:
    bar = check.threshold
    return {">=": high < bar, ">": high <= bar, "<=": low > bar, "<": low >= bar}[check.comparison]


def _cleared(check: Check, evidence: Evidence, sentence: str) -> CheckResult:
    """On the right side: passed, unless groups too small to be compared might not be."""
    aside = f"{_ends(check, evidence.measured)}{_left_out(check, evidence)}"
    if not evidence.small or check.small_groups is SmallGroups.EXCLUDE:
        return _result(check, evidence, Verdict.PASSED, f"{sentence}.{aside}")
    needed = _rows_for_small(check, evidence)
    enough = f" About {rows(needed)} rows in all would bring them, at their present shares." if needed else ""
    return _result(
        check,
        evidence,
        Verdict.INSUFFICIENT,
        f"{sentence}, but not all groups could be compared.{aside}{enough}",
        needed,
    )


def _ends(check: Check, measured: Measurement) -> str:
    """The groups with the lowest and the highest value."""
    return f" {measured.note}" if check.across and measured.note else ""


def _left_out(check: Check, evidence: Evidence) -> str:
    """The groups that took no part, with the rule that kept them out."""
    if not evidence.small:
        return ""
    verb = "Excluded as declared" if check.small_groups is SmallGroups.EXCLUDE else "Not compared"
    groups = enumerate_groups(evidence.small)
    return f" {verb}, with fewer than {check.min_n:,} rows that could count: {groups}."


def _rows_for_small(check: Check, evidence: Evidence) -> int | None:
    fewest = min(counted for _, counted in evidence.small)
    return math.ceil(evidence.rows * check.min_n / fewest) if fewest and evidence.rows else None


def _settle(needed: int | None) -> str:
    if needed is None:
        return "The value is so close to the bar that no realistic number of rows would settle it."
    return f"About {rows(needed)} rows would settle it, if the value stays as it is."


def _result(
    check: Check, evidence: Evidence, verdict: Verdict, sentence: str, needed: int | None = None
) -> CheckResult:
    return CheckResult(check, verdict, sentence, evidence.measured, evidence.small, needed)
