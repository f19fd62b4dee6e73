"""Counted rows arranged by group, label and prediction: the one input of every classification metric."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]
Numbers = NDArray[np.float64]

NO_GROUP = ""
"""The value of a sensitive attribute that is missing: such rows count overall, but are no group."""


class Counted(Protocol):
    """Cells as the frames hand them over: entry i of every sequence belongs to cell i."""

    @property
    def attributes(self) -> tuple[str, ...]: ...
    @property
    def groups(self) -> tuple[tuple[str, ...], ...]: ...
    @property
    def label(self) -> NDArray[np.int8] | tuple[str | None, ...]: ...
    @property
    def prediction(self) -> NDArray[np.int8] | tuple[str | None, ...]: ...
    @property
    def n(self) -> Counts: ...
    @property
    def weight(self) -> Numbers: ...
    @property
    def classes(self) -> tuple[str, ...]: ...


def shortened(name: str, at_most: int = 60) -> str:
    """A group's name cut to what a sentence can hold."""
    return name if len(name) <= at_most else f"{name[: at_most - 1]}…"


@dataclass(frozen=True, slots=True)
class Groups:
    """The groups of some attributes, in order; () of attributes = all rows as one group."""

    attributes: tuple[str, ...]
    members: tuple[tuple[str, ...], ...]

    def __len__(self) -> int:
        return len(self.members)

    def slice_of(self, group: int) -> dict[str, str | None]:
        """The slice that names one group."""
        return dict(zip(self.attributes, self.members[group], strict=True))

    def across(self) -> dict[str, str | None]:
        """The slice that stands for all groups together."""
        return dict.fromkeys(self.attributes)

    def name(self, group: int) -> str:
        """The group as people call it, cut to what a sentence can hold."""
        return shortened(" / ".join(self.members[group]))


@dataclass(frozen=True, slots=True)
class Table:
    """Rows and weights by group, label and prediction, shape (groups, classes, classes).

    A binary table has two classes, the second one positive. Where ``labelled`` is False the label axis says
    nothing (all rows lie in its first entry) and only label-free metrics may be taken.
    """

    groups: Groups
    n: Counts
    weight: Numbers
    labelled: bool

    @property
    def sizes(self) -> Counts:
        """Rows of each group."""
        return np.asarray(self.n.sum(axis=(1, 2)), dtype=np.int64)

    @property
    def weighted(self) -> bool:
        """Whether rows count with different weights."""
        return not np.array_equal(self.weight, self.n)


def tabulate(cells: Counted, attributes: Sequence[str], *, labelled: bool = True) -> Table:
    """Count by the groups of some attributes; ``labelled`` keeps only rows with a label, else labels are ignored.

    Either way the groups are all those that occur, so that the two tables of one attribute have the same ones.
    """
    labels, predictions = _indices(cells.label, cells.classes), _indices(cells.prediction, cells.classes)
    outcomes = len(cells.classes) or 2
    known = predictions >= 0
    if labelled:
        known &= labels >= 0
    else:
        labels = np.zeros_like(labels)
    groups, member = _groups(cells, attributes)
    known &= member >= 0
    at = (member[known], labels[known], predictions[known])
    n = np.zeros((len(groups), outcomes, outcomes), dtype=np.int64)
    weight = np.zeros(n.shape)
    np.add.at(n, at, cells.n[known])
    np.add.at(weight, at, cells.weight[known])
    return Table(Groups(tuple(attributes), tuple(groups)), n, weight, labelled)


def has_labels(cells: Counted) -> bool:
    """Whether any row has a label."""
    return bool((_indices(cells.label, cells.classes) >= 0).any())


def unlabelled_rows(cells: Counted) -> int:
    """Rows with a prediction and no label."""
    return int(cells.n[_indices(cells.label, cells.classes) < 0].sum())


def _indices(
    values: NDArray[np.int8] | tuple[str | None, ...], classes: tuple[str, ...]
) -> NDArray[np.int64]:
    """Class number of each cell, -1 where it is missing."""
    if isinstance(values, np.ndarray):
        return values.astype(np.int64)
    number = {name: index for index, name in enumerate(classes)}
    return np.asarray([-1 if value is None else number[value] for value in values], dtype=np.int64)


def _groups(cells: Counted, attributes: Sequence[str]) -> tuple[list[tuple[str, ...]], NDArray[np.int64]]:
    """The groups that occur, sorted, and the group number of each cell (-1 = it has none)."""
    places = [cells.attributes.index(attribute) for attribute in attributes]
    members = [tuple(values[place] for place in places) for values in cells.groups]
    groups = sorted({member for member in members if NO_GROUP not in member})
    number = {group: index for index, group in enumerate(groups)}
    return groups, np.asarray([number.get(member, -1) for member in members], dtype=np.int64)
