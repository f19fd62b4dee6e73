"""Measure a source by its task: counts first, then the score, for all rows and every family of groups."""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING

from audits.frames.cells import Cells, cells, regression_moments, score_cells
from audits.frames.mapping import Mapping
from audits.frames.source import Source
from audits.metrics import binary, multiclass, regression, scores
from audits.metrics.figures import Figures
from audits.metrics.spec import BINARY, MULTICLASS, Listing, Measurement, Orientation, Sampling
from audits.metrics.tables import Groups

if TYPE_CHECKING:
    from audits.metrics.binary import Family

Progress = Callable[[str, float], None]

LARGEST_TABLE = 1_000_000
"""Groups times classes times classes of one table."""

MAIN_COMPARISONS = {
    BINARY: ("favourable_impact_ratio", "demographic_parity_difference", "equalized_odds_difference"),
    MULTICLASS: ("multiclass_statistical_parity",),
}


@dataclass(slots=True)
class Measured:
    """Everything measured, and the figures of each family from which checks compare again."""

    orientation: Orientation
    sampling: Sampling
    unlabelled: int
    measurements: list[Measurement] = field(default_factory=list)
    figures: dict[Family, list[Figures]] = field(default_factory=dict)

    def add(self, measurements: Sequence[Measurement], figures: dict[Family, Figures]) -> None:
        """Take in what one module measured."""
        self.measurements += measurements
        for family, found in figures.items():
            self.figures.setdefault(family, []).append(found)


def measure(
    source: Source,
    mapping: Mapping,
    sampling: Sampling,
    listing: Listing,
    progress: Progress,
    wanted: Container[Family],
) -> Measured:
    """Measure everything that the mapping names columns for; ``wanted`` families are those that checks compare."""
    progress("Counting the rows", 0.3)
    counted = cells(source, mapping)
    orientation = orient(mapping, counted)
    measured = Measured(orientation, sampling, source.report.unlabelled)
    families = comparable(counted, mapping.sensitive, measured, mapping, listing)
    progress("Measuring the groups", 0.4)
    if mapping.task == BINARY:
        measured.add(*binary.measure(counted, families, orientation, sampling, listing, wanted))
    elif mapping.task == MULTICLASS:
        measured.add(*multiclass.measure(counted, families, orientation, sampling, listing, wanted))
    else:
        _values(source, mapping, families, measured, listing)
    if mapping.task == BINARY and mapping.score and mapping.label:
        progress("Measuring the score", 0.6)
        _scores(source, mapping, families, measured, listing)
    return measured


def orient(mapping: Mapping, counted: Cells) -> Orientation:
    """Which outcome the rates speak of, and which one is good for the person it happens to."""
    if mapping.task == BINARY:
        positive = mapping.positive or ""
        inverted = counted.favourable == 0
        return Orientation(positive, mapping.favourable or positive, inverted, dict(mapping.reference))
    return Orientation("", mapping.favourable or "", reference=dict(mapping.reference))


def families_of(sensitive: Sequence[str]) -> list[Family]:
    """All rows, every attribute, and every pair of attributes."""
    return [(), *((name,) for name in sensitive), *combinations(sensitive, 2)]


def comparable(
    counted: Cells, sensitive: Sequence[str], measured: Measured, mapping: Mapping, listing: Listing
) -> list[Family]:
    """The families that have groups, and not too many; for the others it is written down why."""
    families = []
    for family in families_of(sensitive):
        groups = len({group for group in _members(counted, family) if "" not in group})
        values = groups * max(len(counted.classes), 2) ** 2
        if 0 < groups <= listing.compared_up_to and values <= LARGEST_TABLE:
            families.append(family)
            continue
        reason = _not_compared(" x ".join(family), groups, len(counted.classes), listing)
        for code in MAIN_COMPARISONS.get(mapping.task, ("mae_ratio",)):
            measured.measurements.append(Measurement(code, dict.fromkeys(family), None, 0, reason))
    return families


def _not_compared(names: str, groups: int, classes: int, listing: Listing) -> str:
    if not groups:
        return f"No row has a value in {names}."
    if groups > listing.compared_up_to:
        many = f"{names} has {groups:,} groups, and more than {listing.compared_up_to:,} are not compared"
    else:
        many = f"{names} has {groups:,} groups, too many to be compared in {classes:,} classes"
    return f"{many}: name coarser groups."


def _members(counted: Cells, family: Family) -> list[tuple[str, ...]]:
    places = [counted.attributes.index(name) for name in family]
    return [tuple(values[place] for place in places) for values in counted.groups]


def _scores(
    source: Source, mapping: Mapping, families: Sequence[Family], measured: Measured, listing: Listing
) -> None:
    for family in families:
        moments = score_cells(source, mapping, _attribute(family))
        if moments:
            groups = Groups(family, tuple(_members_of(moment.group) for moment in moments))
            found, figures = scores.measure(groups, moments, measured.sampling, listing)
            measured.add(found, {family: figures})


def _values(
    source: Source, mapping: Mapping, families: Sequence[Family], measured: Measured, listing: Listing
) -> None:
    for family in families:
        moments = regression_moments(source, mapping, _attribute(family))
        if moments:
            groups = Groups(family, tuple(_members_of(moment.group) for moment in moments))
            found, figures = regression.measure(
                groups, moments, measured.orientation, measured.sampling, listing
            )
            measured.add(found, {family: figures})


def _attribute(family: Family) -> str | tuple[str, ...] | None:
    return None if not family else family[0] if len(family) == 1 else family


def _members_of(group: str | tuple[str, ...] | None) -> tuple[str, ...]:
    return () if group is None else (group,) if isinstance(group, str) else group
