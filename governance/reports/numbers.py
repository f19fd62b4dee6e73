"""Stored measurements as tables, comparisons and check lines of a report; each number cites its run."""

from collections.abc import Mapping, Sequence
from typing import Any

from audits.models import Measurement
from governance.reports.material import RunMaterial
from governance.reports.measured import (
    CheckLine,
    Column,
    Comparison,
    Explanation,
    GroupLine,
    Importance,
    MeasurementTable,
    Row,
)
from governance.reports.values import Cited, Estimate, Fact, State, Statement, digits_apart

PERFORMANCE = {
    "accuracy": "accuracy",
    "auc": "AUC",
    "tpr": "true positive rate",
    "fpr": "false positive rate",
    "brier": "Brier score",
    "rmse": "RMSE",
    "mae": "mean absolute error",
    "macro_recall": "macro recall",
}
COMPARED = {
    "favourable_impact_ratio": ("favourable_rate", "rate of the favourable outcome", "impact ratio"),
}
AT_LEAST = {">=": "at least", ">": "above", "<=": "at most", "<": "below"}
GROUPS_SHOWN = 40
FEATURES_SHOWN = 20
UNKNOWN = "not measured"


def estimate(row: Measurement | None, source: str, digits: int = 3) -> Estimate:
    """A stored measurement as an estimate; one that was not made says so."""
    if row is None:
        return Estimate.of(None, None, None, None, evidence_id=source, reason=UNKNOWN)
    return Estimate.of(
        row.value, row.low, row.high, row.n, evidence_id=source, digits=digits, reason=row.reason or UNKNOWN
    )


def performance(run: RunMaterial, source: str) -> tuple[MeasurementTable, ...]:
    """A table per sensitive attribute: all rows first, then each group."""
    by_slice = _by_slice(run.measurements)
    codes = [code for code in PERFORMANCE if (code, ()) in by_slice]
    columns = tuple(Column(PERFORMANCE[code]) for code in codes)
    tables = []
    for attribute in _attributes(run):
        groups = _groups(run.measurements, attribute)
        rows = [_row("all rows", (), codes, by_slice, source)]
        rows += [
            _row(group, ((attribute, group),), codes, by_slice, source) for group in groups[:GROUPS_SHOWN]
        ]
        tables.append(MeasurementTable(f"Performance by {attribute}", attribute, columns, tuple(rows)))
    return tuple(tables)


def _row(
    label: str,
    where: tuple[tuple[str, str], ...],
    codes: Sequence[str],
    by_slice: Mapping[tuple[str, tuple[tuple[str, str], ...]], Measurement],
    source: str,
) -> Row:
    found = [by_slice.get((code, where)) for code in codes]
    size = max((row.n for row in found if row is not None), default=0)
    return Row(label, Cited(size, source), tuple(estimate(row, source) for row in found))


def comparisons(run: RunMaterial, source: str, plan: str) -> tuple[Comparison, ...]:
    """How the groups of each attribute stand to each other, with the bar of the check that holds them to it."""
    by_slice = _by_slice(run.measurements)
    found = []
    for attribute in _attributes(run):
        for code, (rate, rate_title, title) in COMPARED.items():
            check = _check_of(run, attribute)
            groups = [
                g for g in _groups(run.measurements, attribute) if (code, ((attribute, g),)) in by_slice
            ]
            if not groups or check is None:
                continue
            bar = float(check["threshold"])
            lines = [
                _line(by_slice, attribute, group, (rate, code), bar, source)
                for group in groups[:GROUPS_SHOWN]
            ]
            reference = next((line.group for line in lines if line.state is None), groups[0])
            found.append(
                Comparison(
                    attribute=attribute,
                    rate_title=rate_title,
                    relation_title=title,
                    reference=reference,
                    comparison=AT_LEAST[str(check["comparison"])],
                    bar=Cited(bar, plan, digits=2),
                    verdict=State(str(check["verdict"])),
                    sentence=Statement(str(check["sentence"]), (source,)),
                    groups=tuple(lines),
                )
            )
    return tuple(found)


def _line(
    by_slice: Mapping[Any, Measurement],
    attribute: str,
    group: str,
    codes: tuple[str, str],
    bar: float,
    source: str,
) -> GroupLine:
    rate, relation = (by_slice.get((code, ((attribute, group),))) for code in codes)
    return GroupLine(group, estimate(rate, source), estimate(relation, source), _standing(relation, bar))


def _standing(relation: Measurement | None, bar: float) -> State | None:
    """How one group stands to the bar; the group the others are compared with stands nowhere."""
    if relation is None or relation.value is None:
        return State.INSUFFICIENT
    if relation.value == 1.0:
        return None
    low = relation.value if relation.low is None else relation.low
    high = relation.value if relation.high is None else relation.high
    if low >= bar:
        return State.PASSED
    return State.FAILED if high < bar else State.INSUFFICIENT


