"""Which groups are listed, which are small, and which one the others are compared with."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from audits.metrics.spec import Listing, Orientation
from audits.metrics.tables import Counts, Groups


def listed(sizes: Counts, listing: Listing) -> list[int]:
    """The groups that are reported one by one: all of a few, the largest of many."""
    if len(sizes) <= listing.all_up_to:
        return list(range(len(sizes)))
    largest = np.argsort(-sizes, kind="stable")[: listing.otherwise]
    return sorted(int(group) for group in largest)


def reference(groups: Groups, sizes: Counts, orientation: Orientation) -> int | None:
    """The declared reference group, else the largest; None where the declared one does not occur."""
    declared = tuple(orientation.reference.get(attribute) for attribute in groups.attributes)
    if None in declared:
        return int(np.argmax(sizes))
    names = tuple(name for name in declared if name is not None)
    return groups.members.index(names) if names in groups.members else None


def remarks(groups: Groups, sizes: Counts, listing: Listing) -> list[str]:
    """What a reader of any comparison across these groups should know."""
    sentences = []
    small = [(groups.name(int(group)), int(sizes[group])) for group in np.flatnonzero(sizes < listing.small)]
    if small:
        sentences.append(
            f"{len(small)} of {len(groups)} groups have fewer than {listing.small} rows: {enumerate_groups(small)}."
        )
    members = listed(sizes, listing)
    if len(members) < len(groups):
        sentences.append(f"{len(members)} of {len(groups)} groups are listed one by one, the largest.")
    return sentences


def only_one(groups: Groups) -> str | None:
    """Why these groups cannot be compared, where there is one only."""
    if len(groups) == 1:
        return f"There is only one group ({groups.name(0)}): there is nothing to compare it with."
    return None


def enumerate_groups(groups: Sequence[tuple[str, int]], at_most: int = 5) -> str:
    """Groups with their rows, smallest first: 'Amish (3), Other (12) and 4 more'."""
    ordered = sorted(groups, key=lambda group: (group[1], group[0]))
    shown = ", ".join(f"{name} ({rows:,})" for name, rows in ordered[:at_most])
    return f"{shown} and {len(ordered) - at_most:,} more" if len(ordered) > at_most else shown
