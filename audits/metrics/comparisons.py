"""Measurements that compare groups: each with the best or the reference group, and all with each other."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from audits.metrics.fairness import Comparison, Standing
from audits.metrics.figures import Figures, Quantity, compare, ends_note, spoken
from audits.metrics.groups import listed, only_one, reference, remarks
from audits.metrics.sheet import Sheet
from audits.metrics.significance import chi2_independence, z_two_proportion
from audits.metrics.spec import Listing, Orientation
from audits.metrics.tables import Table

WEIGHTED = "Rows have weights, and this test is valid only where every row counts once."
NO_REFERENCE = "The declared reference group does not occur among the rows."
ALIKE = "Everybody or nobody was selected, so nothing can depend on the group."


def standing_rows(
    sheet: Sheet,
    found: Figures,
    standings: Mapping[str, Standing],
    orientation: Orientation,
    listing: Listing,
) -> None:
    """Each listed group's standing towards the best group, or towards the reference group."""
    members = listed(found.sizes, listing)
    base = reference(found.groups, found.sizes, orientation)
    for code, standing in standings.items():
        if found.has(standing.of):
            _standing(sheet, found, code, standing, members, base)


def across_rows(
    sheet: Sheet, found: Figures, comparisons: Mapping[str, Comparison], listing: Listing
) -> None:
    """Comparisons across all groups."""
    about = remarks(found.groups, found.sizes, listing)
    for code, comparison in comparisons.items():
        if not found.has(comparison.of):
            continue
        result = compare(found, code, sheet.sampling)
        notes = [ends_note(result.ends), *about] if result.ends else list(about)
        if result.undefined and not result.reason:
            notes.append(f"Undefined in, and so without: {', '.join(result.undefined[:5])}.")
        sheet.add(
            code,
            found.groups.across(),
            result.value,
            result.n,
            reason=result.reason,
            limits=(result.low, result.high),
            undefined=result.undefined_share,
            note=" ".join(notes) or None,
        )


def z_rows(sheet: Sheet, table: Table, members: list[int], orientation: Orientation) -> None:
    """How many standard deviations each group's selection rate is away from the reference group's."""
    base = reference(table.groups, table.sizes, orientation)
    reason = only_one(table.groups) or (
        WEIGHTED if table.weighted else NO_REFERENCE if base is None else None
    )
    values = np.full(len(table.groups), np.nan) if reason else z_two_proportion(table.n, base or 0)
    note = None if base is None else _against(table.groups.name(base))
    for group in members:
        sheet.add(
            "z_two_proportion",
            table.groups.slice_of(group),
            float(values[group]),
            int(table.sizes[group]),
            reason=reason or ALIKE,
            note=note,
        )


def independence_rows(sheet: Sheet, table: Table) -> None:
    """Whether predictions depend on the group at all."""
    result = None if table.weighted else chi2_independence(table.n)
    reason = only_one(table.groups) or (WEIGHTED if table.weighted else ALIKE)
    parts = (np.nan, np.nan, np.nan) if result is None else (result.statistic, result.dof, result.p)
    for suffix, value in zip(("", "_dof", "_p"), parts, strict=True):
        sheet.add(
            f"chi2_independence{suffix}", table.groups.across(), value, int(table.n.sum()), reason=reason
        )


def _standing(
    sheet: Sheet, found: Figures, code: str, standing: Standing, members: list[int], declared: int | None
) -> None:
    parts = [found.quantities[name] for name in standing.of]
    base = declared if standing.to_reference else _best(parts[0])
    reason = only_one(found.groups) or (NO_REFERENCE if standing.to_reference and base is None else None)
    reason = reason or (_undefined(standing) if base is None else None)
    values, draws = np.full(len(found.groups), np.nan), None
    if not reason and base is not None:
        values = standing.of_one([part.values for part in parts], base)
        drawn = [part.draws for part in parts if part.draws is not None]
        draws = standing.of_one(drawn, base) if len(drawn) == len(parts) else None
    note = _against(found.groups.name(base)) if standing.to_reference and base is not None else None
    for group in members:
        sheet.add(
            code,
            found.groups.slice_of(group),
            float(values[group]),
            int(parts[0].rows[group]),
            reason=reason or _undefined(standing),
            draws=None if draws is None or group == base else draws[:, group],
            note=note,
        )


def _best(part: Quantity) -> int | None:
    """The group with the highest value, None where no group has one."""
    return None if np.isnan(part.values).all() else int(np.nanargmax(part.values))


def _against(name: str) -> str:
    return f"Reference: {name}."


def _undefined(standing: Standing) -> str:
    against = "the reference group" if standing.to_reference else "the group with the highest rate"
    return f"The {spoken(standing.of)} is undefined here or in {against}, or is 0 where it would divide."
