"""The measurements of a binary task: overall, by group, and across groups."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass

from audits.metrics.comparisons import across_rows, independence_rows, standing_rows, z_rows
from audits.metrics.fairness import COMPARISONS, STANDINGS
from audits.metrics.figures import Figures, Quantity, spoken
from audits.metrics.groups import listed
from audits.metrics.intervals import rate_draws, resample, wilson
from audits.metrics.performance import GroupRates, rates
from audits.metrics.rates import NOT_SELECTED, RATES, SELECTED, Rate, add_up, majority_share, rate, theil
from audits.metrics.sheet import Sheet
from audits.metrics.spec import Listing, Measurement, Orientation, Sampling
from audits.metrics.tables import Counted, Numbers, Table, has_labels, tabulate, unlabelled_rows

Family = tuple[str, ...]
"""Attributes whose values together make a group; () = all rows as one group."""

FAVOURABLE = "favourable_rate"
NO_BENEFIT = (
    "Every row is a false negative, or there are none: the mean benefit is 0 and nothing can be divided."
)
NO_ROWS = "There are no rows here."


@dataclass(frozen=True, slots=True)
class Binary:
    """The two tables of one family, their resamples, and the figures made of them.

    ``table`` holds the rows with a label, ``predicted`` every row with a prediction. The favourable rate is taken
    over the latter: outcomes are often known only for those who were selected, and a rate among them would say
    nothing about who was.
    """

    table: Table
    predicted: Table
    resampled: Numbers
    favourable: Rate
    figures: Figures


def measure(
    cells: Counted,
    families: Sequence[Family],
    orientation: Orientation,
    sampling: Sampling,
    listing: Listing,
    wanted: Container[Family] | None = None,
) -> tuple[list[Measurement], dict[Family, Figures]]:
    """Measure every family of groups, and hand back the figures of those from which checks compare again.

    Figures hold all resamples, so only the ``wanted`` ones are kept (None = all).
    """
    labelled = has_labels(cells)
    tables = [tabulate(cells, family, labelled=labelled) for family in families]
    known = rates(tables, members=[listed(table.sizes, listing) for table in tables])
    measured: list[Measurement] = []
    found: dict[Family, Figures] = {}
    for family, table, values in zip(families, tables, known, strict=True):
        binary = gather(cells, table, values, orientation, sampling)
        measured += report(binary, orientation, sampling, listing)
        if wanted is None or family in wanted:
            found[family] = binary.figures
    return measured, found


def gather(
    cells: Counted, table: Table, known: GroupRates, orientation: Orientation, sampling: Sampling
) -> Binary:
    """Resample one family of groups, and put every rate together with its resamples."""
    complete = not table.labelled or unlabelled_rows(cells) == 0
    predicted = table if complete else tabulate(cells, table.groups.attributes, labelled=False)
    resampled = resample(table, sampling)
    favourable = NOT_SELECTED if orientation.inverted else SELECTED
    figures = Figures(table.groups, table.sizes)
    for code, values in known.by_group.items():
        figures.quantities[code] = _quantity(
            table, RATES[code], values, known.overall[code], resampled, sampling
        )
    drawn = resampled if complete else resample(predicted, sampling)
    overall = rate(predicted.weight.sum(axis=0, keepdims=True), favourable)
    figures.quantities[FAVOURABLE] = _quantity(
        predicted, favourable, rate(predicted.weight, favourable), overall[0], drawn, sampling
    )
    if table.labelled:
        _majority(figures, table, resampled)
    return Binary(table, predicted, resampled, favourable, figures)


def report(
    binary: Binary, orientation: Orientation, sampling: Sampling, listing: Listing
) -> list[Measurement]:
    """Write down what is known about one family."""
    sheet, found = Sheet(sampling), binary.figures
    members = listed(found.sizes, listing)
    for group in members:
        _count_rows(sheet, binary, group)
        for code in (*RATES, FAVOURABLE):
            if code in found.quantities:
                _rate_row(sheet, binary, group, code)
    _theil_rows(sheet, binary, members)
    if found.groups.attributes:
        standing_rows(sheet, found, STANDINGS, orientation, listing)
        z_rows(sheet, binary.table, members, orientation)
        across_rows(sheet, found, COMPARISONS, listing)
        independence_rows(sheet, binary.table)
    elif binary.table.labelled:
        for code in ("majority_rate", "accuracy_above_majority"):
            part = found.quantities[code]
            draws = None if part.draws is None else part.draws[:, 0]
            sheet.add(code, {}, float(part.values[0]), int(part.rows[0]), reason=NO_ROWS, draws=draws)
    return sheet.measurements()


def _quantity(
    table: Table, of: Rate, values: Numbers, overall: Numbers, resampled: Numbers, sampling: Sampling
) -> Quantity:
    return Quantity(
        values,
        table.sizes,
        add_up(table.n, of.among),
        rate_draws(table, resampled, of, sampling),
        overall,
        rate(resampled.sum(axis=-3, keepdims=True), of)[..., 0],
        of.population,
    )


def _majority(figures: Figures, table: Table, resampled: Numbers) -> None:
    """What always predicting the more frequent label would reach, and how far above that the model is."""
    accuracy = RATES["accuracy"]
    baseline, drawn = majority_share(table.weight), majority_share(resampled)
    above = rate(table.weight, accuracy) - baseline, rate(resampled, accuracy) - drawn
    figures.quantities["majority_rate"] = Quantity(baseline, table.sizes, table.sizes, drawn)
    figures.quantities["accuracy_above_majority"] = Quantity(above[0], table.sizes, table.sizes, above[1])


def _count_rows(sheet: Sheet, binary: Binary, group: int) -> None:
    table, where = binary.table, binary.table.groups.slice_of(group)
    rows = int(binary.figures.sizes[group])
    sheet.add("n", where, rows, rows)
    if table.labelled:
        for name in ("tp", "fp", "fn", "tn"):
            sheet.add(name, where, int(add_up(table.n, (name,))[group]), rows)


def _rate_row(sheet: Sheet, binary: Binary, group: int, code: str) -> None:
    """A rate of one group: Wilson's limits where rows count once, the bootstrap's where they have weights."""
    table = binary.predicted if code == FAVOURABLE else binary.table
    of = binary.favourable if code == FAVOURABLE else RATES[code]
    part = binary.figures.quantities[code]
    low, high = wilson(add_up(table.n, of.counted)[group], part.among[group], sheet.sampling.confidence)
    sheet.add(
        code,
        table.groups.slice_of(group),
        float(part.values[group]),
        int(part.rows[group]),
        reason=f"There are no {part.population} here, so there is no {spoken((code,))}.",
        denominator=int(part.among[group]),
        limits=None if table.weighted else (float(low), float(high)),
        draws=part.draws[:, group] if table.weighted and part.draws is not None else None,
    )


def _theil_rows(sheet: Sheet, binary: Binary, members: list[int]) -> None:
    """Inequality of benefits in each group, and of all rows of the family together."""
    table, found = binary.table, binary.figures
    if not table.labelled:
        return
    values, draws = theil(table.weight), theil(binary.resampled)
    for group in members:
        sheet.add(
            "theil_index",
            found.groups.slice_of(group),
            float(values[group]),
            int(found.sizes[group]),
            reason=NO_BENEFIT,
            draws=draws[:, group],
        )
    if found.groups.attributes:
        together = theil(table.weight.sum(axis=0, keepdims=True))
        drawn = theil(binary.resampled.sum(axis=1, keepdims=True))[:, 0]
        sheet.add(
            "theil_index",
            found.groups.across(),
            float(together[0]),
            int(found.sizes.sum()),
            reason=NO_BENEFIT,
            draws=drawn,
        )
