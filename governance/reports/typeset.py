"""Prepares a document for the page: decimals that align, tables that fit, rows that are counted instead of printed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from governance.reports.document import ReportDocument
from governance.reports.figures import Figure, of_comparison, of_explanation
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
from governance.reports.values import Cited, Estimate, State, digits_apart, own_digits

MOST_ROWS = 200
MOST_COLUMNS = 6
# The page beside the labels, one figure of an interval, and the space between two columns, in millimetres.
ROOM_MM, FIGURE_MM, GAP_MM = 121.0, 1.25, 2.2
# What is left over from here on goes to the labels.
ROOMY_MM = 35.0
MOST_ON_COVER = 14
USUAL_DIGITS = 3


@dataclass(frozen=True, slots=True)
class TableView:
    """A table as printed: `more` counts the rows that only the twin has."""

    table: MeasurementTable
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    more: Cited | None
    continued: bool
    roomy: bool


@dataclass(frozen=True, slots=True)
class ComparisonView:
    """A comparison as printed, with its chart."""

    comparison: Comparison
    groups: tuple[GroupLine, ...]
    more: Cited | None
    figure: Figure


@dataclass(frozen=True, slots=True)
class ExplanationView:
    """An explanation as printed, with its chart."""

    explanation: Explanation
    importance: tuple[Importance, ...]
    more: Cited | None
    figure: Figure
    by_group: tuple[TableView, ...]


@dataclass(frozen=True, slots=True)
class Missing:
    """A part of the report that is not there, and who supplies it."""

    what: str
    owner: str


@dataclass(frozen=True, slots=True)
class Typeset:
    """All that a template needs beside the document itself."""

    performance: tuple[TableView, ...]
    comparisons: tuple[ComparisonView, ...]
    explanation: ExplanationView | None
    checks: tuple[CheckLine, ...]
    on_cover: tuple[CheckLine, ...]
    missing: tuple[Missing, ...]


def typeset(document: ReportDocument) -> Typeset:
    """The document's measurements, ready for the page."""
    explanation = _explanation(document.explanation) if document.explanation else None
    return Typeset(
        performance=tuple(view for table in document.performance for view in _tables(table)),
        comparisons=tuple(_comparison(one) for one in document.comparisons),
        explanation=explanation,
        checks=_checks(document.checks),
        on_cover=document.checks if len(document.checks) <= MOST_ON_COVER else (),
        missing=_missing(document),
    )


def _checks(lines: Sequence[CheckLine]) -> tuple[CheckLine, ...]:
    """Values and bars with as many decimals as it takes to tell them apart, the same for all so that they align."""
    usual = [line.value.at(min(line.value.value.digits, USUAL_DIGITS)) for line in lines]
    values = _aligned([_beside(value, line.bar) for value, line in zip(usual, lines, strict=True)])
    return tuple(
        replace(line, value=value, bar=line.bar.at(_declared(line.bar)))
        for line, value in zip(lines, values, strict=True)
    )


def _declared(bar: Cited) -> int:
    """A bar has every decimal it was declared with, and two where it was given with more than it needs."""
    return max(min(bar.digits, 2), own_digits(bar.value or 0))


def _beside(estimate: Estimate, bar: Cited | None) -> Estimate:
    """The estimate with decimals at which neither it nor an end of its interval looks like the bar without being it."""
    if bar is None or bar.value is None:
        return estimate
    ends = [end.value for end in (estimate.value, estimate.low, estimate.high) if end is not None]
    return estimate.at(max(estimate.value.digits, *(digits_apart(end, bar.value) for end in ends)))


def _missing(document: ReportDocument) -> tuple[Missing, ...]:
    """Every part that somebody still owes."""
    written = (
        document.scope + document.model + document.soundness + document.implementation + document.monitoring
    )
    missing = [Missing(part.title, part.supplied_by) for part in written if not part.statements]
    unpresented = (State.INSUFFICIENT, State.FAILED, State.STALE, State.ERRORED, State.WAITING)
    missing += [
        Missing(one.title, one.note or one.kind) for one in document.documents if one.state in unpresented
    ]
    wanted = (
        ("Who validated, and how they stand to the developers", "validator", document.independence),
        ("Training record", "developer", document.training),
        ("Datasets", "data steward", document.datasets),
        ("Lineage", "data steward", document.lineage),
        ("Performance by group", "validator", document.performance),
        ("Comparison between groups", "validator", document.comparisons),
        ("Explanation of the model", "validator", document.explanation),
        ("Limits and conditions of use", "developer", document.limits),
        ("Questions of the effective challenge", "validator", document.challenges),
        ("Next review", "compliance officer", document.next_review),
        ("Opinion of the validator", "validator", document.opinion),
        ("Anchor of the log outside the service", "operator", document.ledger.anchored),
    )
    return (*missing, *(Missing(what, owner) for what, owner, part in wanted if not part))


