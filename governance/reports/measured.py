"""What a report says about measurements: checks, tables by group, comparisons between groups, explanations."""

from dataclasses import dataclass

from governance.reports.values import Cited, Estimate, Fact, State, Statement


@dataclass(frozen=True, slots=True)
class CheckLine:
    """One check: what was measured, the bar it was held against, and the verdict with its sentence.

    `comparison` is "at least" or "at most". `value` may be without a value; then its reason is printed.
    """

    name: str
    subject: str
    value: Estimate
    comparison: str
    bar: Cited
    verdict: State
    sentence: Statement
    severity: str


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table of measurements, with its unit if it has one."""

    title: str
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table of measurements: a group (or "all rows"), its size, and one estimate per column."""

    label: str
    n: Cited
    cells: tuple[Estimate, ...]


@dataclass(frozen=True, slots=True)
class MeasurementTable:
    """Measurements side by side; the first column's title names what the rows are, such as `sex`."""

    title: str
    rows_are: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    note: Statement | None = None


@dataclass(frozen=True, slots=True)
class GroupLine:
    """One group in a comparison: its own rate, its ratio or difference to the reference, and how that stands.

    The reference group itself has no state.
    """

    group: str
    rate: Estimate
    relation: Estimate
    state: State | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """How the groups of one attribute stand to each other and to the bar; drawn as a chart with its table.

    `relation_title` says what is compared, such as "impact ratio"; `bar` is None when only shown for information.
    """

    attribute: str
    rate_title: str
    relation_title: str
    reference: str
    comparison: str
    bar: Cited | None
    verdict: State
    sentence: Statement
    groups: tuple[GroupLine, ...]


@dataclass(frozen=True, slots=True)
class Importance:
    """How much one feature moves the output: mean absolute attribution with its interval."""

    feature: str
    value: Estimate


@dataclass(frozen=True, slots=True)
class Explanation:
    """Global explanation of one model on one sample; `output` says in which unit it adds up."""

    method: str
    output: str
    facts: tuple[Fact, ...]
    importance: tuple[Importance, ...]
    by_group: tuple[MeasurementTable, ...] = ()
    limits: tuple[Statement, ...] = ()