def checks(run: RunMaterial, source: str, plan: str) -> tuple[CheckLine, ...]:
    """Every check of the plan with what was measured, the bar and the verdict."""
    return tuple(_check(row, source, plan) for row in run.checks)


def _check(row: Mapping[str, Any], source: str, plan: str) -> CheckLine:
    bar, value = float(row["threshold"]), _number(row.get("value"))
    digits = digits_apart(value, bar, least=3)
    where = dict(row.get("slice") or {})
    return CheckLine(
        name=str(row["name"]),
        subject=", ".join(key if group is None else f"{key} = {group}" for key, group in where.items())
        or "all rows",
        value=Estimate.of(
            value,
            _number(row.get("low")),
            _number(row.get("high")),
            int(row.get("n") or 0),
            evidence_id=source,
            digits=digits,
            reason=str(row.get("reason") or UNKNOWN),
        ),
        comparison=AT_LEAST[str(row["comparison"])],
        bar=Cited(bar, plan, digits=min(digits, 3)),
        verdict=State(str(row["verdict"])),
        sentence=Statement(str(row["sentence"]), (source,)),
        severity=str((row.get("check") or {}).get("severity", "blocking")),
    )


def explanation(run: RunMaterial, source: str) -> Explanation | None:
    """The global explanation of a run, if it has one."""
    found = run.evidence.explanation
    if not found:
        return None
    n = int(found["n"])
    facts = [Fact("Rows explained", number=Cited(n, source, "rows"))]
    if found.get("base_value") is not None:
        facts.append(Fact("Base value", number=Cited(float(found["base_value"]), source, "log-odds", 4)))
    if found.get("additivity_error") is not None:
        facts.append(
            Fact("Largest additivity error", number=Cited(float(found["additivity_error"]), source, "", 7))
        )
    rows = sorted(found["importance"], key=lambda row: -(row["mean_abs"] or 0))[:FEATURES_SHOWN]
    return Explanation(
        method=str(found["method"]).replace("_", " "),
        output="log-odds of the positive class",
        facts=tuple(facts),
        importance=tuple(
            Importance(
                str(row["feature"]),
                Estimate.of(
                    row["mean_abs"], row.get("low"), row.get("high"), n, evidence_id=source, digits=4
                ),
            )
            for row in rows
        ),
        by_group=_attributions_by_group(found, [str(row["feature"]) for row in rows[:8]], source),
        limits=(
            Statement("Attributions describe this model, not the causes of the outcome.", (source,)),
            Statement("Correlated features share their attribution.", (source,)),
        ),
    )


def _attributions_by_group(
    found: Mapping[str, Any], features: Sequence[str], source: str
) -> tuple[MeasurementTable, ...]:
    tables = []
    for attribute, groups in found.get("by_group", {}).items():
        names = sorted(groups)[:6]
        rows = tuple(
            Row(
                feature,
                Cited(int(found["n"]), source),
                tuple(
                    Estimate.of(
                        groups[name].get(feature),
                        None,
                        None,
                        None,
                        evidence_id=source,
                        digits=4,
                        reason=UNKNOWN,
                    )
                    for name in names
                ),
            )
            for feature in features
        )
        title = f"Mean absolute attribution by {attribute}"
        tables.append(MeasurementTable(title, "feature", tuple(Column(name) for name in names), rows))
    return tuple(tables)


def _attributes(run: RunMaterial) -> list[str]:
    return [str(name) for name in run.evidence.plan.get("mapping", {}).get("sensitive", [])]


def _check_of(run: RunMaterial, attribute: str) -> Mapping[str, Any] | None:
    wanted = {"impact_ratio", "favourable_impact_ratio", "demographic_parity_ratio"}
    rows = (
        row for row in run.checks if row["metric"] in wanted and list(row.get("slice") or {}) == [attribute]
    )
    return next(rows, None)


def _groups(rows: Sequence[Measurement], attribute: str) -> list[str]:
    seen: dict[str, int] = {}
    for row in rows:
        if len(row.slice) == 1 and (group := row.slice.get(attribute)) is not None:
            seen[str(group)] = max(seen.get(str(group), 0), row.n)
    return sorted(seen, key=lambda group: (-seen[group], group)) if len(seen) > GROUPS_SHOWN else sorted(seen)


def _by_slice(rows: Sequence[Measurement]) -> dict[tuple[str, tuple[tuple[str, str], ...]], Measurement]:
    return {
        (row.code, tuple(sorted((key, str(group)) for key, group in row.slice.items()))): row
        for row in rows
        if None not in row.slice.values()
    }


def _number(sealed: Any) -> float | None:
    return None if sealed is None else float(sealed)