def _tables(table: MeasurementTable) -> list[TableView]:
    """A table cut to the width of a page: columns beyond it continue in a table of their own."""
    rows, more = _cut(table.rows, table.rows[0].n if table.rows else None)
    aligned = [_aligned([row.cells[place] for row in rows]) for place in range(len(table.columns))]
    widths = [_width(cells) for cells in aligned]
    views = []
    for chosen in _pieces(widths):
        narrow = [
            replace(row, cells=tuple(cells[place] for cells in aligned[chosen]))
            for place, row in enumerate(rows)
        ]
        roomy = _needs(widths[chosen]) <= ROOM_MM - ROOMY_MM
        views.append(TableView(table, table.columns[chosen], tuple(narrow), more, chosen.start > 0, roomy))
    return views


def _width(cells: Sequence[Estimate]) -> float:
    """How wide a column is, in millimetres, by the longest interval that stands in it."""
    longest = max(
        (len(f"{one.low.words} to {one.high.words}") for one in cells if one.low and one.high), default=8
    )
    return longest * FIGURE_MM + GAP_MM


def _needs(widths: Sequence[float]) -> float:
    """The room that columns need together; they are all as wide as the widest."""
    return max(widths, default=0.0) * len(widths)


def _pieces(widths: Sequence[float]) -> list[slice]:
    """The fewest tables of nearly equal numbers of columns that each fit a page."""
    for pieces in range(1, len(widths) + 1):
        size = -(-len(widths) // pieces)
        cuts = [slice(start, start + size) for start in range(0, len(widths), size)]
        if size <= MOST_COLUMNS and all(_needs(widths[cut]) <= ROOM_MM for cut in cuts):
            return cuts
    return [slice(place, place + 1) for place in range(max(1, len(widths)))]


def _comparison(comparison: Comparison) -> ComparisonView:
    groups, more = _cut(comparison.groups, comparison.groups[0].rate.value if comparison.groups else None)
    rates = _aligned([line.rate for line in groups])
    relations = _aligned([_beside(line.relation, comparison.bar) for line in groups])
    lines = tuple(
        replace(line, rate=rate, relation=relation)
        for line, rate, relation in zip(groups, rates, relations, strict=True)
    )
    digits = max((line.relation.value.digits for line in lines), default=2)
    if comparison.bar:
        comparison = replace(comparison, bar=comparison.bar.at(_declared(comparison.bar)))
    return ComparisonView(comparison, lines, more, of_comparison(comparison, digits))


def _explanation(explanation: Explanation) -> ExplanationView:
    first = explanation.importance[0].value.value if explanation.importance else None
    kept, more = _cut(explanation.importance, first)
    values = _aligned([one.value for one in kept])
    importance = tuple(replace(one, value=value) for one, value in zip(kept, values, strict=True))
    by_group = tuple(view for table in explanation.by_group for view in _tables(table))
    return ExplanationView(explanation, importance, more, of_explanation(explanation), by_group)


def _aligned(estimates: Sequence[Estimate]) -> list[Estimate]:
    """The same number of decimals down a column, so that it aligns on the decimal point."""
    digits = max((one.value.digits for one in estimates), default=0)
    return [one.at(digits) for one in estimates]


def _cut[Line](lines: tuple[Line, ...], like: Cited | None) -> tuple[tuple[Line, ...], Cited | None]:
    """The rows that are printed, and how many more there are, citing what the rows themselves cite."""
    if len(lines) <= MOST_ROWS or like is None:
        return lines, None
    return lines[:MOST_ROWS], Cited(len(lines) - MOST_ROWS, like.evidence_id)
