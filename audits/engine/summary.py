"""The outcome of an audit in a few lines for a terminal."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator

from audits.checks.spec import CheckResult, Verdict
from audits.engine.outcome import AuditOutcome
from audits.frames.errors import Refused
from audits.frames.wording import printable

SHAPES = {
    Verdict.PASSED: ("●", "passed"),
    Verdict.FAILED: ("■", "failed"),
    Verdict.INSUFFICIENT: ("▲", "not enough evidence"),
    Verdict.ERRORED: ("✕", "could not be measured"),
}
"""Shape and words of each verdict, the same as on pages and in reports."""

WIDTH = 100


def summary(outcome: AuditOutcome) -> str:
    """What was read, every verdict with its sentence, and the count of verdicts.

    Names come from files and may hold what commands a terminal; here they are written out as escapes.
    """
    if outcome.refused:
        return _refusal(outcome.refused)
    return "\n".join(
        (*_reading(outcome), "", *(line for one in outcome.checks for line in _check(one)), _count(outcome))
    )


def _refusal(refused: Refused) -> str:
    place = [
        f"line {refused.line:,}" if refused.line else "",
        f"column {printable(refused.column)}" if refused.column else "",
    ]
    where = ", ".join(part for part in place if part)
    return f"✕ refused  {printable(refused.message)}{f' ({where})' if where else ''} [{refused.code}]"


def _reading(outcome: AuditOutcome) -> Iterator[str]:
    if outcome.read is None:
        return
    read = outcome.read
    name = outcome.inputs.get("data", {}).get("name", "file")
    yield f"{name}: {read.rows_read:,} rows read, {read.rows_used:,} used."
    for reason, rows in read.dropped.items():
        yield f"  {rows:,} set aside: {reason}"
    for attribute, rows in read.missing_groups.items():
        if rows:
            yield f"  {rows:,} without a value in {printable(attribute)}: counted overall, in no group"
    settings = outcome.settings
    if settings.get("favourable"):
        yield f"Favourable outcome: {printable(settings['favourable'])}. Intervals: {settings['confidence']:.0%}."
    if outcome.explanation_failed:
        yield f"The model was not explained: {printable(outcome.explanation_failed['message'])}"
    if outcome.explanation:
        first = ", ".join(
            f"{printable(one.feature)} {one.mean_abs:.3g}" for one in outcome.explanation.importance[:5]
        )
        yield f"Model explained on {outcome.explanation.n:,} rows (mean |SHAP|, {outcome.explanation.output}): {first}."


def _check(result: CheckResult) -> Iterator[str]:
    shape, words = SHAPES[result.verdict]
    yield f"{shape} {words:<22} {printable(result.check.name)}"
    yield textwrap.fill(printable(result.sentence), WIDTH, initial_indent="    ", subsequent_indent="    ")


def _count(outcome: AuditOutcome) -> str:
    found = Counter(result.verdict for result in outcome.checks)
    counted = [
        f"{SHAPES[verdict][0]} {found[verdict]} {SHAPES[verdict][1]}" for verdict in Verdict if found[verdict]
    ]
    return (
        f"\n{len(outcome.measurements):,} measurements, {len(outcome.checks)} checks: {' · '.join(counted)}"
    )
